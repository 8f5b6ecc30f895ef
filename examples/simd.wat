;; Vectors of 128 bits: sixteen bytes, four f32 or two i64 at a time.
;;
;;   > :load examples/simd.wat
;;   > fill 0 1000
;;   > fill 4000 1000
;;   > dot 0 4000 1000
;;   => 332833200:f32
(module $simd
  (memory (export "memory") 1)

  ;; Writes the numbers 0, 1, 2 … as `n` f32 from `at` on. `n` is a multiple of 4.
  (func (export "fill") (param $at i32) (param $n i32) (local $v v128)
    (local.set $v (v128.const f32x4 0 1 2 3))
    (loop $next
      (if (i32.eqz (local.get $n)) (then (return)))
      (v128.store (local.get $at) (local.get $v))
      (local.set $v (f32x4.add (local.get $v) (v128.const f32x4 4 4 4 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $n (i32.sub (local.get $n) (i32.const 4)))
      (br $next)))

  ;; The sum of a[i] * b[i] over `n` f32, a multiple of 4: four sums run side by side and are added at the end.
  (func (export "dot") (param $a i32) (param $b i32) (param $n i32) (result f32) (local $sum v128)
    (loop $next
      (if (local.get $n)
        (then
          (local.set $sum
            (f32x4.add (local.get $sum) (f32x4.mul (v128.load (local.get $a)) (v128.load (local.get $b)))))
          (local.set $a (i32.add (local.get $a) (i32.const 16)))
          (local.set $b (i32.add (local.get $b) (i32.const 16)))
          (local.set $n (i32.sub (local.get $n) (i32.const 4)))
          (br $next))))
    (call $across (local.get $sum)))

  ;; The sum of four lanes.
  (func $across (param $v v128) (result f32)
    (local.set $v
      (f32x4.add (local.get $v)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
    (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v))))

  ;; Blurs a row of `n` grey pixels (bytes) at `from` into `to`: each becomes the mean of its neighbours, averaged with itself.
  ;; Pixels outside of the row are read as they stand in memory; `n` is a multiple of 16.
  (func (export "blur") (param $from i32) (param $to i32) (param $n i32)
    (loop $next
      (if (i32.eqz (local.get $n)) (then (return)))
      (v128.store (local.get $to)
        (i8x16.avgr_u
          (i8x16.avgr_u
            (v128.load align=1 (i32.sub (local.get $from) (i32.const 1)))
            (v128.load offset=1 align=1 (local.get $from)))
          (v128.load (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $n (i32.sub (local.get $n) (i32.const 16)))
      (br $next))))
