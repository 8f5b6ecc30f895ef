;; Accounts with names, and a bug: a balance comes out wrong. The README finds out who wrote it.
(module $bank
  (memory (export "memory") 1)
  (data (i32.const 0x100) "Ada\00Charles Babbage\00")

  ;; An account takes 16 bytes, from 0x20 on: a name of at most 12 bytes, then the balance.
  (func $account (param $number i32) (result i32)
    (i32.add (i32.const 0x20) (i32.mul (local.get $number) (i32.const 16))))

  (func $balance (export "balance") (param $number i32) (result i32)
    (i32.load offset=12 (call $account (local.get $number))))

  (func $deposit (export "deposit") (param $number i32) (param $amount i32)
    (i32.store offset=12 (call $account (local.get $number))
      (i32.add (call $balance (local.get $number)) (local.get $amount))))

  ;; Copies a name, which ends with a zero byte.
  (func $rename (export "rename") (param $number i32) (param $name i32)
    (local $to i32) (local $letter i32)
    (local.set $to (call $account (local.get $number)))
    (loop $next
      (local.set $letter (i32.load8_u (local.get $name)))
      (if (local.get $letter)
        (then
          (i32.store8 (local.get $to) (local.get $letter))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $name (i32.add (local.get $name) (i32.const 1)))
          (br $next)))))

  ;; Two customers come in; gives what the second one has, which should be 250.
  (func $main (export "main") (result i32)
    (call $deposit (i32.const 0) (i32.const 100))
    (call $deposit (i32.const 1) (i32.const 250))
    (call $rename (i32.const 0) (i32.const 0x100))
    (call $rename (i32.const 1) (i32.const 0x104))
    (call $balance (i32.const 1))))
