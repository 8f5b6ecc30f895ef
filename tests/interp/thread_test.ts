// What the numeric tests leave out: branches, calls between instances and tiers, memories, traces, interruptions, steps and stops.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { moduleCode } from "../../src/interp/code.ts";
import { STOPPED } from "../../src/interp/run.ts";
import { Activation } from "../../src/runtime/activation.ts";
import { RunStatus } from "../../src/runtime/tier.ts";
import type { Store } from "../../src/runtime/store.ts";
import { assembleText } from "../../src/text/parser.ts";
import { opByName } from "../../src/wasm/opcodes.ts";
import { Trap } from "../../src/wasm/errors.ts";
import { TrapCode } from "../../src/wasm/traps.ts";
import { I32, TYPES } from "../../src/wasm/types.ts";
import { Interpreted } from "./interpreted.ts";

function trapOf(f: () => unknown): Trap {
  return assertThrows(f, Trap) as Trap;
}
function hostFunc(store: Store, params: number[], results: number[], f: (...args: number[]) => unknown) {
  return store.addHostFunc(TYPES.funcType(params, results), f as (...args: unknown[]) => unknown, "host");
}

const CONTROL = `(module
  (func (export "sum") (param i32) (result i32) (local i32)
    (block (loop
      (br_if 1 (i32.eqz (local.get 0)))
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br 0)))
    (local.get 1))
  (func (export "pick") (param i32) (result i64)
    (block (result i64) (block (result i64) (block (result i64)
      (i64.const 7) (i64.const 70) (i64.const 700) (local.get 0) (br_table 0 1 2))
      (i64.const 1) (i64.add))
      (i64.const 2) (i64.mul)))
  (func (export "two") (param i32) (result i32 i64 f64)
    (i32.const 99)
    (if (param i32) (result i32 i64 f64) (local.get 0)
      (then (drop) (i32.const 1) (i64.const -2) (f64.const 0.5))
      (else (i64.const 4) (f64.const 8))))
  (func (export "keep") (param i32) (result i32)
    (i32.const 5) (i32.const 6)
    (loop (param i32 i32) (result i32)
      (i32.add) (local.get 0)
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0))
      (drop)))
  (func (export "typed") (param i32 externref externref) (result externref)
    (select (result externref) (local.get 1) (local.get 2) (local.get 0)))
  (func (export "early") (param i32) (result i32)
    (i32.const 3) (i32.const 4)
    (if (local.get 0) (then (return (i32.const 11))))
    (i32.add)))`;

Deno.test("branches carry values and cut the stack as V8's do", () => {
  const subject = new Interpreted(CONTROL);
  const v8 = new WebAssembly.Instance(new WebAssembly.Module(assembleText(CONTROL))).exports as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  for (const name of ["sum", "pick", "two", "keep", "early"]) {
    for (const n of name === "keep" ? [1, 2, 9] : [0, 1, 2, 3, 100000]) {
      const expected = v8[name](n);
      assertEquals(subject.call(name, n), Array.isArray(expected) ? expected : [expected], `${name}(${n})`);
    }
  }
  const a = { a: 1 };
  assertEquals(subject.call("typed", 1, a, null), [a]);
  assertEquals(subject.call("typed", 0, a, null), [null]);
});

Deno.test("loads and stores reach exactly to the end of memory", () => {
  const accesses = [["i32.load8_u", 1], ["i32.load16_s", 2], ["i32.load", 4], ["i64.load", 8], [
    "f64.load",
    8,
  ]] as const;
  const text = accesses.map(([name]) =>
    `(func (export "${name}") (param i32) (drop (${name} offset=300 (local.get 0))))`
  ).join("\n");
  const subject = new Interpreted(
    `(module (memory (export "m") 1 3) ${text}
      (func (export "store") (param i32 i64) (i64.store offset=8 (local.get 0) (local.get 1)))
      (func (export "far") (result i32) (i32.load offset=4294967295 (i32.const -1)))
      (func (export "get") (param i32) (result i64) (i64.load (local.get 0)))
      (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size)))`,
  );
  for (const [name, bytes] of accesses) {
    subject.call(name, 65536 - 300 - bytes);
    assertEquals(trapOf(() => subject.call(name, 65536 - 300 - bytes + 1)).code, TrapCode.MEMORY_OUT_OF_BOUNDS);
    assertEquals(trapOf(() => subject.call(name, -1)).code, TrapCode.MEMORY_OUT_OF_BOUNDS);
  }
  assertEquals(trapOf(() => subject.call("far")).code, TrapCode.MEMORY_OUT_OF_BOUNDS);
  subject.call("store", 65520, -3n);
  assertEquals(subject.call("get", 65528), [-3n]);
  assertEquals(subject.call("grow", 2), [1, 3]);
  assertEquals(subject.call("grow", 1), [-1, 3]);
  assertEquals(subject.call("get", 3 * 65536 - 8), [0n]);
});

Deno.test("a call into another instance sees that instance's memory, globals and table, and back again", () => {
  const library = new Interpreted(`(module (memory 1) (global $g (mut i32) (i32.const 5))
    (data (i32.const 0) "\\2a")
    (func (export "f") (param i32) (result i32)
      (global.set $g (i32.add (global.get $g) (local.get 0)))
      (i32.add (i32.load8_u (i32.const 0)) (global.get $g))))`);
  const f = library.func("f");
  const user = new Interpreted(
    `(module (import "m" "f" (func $f (param i32) (result i32))) (memory 1) (global $g (mut i32) (i32.const 100))
      (data (i32.const 0) "\\07")
      (func (export "run") (result i32)
        (i32.add (call $f (i32.const 1))
          (i32.add (i32.load8_u (i32.const 0)) (global.get $g)))))`,
    () => ({ f }),
    library.store,
  );
  assertEquals(user.call("run"), [42 + 6 + 7 + 100]);
  assertEquals(user.call("run"), [42 + 7 + 7 + 100]);
});

Deno.test("call_indirect checks bounds, null and type", () => {
  const subject = new Interpreted(`(module (type $t (func (result i32))) (table 3 funcref) (elem (i32.const 0) $a $b)
    (func $a (result i32) (i32.const 1)) (func $b (result i64) (i64.const 2))
    (func (export "run") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))`);
  assertEquals(subject.call("run", 0), [1]);
  assertEquals(trapOf(() => subject.call("run", 1)).code, TrapCode.INDIRECT_CALL_TYPE_MISMATCH);
  assertEquals(trapOf(() => subject.call("run", 2)).code, TrapCode.UNINITIALIZED_ELEMENT);
  assertEquals(trapOf(() => subject.call("run", 3)).code, TrapCode.UNDEFINED_ELEMENT);
  assertEquals(trapOf(() => subject.call("run", -1)).code, TrapCode.UNDEFINED_ELEMENT);
});

Deno.test("endless recursion is call stack exhausted, and the thread can be used again", () => {
  const subject = new Interpreted(`(module
    (func $f (export "f") (param i64) (result i64) (i64.add (call $f (local.get 0)) (i64.const 1)))
    (func (export "ok") (result i32) (i32.const 3)))`);
  const trap = trapOf(() => subject.call("f", 1n));
  assertEquals(trap.code, TrapCode.CALL_STACK_EXHAUSTED);
  assert(trap.frames.length > 1000);
  assertEquals(subject.call("ok"), [3]);
});

Deno.test("a host function that calls back in runs above the frames that wait, which stay as they were", () => {
  let depth = 0;
  const subject: Interpreted = new Interpreted(
    `(module (import "m" "host" (func $host (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (local i32 i32)
        (local.set 1 (i32.const 77)) (local.set 2 (i32.const 1000))
        (i32.add (local.get 2) (call $host (local.get 0)))
        (local.get 1) (i32.add)))`,
    (store) => ({
      host: hostFunc(store, [I32], [I32], (n) => {
        depth++;
        if (n === 0) return 0;
        if (n === 100) throw new RangeError("not a trap");
        return subject.call("run", n - 1)[0];
      }),
    }),
  );
  assertEquals(subject.call("run", 3), [4 * 1077]);
  assertEquals(depth, 4);
  assertThrows(() => subject.call("run", 100), RangeError, "not a trap");
  assertEquals(subject.call("run", 0), [1077]);
});

Deno.test("a trap's trace names functions and the offsets of their instructions", () => {
  const text = `(module (func $inner (param i32) (nop) (drop (i32.div_u (i32.const 1) (local.get 0))))
    (func $outer (export "outer") (i32.const 0) (call $inner) (nop)))`;
  const subject = new Interpreted(text);
  const { bytes } = subject.instance.module;
  const trap = trapOf(() => subject.call("outer"));
  assertEquals(trap.frames.map((f) => f.index), [0, 1]);
  assertEquals(trap.frames.map((f) => bytes[f.offset]), [opByName("i32.div_u")!.code, opByName("call")!.code]);
});

Deno.test("the interrupt word stops a loop that never ends", () => {
  const subject = new Interpreted(
    `(module (import "m" "host" (func $host))
    (func (export "run") (call $host) (loop (br 0))))`,
    (store) => ({
      host: hostFunc(store, [], [], () => void (store.interrupt[0] = 1)),
    }),
  );
  assertEquals(trapOf(() => subject.call("run")).code, TrapCode.INTERRUPTED);
  subject.store.interrupt[0] = 0;
});

Deno.test("tables, segments and bulk instructions work as in V8", () => {
  const text = `(module (table $t (export "t") 4 10 funcref) (memory 1) (elem $e func $a $b) (data $d "hello")
    (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
    (func (export "run") (result i32 i32 i32 i32 i32)
      (table.init $t $e (i32.const 1) (i32.const 0) (i32.const 2))
      (elem.drop $e)
      (table.copy (i32.const 2) (i32.const 1) (i32.const 2))
      (drop (table.grow $t (ref.func $b) (i32.const 2)))
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 1))
      (memory.init $d (i32.const 10) (i32.const 1) (i32.const 4))
      (data.drop $d)
      (memory.copy (i32.const 11) (i32.const 10) (i32.const 4))
      (memory.fill (i32.const 0) (i32.const 0x1ff) (i32.const 3))
      (table.size $t)
      (call_indirect (result i32) (i32.const 3))
      (ref.is_null (table.get $t (i32.const 0)))
      (i32.load (i32.const 11))
      (i32.load (i32.const 0)))
    (func (export "again") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))
    (func (export "set") (param i32) (table.set $t (local.get 0) (ref.func $a))))`;
  const subject = new Interpreted(text);
  const v8 = new WebAssembly.Instance(new WebAssembly.Module(assembleText(text))).exports as { run: () => unknown[] };
  assertEquals(subject.call("run"), v8.run());
  assertEquals(trapOf(() => subject.call("again")).code, TrapCode.MEMORY_OUT_OF_BOUNDS);
  assertEquals(trapOf(() => subject.call("set", 6)).code, TrapCode.TABLE_OUT_OF_BOUNDS);
});

Deno.test("step() runs one instruction at a time, through calls and branches, to the result of run()", () => {
  const subject = new Interpreted(`(module
    (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "run") (param i32) (result i32) (local i32)
      (loop
        (local.set 1 (call $add (local.get 1) (local.get 0)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1)))`);
  const thread = subject.thread();
  thread.sp += 1;
  thread.i32[2 * (thread.sp - 1)] = 4;
  assert(thread.enter(subject.func("run")));
  const { bytes } = subject.instance.module;
  const seen: number[] = [bytes[thread.offset]];
  let status: RunStatus | typeof STOPPED;
  while ((status = thread.step()) === STOPPED) {
    seen.push(bytes[thread.offset]);
    assertEquals(thread.frames(thread.level)[0].offset, thread.offset);
  }
  assertEquals(status, RunStatus.DONE);
  assertEquals(thread.i32[2 * (thread.sp - 1)], 10);
  // loop; per round: get get call, get get add end, set, get const sub tee br_if; then end, get, end.
  assertEquals(seen.length, 1 + 4 * 13 + 3);
  thread.reset();
});

Deno.test("a stop holds run before its instruction, and step() goes on from there", () => {
  const subject = new Interpreted(`(module (func (export "run") (param i32) (result i32)
    (local.get 0) (local.get 0) (i32.const 3) (i32.add) (i32.add)))`);
  const code = moduleCode(subject.instance.valid, false);
  const start = subject.instance.module.funcs[0].body!.codeStart;
  subject.call("run", 1);
  const thread = subject.thread();
  for (const at of [start + 2, start + 6, start + 8]) {
    code.setStop(at);
    thread.sp += 1;
    thread.i32[2 * (thread.sp - 1)] = 20;
    assert(thread.enter(subject.func("run")));
    assertEquals(thread.runToStop(), STOPPED);
    assertEquals(thread.offset, at);
    code.clearStop(at);
    let status: RunStatus | typeof STOPPED = thread.step();
    if (status === STOPPED) status = thread.runToStop();
    assertEquals(status, RunStatus.DONE);
    assertEquals(thread.i32[2 * (thread.sp - 1)], 43);
    thread.reset();
  }
});

Deno.test("an activation gives back its part of the stack when it traps within another", () => {
  const subject: Interpreted = new Interpreted(
    `(module (import "m" "host" (func $host)) (func (export "bad") (unreachable))
      (func (export "run") (param i32) (result i32) (call $host) (local.get 0)))`,
    (store) => ({
      host: hostFunc(store, [], [], () => {
        assertEquals(trapOf(() => subject.call("bad")).code, TrapCode.UNREACHABLE);
      }),
    }),
  );
  assertEquals(subject.call("run", 8), [8]);
  const out = new Activation(subject.store).call(subject.func("run"), { words: Int32Array.of(9, 0), at: 0 });
  assertEquals(out.words[out.at * 2], 9);
});
