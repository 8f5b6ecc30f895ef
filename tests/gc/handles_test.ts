import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { HostHandles } from "../../src/gc/handles.ts";
import { Engine } from "../../mod.ts";

const TEXT =
  `(module (import "m" "make" (func $make (param i32) (result externref))) (table (export "t") 3 externref) (global $g (mut externref) (ref.null extern))
  (func (export "id") (param externref) (result externref) (local.get 0))
  (func (export "keep") (param externref) (global.set $g (local.get 0)) (table.set (i32.const 1) (local.get 0)))
  (func (export "kept") (result externref externref) (global.get $g) (table.get (i32.const 1)))
  (func (export "many") (param $n i32) (result externref) (local $first externref)
    (local.set $first (call $make (i32.const -1)))
    (loop $l
      (drop (call $make (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $first)))`;

for (const tier of ["interp", "jit"] as const) {
  if (tier === "jit" && Engine.nativeUnavailable !== undefined) continue;
  Deno.test(`${tier}: references to host values that Wasm let go of do not add up`, () => {
    const engine = new Engine({ tier });
    const x = engine.load(TEXT, { m: { make: (i: number) => ({ i }) } }).exports;
    const kept = { kept: true };
    x.keep(kept);
    for (let i = 0; i < 200_000; i++) x.id({ i });
    // Within one call, too; what a local of a frame holds stays.
    assertEquals(x.many(200_000), { i: -1 });
    assertStrictEquals(x.kept()[0], kept);
    assertStrictEquals(x.kept()[1], kept);
    const { kept: left, freed } = engine.gc();
    assert(left + freed < 110_000, `${left + freed} references were left`);
  });
}

Deno.test("toRef() gives equal references for equal values, but need not for long strings", () => {
  const handles = new HostHandles();
  const o = {}, long = "x".repeat(1000);
  for (const v of [o, "short", 1.5, NaN, undefined]) assertEquals(handles.toRef(v), handles.toRef(v));
  for (const ref of [handles.toRef(long), handles.toRef(long)]) assertStrictEquals(handles.fromRef(ref), long);
  assertEquals([handles.crowded, handles.size], [false, 7]);
});
