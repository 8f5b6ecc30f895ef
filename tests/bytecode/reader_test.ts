import { assert, assertEquals, assertThrows } from "@std/assert";
import { BytecodeReader, passTable } from "../../src/bytecode/reader.ts";
import { CompileError } from "../../src/wasm/errors.ts";
import * as op from "../../src/wasm/opcodes.ts";

function read(...bytes: number[]): BytecodeReader {
  const r = new BytecodeReader(Uint8Array.from(bytes));
  r.next();
  return r;
}

/** A signed number as LEB128 of just so many bytes. */
function padded(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => {
    const bits = Number(BigInt.asUintN(7, value >> BigInt(7 * i)));
    return i === length - 1 ? bits : bits | 0x80;
  });
}

Deno.test("next() reads 64-bit constants of any length", () => {
  const values = [0n, -1n, 63n, -64n, 0x0123456789abcdefn, -0x0123456789abcdefn, 1n << 31n, -(1n << 31n), -1n << 63n];
  for (let bit = 0n; bit < 63n; bit++) values.push(1n << bit, (1n << bit) - 1n, -1n << bit, (-1n << bit) - 1n);
  for (const value of values) {
    for (let length = 1; length <= 10; length++) {
      if (length < 10 && BigInt.asIntN(7 * length, value) !== value) continue;
      const r = read(op.I64_CONST, ...padded(value, length), 0x0b);
      assertEquals([r.bits64, r.pos], [value, length + 1], `${value} in ${length} bytes`);
    }
  }
});

Deno.test("next() refuses 64-bit constants that are too long, too large or cut off", () => {
  const nine = new Array(9).fill(0x80);
  assertThrows(() => read(op.I64_CONST, ...nine, 0x80, 0), CompileError, "integer representation too long");
  assertThrows(() => read(op.I64_CONST, ...nine, 1), CompileError, "integer too large");
  assertThrows(() => read(op.I64_CONST, 0x80), CompileError, "unexpected end");
});

Deno.test("next() reads offsets of memory accesses of any length", () => {
  for (const offset of [0n, 127n, 128n, (1n << 28n) - 1n, 1n << 28n, (1n << 35n) - 1n, 1n << 35n, 1n << 52n]) {
    for (let length = 1; length <= 9; length++) {
      if (offset >> BigInt(7 * length) !== 0n) continue;
      const r = read(op.I32_LOAD, 2, ...padded(offset, length));
      assertEquals([BigInt(r.offset), r.pos], [offset, length + 2]);
      assertEquals(r.offsetLow, Number(offset & 7n));
    }
  }
});

Deno.test("u32() and s32() read numbers that are longer than they need be, and say what is wrong with others", () => {
  for (const value of [0, 1, 63, 64, 0x7f, 0x80, 0xfffffff, 0x10000000, 0x7fffffff]) {
    const bytes = Uint8Array.from(padded(BigInt(value), 5));
    assertEquals(new BytecodeReader(bytes).u32(), value);
    assertEquals(new BytecodeReader(bytes).s32(), value);
    assertEquals(new BytecodeReader(Uint8Array.from(padded(BigInt(-value), 5))).s32(), -value | 0);
  }
  const bad = (...bytes: number[]) => new BytecodeReader(Uint8Array.from(bytes));
  for (const method of ["u32", "s32"] as const) {
    assertThrows(() => bad(0x80, 0x80, 0x80, 0x80, 0x80, 0)[method](), CompileError, "integer representation too long");
    assertThrows(() => bad(0x80, 0x80, 0x80, 0x80, 0x1f)[method](), CompileError, "integer too large");
    assertThrows(() => bad(0x80, 0x80)[method](), CompileError, "unexpected end");
  }
});

Deno.test("nextBut() passes over what it is told, whatever its immediates, and reads the rest as next() does", () => {
  const list: number[] = [];
  const bytes = (...more: number[]) => void list.push(...more);
  bytes(op.I32_CONST, 0xff, 0x80, 0x7f, op.I64_CONST, 0x80, 0x80, 0x00, op.F32_CONST, 0x0b, 0x0b, 0x0b, 0x0b);
  bytes(op.F64_CONST, 0x0b, 0x80, 0x0b, 0x80, 0x0b, 0x80, 0x0b, 0x80, op.LOCAL_GET, 0x85, 0x00);
  bytes(op.I32_LOAD, 2, 0x80, 0x01, op.I32_LOAD, 0x42, 0x81, 0x00, 0x80, 0x01, op.GLOBAL_GET, 0x8b, 0x00, op.I32_ADD);
  bytes(op.CALL, 7, op.NOP, op.END);
  const isPassed = (info: op.OpInfo) => info.imm !== op.Imm.LOCAL && !(info.properties & (op.CONTROL | op.CALLS));
  const table = passTable(isPassed);
  assert(table[op.SELECT_T] === 0, "a list of types is never passed over");
  const all = new BytecodeReader(Uint8Array.from(list)), some = new BytecodeReader(all.bytes);
  const expected: number[][] = [], got: number[][] = [];
  while (all.pos < all.end) {
    const code = all.next();
    if (!isPassed(all.info)) expected.push([code, all.at, all.pos, all.index]);
  }
  while (some.op !== op.END) {
    const code = some.nextBut(table);
    got.push([code, some.at, some.pos, some.index]);
  }
  assertEquals(got, expected);
  assertEquals(got.map(([code]) => code), [op.LOCAL_GET, op.CALL, op.END]);
});
