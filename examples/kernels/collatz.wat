;; The longest Collatz chain below n * 1000: i64 arithmetic and unpredictable branches.
(module $collatz
  (func (export "run") (param $n i32) (result i64)
    (local $i i64) (local $x i64) (local $steps i64) (local $best i64) (local $end i64)
    (local.set $end (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 1000)))
    (local.set $i (i64.const 1))
    (loop $numbers
      (local.set $x (local.get $i))
      (local.set $steps (i64.const 0))
      (block $one
        (loop $chain
          (br_if $one (i64.eq (local.get $x) (i64.const 1)))
          (local.set $steps (i64.add (local.get $steps) (i64.const 1)))
          (if (i64.eqz (i64.and (local.get $x) (i64.const 1)))
            (then (local.set $x (i64.shr_u (local.get $x) (i64.const 1))))
            (else (local.set $x (i64.add (i64.mul (local.get $x) (i64.const 3)) (i64.const 1)))))
          (br $chain)))
      (if (i64.gt_u (local.get $steps) (local.get $best))
        (then (local.set $best (local.get $steps))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $numbers (i64.lt_u (local.get $i) (local.get $end))))
    (local.get $best)))
