;; run(n): merge sort of n boxed numbers, each merge into a new array. Gives a checksum of the order.
(module
  (type $box (struct (field $key i32)))
  (type $boxes (array (mut (ref null $box))))
  (func $sort (param $a (ref $boxes)) (result (ref $boxes))
    (local $n i32) (local $half i32) (local $l (ref $boxes)) (local $r (ref $boxes)) (local $to (ref $boxes)) (local $i i32) (local $j i32) (local $left i32)
    (local.set $n (array.len (local.get $a)))
    (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (local.get $a))))
    (local.set $half (i32.shr_u (local.get $n) (i32.const 1)))
    (local.set $l (array.new_default $boxes (local.get $half)))
    (array.copy $boxes $boxes (local.get $l) (i32.const 0) (local.get $a) (i32.const 0) (local.get $half))
    (local.set $r (array.new_default $boxes (i32.sub (local.get $n) (local.get $half))))
    (array.copy $boxes $boxes (local.get $r) (i32.const 0) (local.get $a) (local.get $half) (i32.sub (local.get $n) (local.get $half)))
    (local.set $l (call $sort (local.get $l)))
    (local.set $r (call $sort (local.get $r)))
    (local.set $to (array.new_default $boxes (local.get $n)))
    (loop $merge
      (local.set $left
        (if (result i32) (i32.eq (local.get $i) (array.len (local.get $l))) (then (i32.const 0))
          (else (if (result i32) (i32.eq (local.get $j) (array.len (local.get $r))) (then (i32.const 1))
            (else (i32.le_u
              (struct.get $box $key (array.get $boxes (local.get $l) (local.get $i)))
              (struct.get $box $key (array.get $boxes (local.get $r) (local.get $j)))))))))
      (if (local.get $left)
        (then
          (array.set $boxes (local.get $to) (i32.add (local.get $i) (local.get $j)) (array.get $boxes (local.get $l) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1))))
        (else
          (array.set $boxes (local.get $to) (i32.add (local.get $i) (local.get $j)) (array.get $boxes (local.get $r) (local.get $j)))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))))
      (br_if $merge (i32.lt_u (i32.add (local.get $i) (local.get $j)) (local.get $n))))
    (local.get $to))
  (func (export "run") (param $n i32) (result i32) (local $a (ref $boxes)) (local $i i32) (local $seed i32) (local $sum i32)
    (local.set $a (array.new_default $boxes (local.get $n)))
    (loop $fill
      (local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1103515245)) (i32.const 12345)))
      (array.set $boxes (local.get $a) (local.get $i) (struct.new $box (i32.shr_u (local.get $seed) (i32.const 8))))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $a (call $sort (local.get $a)))
    (local.set $i (i32.const 0))
    (loop $check
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (struct.get $box $key (array.get $boxes (local.get $a) (local.get $i)))))
      (br_if $check (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum)))
