// SIMD in the interpreter: every instruction against V8, bits and borders; vectors as locals, globals, parameters, results and operands; what JavaScript may not do.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { STOPPED } from "../../src/interp/run.ts";
import { moduleCode } from "../../src/interp/code.ts";
import { Caller } from "../../src/runtime/call.ts";
import { WasmGlobal } from "../../src/runtime/global.ts";
import { readSlot } from "../../src/runtime/values.ts";
import { RunStatus } from "../../src/runtime/tier.ts";
import { assembleText } from "../../src/text/parser.ts";
import { Trap } from "../../src/wasm/errors.ts";
import { Imm } from "../../src/wasm/opcodes.ts";
import { V128 } from "../../src/wasm/types.ts";
import { Interpreted } from "./interpreted.ts";
import { compareNumeric, numericVariants, randomWords, SIMD } from "./simd_oracle.ts";

Deno.test("the interpreter gives what V8 gives for every SIMD instruction on lanes", () => {
  compareNumeric(numericVariants(), 60);
});

Deno.test("loads and stores of vectors and lanes are those of V8 up to the last byte, in every kind of memory", () => {
  const kinds = {
    first: ['(memory (export "m") 1 1)', "", "(local.get 0)"],
    second: ['(memory 1 1) (memory $n (export "m") 1 1)', "$n", "(local.get 0)"],
    wide: ['(memory (export "m") i64 1 1)', "", "(i64.extend_i32_u (local.get 0))"],
  };
  const accesses = SIMD.filter((i) => i.imm === Imm.MEMORY_ACCESS || i.imm === Imm.MEMORY_LANE);
  for (const [kind, [memory, index, address]] of Object.entries(kinds)) {
    const at = kind === "wide" ? "(i64.const 0)" : "(i32.const 0)";
    const names: { name: string; bytes: number }[] = [];
    const funcs = accesses.flatMap((info) => {
      const lanes = info.imm === Imm.MEMORY_LANE ? [0, (16 >> info.accessLog2) - 1] : [-1];
      return lanes.flatMap((lane) =>
        [0, 7, 300].map((offset) => {
          const name = `${info.name} ${lane} ${offset}`;
          names.push({ name, bytes: (1 << info.accessLog2) + offset });
          const vector = info.signature.startsWith("av") ? `(v128.load ${index} ${at})` : "";
          const run = `(${info.name} ${index} offset=${offset} align=1 ${lane < 0 ? "" : lane} ${address} ${vector})`;
          const body = info.signature.endsWith(":v") ? `(v128.store ${index} offset=16 ${at} ${run})` : run;
          return `(func (export "${name}") (param i32) ${body})`;
        })
      );
    });
    const bytes = assembleText(`(module ${memory} ${funcs.join("\n")})`);
    const subject = new Interpreted(bytes);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const theirs = new Uint8Array((exports.m as WebAssembly.Memory).buffer);
    const ours = subject.instance.memories[index === "" ? 0 : 1].u8;
    const random = randomWords(3);
    for (const { name, bytes: n } of names) {
      for (const from of [0, 1000, 65536 - n, 65537 - n, 65536, -1]) {
        for (const start of [0, 990, 65480]) {
          for (let i = start; i < start + 56; i++) ours[i] = theirs[i] = random();
        }
        let expected = "done", actual = "done";
        try {
          (exports[name] as (at: number) => void)(from);
        } catch {
          expected = "trap";
        }
        try {
          subject.call(name, from);
        } catch (e) {
          if (!(e instanceof Trap)) throw e;
          actual = "trap";
        }
        assertEquals(actual, expected, `${kind}: ${name} at ${from}`);
        assert(ours.every((b, i) => b === theirs[i]), `${kind}: ${name} at ${from}`);
      }
    }
  }
});

/** Sixty-five vectors as locals, so that slots need two bytes where indices need one. */
const MANY = Array.from({ length: 65 }, () => "v128").join(" ");
const MOVES = `
  (global $g (mut v128) (v128.const i32x4 1 2 3 4))
  (global $h (export "h") v128 (v128.const i64x2 -1 5))
  (global $copy v128 (global.get $h))
  (type $pair (func (param v128 i32) (result i32 v128 i64)))
  (table funcref (elem $swap))
  (func $swap (type $pair) (local.get 1) (i32x4.add (local.get 0) (i32x4.splat (local.get 1))) (i64.const 7))
  (func $sum (param v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get 0)) (i32.mul (i32.const 3) (i32x4.extract_lane 1 (local.get 0))))
      (i32.add (i32.mul (i32.const 5) (i32x4.extract_lane 2 (local.get 0))) (i32.mul (i32.const 7) (i32x4.extract_lane 3 (local.get 0))))))
  (func (export "locals") (param i32 i64) (result i64) (local i32 v128 i32 v128 i64)
    (local.set 2 (i32.add (local.get 0) (i32.const 3)))
    (local.set 3 (i32x4.splat (local.get 2)))
    (local.set 6 (i64.add (local.get 1) (i64.const 1)))
    (local.set 4 (call $sum (local.tee 5 (i32x4.add (local.get 3) (v128.const i32x4 1 2 3 4)))))
    (drop (local.get 3))
    (i64.add (i64.extend_i32_s (i32.add (local.get 4) (local.get 2)))
      (i64.add (local.get 6) (i64.extend_i32_s (call $sum (local.get 5))))))
  (func (export "far") (param i32) (result i32) (local ${MANY} i32 i32 f64)
    (local.set 66 (i32.add (local.get 0) (i32.const 5)))
    (local.set 65 (i32x4.splat (local.tee 67 (local.get 66))))
    (local.set 68 (f64.const 2.5))
    (local.set 1 (local.get 65))
    (local.set 64 (local.tee 65 (i32x4.add (local.get 65) (local.get 65))))
    (local.set 1 (i32x4.add (local.get 64) (local.get 1)))
    (loop
      (local.set 67 (i32.add (local.get 67) (i32.const 3)))
      (br_if 0 (i32.lt_s (local.get 67) (i32.const 100))))
    (i32.add (i32.trunc_f64_s (f64.mul (local.get 68) (f64.const 4)))
      (i32.add (call $sum (local.get 1)) (i32.add (local.get 66) (local.get 67)))))
  (func (export "select") (param i32) (result i32)
    (i32.const 77)
    (select (v128.const i32x4 1 2 3 4) (v128.const i32x4 50 60 70 80) (local.get 0))
    (select (result v128) (v128.const i32x4 5 6 7 8) (v128.const i32x4 9 9 9 9) (i32.eqz (local.get 0)))
    i32x4.add
    (v128.const i32x4 0 0 0 0)
    drop
    call $sum
    i32.add)
  (func (export "globals") (param i32) (result i32)
    (global.set $g (i32x4.add (global.get $g) (i32x4.splat (local.get 0))))
    (i32.add (call $sum (global.get $g)) (call $sum (i32x4.add (global.get $copy) (global.get $h)))))
  (func (export "calls") (param i32) (result i32) (local v128)
    (call_indirect (type $pair) (v128.const i32x4 1 10 100 1000) (local.get 0) (i32.const 0))
    drop
    local.set 1
    (i32.add (call $sum (local.get 1))))
  (func (export "branches") (param i32) (result i32) (local v128)
    (call $sum
      (block $b (result v128)
        (i32.const 5)
        (block $a (result v128)
          (i32.const 9)
          (i64.const 4)
          (i32.const 11)
          (v128.const i32x4 1 2 3 4)
          (br_if $b (i32.eq (local.get 0) (i32.const 1)))
          (br_table $a $b $b $a (local.get 0)))
        (local.set 1)
        (i32x4.add (i32x4.splat) (local.get 1))
        (if (param v128) (result v128) (i32.eqz (local.get 0))
          (then (i32x4.neg))
          (else (v128.not)))
        (br $b))))
  (func (export "loop") (param i32) (result i32) (local v128)
    (call $sum
      (loop (result v128)
        (local.set 1 (i32x4.add (local.get 1) (v128.const i32x4 1 2 3 4)))
        (local.get 1)
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (func $deep (param v128 i32) (result v128)
    (if (result v128) (i32.eqz (local.get 1))
      (then (local.get 0))
      (else (i32x4.add (local.get 0) (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))))
  (func (export "deep") (param i32) (result i32)
    (call $sum (call $deep (v128.const i32x4 1 2 3 4) (local.get 0))))
  (func (export "unreachable") (result i32)
    (block (result i32) (br 0 (i32.const 3)) drop select drop (v128.const i64x2 0 0) drop (i32.const 4)))`;

Deno.test("vectors move as in V8: locals, globals, select, drop, branches, calls", () => {
  const bytes = assembleText(`(module ${MOVES})`);
  const subject = new Interpreted(bytes);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  for (const name of ["locals", "far", "select", "globals", "calls", "branches", "loop", "deep", "unreachable"]) {
    for (const x of [0, 1, 2, 3, 50].slice(name === "loop" ? 1 : 0)) {
      const expected = (exports[name] as (...args: unknown[]) => unknown)(x, 1234567890123n);
      const func = subject.func(name);
      assertEquals(subject.call(name, ...[x, 1234567890123n].slice(0, func.type.params.length)), [expected], name);
    }
  }
});

Deno.test("single steps and stops see vectors and moved locals as a run does", () => {
  const subject = new Interpreted(`(module ${MOVES})`);
  const code = moduleCode(subject.instance.valid);
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
