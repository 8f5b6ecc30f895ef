;; run(depth): one tree stays while others of growing depth are made, counted and dropped. Gives all nodes that were counted.
(module
  (rec (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree)))))
  (func $make (param $depth i32) (result (ref $tree))
    (if (i32.eqz (local.get $depth)) (then (return (struct.new_default $tree))))
    (struct.new $tree
      (call $make (i32.sub (local.get $depth) (i32.const 1)))
      (call $make (i32.sub (local.get $depth) (i32.const 1)))))
  (func $count (param $tree (ref null $tree)) (result i32)
    (if (ref.is_null (local.get $tree)) (then (return (i32.const 0))))
    (i32.add (i32.const 1)
      (i32.add
        (call $count (struct.get $tree $left (local.get $tree)))
        (call $count (struct.get $tree $right (local.get $tree))))))
  (func (export "run") (param $depth i32) (result i32) (local $kept (ref null $tree)) (local $d i32) (local $n i32)
    (local.set $kept (call $make (local.get $depth)))
    (loop $next
      (local.set $n (i32.add (local.get $n) (call $count (call $make (local.get $d)))))
      (br_if $next (i32.le_u (local.tee $d (i32.add (local.get $d) (i32.const 1))) (local.get $depth))))
    (i32.add (local.get $n) (call $count (local.get $kept)))))
