import { assert, assertEquals } from "@std/assert";
import { Waiters, WAITERS_BYTES } from "../../src/platform/waiters.ts";

function random(seed: number): (n: number) => number {
  return (n) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1) % n;
}

/** A thread that waits, step by step, beside a line as V8 keeps one. */
class Thread {
  entry = -1;
  step: "new" | "entered" | "line" | "timed-out" | "ok" | "out" | "woken" | "gone" = "new";
  /** Whether it was waiting when somebody woke everybody. */
  isDue = false;

  constructor(readonly waiters: Waiters, readonly line: Thread[], readonly address: number) {}

  /** Takes the next step; `ends`: whether a time-out is for good. */
  run(ends: boolean): void {
    const { waiters, line, entry } = this;
    switch (this.step) {
      case "new":
        this.entry = waiters.enter(this.address);
        this.step = "entered";
        break;
      case "entered":
        line.push(this);
        this.step = "line";
        break;
      case "line":
        line.splice(line.indexOf(this), 1);
        this.step = "timed-out";
        break;
      case "timed-out":
      case "ok":
        if (waiters.isToWake(entry, this.step === "ok")) {
          waiters.leave(entry, false);
          this.step = "woken";
        } else this.step = "out";
        break;
      case "out":
        if (ends) this.step = waiters.leave(entry, false) ? "woken" : "gone";
        else if (waiters.again(entry)) this.step = "entered";
        else {
          waiters.leave(entry, false);
          this.step = "woken";
        }
    }
  }

  get isDone(): boolean {
    return this.step === "woken" || this.step === "gone";
  }
}

Deno.test("no wake is lost and none comes from nowhere, whatever the order in which threads come and go", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed), buffer = new SharedArrayBuffer(16 + WAITERS_BYTES);
    let time = 2 ** 31 - 500;
    const waiters = new Waiters(buffer, 16, () => time);
    const lines = new Map<number, Thread[]>([[64, []], [2 ** 32 + 64, []]]);
    const threads: Thread[] = [];
    let told = 0;
    const notify = (address: number, count: number) => {
      const line = lines.get(address)!;
      for (const t of threads) {
        // In the step before it is in line for the first time, it has not begun to wait.
        if (count === Infinity && t.address === address && !t.isDone && t.step !== "new") {
          t.isDue ||= t.step !== "entered";
        }
      }
      told += waiters.notify(address, count, () => {
        const woken = line.splice(0, count);
        for (const t of woken) t.step = "ok";
        return woken.length;
      });
    };
    for (let i = 0; i < 400; i++) {
      const address = [...lines.keys()][next(2)];
      if (next(8) === 0) notify(address, [1, 1, 2, Infinity][next(4)]);
      else if (threads.filter((t) => !t.isDone).length < 6) {
        threads.push(new Thread(waiters, lines.get(address)!, address));
      } else {
        const waiting = threads.filter((t) => !t.isDone);
        waiting[next(waiting.length)].run(next(10) === 0);
      }
    }
    // Whoever V8 has woken runs before long.
    for (const t of threads) if (t.step === "ok") t.run(false);
    time += 2000;
    for (let i = 0; i < 20; i++) for (const t of threads) if (!t.isDone) t.run(i > 10);
    for (const t of threads) {
      assert(t.isDone);
      if (t.isDue) assertEquals(t.step, "woken", `seed ${seed}`);
    }
    assertEquals(threads.filter((t) => t.step === "woken").length, told, `seed ${seed}`);
  }
});

Deno.test("waiters beyond those that can be noted wait as before", () => {
  const waiters = new Waiters(new SharedArrayBuffer(WAITERS_BYTES), 0);
  const entries = Array.from({ length: 127 }, () => waiters.enter(8));
  assertEquals([new Set(entries).size, waiters.enter(8)], [127, -1]);
  assertEquals(waiters.notify(8, 1000, () => 3), 127);
  for (const entry of entries) assertEquals(waiters.leave(entry, false), true);
  assert(waiters.enter(8) >= 0);
});

Deno.test("one that cannot count as woken passes that on", () => {
  const waiters = new Waiters(new SharedArrayBuffer(WAITERS_BYTES), 0);
  const [a, b, c] = [waiters.enter(8), waiters.enter(8), waiters.enter(16)];
  assertEquals(waiters.notify(8, 1, () => 0), 1);
  assertEquals(waiters.leave(a, true), true);
  assertEquals([waiters.again(b), waiters.again(c)], [false, true]);
});
