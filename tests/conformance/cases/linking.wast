;; Modules that share functions, memories, tables and globals; imports that do not fit; start functions.

(module $store
  (memory (export "memory") 1 4)
  (table (export "table") 3 funcref)
  (global (export "limit") i32 (i32.const 10))
  (global $counter (export "counter") (mut i64) (i64.const 0))
  (func (export "bump") (result i64)
    (global.set $counter (i64.add (global.get $counter) (i64.const 1)))
    (global.get $counter))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "pages") (result i32) (memory.size))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
)
(register "store" $store)

(module $user
  (import "store" "memory" (memory 1))
  (import "store" "table" (table 2 funcref))
  (import "store" "limit" (global $limit i32))
  (import "store" "counter" (global $counter (mut i64)))
  (import "store" "bump" (func $bump (result i64)))
  (import "spectest" "print_i32" (func $print (param i32)))
  (global $twice i32 (global.get $limit))
  (data (i32.const 7) "user")
  (func $own (result i32) (call $print (i32.const 1)) (i32.add (global.get $limit) (global.get $twice)))
  (elem (i32.const 1) func $own)
  (func (export "bump-twice") (result i64) (drop (call $bump)) (call $bump))
  (func (export "reset") (global.set $counter (i64.const 100)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
)
(assert_return (invoke $store "peek" (i32.const 8)) (i32.const 115))
(assert_return (invoke $store "call" (i32.const 1)) (i32.const 20))
(assert_trap (invoke $store "call" (i32.const 0)) "uninitialized element")
(assert_return (invoke $user "bump-twice") (i64.const 2))
(assert_return (invoke $store "bump") (i64.const 3))
(invoke $user "reset")
(assert_return (get $store "counter") (i64.const 100))
(assert_return (invoke $user "bump-twice") (i64.const 102))
(assert_return (get $store "limit") (i32.const 10))
(assert_return (invoke $user "grow") (i32.const 1))
(assert_return (invoke $store "pages") (i32.const 2))

;; A segment that does not fit traps; what was written before it stays, and functions put into a shared table go on working.
(assert_trap
  (module
    (import "store" "table" (table 3 funcref))
    (import "store" "memory" (memory 1))
    (func $late (result i32) (i32.const 33))
    (elem (i32.const 2) func $late)
    (data (i32.const 0) "z")
    (data (i32.const 131071) "zz"))
  "out of bounds memory access")
(assert_return (invoke $store "call" (i32.const 2)) (i32.const 33))
(assert_return (invoke $store "peek" (i32.const 0)) (i32.const 122))
(assert_trap
  (module (import "store" "table" (table 3 funcref)) (func $f) (elem (i32.const 3) func $f))
  "out of bounds table access")

;; The start function runs at last, and may trap.
(module $started
  (global $n (export "n") (mut i32) (i32.const 1))
  (memory 1) (data (i32.const 0) "\05")
  (func $start (global.set $n (i32.load8_u (i32.const 0))))
  (start $start))
(assert_return (get $started "n") (i32.const 5))
(assert_trap (module (func $f unreachable) (start $f)) "unreachable")

(assert_unlinkable (module (import "store" "nothing" (func))) "unknown import")
(assert_unlinkable (module (import "nowhere" "bump" (func))) "unknown import")
(assert_unlinkable (module (import "store" "bump" (func))) "incompatible import type")
(assert_unlinkable (module (import "store" "bump" (global i64))) "incompatible import type")
(assert_unlinkable (module (import "store" "limit" (global (mut i32)))) "incompatible import type")
(assert_unlinkable (module (import "store" "counter" (global i64))) "incompatible import type")
(assert_unlinkable (module (import "store" "memory" (memory 3))) "incompatible import type")
(assert_unlinkable (module (import "store" "memory" (memory 1 3))) "incompatible import type")
(assert_unlinkable (module (import "store" "table" (table 4 funcref))) "incompatible import type")
(assert_unlinkable (module (import "store" "table" (table 1 externref))) "incompatible import type")
(assert_unlinkable (module (import "spectest" "print_i32" (func (param i64)))) "incompatible import type")

;; Several instances of one definition have states of their own.
(module definition $counter
  (global $n (mut i32) (i32.const 0))
  (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
(module instance $c1 $counter)
(module instance $c2 $counter)
(assert_return (invoke $c1 "next") (i32.const 1))
(assert_return (invoke $c1 "next") (i32.const 2))
(assert_return (invoke $c2 "next") (i32.const 1))

(assert_invalid (module (func (export "a")) (memory (export "a") 0)) "duplicate export name")
(assert_invalid (module (func $f (param i32)) (start $f)) "start function")
(assert_invalid (module (global i32 (i32.const 1)) (global (mut i32) (i32.ctz (i32.const 1)))) "constant expression required")
(assert_invalid (module (global $g i32 (i32.const 1)) (func (global.set $g (i32.const 1)))) "immutable global")
