import { assertEquals } from "@std/assert";
import { annotate, jumpTarget } from "../../../src/abi/x64/annotate.ts";
import type { FieldNames } from "../../../src/abi/field_names.ts";

const NAMES: FieldNames = {
  vmctx: (offset) => `v${offset}`,
  stack: (offset) => `s${offset}`,
  record: (offset) => `r${offset}`,
  slot: (index) => `slot ${index}`,
};

Deno.test("annotate() names what the fixed registers address", () => {
  assertEquals(annotate("mov", "rax, qword ptr [rbx + 0x10]", NAMES), "rax, qword ptr [rbx + v16]");
  assertEquals(annotate("mov", "dword ptr [r15], eax", NAMES), "dword ptr [r15 + s0], eax");
  assertEquals(annotate("mov", "eax, dword ptr [rbp - 0x18]", NAMES), "eax, dword ptr [rbp: slot 1]");
  assertEquals(annotate("mov", "eax, dword ptr [rbp - 0x14]", NAMES), "eax, dword ptr [rbp: slot 1 + 4]");
  assertEquals(annotate("mov", "rbx, qword ptr [rbp - 8]", NAMES), "rbx, qword ptr [rbp: vmctx]");
  assertEquals(annotate("call", "qword ptr [r10]", NAMES), "qword ptr [r10 + r0]");
});

Deno.test("annotate() leaves alone what is not known", () => {
  for (const operands of ["eax, dword ptr [rbp + 0x10]", "eax, dword ptr [r10 + 8]", "eax, dword ptr [rax + rbx*4]"]) {
    assertEquals(annotate("mov", operands, NAMES), operands);
  }
});

Deno.test("jumpTarget() is the address of a direct jump or call", () => {
  assertEquals(jumpTarget("jne", "0x1f"), 31);
  assertEquals(jumpTarget("call", "5"), 5);
  assertEquals(jumpTarget("jmp", "rax"), undefined);
  assertEquals(jumpTarget("mov", "0x1f"), undefined);
});
