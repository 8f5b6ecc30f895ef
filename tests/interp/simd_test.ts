// SIMD in the interpreter: every instruction against V8, bits and borders; vectors as locals, globals, parameters, results and operands; what JavaScript may not do.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { STOPPED } from "../../src/interp/run.ts";
import { moduleCode } from "../../src/interp/code.ts";
import { Caller } from "../../src/runtime/call.ts";
import { WasmGlobal } from "../../src/runtime/global.ts";
import { readSlot } from "../../src/runtime/values.ts";
import { RunStatus } from "../../src/runtime/tier.ts";
import { assembleText } from "../../src/text/parser.ts";
import { V128 } from "../../src/wasm/types.ts";
import { Interpreted } from "./interpreted.ts";
import { compareAccesses, compareNumeric, interpreted, MOVES, MOVING, numericVariants } from "./simd_oracle.ts";

Deno.test("the interpreter gives what V8 gives for every SIMD instruction on lanes", () => {
  compareNumeric(numericVariants(), 60);
});

Deno.test("loads and stores of vectors and lanes are those of V8 up to the last byte, in every kind of memory", () => {
  compareAccesses(interpreted);
});

Deno.test("vectors move as in V8: locals, globals, select, drop, branches, calls", () => {
  const bytes = assembleText(`(module ${MOVES})`);
  const subject = new Interpreted(bytes);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  for (const name of MOVING) {
    for (const x of [0, 1, 2, 3, 50].slice(name === "loop" ? 1 : 0)) {
      const expected = (exports[name] as (...args: unknown[]) => unknown)(x, 1234567890123n);
      const func = subject.func(name);
      assertEquals(subject.call(name, ...[x, 1234567890123n].slice(0, func.type.params.length)), [expected], name);
    }
  }
});

Deno.test("single steps and stops see vectors and moved locals as a run does", () => {
  const subject = new Interpreted(`(module ${MOVES})`);
  const code = moduleCode(subject.instance.valid, false);
  for (const name of ["locals", "far", "select", "globals", "calls", "branches"]) {
    const func = subject.func(name);
    const args = [3, 9n].slice(0, func.type.params.length);
    subject.call(name, ...args);
    const before = subject.call(name, ...args)[0];
    const kept = code.bytes.slice();
    const thread = subject.thread();
    thread.sp += args.length;
    const first = (thread.sp - args.length) << 1;
    thread.i32.fill(0, first, thread.sp << 1);
    thread.i32[first] = 3;
    if (args.length > 1) thread.i32[first + 2] = 9;
    assert(thread.enter(func));
    let status: RunStatus | typeof STOPPED;
    do {
      const { offset } = thread;
      code.setStop(offset);
      assertEquals(thread.runToStop(), STOPPED);
      code.clearStop(offset);
      status = thread.step();
    } while (status === STOPPED);
    assertEquals(status, RunStatus.DONE);
    const result = readSlot(subject.store, thread.i32, thread.sp - 1, func.type.results[0]);
    thread.reset();
    assertEquals(code.bytes, kept);
    if (name !== "globals") assertEquals(result, before, name);
  }
});

Deno.test("JavaScript and functions with a v128 in their type do not call one another", () => {
  let called = 0;
  const subject = new Interpreted(
    `(module
      (import "m" "host" (func $host (param v128)))
      (func (export "identity") (param v128) (result v128) (local.get 0))
      (func (export "run") (call $host (v128.const i64x2 1 2)))
      (global (export "g") (mut v128) (v128.const i64x2 1 -2)))`,
    (store) => {
      const other = new Interpreted(`(module (func (export "f") (param v128)))`, undefined, store);
      return { host: store.addHostFunc(other.func("f").typeId, () => called++, "host") };
    },
  );
  const { store } = subject;
  assertThrows(() => new Caller(store).call(subject.func("identity"), [null]), TypeError, "v128");
  assertThrows(() => subject.call("run"), TypeError, "v128");
  assertEquals(called, 0);
  const global = subject.instance.exports.get("g") as WasmGlobal;
  assertEquals([global.bits, global.high], [1n, -2n]);
  assertThrows(() => readSlot(store, store.arena.i32, global.cell >> 3, V128), TypeError, "v128");
});
