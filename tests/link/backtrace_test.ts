import { assertEquals, assertThrows } from "@std/assert";
import { readAddress } from "../../src/abi/native.ts";
import { Exit } from "../../src/abi/exits.ts";
import { STACK } from "../../src/abi/vmctx.ts";
import { RECORD_REG, STACK_REG } from "../../src/abi/x64/registers.ts";
import { type Assembler } from "../../src/asm/x64/assembler.ts";
import { R11, RAX, RBP, RSP } from "../../src/asm/x64/registers.ts";
import { BugError } from "../../src/base/bug.ts";
import { framesAtCall, framesAtHelper, framesAtTrap, readTrap } from "../../src/link/backtrace.ts";
import { TrapCode } from "../../src/wasm/traps.ts";
import { define, defineHost, native, prepare, space } from "../abi/machine.ts";

/** A function with a frame whose body is marked with a source offset. */
function framed(name: string, source: number, body: (a: Assembler) => void) {
  return define(name, (a) => {
    a.push64(RBP);
    a.mov64(RBP, RSP);
    a.markSource(source);
    body(a);
    a.markSource(source + 1000);
    a.leave();
    a.ret();
  });
}

function calling(callee: { address: number }) {
  return (a: Assembler) => {
    a.mov64_ri(RECORD_REG, callee.address);
    a.call64_m(RECORD_REG, 0);
  };
}

Deno.test("a trap is read with its code and source offset, and its callers are listed up to the entry thunk", () => {
  const stack = native.stacks.take();
  const inner = framed("inner", 10, (a) => {
    a.trapSite(TrapCode.UNREACHABLE, 12);
    a.ud2();
  });
  const outer = framed("outer", 20, calling(framed("middle", 30, calling(inner))));
  prepare(stack, outer, [], []);
  assertEquals(native.enter(stack.pointer), Exit.TRAP);
  const trap = readTrap(stack, space);
  assertEquals([trap.trapCode, trap.location.owner, trap.location.sourceOffset], [TrapCode.UNREACHABLE, "inner", 12]);
  const frames = [...framesAtTrap(stack, space)].map((f) => `${f.owner} ${f.sourceOffset}`);
  assertEquals(frames, ["inner 12", "middle 30", "outer 20", "thunk -1"]);
  native.stacks.giveBack(stack);
});

Deno.test("an exhausted stack is a trap of its own, also where no trap site is", () => {
  const stack = native.stacks.take();
  const deep = define("deep", (a) => {
    const self = a.here();
    a.markSource(7);
    a.push64(RBP);
    a.mov64(RBP, RSP);
    a.call(self);
  });
  prepare(stack, deep, [], []);
  assertEquals(native.enter(stack.pointer), Exit.TRAP);
  const trap = readTrap(stack, space);
  assertEquals([trap.trapCode, trap.location.sourceOffset], [TrapCode.CALL_STACK_EXHAUSTED, 7]);
  native.stacks.giveBack(stack);
});

Deno.test("a fault that no compiler declared is a bug", () => {
  const stack = native.stacks.take();
  const f = define("faults", (a) => {
    a.zero(R11);
    a.mov32_rm(RAX, R11, 64);
  });
  prepare(stack, f, [], []);
  assertEquals(native.enter(stack.pointer), Exit.TRAP);
  assertThrows(() => readTrap(stack, space), BugError, "faults+0x3, address 0x40");
  native.stacks.giveBack(stack);
});

Deno.test("frames below a parked call and a parked helper are listed", () => {
  const stack = native.stacks.take();
  const host = defineHost([], []);
  prepare(stack, framed("outer", 20, calling(framed("inner", 10, calling(host)))), [], []);
  assertEquals(native.enter(stack.pointer), Exit.CALL);
  const [sp, fp] = [STACK.sp, STACK.fp].map((field) => readAddress(stack.i32, field));
  const names = (frames: Iterable<{ owner: string; sourceOffset: number }>) =>
    [...frames].map((f) => `${f.owner} ${f.sourceOffset}`);
  assertEquals(names(framesAtCall(stack, space, sp, fp)), ["inner 10", "outer 20", "thunk -1"]);
  assertEquals(native.resume(stack.pointer), Exit.DONE);

  prepare(stack, framed("asks", 40, (a) => a.call64_m(STACK_REG, STACK.helperThunk)), [], []);
  assertEquals(native.enter(stack.pointer), Exit.HELPER);
  const [ip, helperFp] = [STACK.resumeIp, STACK.fp].map((field) => readAddress(stack.i32, field));
  assertEquals(names(framesAtHelper(stack, space, ip, helperFp)), ["asks 40", "thunk -1"]);
  assertEquals(native.resume(stack.pointer), Exit.DONE);
  native.stacks.giveBack(stack);
});
