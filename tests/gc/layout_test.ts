import { assert, assertEquals } from "@std/assert";
import { arrayBytes, HEADER_BYTES, layoutOf, OBJECT_ALIGN, Storage, STORAGE_BYTES } from "../../src/gc/layout.ts";
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  Heap,
  I16,
  I32,
  I64,
  I8,
  refType,
  V128,
  type ValType,
} from "../../src/wasm/types.ts";
import { array, struct } from "./types.ts";

const ANYREF = refType(Heap.ANY, true);
const ALL: readonly ValType[] = [I8, I16, I32, I64, F32, F64, V128, ANYREF, EXTERNREF, FUNCREF];

Deno.test("layoutOf() puts small fields into gaps that alignment left", () => {
  const layout = layoutOf(struct(I8, I64, I16, I32, I8));
  assertEquals([...layout.offsets], [8, 16, 10, 12, 9]);
  assertEquals(layout.bytes, 24);
});

Deno.test("layoutOf() tells references by their bits from function references", () => {
  const layout = layoutOf(struct(ANYREF, FUNCREF, EXTERNREF, I32));
  assertEquals([...layout.refs], [2, 4]);
  assertEquals([...layout.funcs], [3]);
  assertEquals([...layout.storage], [Storage.REF, Storage.FUNC, Storage.REF, Storage.I32]);
});

Deno.test("layoutOf() gives each field its own aligned bytes, and a supertype's layout is the beginning of its subtype's", () => {
  let seed = 7;
  const random = (n: number) => (seed = Math.imul(seed, 1103515245) + 12345 & 0x7fffffff) % n;
  for (let round = 0; round < 300; round++) {
    const fields = Array.from({ length: random(12) }, () => ALL[random(ALL.length)]);
    const layout = layoutOf(struct(...fields));
    const taken = new Set<number>();
    fields.forEach((_, i) => {
      const bytes = STORAGE_BYTES[layout.storage[i]];
      assertEquals(layout.offsets[i] % Math.min(bytes, OBJECT_ALIGN), 0);
      for (let b = 0; b < bytes; b++) {
        const at = layout.offsets[i] + b;
        assert(at >= HEADER_BYTES && at < layout.bytes && !taken.has(at), `byte ${at} of field ${i}`);
        taken.add(at);
      }
    });
    const prefix = layoutOf(struct(...fields.slice(0, random(fields.length + 1))));
    assertEquals([...layout.offsets.subarray(0, prefix.offsets.length)], [...prefix.offsets]);
  }
});

Deno.test("layoutOf() gives arrays the stride of their storage type", () => {
  assertEquals(ALL.map((t) => layoutOf(array(t)).stride), [1, 2, 4, 8, 4, 8, 16, 4, 4, 4]);
  assertEquals(arrayBytes(layoutOf(array(I8)), 0), 8);
  assertEquals(arrayBytes(layoutOf(array(I8)), 1), 16);
  assertEquals(arrayBytes(layoutOf(array(I16)), 5), 24);
});

Deno.test("layoutOf() gives the same object for the same type", () => {
  assert(layoutOf(struct(I32, I64)) === layoutOf(struct(I32, I64)));
});
