import { assertEquals, assertThrows } from "@std/assert";
import { signaturePlaces, slotKind } from "../../src/abi/signature.ts";
import { BugError } from "../../src/base/bug.ts";
import { EXTERNREF, F64, I32, V128 } from "../../src/wasm/types.ts";

Deno.test("signaturePlaces() fills registers first, then slots of the outgoing area in order", () => {
  const { params, results, areaSlots } = signaturePlaces(
    ["i32", "f32", "i64", "ref", "i32", "i32", "i32", "i64", "f64", "ref"],
    ["f64", "i32", "f32", "i64"],
  );
  assertEquals(
    params.map((p) => `${p.where}${p.index}`).join(" "),
    "int0 float0 int1 int2 int3 int4 int5 stack0 float1 stack1",
  );
  assertEquals(results.map((p) => `${p.where}${p.index}`).join(" "), "float0 int0 stack0 stack1");
  assertEquals(areaSlots, 2);
});

Deno.test("slotKind() knows numbers and references, and refuses vectors", () => {
  assertEquals([I32, F64, EXTERNREF].map(slotKind), ["i32", "f64", "ref"]);
  assertThrows(() => slotKind(V128), BugError);
});
