// Fused forms: every operation of two operands from every source to every taker, against V8 and against single steps.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { moduleCode } from "../../src/interp/code.ts";
import { FUSED, isFused } from "../../src/interp/fuse.ts";
import { STOPPED } from "../../src/interp/run.ts";
import { RunStatus } from "../../src/runtime/tier.ts";
import { readSlot, writeSlot } from "../../src/runtime/values.ts";
import { assembleText } from "../../src/text/parser.ts";
import { Trap } from "../../src/wasm/errors.ts";
import { INSTRUCTIONS } from "../../src/wasm/opcodes.ts";
import { Interpreted } from "./interpreted.ts";

type Exports = Record<string, (...args: unknown[]) => unknown>;

const TYPE: Record<string, string> = { i: "i32", l: "i64", f: "f32", d: "f64" };
const VALUES: Record<string, unknown[][]> = {
  i: [[7, 3], [-1, 33], [0x80000000 | 0, 5], [12, 12]],
  l: [[7n, 3n], [-1n, 35n], [-(1n << 63n), 64n], [0x123456789abcdefn, 0x123456789abcdefn], [1n << 40n, 9n]],
  f: [[1.5, -2], [0, 0], [NaN, 1]],
  d: [[1.1, -2.3], [0, 0], [NaN, 1]],
};
const CONSTANTS: Record<string, string[]> = {
  i: ["0", "63", "-64", "64", "-8192", "8191", "8192", "1048575", "-1048577", "0x7fffffff"],
  l: ["1", "33", "-64", "64"],
  f: ["1.5"],
  d: ["1.5"],
};

/** Functions for each operation: [name, kind of operand, text]. */
function* functions(): Iterable<[string, string, string]> {
  for (const { name, code, signature } of INSTRUCTIONS) {
    const [, kind, result] = /^([ilfd])\1:([ilfd])$/.exec(signature) ?? [];
    if (kind === undefined || code >= 0x1000) continue;
    const rights = ["local.get 1", ...CONSTANTS[kind].map((c) => `${TYPE[kind]}.const ${c}`)];
    const takers = ["", "local.set 2 local.get 2", "local.tee 2 drop local.get 2"];
    if (result === "i") {
      takers.push(
        "br_if 0 drop i32.const 99",
        "local.tee 2 br_if 0 drop i32.const 99",
        "if nop else i32.const 8 return end i32.const 9",
      );
    }
    for (const [i, right] of rights.entries()) {
      for (const [k, taker] of takers.entries()) {
        for (const between of ["", "nop"]) {
          const id = `${name} ${i} ${k} ${between}`;
          const taken = taker.includes("br_if") ? `i32.const 4 local.get 0 ${between}` : `local.get 0 ${between}`;
          yield [
            id,
            kind,
            `(func (export "${id}") (param ${TYPE[kind]} ${TYPE[kind]}) (result ${TYPE[result]}) (local ${TYPE[result]})
              ${taken} ${right} ${name} ${taker})`,
          ];
        }
      }
    }
  }
}

const outcome = (f: () => unknown) => {
  try {
    return f();
  } catch {
    return "trap";
  }
};

Deno.test("fused operations give what V8 gives", () => {
  const list = [...functions()];
  const bytes = assembleText(`(module ${list.map(([, , text]) => text).join("\n")})`);
  const subject = new Interpreted(bytes);
  const v8 = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource)).exports as Exports;
  for (const [id, kind] of list) {
    for (const args of VALUES[kind]) {
      assertEquals(outcome(() => subject.call(id, ...args)[0]), outcome(() => v8[id](...args)), `${id} of ${args}`);
    }
  }
  const seen = new Set(moduleCode(subject.instance.valid, false).bytes);
  for (const [name, byte] of Object.entries(FUSED)) {
    if (/LOAD|MOVE|LOCAL_LOCAL$|LOCAL_CONST$/.test(name)) continue;
    assert(seen.has(byte), name);
  }
});

const MIXED = `(module (memory 1) (data (i32.const 16) "\\01\\02\\83\\04\\05\\06\\07\\88\\09")
  (func (export "f") (param i32 i64 f64) (result i64) (local i32 i64 f64)
    (loop
      (local.set 3 (i32.load8_u offset=2 (local.get 0)))
      (local.set 4 (i64.add (i64.load (local.get 0)) (i64.rotl (local.get 1) (i64.const 40))))
      (local.set 5 (f64.mul (local.get 2) (f64.add (local.get 2) (local.get 5))))
      (local.set 3 (i32.add (local.get 3) (i32.load (local.get 0))))
      (local.set 1 (i64.xor (local.get 4) (local.get 1)))
      (i32.store offset=64 (local.get 0) (local.get 3))
      (i32.store (i32.const 1000) (local.get 3))
      (local.set 3 (local.get 0))
      (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20))))
    (i64.add (local.get 1) (i64.add (i64.extend_i32_u (i32.load (i32.const 1000))) (i64.trunc_f64_s (local.get 5))))))`;

Deno.test("stops in the middle of fused forms are met, and the forms come back when they are taken away", () => {
  const subject = new Interpreted(MIXED);
  const func = subject.func("f"), code = moduleCode(subject.instance.valid, false);
  const args = [16, 0x1234567890n, 1.25];
  const expected = subject.call("f", ...args)[0];
  const kept = code.bytes.slice();
  assert(kept.some((b, i) => isFused(b) && b !== code.original[i]));
  const start = (reserve: number) => {
    const thread = subject.thread();
    thread.sp += reserve;
    func.type.params.forEach((t, i) => writeSlot(subject.store, thread.i32, thread.sp - reserve + i, t, args[i]));
    assert(thread.enter(func));
    return thread;
  };
  // Every instruction's offset, by steps.
  const offsets: number[] = [];
  const stepped = start(args.length);
  do offsets.push(stepped.offset); while (stepped.step() === STOPPED);
  assertEquals(readSlot(subject.store, stepped.i32, stepped.sp - 1, func.type.results[0]), expected);
  stepped.reset();
  for (const at of new Set(offsets)) {
    const thread = start(args.length);
    code.setStop(at);
    let met = 0, status: RunStatus | typeof STOPPED;
    while ((status = thread.runToStop()) === STOPPED) {
      assertEquals(thread.offset, at);
      met++;
      if ((status = thread.step()) !== STOPPED) break;
    }
    assertEquals(status, RunStatus.DONE);
    assertEquals(met, offsets.filter((o) => o === at).length);
    assertEquals(readSlot(subject.store, thread.i32, thread.sp - 1, func.type.results[0]), expected);
    thread.reset();
    code.clearStop(at);
    assertEquals(code.bytes, kept);
  }
});

Deno.test("loads in fused forms trap where they stand", () => {
  for (const load of ["i32.load", "i32.load8_u", "i64.load", "f32.load", "f64.load"]) {
    const subject = new Interpreted(
      `(module (memory 1) (func (export "f") (param i32) (drop (i32.const 1)) (drop (${load} (local.get 0)))))`,
    );
    const body = subject.instance.module.funcs[0].body!;
    subject.call("f", 65528);
    const trap = assertThrows(() => subject.call("f", -1), Trap) as Trap;
    assertEquals(trap.frames[0].offset, body.codeStart + 5, load);
  }
});
