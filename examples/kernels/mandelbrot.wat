;; Points of an n × n grid that stay in the Mandelbrot set for 100 steps: f64 arithmetic.
(module $mandelbrot
  (func $escapes (param $cx f64) (param $cy f64) (result i32)
    (local $x f64) (local $y f64) (local $xx f64) (local $yy f64) (local $k i32)
    (local.set $k (i32.const 100))
    (loop $step
      (local.set $xx (f64.mul (local.get $x) (local.get $x)))
      (local.set $yy (f64.mul (local.get $y) (local.get $y)))
      (if (f64.gt (f64.add (local.get $xx) (local.get $yy)) (f64.const 4))
        (then (return (i32.const 1))))
      (local.set $y (f64.add (f64.mul (f64.mul (f64.const 2) (local.get $x)) (local.get $y)) (local.get $cy)))
      (local.set $x (f64.add (f64.sub (local.get $xx) (local.get $yy)) (local.get $cx)))
      (br_if $step (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
    (i32.const 0))
  (func (export "run") (param $n i32) (result i64)
    (local $i i32) (local $j i32) (local $inside i64) (local $scale f64)
    (local.set $scale (f64.div (f64.const 3) (f64.convert_i32_u (local.get $n))))
    (loop $rows
      (local.set $j (i32.const 0))
      (loop $columns
        (if (i32.eqz (call $escapes
              (f64.sub (f64.mul (f64.convert_i32_u (local.get $j)) (local.get $scale)) (f64.const 2))
              (f64.sub (f64.mul (f64.convert_i32_u (local.get $i)) (local.get $scale)) (f64.const 1.5))))
          (then (local.set $inside (i64.add (local.get $inside) (i64.const 1)))))
        (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $inside)))
