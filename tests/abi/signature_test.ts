import { assertEquals, assertThrows } from "@std/assert";
import { signaturePlaces, slotKind } from "../../src/abi/signature.ts";
import { BugError } from "../../src/base/bug.ts";
import { EXTERNREF, F64, I32, I8, V128 } from "../../src/wasm/types.ts";

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

Deno.test("vectors go in float registers, and take two slots of the outgoing area", () => {
  const { params, results, areaSlots } = signaturePlaces(
    ["v128", "f32", "v128", "f64", "v128", "v128", "v128", "v128", "f32", "v128", "f64", "v128"],
    ["v128", "v128", "i32", "f32", "v128"],
  );
  assertEquals(
    params.map((p) => `${p.where}${p.index}`).join(" "),
    "float0 float1 float2 float3 float4 float5 float6 float7 stack0 stack1 stack3 stack4",
  );
  assertEquals(results.map((p) => `${p.where}${p.index}`).join(" "), "float0 stack0 int0 stack2 stack3");
  assertEquals(areaSlots, 6);
});

Deno.test("slotKind() knows numbers, vectors and references, and refuses what no value has", () => {
  assertEquals([I32, F64, V128, EXTERNREF].map(slotKind), ["i32", "f64", "v128", "ref"]);
  assertThrows(() => slotKind(I8), BugError);
});
