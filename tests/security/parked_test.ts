// Calls that are parked while others run, trap, collect, dispose, change tiers, exhaust stacks: they go on as if nothing had been, and give back what they took.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Execution, type Instance, Suspending, type TierName, Trap } from "../../mod.ts";
import { startNative } from "../../src/abi/native.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import { randomNumbers, testInTiers } from "./tiers.ts";

type Calls = Record<string, (...args: any[]) => any>;
const calls = (instance: Instance) => instance.exports as unknown as Calls;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

const PROGRAM = `(module
  (import "h" "wait" (func $wait (param i32) (result i32)))
  (import "h" "host" (func $host (param i32) (result i32)))
  (memory (export "memory") 1 100)
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down2 (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $wait (i32.const 7)))))
  (func $down2 (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $wait (i32.const 7)))))
  (func $endless (export "endless") (param i32) (result i32) (i32.add (i32.const 1) (call $endless (local.get 0))))
  (func $hosted (export "hosted") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $hosted (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $host (i32.const 0)))))
  (func $slow (export "slow") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $slow (i32.sub (local.get 0) (i32.const 1)))))
      (else (loop $l (br_if $l (i32.eqz (i32.load (i32.const 0))))) (i32.const 5)))))`;

/** An instance whose `wait` is settled by the test. */
function world(load: (source: string, imports: Record<string, Record<string, unknown>>) => Instance) {
  const pending: { resolve: (x: number) => void; reject: (e: unknown) => void }[] = [];
  const hooks = { host: (x: number): number => x };
  const instance = load(PROGRAM, {
    h: {
      wait: new Suspending(() => new Promise((resolve, reject) => pending.push({ resolve, reject }))),
      host: (x: number) => hooks.host(x),
    },
  });
  return { instance, pending, hooks, exports: calls(instance) };
}

const live = () => canRunNative() ? startNative().stacks.live : 0;

testInTiers("parked calls survive whatever runs meanwhile", async ({ engine, load }) => {
  const before = live();
  const { instance, pending, hooks, exports } = world(load);
  const random = randomNumbers(11);
  const depths = Array.from({ length: 40 }, () => random() % 300);
  const running = depths.map((n) => instance.func("down").callAsync(n));
  const tiers: TierName[] = engine.tier === "jit" ? ["interp", "jit"] : ["interp"];
  hooks.host = () => {
    engine.gc();
    for (const f of instance.functions) if (!f.isHost) f.tier = tiers[random() % tiers.length];
    return 1;
  };
  const left = [...pending.keys()];
  while (left.length > 0) {
    const i = left.splice(random() % left.length, 1)[0];
    switch (random() % 4) {
      case 0:
        assertThrows(() => exports.endless(0), Trap, "call stack exhausted");
        break;
      case 1:
        assertEquals(exports.hosted(random() % 100) > 0, true);
        break;
      case 2:
        instance.memory("memory").grow(1);
        break;
    }
    pending[i].resolve(i);
    if (random() % 3 === 0) await turn();
  }
  assertEquals(await Promise.all(running), depths.map((n, i) => n + i));
  assertEquals(live(), before);
});

testInTiers("parked calls that end in traps and rejections give back their stacks", async ({ load }) => {
  const before = live();
  const { instance, pending } = world(load);
  const running = Array.from({ length: 30 }, (_, i) => instance.func("down").callAsync(i));
  for (const [i, p] of pending.entries()) p.reject(new RangeError(`no ${i}`));
  for (const [i, r] of running.entries()) await assertRejects(() => r, RangeError, `no ${i}`);
  assertEquals(live(), before);
});

testInTiers("a promise that is settled twice, or from within a call, resumes once", async ({ load }) => {
  const { instance, pending, hooks, exports } = world(load);
  hooks.host = () => {
    for (const p of pending) {
      p.resolve(1);
      p.resolve(2);
      p.reject(new Error("late"));
    }
    return 3;
  };
  const running = [instance.func("down").callAsync(2), instance.func("down").callAsync(5)];
  assertEquals(exports.hosted(4), 7);
  assertEquals(await Promise.all(running), [3, 6]);
});

testInTiers(
  "what is parked stays when nobody else holds its module, its instance or its engine",
  async ({ another }) => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const { running, pending } = (() => {
      const engine = another();
      const { instance, pending } = world((source, imports) => engine.load(source, imports));
      const running = instance.func("down").callAsync(100);
      instance.dispose();
      engine.gc();
      return { running, pending };
    })();
    for (let i = 0; i < 5; i++) {
      gc();
      await turn();
    }
    pending[0].resolve(11);
    assertEquals(await running, 111);
  },
);

testInTiers(
  "an execution that finds no room on the stack traps, and what it interrupts goes on",
  ({ engine, load }) => {
    const { instance, hooks, exports } = world(load);
    let depth = 1 << 10;
    // As deep as goes, but for a bit.
    hooks.host = (x) => x;
    for (; depth < 1 << 20; depth *= 2) {
      try {
        exports.hosted(depth * 2);
      } catch {
        break;
      }
    }
    // JavaScript's own stack holds fewer frames of functions that V8 has not compiled yet.
    if (instance.func("hosted").tier === "js") depth >>= 3;
    const paused: Execution[] = [];
    const fails: unknown[] = [];
    hooks.host = (x) => {
      try {
        fails.push(paused[0].resume({ deadlineMs: 1 }));
      } catch (error) {
        fails.push((error as Trap).kind);
      }
      return x;
    };
    const frames = instance.func("slow").tier === instance.func("hosted").tier ? depth : 1000;
    const execution = instance.func("slow").start(frames);
    paused.push(execution);
    // However slow the machine is.
    for (let turn = 0; turn < 1000 && execution.frames().length < Math.min(frames + 1, 10_000); turn++) {
      assertEquals(execution.resume({ deadlineMs: 5 }).done, false);
    }
    assertEquals(execution.frames().length, Math.min(frames + 1, 10_000));
    assertEquals(exports.hosted(depth), depth);
    // Native stacks are its own; the interpreter's is shared.
    if (fails[0] === "call-stack-exhausted") assert(execution.ended);
    else assertEquals(fails, [{ done: false, reason: "deadline" }]);
    execution.cancel();
    assertEquals(exports.hosted(depth), depth);
    assertEquals(engine.interruptWord[0] & 1, 0);
  },
  // Too slow to be that deep when the deadline comes.
  ["zeal"],
);

testInTiers("an execution that nobody holds any more gives back its stacks", async ({ load }) => {
  const before = live();
  const { instance } = world(load);
  (() => {
    for (let i = 0; i < 20; i++) instance.func("slow").start(i).resume({ deadlineMs: 1 });
  })();
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 8; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert(live() <= before + 2, `${live()} stacks, ${before} before`);
});

testInTiers("a call at the limit of nesting fails alone", async ({ another }) => {
  const engine = another({ maxNesting: 3 });
  const { instance, pending, hooks, exports } = world((s, i) => engine.load(s, i));
  const running = instance.func("down").callAsync(3);
  const execution = instance.func("slow").start(1);
  let deep = 0;
  hooks.host = () => {
    if (deep++ < 2) return exports.hosted(1);
    assertThrows(() => execution.resume({ deadlineMs: 1 }), Trap, "call stack exhausted");
    return 5;
  };
  assertEquals(exports.hosted(1), 8);
  assertEquals(execution.resume({ deadlineMs: 1 }), { done: false, reason: "deadline" });
  execution.cancel();
  pending[0].resolve(4);
  assertEquals(await running, 7);
});
