;; Binary trees: allocates trees of structures, counts their nodes and drops them, while one long-lived tree stays. Run by gc.ts.
;;
;;   > :load examples/binary_trees.wat
;;   > keep 10
;;   > churn 8 100
;;   => 51100:i32
;;   > :gc
;;     objects           2047   51100
;;     their bytes      32752  817600
;;   > kept
;;   => 2047:i32
(module
  (rec (type $node (struct (field $left (ref null $node)) (field $right (ref null $node)))))

  (global $kept (mut (ref null $node)) (ref.null $node))

  ;; A complete tree with 2^(depth+1) - 1 nodes.
  (func $make (export "make") (param $depth i32) (result (ref $node))
    (if (i32.eqz (local.get $depth))
      (then (return (struct.new_default $node))))
    (struct.new $node
      (call $make (i32.sub (local.get $depth) (i32.const 1)))
      (call $make (i32.sub (local.get $depth) (i32.const 1)))))

  ;; How many nodes a tree has.
  (func $count (export "count") (param $tree (ref $node)) (result i32)
    (local $left (ref null $node))
    (local.set $left (struct.get $node $left (local.get $tree)))
    (if (ref.is_null (local.get $left))
      (then (return (i32.const 1))))
    (i32.add
      (i32.const 1)
      (i32.add
        (call $count (ref.as_non_null (local.get $left)))
        (call $count (ref.as_non_null (struct.get $node $right (local.get $tree)))))))

  ;; Keeps a tree of the given depth until the next call.
  (func (export "keep") (param $depth i32)
    (global.set $kept (call $make (local.get $depth))))

  ;; Makes `times` trees one after the other; gives the nodes of all of them.
  (func (export "churn") (param $depth i32) (param $times i32) (result i32)
    (local $nodes i32)
    (loop $again
      (local.set $nodes (i32.add (local.get $nodes) (call $count (call $make (local.get $depth)))))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))
    (local.get $nodes))

  (func (export "kept") (result i32)
    (if (result i32) (ref.is_null (global.get $kept))
      (then (i32.const 0))
      (else (call $count (ref.as_non_null (global.get $kept)))))))
