;; run(n): appends n cells to a doubly linked list, removes every third while going along it, reverses what is left. Gives a checksum of the order.
(module
  (rec (type $cell (struct (field $before (mut (ref null $cell))) (field $after (mut (ref null $cell))) (field $value i64))))
  (func (export "run") (param $n i32) (result i32)
    (local $first (ref null $cell)) (local $last (ref null $cell)) (local $cell (ref null $cell)) (local $other (ref null $cell))
    (local $i i32) (local $sum i32)
    (loop $append
      (local.set $cell (struct.new $cell (local.get $last) (ref.null $cell) (i64.extend_i32_u (local.get $i))))
      (if (ref.is_null (local.get $last))
        (then (local.set $first (local.get $cell)))
        (else (struct.set $cell $after (local.get $last) (local.get $cell))))
      (local.set $last (local.get $cell))
      (br_if $append (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $cell (local.get $first))
    (block $end
      (loop $walk
        (br_if $end (ref.is_null (local.get $cell)))
        (if (i64.eqz (i64.rem_u (struct.get $cell $value (local.get $cell)) (i64.const 3)))
          (then
            (local.set $other (struct.get $cell $before (local.get $cell)))
            (if (ref.is_null (local.get $other))
              (then (local.set $first (struct.get $cell $after (local.get $cell))))
              (else (struct.set $cell $after (local.get $other) (struct.get $cell $after (local.get $cell)))))
            (if (i32.eqz (ref.is_null (struct.get $cell $after (local.get $cell))))
              (then (struct.set $cell $before (struct.get $cell $after (local.get $cell)) (local.get $other))))))
        (local.set $cell (struct.get $cell $after (local.get $cell)))
        (br $walk)))
    (local.set $cell (local.get $first))
    (local.set $last (ref.null $cell))
    (block $end
      (loop $reverse
        (br_if $end (ref.is_null (local.get $cell)))
        (local.set $other (struct.get $cell $after (local.get $cell)))
        (local.set $last (struct.new $cell (ref.null $cell) (local.get $last) (struct.get $cell $value (local.get $cell))))
        (local.set $cell (local.get $other))
        (br $reverse)))
    (block $end
      (loop $check
        (br_if $end (ref.is_null (local.get $last)))
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.wrap_i64 (struct.get $cell $value (local.get $last)))))
        (local.set $last (struct.get $cell $after (local.get $last)))
        (br $check)))
    (local.get $sum)))
