// Run as a process or Worker of its own by signals_test.ts and permissions_test.ts; what it does is its first argument, or a message.

import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { LinearMemory } from "../../src/platform/linear_memory.ts";

/** Traps by ud2, by a load beyond a memory, and in a stack's guard, `count` times each; gives how many traps there were. */
async function trap(count: number): Promise<number> {
  const { define, native, prepare, setMemory0 } = await import("../abi/machine.ts");
  const { MEMORY_REG } = await import("../../src/abi/x64/registers.ts");
  const stack = native.stacks.take();
  const memory = new LinearMemory(65536);
  setMemory0(memory.address);
  const functions = [
    define("unreachable", (a) => a.ud2()),
    define("load", (a) => a.mov32_rm(0, MEMORY_REG, 65536)),
    define("recurse", (a) => {
      const self = a.here();
      a.sub64_ri(4, 4096);
      a.call(self);
    }),
  ];
  let traps = 0;
  for (let k = 0; k < count; k++) {
    for (const f of functions) {
      prepare(stack, f, [], []);
      if (native.enter(stack.pointer) === 2) traps++;
    }
  }
  native.stacks.giveBack(stack);
  return traps;
}

if ("WorkerGlobalScope" in globalThis) {
  const worker = self as unknown as Worker;
  worker.onmessage = async ({ data }) => {
    // In slices, so that it can be terminated between them.
    let traps = 0;
    for (let k = 0; k < data.slices; k++) {
      traps += await trap(data.count);
      await new Promise((done) => setTimeout(done, 0));
    }
    worker.postMessage(traps);
  };
} else if (import.meta.main) {
  const mode = Deno.args[0];
  if (mode === "report") {
    const memory = new LinearMemory(10);
    new Uint8Array(memory.buffer)[9] = 3;
    const old = memory.buffer;
    const grown = memory.resize(20) && new Uint8Array(memory.buffer)[9] === 3 && old.byteLength === 0;
    console.log(JSON.stringify({
      reason: nativeUnavailable() ?? null,
      grown,
      guarded: memory.guarded,
      traps: nativeUnavailable() === undefined ? await trap(10) : 0,
    }));
  } else {
    await trap(1);
    const libc = Deno.dlopen("libc.so.6", { raise: { parameters: ["i32"], result: "i32" } });
    if (mode === "fault") Deno.UnsafePointerView.getCString(Deno.UnsafePointer.create(16n)!);
    else libc.symbols.raise(Number(mode));
    console.log("survived");
  }
}
