import { assert, assertEquals } from "@std/assert";
import { everyWay, Guest, MEMORY_BYTES, OUT } from "./guest.ts";

everyWay("clock_time_get tells the date and a time that never goes back", (way) => {
  using g = new Guest(way);
  g.ok("clock_time_get", 0, 0n, OUT);
  const now = BigInt(Date.now()) * 1_000_000n;
  assert(g.u64() > now - 10_000_000_000n && g.u64() < now + 10_000_000_000n);
  let last = 0n;
  for (let i = 0; i < 100; i++) {
    g.ok("clock_time_get", 1, 1_000_000n, OUT);
    assert(g.u64() >= last);
    last = g.u64();
  }
  for (const clock of [0, 1]) {
    g.ok("clock_res_get", clock, OUT);
    assert(g.u64() > 0n && g.u64() <= 1_000_000_000n);
  }
});

everyWay("the time that was computed is told where the host has it, and is EINVAL where not", (way) => {
  using g = new Guest(way);
  for (const clock of [2, 3]) {
    if (way.files === "linux") {
      g.ok("clock_time_get", clock, 0n, OUT);
      assert(g.u64() > 0n);
      g.ok("clock_res_get", clock, OUT);
    } else {
      g.fails("INVAL", "clock_time_get", clock, 0n, OUT);
      g.fails("INVAL", "clock_res_get", clock, OUT);
    }
  }
});

everyWay("clocks that there are not, and addresses outside, are errors", (way) => {
  using g = new Guest(way);
  for (const clock of [4, 1000, -1]) {
    g.fails("INVAL", "clock_time_get", clock, 0n, OUT);
    g.fails("INVAL", "clock_res_get", clock, OUT);
  }
  g.fails("FAULT", "clock_time_get", 0, 0n, MEMORY_BYTES - 7);
  g.fails("FAULT", "clock_res_get", 0, -8);
  g.ok("clock_time_get", 0, -1n, MEMORY_BYTES - 8);
  assertEquals(g.u64(MEMORY_BYTES - 8) > 0n, true);
});
