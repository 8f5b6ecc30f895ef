import { assertEquals, assertThrows } from "@std/assert";
import { Assembler } from "../../src/asm/x64/assembler.ts";
import { RAX, RCX } from "../../src/asm/x64/registers.ts";
import { BugError } from "../../src/base/bug.ts";
import { startNative } from "../../src/abi/native.ts";
import { Exit } from "../../src/abi/exits.ts";
import { CodeSpace } from "../../src/link/install.ts";
import { ARGS, code as shared, native, prepare, record } from "../abi/machine.ts";

const space = new CodeSpace<object>(startNative().memory);

function assemble(name: string, emit: (a: Assembler) => void) {
  const a = new Assembler();
  emit(a);
  return a.finish({ name });
}

Deno.test("install() fills in calls, jumps, distances and addresses", () => {
  const module = space.newModule();
  const callee = module.install(
    assemble("callee", (a) => {
      a.add32_ri(RAX, 100);
      a.ret();
    }),
    { function: 1 },
  );
  const caller = module.install(
    assemble("caller", (a) => {
      a.callSymbol(1);
      a.mov64Symbol(RCX, "callee", 1);
      a.sub64_ri(RCX, 1);
      a.call64(RCX);
      a.leaSymbol(RCX, "callee");
      a.call64(RCX);
      a.jmpSymbol(1);
    }),
    { function: 2 },
    (target) => {
      if (target !== 1 && target !== "callee") throw new BugError(String(target));
      return callee.entry;
    },
  );
  const stack = native.stacks.take();
  prepare(stack, record(caller.entry), ["i32"], ["i32"]);
  stack.i32[ARGS * 2] = 5;
  assertEquals(native.enter(stack.pointer), Exit.DONE);
  assertEquals(stack.i32[ARGS * 2], 405);
  native.stacks.giveBack(stack);
  module.free();
});

Deno.test("lookup() gives code, offset and owner until the module is freed", () => {
  const modules = [space.newModule(), space.newModule()];
  const owners = Array.from({ length: 40 }, (_, n) => ({ n }));
  const installed = owners.map((owner, n) =>
    modules[n % 2].install(assemble(`f${n}`, (a) => a.emitBytes(new Uint8Array(3000 + 10 * n))), owner)
  );
  for (const [n, { start, end }] of installed.entries()) {
    assertEquals(start % 16, 0);
    const last = space.lookup(end - 1);
    assertEquals([last?.owner, last?.offset, last?.code.name], [owners[n], 2999 + 10 * n, `f${n}`]);
    assertEquals(space.lookup(start)?.offset, 0);
    assertEquals(space.lookup(start - 1)?.owner === owners[n], false);
  }
  modules[0].free();
  assertEquals(space.lookup(installed[0].start), undefined);
  assertEquals(space.lookup(installed[1].start)?.owner, owners[1]);
  modules[1].free();
  assertEquals(space.lookup(installed[1].start), undefined);
});

Deno.test("install() refuses code with symbols when nobody resolves them", () => {
  const code = assemble("f", (a) => a.callSymbol("g"));
  assertThrows(() => shared.install(code, "f"), BugError, "g");
});
