;; A WASI command: greets its arguments, or the world.
;;   deno run -A cli.ts run examples/hello.wat you
(module $hello
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "hello, ")
  (data (i32.const 80) "world")
  (data (i32.const 96) "\0a")
  ;; 0: number of arguments, 4: their bytes, 8: bytes written; 16: a list of buffers; 1024: pointers to the arguments, which begin at 65536

  ;; Bytes before the final zero.
  (func $length (param $text i32) (result i32) (local $end i32)
    (local.set $end (local.get $text))
    (block $found
      (loop $next
        (br_if $found (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  ;; Writes "hello, ", the text and a line feed to standard output, at once; any error ends the program with its code.
  (func $greet (param $text i32) (param $length i32) (local $error i32)
    (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 7))
    (i32.store (i32.const 24) (local.get $text)) (i32.store (i32.const 28) (local.get $length))
    (i32.store (i32.const 32) (i32.const 96)) (i32.store (i32.const 36) (i32.const 1))
    (local.set $error (call $fd_write (i32.const 1) (i32.const 16) (i32.const 3) (i32.const 8)))
    (if (local.get $error) (then (call $proc_exit (local.get $error)))))

  (func (export "_start") (local $i i32) (local $text i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.lt_u (i32.load (i32.const 0)) (i32.const 2))
      (then (call $greet (i32.const 80) (i32.const 5)) (return)))
    (drop (call $args_get (i32.const 1024) (i32.const 65536)))
    (local.set $i (i32.const 1))
    (loop $next
      (local.set $text (i32.load (i32.add (i32.const 1024) (i32.shl (local.get $i) (i32.const 2)))))
      (call $greet (local.get $text) (call $length (local.get $text)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.load (i32.const 0)))))))
