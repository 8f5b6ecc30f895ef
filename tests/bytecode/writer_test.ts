import { assertEquals } from "@std/assert";
import { ByteReader } from "../../src/bytecode/byte_reader.ts";
import { ByteWriter } from "../../src/bytecode/writer.ts";
import { EXTERNREF, FUNCREF, Heap, I16, I32, I8, refType, V128 } from "../../src/wasm/types.ts";

Deno.test("ByteWriter writes LEB128 numbers that ByteReader reads back, at their limits too", () => {
  const u32 = [0, 1, 127, 128, 16383, 16384, 2 ** 31, 2 ** 32 - 1];
  const s32 = [0, -1, 63, 64, -64, -65, 8191, -8193, 2 ** 31 - 1, -(2 ** 31)];
  const s33 = [...s32, 2 ** 32 - 1, -(2 ** 32), 2 ** 31, -(2 ** 31) - 1];
  const s64 = [0n, -1n, 64n, -65n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n];
  const u64 = [0n, 127n, 128n, 2n ** 63n, 2n ** 64n - 1n];
  const w = new ByteWriter(1);
  u32.forEach((n) => w.u32(n));
  s32.forEach((n) => w.s32(n));
  s33.forEach((n) => w.s33(n));
  s64.forEach((n) => w.s64(n));
  u64.forEach((n) => w.u64(n));
  const r = new ByteReader(w.slice());
  assertEquals(u32.map(() => r.u32()), u32);
  assertEquals(s32.map(() => r.s32()), s32);
  assertEquals(s33.map(() => r.s33()), s33);
  assertEquals(s64.map(() => r.s64()), s64);
  assertEquals(u64.map(() => r.u64()), u64);
  assertEquals(r.pos, r.end);
});

Deno.test("ByteWriter gives LEB128 numbers their minimal length", () => {
  const length = (write: (w: ByteWriter) => void) => {
    const w = new ByteWriter();
    write(w);
    return w.pos;
  };
  assertEquals([127, 128, 2 ** 32 - 1].map((n) => length((w) => w.u32(n))), [1, 2, 5]);
  assertEquals([63, 64, -64, -65].map((n) => length((w) => w.s32(n))), [1, 2, 1, 2]);
  assertEquals([2n ** 64n - 1n, 0n].map((n) => length((w) => w.u64(n))), [10, 1]);
});

Deno.test("ByteWriter writes value types in their shortest form", () => {
  const bytes = (t: number) => {
    const w = new ByteWriter();
    w.valType(t);
    return [...w.slice()];
  };
  assertEquals(bytes(I32), [0x7f]);
  assertEquals(bytes(V128), [0x7b]);
  assertEquals(bytes(I8), [0x78]);
  assertEquals(bytes(I16), [0x77]);
  assertEquals(bytes(FUNCREF), [0x70]);
  assertEquals(bytes(EXTERNREF), [0x6f]);
  assertEquals(bytes(refType(Heap.FUNC, false)), [0x64, 0x70]);
  assertEquals(bytes(refType(100, true)), [0x63, 0xe4, 0x00]);
});

Deno.test("sized() puts the length in front, however many bytes it takes", () => {
  for (const n of [0, 1, 127, 128, 20000]) {
    const w = new ByteWriter(4);
    w.u8(0xaa);
    const start = w.sized(() => {
      for (let i = 0; i < n; i++) w.u8(i & 0xff);
    });
    const r = new ByteReader(w.slice(), 1);
    assertEquals(r.u32(), n);
    assertEquals(r.pos, start);
    assertEquals(r.end - r.pos, n);
    for (let i = 0; i < n; i++) if (r.u8() !== (i & 0xff)) throw new Error(`byte ${i} of ${n}`);
  }
});

Deno.test("cut() takes back the end of what was written", () => {
  const w = new ByteWriter();
  w.raw(Uint8Array.of(1, 2, 3, 4));
  assertEquals([...w.cut(2)], [3, 4]);
  w.u8(9);
  assertEquals([...w.slice()], [1, 2, 9]);
});
