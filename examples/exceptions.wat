;; Exceptions: a reader of sums gives up from the depth of its recursion, cleans up on the way, and tells its caller where the text is wrong.
;;
;;   > :load examples/exceptions.wat
;;   > :mem write 0 "1+(2+30)"
;;   > value 0
;;   => 33:i32
;;   > check 0
;;   => -1:i32
;;   > :mem write 0 "1+(2+)+3"
;;   > check 0
;;   => 5:i32
;;   > :try value 0
;;   error: uncaught exception with tag (i32): 5
;;   > :global open
;;   open = 0:i32
(module $exceptions
  (memory (export "memory") 1)
  ;; The text is wrong at this address.
  (tag $wrong (export "wrong") (param i32))
  ;; Where reading is.
  (global $at (mut i32) (i32.const 0))
  ;; Brackets that are open.
  (global $open (export "open") (mut i32) (i32.const 0))

  ;; The value of a text such as 1+(2+30), which a zero byte ends. Throws `wrong`, to JavaScript too.
  (func $value (export "value") (param $text i32) (result i32)
    (global.set $at (local.get $text))
    (call $sum)
    (call $expect (i32.const 0)))

  ;; Where the text is wrong; -1 if it is right.
  (func (export "check") (param $text i32) (result i32)
    (block $caught (result i32)
      (drop (try_table (result i32) (catch $wrong $caught) (call $value (local.get $text))))
      (i32.const -1)))

  (func $sum (result i32) (local $sum i32)
    (local.set $sum (call $term))
    (loop $next
      (if (i32.eq (call $byte) (i32.const 43)) ;; +
        (then
          (call $step)
          (local.set $sum (i32.add (local.get $sum) (call $term)))
          (br $next))))
    (local.get $sum))

  (func $term (result i32) (local $n i32)
    (if (i32.eq (call $byte) (i32.const 40)) (then (return_call $bracket))) ;; (
    (if (i32.eqz (call $digit)) (then (throw $wrong (global.get $at))))
    (loop $next
      (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10)) (i32.sub (call $byte) (i32.const 48))))
      (call $step)
      (br_if $next (call $digit)))
    (local.get $n))

  ;; What `finally` is made of: the count is put right however the sum ends, and what was thrown is thrown on.
  (func $bracket (result i32) (local $sum i32)
    (call $step)
    (global.set $open (i32.add (global.get $open) (i32.const 1)))
    (block $thrown (result exnref)
      (local.set $sum (try_table (result i32) (catch_all_ref $thrown) (call $sum)))
      (call $close)
      (call $expect (i32.const 41)) ;; )
      (return (local.get $sum)))
    (call $close)
    (throw_ref))

  (func $close (global.set $open (i32.sub (global.get $open) (i32.const 1))))
  (func $expect (param $byte i32)
    (if (i32.ne (call $byte) (local.get $byte)) (then (throw $wrong (global.get $at))))
    (call $step))
  (func $byte (result i32) (i32.load8_u (global.get $at)))
  (func $digit (result i32) (i32.lt_u (i32.sub (call $byte) (i32.const 48)) (i32.const 10)))
  (func $step (global.set $at (i32.add (global.get $at) (i32.const 1)))))
