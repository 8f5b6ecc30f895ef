import { assertEquals, assertThrows } from "@std/assert";
import { BugError } from "../../../src/base/bug.ts";
import { Assembler } from "../../../src/asm/x64/assembler.ts";
import { decodeAccess } from "../../../src/asm/x64/decode_access.ts";

/** Instructions that access [base + index + disp], as the compiler writes them; each with whether it only loads. */
const FORMS: readonly [loads: boolean, write: (a: Assembler, base: number, index: number, disp: number) => void][] = [
  [true, (a, b, i, d) => a.mov32_rx(9, b, i, 1, d)],
  [true, (a, b, i, d) => a.mov64_rx(1, b, i, 1, d)],
  [true, (a, b, i, d) => a.movsx8to64_rx(12, b, i, 1, d)],
  [true, (a, b, i, d) => a.movzx16to32_rx(3, b, i, 1, d)],
  [true, (a, b, i, d) => a.movsxd_rx(3, b, i, 1, d)],
  [true, (a, b, i, d) => a.movss_rx(12, b, i, 1, d)],
  [true, (a, b, i, d) => a.movups_rx(2, b, i, 1, d)],
  [false, (a, b, i, d) => a.mov8_xr(b, i, 1, d, 6)],
  [false, (a, b, i, d) => a.mov16_xr(b, i, 1, d, 9)],
  [false, (a, b, i, d) => a.mov64_xr(b, i, 1, d, 9)],
  [false, (a, b, i, d) => a.movups_xr(b, i, 1, d, 9)],
  [false, (a, b, i, d) => a.mov8_xi(b, i, 1, d, 5)],
  [false, (a, b, i, d) => a.mov16_xi(b, i, 1, d, 5)],
  [false, (a, b, i, d) => a.mov32_xi(b, i, 1, d, 500)],
  [false, (a, b, i, d) => a.mov64_xi(b, i, 1, d, -5)],
];
const BASED: readonly [loads: boolean, write: (a: Assembler, base: number, disp: number) => void][] = [
  [true, (a, b, d) => a.mov32_rm(0, b, d)],
  [true, (a, b, d) => a.movzx8to32_rm(8, b, d)],
  [true, (a, b, d) => a.movsd_rm(8, b, d)],
  [false, (a, b, d) => a.mov16_mi(b, d, 77)],
  [false, (a, b, d) => a.mov32_mi(b, d, 77)],
  [false, (a, b, d) => a.xchg8_mr(b, d, 6)],
  [false, (a, b, d) => a.xchg64_mr(b, d, 9)],
  [false, (a, b, d) => (a.lock(), a.xadd16_mr(b, d, 1))],
  [false, (a, b, d) => (a.lock(), a.cmpxchg8_mr(b, d, 7))],
  [false, (a, b, d) => (a.lock(), a.cmpxchg64_mr(b, d, 7))],
  [false, (a, b, d) => a.cmp64_mi(b, d, 1)],
  [false, (a, b, d) => a.add32_rm(1, b, d)],
];

function bytesOf(write: (a: Assembler) => void): Uint8Array {
  const a = new Assembler();
  write(a);
  return a.finish({ name: "one instruction" }).bytes;
}

Deno.test("decodeAccess() finds length and address of what the assembler writes", () => {
  for (const disp of [0, 1, -128, 127, 128, -129, 0x7fffffff, -0x80000000]) {
    for (const base of [0, 3, 5, 10, 12, 13, 14]) {
      for (const [loads, write] of BASED) {
        const bytes = bytesOf((a) => write(a, base, disp));
        const expected = { length: bytes.length, base, index: -1, scale: 1, displacement: disp, loads };
        assertEquals(decodeAccess(new Uint8Array([...bytes, 0xcc, 0xcc])), expected);
      }
      for (const index of [0, 1, 5, 8, 11, 13]) {
        for (const [loads, write] of FORMS) {
          const bytes = bytesOf((a) => write(a, base, index, disp));
          const expected = { length: bytes.length, base, index, scale: 1, displacement: disp, loads };
          assertEquals(decodeAccess(new Uint8Array([...bytes, 0xcc, 0xcc])), expected);
        }
      }
    }
  }
});

Deno.test("decodeAccess() refuses instructions whose address is not in registers", () => {
  assertThrows(() => decodeAccess(bytesOf((a) => a.mov64(1, 2))), BugError);
  assertThrows(() => decodeAccess(bytesOf((a) => a.leaSymbol(1, "somewhere"))), BugError);
});
