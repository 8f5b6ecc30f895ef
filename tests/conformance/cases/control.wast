;; Blocks, loops, branches: what a branch carries, where it lands, and what is left of the stack.

(module
  (func (export "sum-to") (param $n i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $sum))

  ;; A branch drops what lies below its values.
  (func (export "drops-below") (result i32)
    (block (result i32)
      (i32.const 1) (i64.const 2) (f32.const 3)
      (br 0 (i32.const 42))))

  (func (export "br-if-keeps") (param i32) (result i32)
    (block (result i32)
      (br_if 0 (i32.const 10) (local.get 0))
      (drop)
      (i32.const 20)))

  (func (export "classify") (param i32) (result i32)
    (block $other
      (block $two
        (block $one
          (block $zero
            (br_table $zero $one $two $other (local.get 0)))
          (return (i32.const 100)))
        (return (i32.const 101)))
      (return (i32.const 102)))
    (i32.const -1))

  (func (export "table-with-value") (param i32) (result i32)
    (i32.add (i32.const 1)
      (block $a (result i32)
        (i32.mul (i32.const 10)
          (block $b (result i32)
            (br_table $a $b $a (i32.const 7) (local.get 0)))))))

  (func (export "if-no-else") (param i32) (result i32)
    (local i32)
    (if (local.get 0) (then (local.set 1 (i32.const 5))))
    (local.get 1))

  (func (export "nested-if") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (if (result i32) (local.get 1) (then (i32.const 3)) (else (i32.const 2))))
      (else (if (result i32) (local.get 1) (then (i32.const 1)) (else (i32.const 0))))))

  ;; The branch to the function's own label is a return.
  (func (export "branch-out") (param i32) (result i32)
    (br_if 0 (i32.const 8) (local.get 0))
    (drop)
    (i32.const 9))

  (func (export "loop-params") (param i32) (result i32)
    (i32.const 1)
    (loop (param i32) (result i32)
      (local.tee 0 (i32.mul (local.get 0)))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 1000)))))

  (func (export "unreachable-typing") (param i32) (result i32)
    (if (local.get 0) (then (return (i32.const 1)) (drop) (i32.add) (drop)))
    (i32.const 2))

  (func (export "select") (param i32 i64 i64) (result i64)
    (select (local.get 1) (local.get 2) (local.get 0)))

  ;; The old value of a local stays on the stack when the local is set.
  (func (export "swap-by-stack") (param i32 i32) (result i32)
    (local.get 0) (local.get 1)
    (local.set 0) (local.set 1)
    (i32.sub (local.get 0) (local.get 1)))

  (func (export "old-value") (param i32) (result i32)
    (local.get 0)
    (block (br_if 0 (local.get 0)) (local.set 0 (i32.const 50)))
    (local.set 0 (i32.const 100))
    (i32.add (local.get 0)))
)

(assert_return (invoke "sum-to" (i32.const 0)) (i32.const 0))
(assert_return (invoke "sum-to" (i32.const 1000)) (i32.const 500500))
(assert_return (invoke "drops-below") (i32.const 42))
(assert_return (invoke "br-if-keeps" (i32.const 1)) (i32.const 10))
(assert_return (invoke "br-if-keeps" (i32.const 0)) (i32.const 20))
(assert_return (invoke "classify" (i32.const 0)) (i32.const 100))
(assert_return (invoke "classify" (i32.const 1)) (i32.const 101))
(assert_return (invoke "classify" (i32.const 2)) (i32.const 102))
(assert_return (invoke "classify" (i32.const 3)) (i32.const -1))
(assert_return (invoke "classify" (i32.const -1)) (i32.const -1))
(assert_return (invoke "table-with-value" (i32.const 0)) (i32.const 8))
(assert_return (invoke "table-with-value" (i32.const 1)) (i32.const 71))
(assert_return (invoke "table-with-value" (i32.const 2)) (i32.const 8))
(assert_return (invoke "if-no-else" (i32.const 0)) (i32.const 0))
(assert_return (invoke "if-no-else" (i32.const -1)) (i32.const 5))
(assert_return (invoke "nested-if" (i32.const 1) (i32.const 1)) (i32.const 3))
(assert_return (invoke "nested-if" (i32.const 1) (i32.const 0)) (i32.const 2))
(assert_return (invoke "nested-if" (i32.const 0) (i32.const 1)) (i32.const 1))
(assert_return (invoke "nested-if" (i32.const 0) (i32.const 0)) (i32.const 0))
(assert_return (invoke "branch-out" (i32.const 1)) (i32.const 8))
(assert_return (invoke "branch-out" (i32.const 0)) (i32.const 9))
(assert_return (invoke "loop-params" (i32.const 3)) (i32.const 6561))
(assert_return (invoke "unreachable-typing" (i32.const 1)) (i32.const 1))
(assert_return (invoke "unreachable-typing" (i32.const 0)) (i32.const 2))
(assert_return (invoke "select" (i32.const 1) (i64.const 5) (i64.const 6)) (i64.const 5))
(assert_return (invoke "select" (i32.const 0) (i64.const 5) (i64.const 6)) (i64.const 6))
(assert_return (invoke "swap-by-stack" (i32.const 9) (i32.const 4)) (i32.const -5))
(assert_return (invoke "old-value" (i32.const 7)) (i32.const 107))
(assert_return (invoke "old-value" (i32.const 0)) (i32.const 100))

(assert_invalid (module (func (result i32) (block (result i32) (br 0)))) "type mismatch")
(assert_invalid (module (func (br 1))) "unknown label")
(assert_invalid (module (func (param i32) (if (result i32) (local.get 0) (then (i32.const 1))))) "type mismatch")
(assert_invalid (module (func (result i32) (i32.const 1) (i32.const 2))) "type mismatch")
(assert_malformed (module quote "(func (blok))") "unknown operator")
(assert_malformed (module quote "(func block $a end $b)") "mismatching label")
