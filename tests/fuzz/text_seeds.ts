// Modules for the mutator whose types, declarations and instructions a generic module does not give: garbage-collected types, references, exceptions, tail calls,
// several and 64-bit memories and tables. In the text format. New exceptions and legacy ones stand apart, since V8 takes no module with both.

/** Names and texts. */
export const TEXT_SEEDS: readonly (readonly [string, string])[] = [
  [
    "structures",
    `(module
      (rec
        (type $node (sub (struct (field $next (mut (ref null $node))) (field $small (mut i8)) (field i16))))
        (type $leaf (sub final $node
          (struct (field (mut (ref null $node))) (field (mut i8)) (field i16) (field $v (mut v128)) (field f64)))))
      (type $plain (struct (field i32) (field (mut f32))))
      (global $g (ref $plain) (struct.new $plain (i32.const 1) (f32.const 2)))
      (global anyref (struct.new_default $plain))
      (func (param $n (ref null $node)) (param $l (ref $leaf)) (result i32)
        (struct.set $node $next (local.get $l) (struct.new $node (local.get $n) (i32.const 1) (i32.const 2)))
        (struct.set $node $small (local.get $l) (i32.const 3))
        (struct.set $leaf $v (local.get $l) (v128.const i64x2 1 2))
        (drop (struct.new_default $leaf))
        (i32.add
          (struct.get_s $node $small (local.get $n))
          (i32.add (struct.get_u $node 2 (local.get $l)) (struct.get $plain 0 (global.get $g))))))`,
  ],
  [
    "arrays",
    `(module
      (type $bytes (array (mut i8)))
      (type $words (array (mut i64)))
      (type $refs (array (mut funcref)))
      (type $fixed (array f32))
      (global (ref $words) (array.new_fixed $words 2 (i64.const 1) (i64.const 2)))
      (global (ref $bytes) (array.new $bytes (i32.const 1) (i32.const 2)))
      (global (ref $fixed) (array.new_default $fixed (i32.const 2)))
      (data $d "data")
      (elem $e funcref (ref.func $f) (ref.null func))
      (func $f (param $b (ref $bytes)) (param $r (ref null $refs)) (param $w (ref null $words)) (result i64)
        (array.set $bytes (local.get $b) (i32.const 1) (i32.const 2))
        (array.fill $words (local.get $w) (i32.const 0) (i64.const 3) (i32.const 1))
        (array.copy $bytes $bytes (local.get $b) (i32.const 0) (local.get $b) (i32.const 1) (i32.const 1))
        (array.init_data $bytes $d (local.get $b) (i32.const 0) (i32.const 0) (i32.const 1))
        (array.init_elem $refs $e (local.get $r) (i32.const 0) (i32.const 0) (i32.const 1))
        (drop (array.new_fixed $fixed 1 (array.get $fixed (array.new_default $fixed (i32.const 1)) (i32.const 0))))
        (drop (array.new $words (i64.const 1) (i32.const 2)))
        (drop (array.new_data $words $d (i32.const 0) (i32.const 0)))
        (drop (array.new_elem $refs $e (i32.const 0) (i32.const 2)))
        (drop (array.get_s $bytes (local.get $b) (i32.const 0)))
        (drop (array.get_u $bytes (local.get $b) (array.len (local.get $b))))
        (array.get $words (local.get $w) (i32.const 0))))`,
  ],
  [
    "casts",
    `(module
      (type $a (sub (struct)))
      (type $b (sub $a (struct (field i32))))
      (func (param $x anyref) (param $e externref) (param $q eqref) (result i32)
        (local $s (ref $a))
        (local.set $s (struct.new $a))
        (drop (block $l (result (ref $b)) (drop (br_on_cast $l anyref (ref $b) (local.get $x))) (unreachable)))
        (drop (block $l (result anyref) (br_on_cast_fail $l anyref (ref null $a) (local.get $x))))
        (drop (block $l (result (ref null $b))
          (drop (br_on_cast $l (ref null $a) (ref null $b) (local.get $s)))
          (ref.null none)))
        (drop (ref.cast (ref $b) (local.get $x)))
        (drop (ref.cast (ref null i31) (local.get $q)))
        (drop (ref.test (ref null none) (any.convert_extern (local.get $e))))
        (drop (extern.convert_any (ref.i31 (i32.const 5))))
        (drop (i31.get_u (ref.cast i31ref (local.get $x))))
        (drop (ref.eq (local.get $q) (local.get $s)))
        (i32.add (ref.test (ref $a) (local.get $x)) (i31.get_s (ref.i31 (i32.const 1))))))`,
  ],
  [
    "function references",
    `(module
      (type $f (func (param i32) (result i32)))
      (global $null (ref null $f) (ref.null $f))
      (table $t 1 (ref $f) (ref.func $id))
      (elem declare func $id)
      (func $id (type $f) (local.get 0))
      (func (param $n (ref null $f)) (param $r (ref $f)) (result i32)
        (local $later (ref $f))
        (block $l
          (local.set $later (br_on_null $l (local.get $n)))
          (drop (call_ref $f (i32.const 1) (local.get $later))))
        (drop (block $k (result (ref $f)) (br_on_non_null $k (global.get $null)) (ref.as_non_null (local.get $n))))
        (table.set $t (i32.const 0) (local.get $r))
        (return_call_ref $f (i32.const 2) (ref.func $id))))`,
  ],
  [
    "tail calls",
    `(module
      (type $f (func (param i32) (result i32)))
      (table 1 funcref)
      (func $a (param i32) (result i32) (return_call $b (local.get 0)))
      (func $b (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 0))))`,
  ],
  [
    "exceptions",
    `(module
      (import "m" "e" (tag $imported (param i64)))
      (tag $e (export "e") (param i32 externref))
      (func (param $x exnref) (result i32)
        (block $all
          (drop (block $ref (result exnref)
            (drop (drop (block $one (result i32 externref)
              (try_table (result i32 externref) (catch $e $one) (catch_all_ref $ref)
                (throw $e (i32.const 1) (ref.null extern))))))
            (local.get $x)))
          (block $both (result i64 exnref)
            (try_table (catch_ref $imported $both) (catch_all $all) (throw_ref (local.get $x)))
            (return (i32.const 1)))
          (drop) (drop))
        (i32.const 2)))`,
  ],
  [
    "legacy exceptions",
    `(module
      (tag $e (param i32))
      (func (result i32)
        (try $outer (result i32)
          (do
            (try (do (throw $e (i32.const 1))) (delegate $outer))
            (i32.const 2))
          (catch $e)
          (catch_all (rethrow $outer)))))`,
  ],
  [
    "memories",
    `(module
      (memory $a 1 2)
      (memory $b i64 1 2)
      (memory $c 1 1 shared)
      (data (memory $b) (i64.const 3) "bytes")
      (data $d "passive")
      (func (param $p i64) (result i64)
        (i32.store8 $b offset=0x100000000 (local.get $p) (i32.load16_u offset=5 align=1 (i32.const 0)))
        (v128.store64_lane $b 1 (local.get $p) (v128.load32_splat $c (i32.const 4)))
        (memory.copy $b $a (local.get $p) (i32.const 0) (i32.const 1))
        (memory.fill $b (local.get $p) (i32.const 0) (i64.const 1))
        (memory.init $b $d (local.get $p) (i32.const 0) (i32.const 1))
        (drop (i32.atomic.rmw.add $c (i32.const 0) (memory.size $a)))
        (atomic.fence)
        (memory.grow $b (memory.size $b))))`,
  ],
  [
    "tables",
    `(module
      (table $a 1 externref)
      (table $b i64 1 10 funcref)
      (table $c i64 1 funcref)
      (elem (table $b) (i64.const 0) func 0)
      (elem $e func 0)
      (func (param $p i64) (result i64)
        (table.set $b (local.get $p) (table.get $c (i64.const 0)))
        (table.copy $b $c (local.get $p) (i64.const 0) (i64.const 1))
        (table.init $b $e (local.get $p) (i32.const 0) (i32.const 1))
        (table.fill $b (local.get $p) (ref.null func) (i64.const 1))
        (drop (call_indirect $b (param i64) (result i64) (local.get $p) (i64.const 0)))
        (drop (table.size $a))
        (i64.add (table.grow $b (ref.null func) (i64.const 1)) (table.size $b))))`,
  ],
  [
    "constant expressions",
    `(module
      (global $a (import "m" "a") i32)
      (global $b i32 (i32.add (i32.mul (global.get $a) (i32.const 3)) (i32.const 4)))
      (global $c i64 (i64.sub (i64.const 3) (i64.const 4)))
      (global v128 (v128.const f32x4 1 2 3 nan))
      (global (ref i31) (ref.i31 (global.get $b)))
      (global anyref (any.convert_extern (extern.convert_any (ref.i31 (i32.const 1)))))
      (memory 1)
      (data (offset (i32.sub (global.get $b) (i32.const 1))) "x"))`,
  ],
];
