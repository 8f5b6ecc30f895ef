;; run(n): n objects that hold host values, of which a ring of 16 stays. The host makes the values, reads them again, and is told when they go.
(module
  (import "host" "make" (func $make (param i32) (result externref)))
  (import "host" "read" (func $read (param externref) (result i32)))
  (type $holder (struct (field $value externref)))
  (type $ring (array (mut (ref null $holder))))
  (global $ring (ref $ring) (array.new_default $ring (i32.const 16)))
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (array.set $ring (global.get $ring) (i32.and (local.get $i) (i32.const 15)) (struct.new $holder (call $make (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $sum
      (local.set $sum (i32.add (local.get $sum)
        (call $read (struct.get $holder $value (array.get $ring (global.get $ring) (local.get $i))))))
      (br_if $sum (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (local.get $sum)))
