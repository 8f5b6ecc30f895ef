import { assert, assertEquals } from "@std/assert";
import { OpenFlag, Right } from "../../src/wasi/types.ts";
import { withDeadline } from "../../src/platform/deadline.ts";
import { INTERRUPT } from "../../src/platform/interrupt.ts";
import { Errno } from "../../src/wasi/errno.ts";
import { everyWay, Guest, MEMORY_BYTES, OUT, READ_WRITE, withFolder } from "./guest.ts";

const SUBS = 8192, EVENTS = 16384;

type Wish =
  | { clock: number; timeout: bigint; absolute?: boolean; flags?: number }
  | { read: number }
  | { write: number }
  | { tag: number };

/** Writes subscriptions, whose userdata count from 100 on. */
function subscribe(g: Guest, list: readonly Wish[]): void {
  g.memory.fill(0, SUBS, SUBS + 48 * list.length);
  list.forEach((w, i) => {
    const at = SUBS + 48 * i;
    g.view.setBigUint64(at, BigInt(100 + i), true);
    if ("clock" in w) {
      g.view.setUint32(at + 16, w.clock, true);
      g.view.setBigUint64(at + 24, w.timeout, true);
      g.view.setUint16(at + 40, w.flags ?? Number(w.absolute ?? false), true);
    } else if ("tag" in w) g.memory[at + 8] = w.tag;
    else {
      g.memory[at + 8] = "read" in w ? 1 : 2;
      g.view.setUint32(at + 16, "read" in w ? w.read : w.write, true);
    }
  });
}

interface Event {
  readonly userdata: number;
  readonly error: number;
  readonly type: number;
  readonly nbytes: bigint;
  readonly flags: number;
}

function poll(g: Guest, ...list: Wish[]): Event[] {
  subscribe(g, list);
  g.memory.fill(255, EVENTS, EVENTS + 32 * list.length);
  g.ok("poll_oneoff", SUBS, EVENTS, list.length, OUT);
  return Array.from({ length: g.u32() }, (_, i) => {
    const at = EVENTS + 32 * i;
    return {
      userdata: Number(g.u64(at)),
      error: g.view.getUint16(at + 8, true),
      type: g.memory[at + 10],
      nbytes: g.u64(at + 16),
      flags: g.view.getUint16(at + 24, true),
    };
  });
}

const EXPIRED = { error: 0, type: 0, nbytes: 0n, flags: 0 };

everyWay("poll_oneoff waits for the clock that is due first", (way) => {
  using g = new Guest(way);
  for (const clock of [0, 1]) {
    const began = performance.now();
    assertEquals(poll(g, { clock, timeout: 10_000_000_000n }, { clock, timeout: 20_000_000n }), [
      { userdata: 101, ...EXPIRED },
    ]);
    assert(performance.now() - began >= 19);
  }
  assertEquals(poll(g, { clock: 1, timeout: 0n }, { clock: 0, timeout: 0n }).length, 2);
});

everyWay("poll_oneoff waits until a time, also one that is past", (way) => {
  using g = new Guest(way);
  for (const clock of [0, 1]) {
    g.ok("clock_time_get", clock, 0n, OUT);
    const until = g.u64() + 20_000_000n;
    assertEquals(poll(g, { clock, timeout: until, absolute: true }), [{ userdata: 100, ...EXPIRED }]);
    g.ok("clock_time_get", clock, 0n, OUT);
    assert(g.u64() >= until);
    assertEquals(poll(g, { clock, timeout: 1n, absolute: true }).length, 1);
  }
});

everyWay("files are ready at once, and tell how much there is to read", (way) => {
  withFolder(way, (g) => {
    g.make("file", "0123456789");
    const fd = g.open("file");
    g.read(fd, 4);
    const never = { clock: 1, timeout: (1n << 64n) - 1n };
    assertEquals(poll(g, never, { read: fd }, { write: fd }), [
      { userdata: 101, error: 0, type: 1, nbytes: 6n, flags: 0 },
      { userdata: 102, error: 0, type: 2, nbytes: 1n, flags: 0 },
    ]);
    g.read(fd);
    assertEquals(poll(g, { read: fd })[0], { userdata: 100, error: 0, type: 1, nbytes: 0n, flags: 1 });
  });
});

everyWay("what is wrong with a subscription stands in its event", (way) => {
  withFolder(way, (g) => {
    g.make("file");
    const blind = g.open("file", { rights: READ_WRITE & ~Right.POLL_FD_READWRITE });
    const reader = g.open("file", { rights: Right.FD_READ | Right.POLL_FD_READWRITE, flags: OpenFlag.CREAT });
    const events = poll(
      g,
      { read: 99 },
      { read: 3 },
      { read: blind },
      { write: reader },
      { read: 1 },
      { clock: 2, timeout: 0n },
    );
    const { BADF, NOTCAPABLE, NOTSUP } = Errno;
    assertEquals(events.map((e) => e.error), [BADF, BADF, NOTCAPABLE, NOTCAPABLE, NOTCAPABLE, NOTSUP]);
    assertEquals(events.map((e) => e.userdata), [100, 101, 102, 103, 104, 105]);
  });
});

everyWay("poll_oneoff refuses what makes no sense", (way) => {
  using g = new Guest(way);
  g.fails("INVAL", "poll_oneoff", SUBS, EVENTS, 0, OUT);
  for (const wish of [{ tag: 3 }, { tag: 255 }, { clock: 4, timeout: 0n }, { clock: 0, timeout: 0n, flags: 2 }]) {
    subscribe(g, [wish]);
    g.fails("INVAL", "poll_oneoff", SUBS, EVENTS, 1, OUT);
  }
  subscribe(g, [{ clock: 0, timeout: 0n }]);
  g.fails("FAULT", "poll_oneoff", MEMORY_BYTES - 47, EVENTS, 1, OUT);
  g.fails("FAULT", "poll_oneoff", SUBS, MEMORY_BYTES - 31, 1, OUT);
  g.fails("FAULT", "poll_oneoff", SUBS, EVENTS, 1, MEMORY_BYTES - 3);
  g.fails("FAULT", "poll_oneoff", SUBS, EVENTS, -1, OUT);
  g.fails("FAULT", "poll_oneoff", SUBS, EVENTS, 0x0555_5556, OUT);
});

everyWay("events may be written over the subscriptions", (way) => {
  using g = new Guest(way);
  subscribe(g, [{ clock: 0, timeout: 0n }, { clock: 1, timeout: 0n }, { write: 1 }]);
  g.ok("poll_oneoff", SUBS, SUBS, 3, OUT);
  assertEquals([g.u32(), g.u64(SUBS), g.u64(SUBS + 32), g.u64(SUBS + 64)], [3, 100n, 101n, 102n]);
});

everyWay("an interruption ends the wait", (way) => {
  using g = new Guest(way);
  subscribe(g, [{ clock: 1, timeout: (1n << 64n) - 1n }]);
  // Called without Wasm, which would trap on its way back.
  const pollOneoff = g.wasi.imports().wasi_snapshot_preview1.poll_oneoff;
  Atomics.store(INTERRUPT, 0, 1);
  try {
    assertEquals(pollOneoff(SUBS, EVENTS, 1, OUT), Errno.INTR);
  } finally {
    Atomics.store(INTERRUPT, 0, 0);
  }
});

everyWay("a deadline ends the wait by the clock, and attention of others does not", (way) => {
  using g = new Guest(way);
  subscribe(g, [{ clock: 1, timeout: (1n << 64n) - 1n }]);
  const pollOneoff = g.wasi.imports().wasi_snapshot_preview1.poll_oneoff;
  // As where no machine code runs, when nobody sets the deadline's bit; that of attention is set.
  Atomics.store(INTERRUPT, 0, 4);
  try {
    const outcome = withDeadline(performance.now(), () => {
      Atomics.and(INTERRUPT, 0, ~2);
      return pollOneoff(SUBS, EVENTS, 1, OUT);
    });
    assertEquals(outcome, Errno.INTR);
    subscribe(g, [{ clock: 1, timeout: 120_000_000n }]);
    assertEquals(pollOneoff(SUBS, EVENTS, 1, OUT), Errno.SUCCESS);
  } finally {
    Atomics.store(INTERRUPT, 0, 0);
  }
});
