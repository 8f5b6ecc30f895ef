;; A memory, a global and a table of host values to read, write, grow and collect.
(module $memory
  (memory (export "memory") 1 16)
  (data (i32.const 16) "Hello from linear memory!")
  (global $count (export "count") (mut i32) (i32.const 0))
  (table $names (export "names") 4 externref)

  ;; Pages of 64 KiB.
  (func $size (export "size") (result i32) (memory.size))

  ;; Turns `length` letters at `at` into capitals; counts those that changed.
  (func $upper (export "upper") (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $c i32)
    (global.set $count (i32.const 0))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $c (i32.load8_u (local.get $at)))
        (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 26))
          (then
            (i32.store8 (local.get $at) (i32.sub (local.get $c) (i32.const 32)))
            (global.set $count (i32.add (global.get $count) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (global.get $count))

  ;; Keeps a value of the host, and gives it back.
  (func $keep (export "keep") (param $i i32) (param $value externref)
    (table.set $names (local.get $i) (local.get $value)))
  (func $name (export "name") (param $i i32) (result externref)
    (table.get $names (local.get $i))))
