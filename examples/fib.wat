;; Small functions to call, to trap in and to look at in machine code.
(module $fib
  ;; The Fibonacci number `n`, the slow way: about 1.6^n calls.
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fib (i32.sub (local.get $n) (i32.const 1)))
          (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  ;; Quotient and remainder: two results, and a trap when `b` is 0.
  (func $divide (export "divide") (param $a i32) (param $b i32) (result i32 i32)
    (i32.div_s (local.get $a) (local.get $b))
    (i32.rem_s (local.get $a) (local.get $b)))

  ;; The mean of `sum` over `count`, by way of $divide.
  (func $mean (export "mean") (param $sum i32) (param $count i32) (result i32)
    (drop (call $divide (local.get $sum) (local.get $count))))

  ;; Never ends: something for Ctrl-C.
  (func $spin (export "spin")
    (loop $again (br $again))))
