;; run(n): a graph with cycles: n nodes with three random edges each, made again and again while half of the last one stays. Gives how many nodes a search reaches.
(module
  (rec
    (type $node (struct (field $seen (mut i32)) (field $edges (ref $edges))))
    (type $edges (array (mut (ref null $node)))))
  (rec (type $todo (struct (field $node (ref $node)) (field $next (ref null $todo)))))
  (global $seed (mut i32) (i32.const 42))
  (func $random (param $n i32) (result i32)
    (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1103515245)) (i32.const 12345)))
    (i32.rem_u (i32.shr_u (global.get $seed) (i32.const 8)) (local.get $n)))
  (func $reach (param $from (ref $node)) (result i32) (local $todo (ref null $todo)) (local $node (ref null $node)) (local $n i32) (local $i i32)
    (local.set $todo (struct.new $todo (local.get $from) (ref.null $todo)))
    (loop $next
      (local.set $node (struct.get $todo $node (local.get $todo)))
      (local.set $todo (struct.get $todo $next (local.get $todo)))
      (if (i32.eqz (struct.get $node $seen (local.get $node)))
        (then
          (struct.set $node $seen (local.get $node) (i32.const 1))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (local.set $i (i32.const 0))
          (loop $edge
            (local.set $todo (struct.new $todo
              (ref.as_non_null (array.get $edges (struct.get $node $edges (local.get $node)) (local.get $i)))
              (local.get $todo)))
            (br_if $edge (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))))
      (br_if $next (i32.eqz (ref.is_null (local.get $todo)))))
    (local.get $n))
  (func (export "run") (param $n i32) (result i32) (local $nodes (ref $edges)) (local $i i32) (local $k i32) (local $round i32) (local $sum i32)
    (local.set $nodes (array.new_default $edges (local.get $n)))
    (loop $again
      (local.set $i (i32.const 0))
      (loop $make
        (array.set $edges (local.get $nodes) (local.get $i)
          (struct.new $node (i32.const 0) (array.new_default $edges (i32.const 3))))
        (br_if $make (i32.lt_u (local.tee $i (i32.add (local.get $i) (select (i32.const 1) (i32.const 2) (i32.eqz (local.get $round))))) (local.get $n))))
      (local.set $i (i32.const 0))
      (loop $link
        (local.set $k (i32.const 0))
        (struct.set $node $seen (array.get $edges (local.get $nodes) (local.get $i)) (i32.const 0))
        (loop $edge
          (array.set $edges (struct.get $node $edges (array.get $edges (local.get $nodes) (local.get $i))) (local.get $k)
            (array.get $edges (local.get $nodes) (call $random (local.get $n))))
          (br_if $edge (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 3))))
        (br_if $link (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.set $sum (i32.add (local.get $sum) (call $reach (ref.as_non_null (array.get $edges (local.get $nodes) (i32.const 0))))))
      (br_if $again (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 4))))
    (local.get $sum)))
