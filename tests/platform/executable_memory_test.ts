import { assert, assertEquals, assertThrows } from "@std/assert";
import { BugError } from "../../src/base/bug.ts";
import { CODE_RANGE_BYTES, ExecutableMemory } from "../../src/platform/executable_memory.ts";
import { bufferAt } from "../../src/platform/ffi.ts";
import { ResourceError } from "../../src/wasm/errors.ts";

Deno.test("what is appended to a chunk is read at its executable address", () => {
  const memory = new ExecutableMemory();
  const chunk = memory.allocate(100);
  assert(memory.contains(chunk.address) && chunk.address !== chunk.writableAddress);
  assertEquals(chunk.append(new Uint8Array([1, 2, 3]), 16), chunk.address);
  assertEquals(chunk.nextAddress(16), chunk.address + 16);
  assertEquals(chunk.append(new Uint8Array([4, 5]), 16), chunk.address + 16);
  const seen = new Uint8Array(bufferAt(chunk.address, 18));
  assertEquals([...seen], [1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5]);
  assertThrows(() => chunk.append(new Uint8Array(chunk.byteLength), 1), BugError);
  memory.free(chunk);
  assertThrows(() => memory.free(chunk), BugError);
});

Deno.test("pages of a chunk are never writable and executable at one address", () => {
  const memory = new ExecutableMemory();
  const chunk = memory.allocate(1);
  const rights = new Map<number, string>();
  for (const line of Deno.readTextFileSync("/proc/self/maps").split("\n")) {
    const [range, access] = line.split(" ");
    rights.set(parseInt(range, 16), access);
  }
  assertEquals(rights.get(chunk.address), "r-xs");
  assertEquals(rights.get(chunk.writableAddress), "rw-s");
  memory.free(chunk);
});

Deno.test("freed places are joined and used again, and the range has an end", () => {
  const memory = new ExecutableMemory();
  const chunks = Array.from({ length: 5 }, () => memory.allocate(65536));
  for (const k of [1, 3, 2, 0, 4]) memory.free(chunks[k]);
  assertEquals(memory.available, CODE_RANGE_BYTES);
  const whole = memory.allocate(CODE_RANGE_BYTES);
  assertEquals(whole.address, chunks[0].address);
  assertThrows(() => memory.allocate(1), ResourceError);
  memory.free(whole);
});
