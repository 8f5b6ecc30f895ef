import { assertEquals } from "@std/assert";
import { Exit } from "../../../src/abi/exits.ts";
import { STACK } from "../../../src/abi/vmctx.ts";
import { emitTrapCall } from "../../../src/abi/x64/trap_call.ts";
import { RBP, RSP } from "../../../src/asm/x64/registers.ts";
import { framesAtTrap, readTrap } from "../../../src/link/backtrace.ts";
import { TrapCode } from "../../../src/wasm/traps.ts";
import { testNative } from "../../skip.ts";

testNative("a trap call leaves with TRAP at its own pc, without a signal", async () => {
  const { define, native, prepare, space } = await import("../machine.ts");
  const stack = native.stacks.take();
  const f = define("traps", (a) => {
    a.markSource(3);
    a.push64(RBP);
    a.mov64(RBP, RSP);
    a.trapSite(TrapCode.CAST_FAILURE, 9);
    emitTrapCall(a);
  });
  for (let i = 0; i < 1000; i++) {
    prepare(stack, f, [], []);
    stack.i32[STACK.trapSignal >> 2] = 11;
    assertEquals(native.enter(stack.pointer), Exit.TRAP);
    assertEquals(stack.i32[STACK.trapSignal >> 2], 0);
    const { trapCode, location } = readTrap(stack, space);
    assertEquals([trapCode, location.owner, location.sourceOffset], [TrapCode.CAST_FAILURE, "traps", 9]);
    assertEquals([...framesAtTrap(stack, space)].length, 2);
    native.stacks.giveBack(stack);
    native.stacks.take();
  }
  native.stacks.giveBack(stack);
});
