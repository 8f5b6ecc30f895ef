;; Direct and indirect calls, recursion, many parameters and results of every type.

(module
  (type $binary (func (param i32 i32) (result i32)))
  (type $unary (func (param i32) (result i32)))

  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $neg (type $unary) (i32.sub (i32.const 0) (local.get 0)))
  (table $t 6 8 funcref)
  (elem (table $t) (i32.const 1) func $add $sub $neg)

  (func (export "apply") (param i32 i32 i32) (result i32)
    (call_indirect $t (type $binary) (local.get 1) (local.get 2) (local.get 0)))

  (func $ackermann (export "ackermann") (param i32 i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.add (local.get 1) (i32.const 1)))
      (else
        (if (result i32) (i32.eqz (local.get 1))
          (then (call $ackermann (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
          (else
            (call $ackermann (i32.sub (local.get 0) (i32.const 1))
              (call $ackermann (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))))))

  (func $even (export "even") (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0)) (then (i32.const 1)) (else (call $odd (i64.sub (local.get 0) (i64.const 1))))))
  (func $odd (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0)) (then (i32.const 0)) (else (call $even (i64.sub (local.get 0) (i64.const 1))))))

  ;; More parameters than any calling convention has registers for, types interleaved.
  (func $mix (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i64 f64) (result f64)
    (f64.add (f64.convert_i32_s (i32.sub (local.get 16) (local.get 0)))
    (f64.add (f64.convert_i64_s (i64.sub (local.get 17) (local.get 1)))
    (f64.add (f64.promote_f32 (f32.sub (local.get 18) (local.get 2)))
    (f64.add (f64.sub (local.get 19) (local.get 3))
    (f64.add (f64.convert_i64_s (local.get 20)) (local.get 21)))))))
  (func (export "mix") (result f64)
    (call $mix
      (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5) (i64.const 6) (f32.const 7) (f64.const 8)
      (i32.const 9) (i64.const 10) (f32.const 11) (f64.const 12) (i32.const 13) (i64.const 14) (f32.const 15) (f64.const 16)
      (i32.const 101) (i64.const 202) (f32.const 303.5) (f64.const 404.25) (i64.const 1000) (f64.const 0.125)))

  ;; Values live across a call keep their place.
  (func (export "across") (param i32 f64) (result f64)
    (f64.add
      (f64.mul (local.get 1) (f64.convert_i32_s (local.get 0)))
      (f64.add (f64.convert_i32_s (call $neg (local.get 0))) (f64.convert_i32_s (call $add (local.get 0) (call $neg (i32.const 3)))))))

  (func $forever (export "forever") (result i32) (i32.add (i32.const 1) (call $forever)))
  (func $ping (export "ping") (call $pong))
  (func $pong (call $ping))
)

(assert_return (invoke "apply" (i32.const 1) (i32.const 30) (i32.const 12)) (i32.const 42))
(assert_return (invoke "apply" (i32.const 2) (i32.const 30) (i32.const 12)) (i32.const 18))
(assert_trap (invoke "apply" (i32.const 3) (i32.const 1) (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "apply" (i32.const 0) (i32.const 1) (i32.const 1)) "uninitialized element")
(assert_trap (invoke "apply" (i32.const 6) (i32.const 1) (i32.const 1)) "undefined element")
(assert_trap (invoke "apply" (i32.const -1) (i32.const 1) (i32.const 1)) "undefined element")
(assert_return (invoke "ackermann" (i32.const 2) (i32.const 3)) (i32.const 9))
(assert_return (invoke "ackermann" (i32.const 3) (i32.const 3)) (i32.const 61))
(assert_return (invoke "even" (i64.const 100)) (i32.const 1))
(assert_return (invoke "even" (i64.const 101)) (i32.const 0))
(assert_return (invoke "mix") (f64.const 2000.875))
(assert_return (invoke "across" (i32.const 10) (f64.const 2.5)) (f64.const 22))
(assert_exhaustion (invoke "forever") "call stack exhausted")
(assert_exhaustion (invoke "ping") "call stack exhausted")
;; The instance goes on after that.
(assert_return (invoke "ackermann" (i32.const 2) (i32.const 2)) (i32.const 7))

(assert_invalid (module (func (call 1))) "unknown function")
(assert_invalid (module (func $f (param i32)) (func (call $f))) "type mismatch")
(assert_invalid (module (func (call_indirect (i32.const 0)))) "unknown table")
(assert_invalid (module (table 0 externref) (func (call_indirect (i32.const 0)))) "type mismatch")
