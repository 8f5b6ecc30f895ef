import { assert, assertEquals, assertThrows } from "@std/assert";
import { bufferAt } from "../../src/platform/ffi.ts";
import { LinearMemory } from "../../src/platform/linear_memory.ts";
import { ResourceError } from "../../src/wasm/errors.ts";

Deno.test("a LinearMemory grows in place, keeps its bytes and detaches the old buffer", () => {
  const memory = new LinearMemory(0);
  assertEquals([memory.byteLength, memory.guarded], [0, true]);
  const { address } = memory;
  assert(address % 4096 === 0);
  assert(memory.resize(65536));
  new Uint8Array(memory.buffer)[65535] = 7;
  const old = memory.buffer;
  assert(memory.resize(2 ** 32));
  assertEquals([old.byteLength, memory.byteLength, memory.address], [0, 2 ** 32, address]);
  const bytes = new Uint8Array(memory.buffer);
  bytes[2 ** 32 - 1] = 9;
  assertEquals([bytes[65535], bytes[65536]], [7, 0]);
  assertEquals(new Uint8Array(bufferAt(address + 65535, 1))[0], 7);
  const same = memory.buffer;
  assert(memory.resize(2 ** 32));
  assertEquals(same.byteLength, 0);
  assertEquals(memory.resize(2 ** 40), false);
  assertEquals(memory.byteLength, 2 ** 32);
  memory.dispose();
  assertEquals(memory.byteLength, 0);
});

Deno.test("a LinearMemory that cannot be allocated throws ResourceError", () => {
  assertThrows(() => new LinearMemory(65536, 2 ** 52), ResourceError);
});

Deno.test("hundreds of memories can be reserved at once and are reclaimed", () => {
  for (let round = 0; round < 4; round++) {
    const memories = Array.from({ length: 200 }, () => new LinearMemory(65536));
    for (const memory of memories) new Uint8Array(memory.buffer)[5] = 1;
    for (const memory of memories) memory.dispose();
  }
});
