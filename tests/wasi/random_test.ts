import { assert, assertEquals } from "@std/assert";
import { everyWay, Guest, MEMORY_BYTES } from "./guest.ts";

everyWay("random_get fills the buffer, and nothing else", (way) => {
  using g = new Guest(way);
  g.ok("random_get", 1000, 100_000);
  const bytes = g.memory.subarray(1000, 101_000);
  assert(new Set(bytes).size === 256);
  assert(bytes.subarray(65536, 65636).some((b) => b !== 0) && bytes.subarray(-100).some((b) => b !== 0));
  assertEquals([g.memory[999], g.memory[101_000]], [0, 0]);
  g.ok("random_get", MEMORY_BYTES, 0);
});

everyWay("random_get beyond the memory is EFAULT", (way) => {
  using g = new Guest(way);
  g.fails("FAULT", "random_get", MEMORY_BYTES - 1, 2);
  g.fails("FAULT", "random_get", 0, -1);
  g.fails("FAULT", "random_get", -1, -1);
  assertEquals(g.memory[MEMORY_BYTES - 1], 0);
});
