import { assert, assertEquals, assertThrows } from "@std/assert";
import { Assembler } from "../../../src/asm/x64/assembler.ts";
import { X64Buffer } from "../../../src/asm/x64/encoder.ts";
import { INSTRUCTIONS } from "../../../src/asm/x64/instructions.ts";
import * as registers from "../../../src/asm/x64/registers.ts";
import { BugError } from "../../../src/base/bug.ts";

const { Cond, NO_BASE, R12, R8, R9, RAX, RBP, RBX, RCX, RSP, XMM1 } = registers;
const GOLDEN = new URL("../../golden/x64/instructions.txt", import.meta.url);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function assemble(write: (a: Assembler) => void): string {
  const a = new Assembler();
  write(a);
  return hex(a.finish({ name: "test" }).bytes);
}

function operand(text: string): number | bigint {
  const names = registers as unknown as Record<string, number>;
  if (text.startsWith("Cond.")) return Cond[text.slice(5) as keyof typeof Cond];
  if (text in names) return names[text];
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
}

/** The lines of the golden file: method, operands, expected bytes. */
function golden(): { call: string; method: string; operands: (number | bigint)[]; bytes: string }[] {
  return Deno.readTextFileSync(GOLDEN).split("\n").filter((line) => line !== "" && line[0] !== "#").map((line) => {
    const [call, , bytes] = line.split(" | ");
    const [, method, operands] = /^(\w+)\((.*)\)$/.exec(call)!;
    return { call, method, operands: operands === "" ? [] : operands.split(", ").map(operand), bytes };
  });
}

type Methods = Record<string, (...operands: (number | bigint)[]) => void>;

Deno.test("Assembler encodes every line of the golden file as GNU as does", () => {
  const a = new Assembler();
  const wrong: string[] = [];
  for (const { call, method, operands, bytes } of golden()) {
    a.reset();
    (a as unknown as Methods)[method](...operands);
    const got = hex(a.finish({ name: call }).bytes);
    if (got !== bytes) wrong.push(`${call}: ${got}, expected ${bytes}`);
  }
  assertEquals(wrong, []);
});

Deno.test("the golden file covers every method that the instruction table gives", () => {
  const covered = new Set(golden().map(({ method }) => method));
  const tested = (name: string) => covered.has(name) || name.endsWith("_rl");
  const generated: string[] = [];
  for (let p = Object.getPrototypeOf(Assembler.prototype); p !== X64Buffer.prototype; p = Object.getPrototypeOf(p)) {
    const names = Object.getOwnPropertyNames(p).filter((name) => name !== "constructor");
    assert(names.length < 1000, "V8 looks methods up slowly where there are more");
    generated.push(...names);
  }
  assert(generated.length > INSTRUCTIONS.length);
  assertEquals(generated.filter((name) => !tested(name)), []);
});

Deno.test("memory at a label is addressed from the end of the instruction, whatever follows the displacement", () => {
  assertEquals(
    assemble((a) => {
      const label = a.here();
      a.movsd_rl(XMM1, label);
      a.lea64_rl(R9, label);
      a.cmp8_rl(RSP, label);
    }),
    "f2 0f 10 0d f8 ff ff ff 4c 8d 0d f1 ff ff ff 40 3a 25 ea ff ff ff",
  );
});

Deno.test("jmp() and jcc() backwards are short as far as 128 bytes and long beyond", () => {
  const distance = (bytes: number, write: (a: Assembler, label: number) => void) =>
    assemble((a) => {
      const label = a.here();
      for (let i = 0; i < bytes; i++) a.nop();
      write(a, label);
    }).slice(bytes * 3);
  assertEquals(distance(126, (a, label) => a.jmp(label)), "eb 80");
  assertEquals(distance(127, (a, label) => a.jmp(label)), "e9 7c ff ff ff");
  assertEquals(distance(126, (a, label) => a.jcc(Cond.NE, label)), "75 80");
  assertEquals(distance(127, (a, label) => a.jcc(Cond.NE, label)), "0f 85 7b ff ff ff");
  assertEquals(distance(0, (a, label) => a.call(label)), "e8 fb ff ff ff");
});

Deno.test("forward jumps are long unless asked to be near, and are patched when the label is bound", () => {
  assertEquals(
    assemble((a) => {
      const end = a.newLabel();
      a.jmp(end);
      a.jcc(Cond.G, end);
      a.jmpNear(end);
      a.jccNear(Cond.B, end);
      a.ud2();
      a.bind(end);
      a.ret();
    }),
    "e9 0c 00 00 00 0f 8f 06 00 00 00 eb 04 72 02 0f 0b c3",
  );
});

Deno.test("a near jump whose label is bound too far away is a bug", () => {
  for (const [count, fits] of [[127, true], [128, false]] as const) {
    const a = new Assembler();
    const end = a.newLabel();
    a.jmpNear(end);
    for (let i = 0; i < count; i++) a.nop();
    if (fits) a.bind(end);
    else assertThrows(() => a.bind(end), BugError);
  }
});

Deno.test("operands out of range are bugs", () => {
  const wrong: ((a: Assembler) => void)[] = [
    (a) => a.add64_ri(RAX, 2 ** 31),
    (a) => a.add64_ri(RAX, -(2 ** 31) - 1),
    (a) => a.add32_ri(RAX, 2 ** 32),
    (a) => a.add32_ri(RAX, 0.5),
    (a) => a.add64_ri(RAX, 0.5),
    (a) => a.mov64_mi(RAX, 0, 0xffffffff),
    (a) => a.cmp8_ri(RAX, 256),
    (a) => a.cmp8_ri(RAX, -129),
    (a) => a.cmp16_ri(RAX, 65536),
    (a) => a.shl32_ri(RAX, 32),
    (a) => a.shl64_ri(RAX, 64),
    (a) => a.shl64_ri(RAX, -1),
    (a) => a.psllq_ri(XMM1, 256),
    (a) => a.imul64_rri(RAX, RAX, 2 ** 31),
    (a) => a.push64_i(2 ** 31),
    (a) => a.mov64_ri(RAX, 2 ** 53),
    (a) => a.mov64_ri(RAX, 1n << 64n),
    (a) => a.mov32_rm(RAX, RBX, 2 ** 31),
    (a) => a.mov32_rx(RAX, RBX, RSP, 1, 0),
    (a) => a.mov32_rx(RAX, RBX, RCX, 3, 0),
    (a) => a.mov32_rx(RAX, -2, RCX, 1, 0),
    (a) => a.mov32_rm(RAX, NO_BASE, 0),
    (a) => a.mov32(16, RAX),
    (a) => a.bswap32(-1),
  ];
  for (const write of wrong) assertThrows(() => write(new Assembler()), BugError, undefined, String(write));
});

Deno.test("symbols become relocations of the field that depends on them", () => {
  const a = new Assembler();
  a.callSymbol(7);
  a.jmpSymbol("stub");
  a.leaSymbol(R8, "table", 16);
  a.mov64Symbol(R12, "datum", 8);
  const code = a.finish({ name: "test" });
  assertEquals(
    hex(code.bytes),
    "e8 00 00 00 00 e9 00 00 00 00 4c 8d 05 00 00 00 00 49 bc 00 00 00 00 00 00 00 00",
  );
  assertEquals(code.relocations, [
    { kind: "call", offset: 1, target: 7, addend: -4 },
    { kind: "jump", offset: 6, target: "stub", addend: -4 },
    { kind: "relative", offset: 13, target: "table", addend: 12 },
    { kind: "data", offset: 19, target: "datum", addend: 8 },
  ]);
});

Deno.test("sub64Patchable() leaves a field for patch32()", () => {
  assertEquals(
    assemble((a) => {
      const field = a.sub64Patchable(RSP);
      a.mov64(RBP, RSP);
      a.patch32(field, 0x1234);
    }),
    "48 81 ec 34 12 00 00 48 89 e5",
  );
});

Deno.test("align() fills with as few instructions as possible", () => {
  assertEquals(
    assemble((a) => {
      a.ret();
      a.align(16);
      a.ret();
    }),
    "c3 66 0f 1f 84 00 00 00 00 00 66 0f 1f 44 00 00 c3",
  );
});
