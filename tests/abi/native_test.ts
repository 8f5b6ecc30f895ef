import { INTERRUPT } from "../../src/platform/interrupt.ts";
import { assert, assertEquals } from "@std/assert";
import { readAddress, writeAddress } from "../../src/abi/native.ts";
import { Exit } from "../../src/abi/exits.ts";
import { Helper } from "../../src/abi/helpers.ts";
import { STACK, STACK_ARG_SLOTS } from "../../src/abi/vmctx.ts";
import type { SlotKind } from "../../src/abi/signature.ts";
import { INT_PARAMS, MEMORY_REG, RECORD_REG, STACK_REG } from "../../src/abi/x64/registers.ts";
import { R11, RAX, RBP, RCX, RSP, XMM0 } from "../../src/asm/x64/registers.ts";
import { LinearMemory } from "../../src/platform/linear_memory.ts";
import { ARGS, define, defineHost, native, prepare, setMemory0, space, vmctx } from "./machine.ts";

Deno.test("enter() adds two integers and restores the stack pointer", () => {
  const stack = native.stacks.take();
  const add = define("add", (a) => {
    a.add32(RAX, RCX);
    a.ret();
  });
  prepare(stack, add, ["i32", "i32"], ["i32"]);
  for (let i = 0; i < 1000; i++) {
    stack.i32[ARGS * 2] = -5;
    stack.i32[ARGS * 2 + 1] = 0x7777; // what stands above a 32-bit argument does not matter
    stack.i32[ARGS * 2 + 2] = i;
    assertEquals(native.enter(stack.pointer), Exit.DONE);
    assertEquals(stack.i64[ARGS], BigInt((i - 5) >>> 0));
  }
  assertEquals(readAddress(stack.i32, STACK.sp), stack.top);
  native.stacks.giveBack(stack);
});

Deno.test("a call of a host function exits with all arguments and resumes with results of every kind", () => {
  const stack = native.stacks.take();
  const params: SlotKind[] = ["i32", "f64", "i64", "f32", "ref", "i32", "i32", "i32", "i64", "i32", "f32"];
  const results: SlotKind[] = ["f32", "i64", "f64", "i32", "ref", "f32"];
  const host = defineHost(params, results);
  const area = 8 * 4;
  // Passes its own arguments on, and the host's results back.
  const forward = define("forward", (a) => {
    a.push64(RBP);
    a.mov64(RBP, RSP);
    a.sub64_ri(RSP, area);
    for (let i = 0; i < 4; i++) {
      a.mov64_rm(R11, RBP, 16 + 8 * i);
      a.mov64_mr(RSP, 8 * i, R11);
    }
    a.mov64_ri(RECORD_REG, host.address);
    a.call64_m(RECORD_REG, 0);
    for (let i = 0; i < 4; i++) {
      a.mov64_rm(R11, RSP, 8 * i);
      a.mov64_mr(RBP, 16 + 8 * i, R11);
    }
    a.leave();
    a.ret();
  });
  prepare(stack, forward, params, results);
  const given = params.map((kind, n) =>
    kind === "i64" || kind === "f64" ? 0x7ff4_0000_0000_0000n + BigInt(n) : 0x7fa0_0000n + BigInt(n)
  );
  given.forEach((value, n) => stack.i64[ARGS + n] = value);
  assertEquals(native.enter(stack.pointer), Exit.CALL);
  assertEquals(stack.i32[STACK.callee >> 2], host.index);
  assertEquals([...stack.i64.subarray(ARGS, ARGS + params.length)], given);
  assert(readAddress(stack.i32, STACK.sp) < stack.top);

  const back = results.map((kind, n) =>
    kind === "i64" || kind === "f64" ? 0xfff4_0000_0000_1000n + BigInt(n) : 0xffa0_1000n + BigInt(n)
  );
  back.forEach((value, n) => stack.i64[ARGS + n] = BigInt.asIntN(64, value));
  assertEquals(native.resume(stack.pointer), Exit.DONE);
  assertEquals([...stack.i64.subarray(ARGS, ARGS + results.length)].map((v) => BigInt.asUintN(64, v)), back);
  assertEquals(readAddress(stack.i32, STACK.sp), stack.top);
  native.stacks.giveBack(stack);
});

Deno.test("a thousand parameters and results go through the stack block", () => {
  const stack = native.stacks.take();
  const kinds: SlotKind[] = Array.from({ length: 1000 }, (_, n) => n % 2 === 0 ? "i64" : "f64");
  assert(STACK_ARG_SLOTS >= 1000);
  const host = defineHost(kinds, kinds);
  prepare(stack, host, kinds, kinds);
  for (let n = 0; n < 1000; n++) stack.i64[ARGS + n] = BigInt(n * 3);
  assertEquals(native.enter(stack.pointer), Exit.CALL);
  for (let n = 0; n < 1000; n++) assertEquals(stack.i64[ARGS + n], BigInt(n * 3));
  assertEquals(native.resume(stack.pointer), Exit.DONE);
  for (let n = 0; n < 1000; n++) assertEquals(stack.i64[ARGS + n], BigInt(n * 3));
  native.stacks.giveBack(stack);
});

Deno.test("another stack, and the same stack below what is parked, can be entered while a call is parked", () => {
  const host = defineHost(["i32"], ["i32"]);
  const [outer, inner] = [native.stacks.take(), native.stacks.take()];
  for (const stack of [outer, inner]) prepare(stack, host, ["i32"], ["i32"]);
  outer.i32[ARGS * 2] = 1;
  assertEquals(native.enter(outer.pointer), Exit.CALL);
  inner.i32[ARGS * 2] = 2;
  assertEquals(native.enter(inner.pointer), Exit.CALL);

  const fields = [STACK.sp, STACK.fp, STACK.resumeIp];
  const parked = fields.map((field) => readAddress(outer.i32, field));
  const double = define("double", (a) => {
    a.add32(RAX, RAX);
    a.ret();
  });
  prepare(outer, double, ["i32"], ["i32"]);
  outer.i32[ARGS * 2] = 21;
  assertEquals(native.enter(outer.pointer), Exit.DONE);
  assertEquals(outer.i32[ARGS * 2], 42);
  assertEquals(fields.map((field) => readAddress(outer.i32, field)), parked);

  assertEquals(native.resume(outer.pointer), Exit.DONE);
  assertEquals(outer.i32[ARGS * 2], 42);
  inner.i32[ARGS * 2] = 7;
  assertEquals(native.resume(inner.pointer), Exit.DONE);
  assertEquals(inner.i32[ARGS * 2], 7);
  native.stacks.giveBack(inner);
  native.stacks.giveBack(outer);
});

Deno.test("the helper thunk exits with id and vmctx, and resumes behind the call", () => {
  const stack = native.stacks.take();
  const f = define("asks", (a) => {
    a.push64(RBP);
    a.mov64(RBP, RSP);
    a.mov64_mr(STACK_REG, STACK.args, RAX);
    a.mov32_ri(RECORD_REG, Helper.MEMORY_GROW);
    a.call64_m(STACK_REG, STACK.helperThunk);
    a.mov64_rm(RAX, STACK_REG, STACK.args);
    a.add64_ri(RAX, 1);
    a.leave();
    a.ret();
  });
  prepare(stack, f, ["i64"], ["i64"]);
  stack.i64[ARGS] = 5n;
  stack.i32[STACK.helper >> 2] = -1;
  assertEquals(native.enter(stack.pointer), Exit.HELPER);
  assertEquals(stack.i32[STACK.helper >> 2], Helper.MEMORY_GROW);
  assertEquals(readAddress(stack.i32, STACK.vmctx), vmctx);
  stack.i64[ARGS] *= 10n;
  assertEquals(native.resume(stack.pointer), Exit.DONE);
  assertEquals(stack.i64[ARGS], 51n);
  native.stacks.giveBack(stack);
});

Deno.test("ud2 traps ten thousand times, with its pc in the map of code", () => {
  const stack = native.stacks.take();
  const f = define("unreachable", (a) => {
    a.nop();
    a.ud2();
  });
  prepare(stack, f, [], []);
  for (let i = 0; i < 10_000; i++) {
    if (native.enter(stack.pointer) !== Exit.TRAP) throw new Error("no trap");
  }
  const at = space.lookup(readAddress(stack.i32, STACK.trapPc));
  assertEquals([at?.owner, at?.offset], ["unreachable", 1]);
  assertEquals(stack.i32[STACK.trapSignal >> 2], 4);
  native.stacks.giveBack(stack);
});

Deno.test("a division by zero and a load beyond a memory's length trap, also after the memory grew", () => {
  const stack = native.stacks.take();
  const memory = new LinearMemory(65536);
  setMemory0(memory.address);
  const load = define("load", (a) => {
    a.mov32(RAX, RAX);
    a.mov32_rx(RAX, MEMORY_REG, RAX, 1, 0x7fffffff);
    a.ret();
  });
  const at = (address: number) => {
    prepare(stack, load, ["i32"], ["i32"]);
    stack.i32[ARGS * 2] = address - 0x7fffffff;
    const status = native.enter(stack.pointer);
    return status === Exit.DONE ? stack.i32[ARGS * 2] : -status;
  };
  const loadNear = define("load near", (a) => {
    a.mov32_rx(RAX, MEMORY_REG, RAX, 1, 0);
    a.ret();
  });
  const near = (address: number) => {
    prepare(stack, loadNear, ["i32"], ["i32"]);
    stack.i32[ARGS * 2] = address;
    return native.enter(stack.pointer) === Exit.DONE ? stack.i32[ARGS * 2] : "trap";
  };
  new DataView(memory.buffer).setInt32(65532, 77, true);
  assertEquals(near(65532), 77);
  assertEquals(near(65533), "trap");
  assertEquals(readAddress(stack.i32, STACK.trapAddress), memory.address + 65536);
  assertEquals(near(0x7fff_ffff), "trap");
  assertEquals(near(-1), "trap");
  assertEquals(at(0xffff_ffff + 0x7fff_ffff), -Exit.TRAP);
  const old = memory.buffer;
  assert(memory.resize(3 * 65536));
  assertEquals([old.byteLength, memory.byteLength], [0, 3 * 65536]);
  assertEquals(near(65533), 0);
  assertEquals(near(3 * 65536), "trap");

  const divide = define("divide", (a) => {
    a.zero(2);
    a.idiv32(RCX);
    a.ret();
  });
  prepare(stack, divide, ["i32", "i32"], ["i32"]);
  stack.i32[ARGS * 2] = 1;
  stack.i32[ARGS * 2 + 2] = 0;
  assertEquals(native.enter(stack.pointer), Exit.TRAP);
  assertEquals(stack.i32[STACK.trapSignal >> 2], 8);
  setMemory0(0);
  memory.dispose();
  native.stacks.giveBack(stack);
});

Deno.test("infinite recursion traps in the guard, and its frames can be walked", () => {
  const stack = native.stacks.take();
  const recurse = define("recurse", (a) => {
    const self = a.here();
    a.push64(RBP);
    a.mov64(RBP, RSP);
    a.sub64_ri(RSP, 32);
    a.call(self);
    a.leave();
    a.ret();
  });
  prepare(stack, recurse, [], []);
  for (let i = 0; i < 100; i++) assertEquals(native.enter(stack.pointer), Exit.TRAP);
  assert(stack.isGuard(readAddress(stack.i32, STACK.trapAddress)));
  let frames = 0;
  let fp = readAddress(stack.i32, STACK.trapFp);
  for (; stack.readAddress(fp) !== 0; fp = stack.readAddress(fp)) {
    if (space.lookup(stack.readAddress(fp + 8) - 1)?.owner === "recurse") frames++;
  }
  assert(frames > 10_000);
  assertEquals(space.lookup(stack.readAddress(fp + 8) - 1), undefined);
  native.stacks.giveBack(stack);
});

Deno.test("the interrupt word is reached through the stack block", () => {
  const stack = native.stacks.take();
  const f = define("reads", (a) => {
    a.mov64_rm(R11, STACK_REG, STACK.interruptPointer);
    a.mov32_rm(RAX, R11, 0);
    a.movss_rm(XMM0, R11, 0);
    a.ret();
  });
  prepare(stack, f, [], ["i32", "f32"]);
  INTERRUPT[0] = 9;
  assertEquals(native.enter(stack.pointer), Exit.DONE);
  INTERRUPT[0] = 0;
  assertEquals([stack.i64[ARGS], stack.i64[ARGS + 1]], [9n, 9n]);
  native.stacks.giveBack(stack);
});

Deno.test("addresses are written and read whole", () => {
  const words = new Int32Array(4);
  for (const address of [0, 1, 0x7fff_ffff, 0x8000_0000, 0x7fff_ffff_f000, 0x7ffe_8000_1234]) {
    writeAddress(words, 8, address);
    assertEquals(readAddress(words, 8), address);
  }
  assertEquals(INT_PARAMS.length, 6);
});
