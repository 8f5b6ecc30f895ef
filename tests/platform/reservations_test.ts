import { assert, assertEquals } from "@std/assert";
import { LinearMemory } from "../../src/platform/linear_memory.ts";
import { emptyPool, poolFigures } from "../../src/platform/reservations.ts";

const PAGE = 65536;
const nonZero = (memory: LinearMemory) => new Uint8Array(memory.bytes).findIndex((b) => b !== 0);

Deno.test("a memory that was given back serves the next one, zeroed, whatever their lengths were", () => {
  emptyPool();
  const lengths = [PAGE, PAGE, 3 * PAGE, 0, 40 * PAGE, PAGE, 10, 2 * PAGE];
  const first = new LinearMemory(PAGE), { address } = first;
  first.dispose();
  const before = poolFigures().hits;
  for (const [i, length] of lengths.entries()) {
    const memory = new LinearMemory(length);
    assertEquals([memory.address, memory.byteLength, nonZero(memory)], [address, length, -1], `memory ${i}`);
    assert(memory.resize(length + PAGE) && nonZero(memory) === -1);
    new Uint8Array(memory.bytes).fill(i + 1);
    assert(memory.resize(length) && memory.resize(length + 2 * PAGE));
    assertEquals(new Uint8Array(memory.bytes).findIndex((b, at) => b !== 0 && at >= length), -1, "shrinking zeroes");
    new Uint8Array(memory.bytes).fill(i + 1);
    memory.dispose();
  }
  const { hits, idle, idleBytes } = poolFigures();
  assertEquals([hits - before, idle], [lengths.length, 1]);
  assertEquals(idleBytes, 4 * PAGE);
  emptyPool();
  assertEquals(poolFigures().idle, 0);
});

Deno.test("bytes that somebody has taken for himself never become another memory's", () => {
  emptyPool();
  const memory = new LinearMemory(PAGE), { address } = memory;
  const stolen = memory.buffer.transfer();
  memory.dispose();
  const next = new LinearMemory(PAGE);
  assert(next.address !== address);
  new Uint8Array(stolen)[0] = 7;
  assertEquals(nonZero(next), -1);
  next.dispose();
});

Deno.test("the pool keeps a bounded number of reservations", () => {
  emptyPool();
  for (const memory of Array.from({ length: 400 }, () => new LinearMemory(PAGE))) memory.dispose();
  assertEquals(poolFigures().idle, 256);
  emptyPool();
});

Deno.test("touched bytes are those of pages that were written", () => {
  emptyPool();
  const memory = new LinearMemory(100 * PAGE);
  assertEquals(memory.residentBytes(), 0);
  const bytes = new Uint8Array(memory.bytes);
  bytes[5] = 1;
  bytes[50 * PAGE] = 1;
  assertEquals([memory.residentBytes(), memory.residentBytes(0, PAGE), memory.residentBytes(PAGE, 2 * PAGE)], [
    8192,
    4096,
    0,
  ]);
  memory.dispose();
});
