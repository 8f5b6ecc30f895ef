// Programs whose memories have forbidden and watched places, while frames change the tier, fuel is counted, calls are parked and references move: the same happens everywhere.

import { assert, assertEquals } from "@std/assert";
import { Engine, type EngineOptions, type Instance, Suspending, type TierName, Trap } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import { randomNumbers, testInTiers } from "./tiers.ts";

const BYTES = 131072;

// A loop of loads and stores of all kinds, with values in registers, lists, calls, recursion, exceptions and waiting in between.
const PROGRAM = `(module
  (import "h" "wait" (func $wait (param i32) (result i32)))
  (type $node (struct (field (ref null $node)) (field i32)))
  (tag $odd (param i32))
  (memory (export "m") 2 8)
  (func $next (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 1103515245)) (i32.const 12345)))
  (func $place (param $x i32) (result i32) (i32.and (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 0x1fff8)))
  (func $touch (export "touch") (param $x i32) (result i32) (local $at i32)
    (local.set $at (call $place (local.get $x)))
    (i32.store8 (local.get $at) (local.get $x))
    (i64.store32 offset=3 (local.get $at) (i64.extend_i32_u (local.get $x)))
    (if (i32.eqz (i32.and (local.get $x) (i32.const 0x70000))) (then (throw $odd (local.get $x))))
    (i32.add (i32.load16_s (local.get $at)) (i32.trunc_sat_f64_s (f64.load (local.get $at)))))
  (func $deep (param $n i32) (param $x i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1)) (call $next (local.get $x)))
        (i32.load (call $place (local.get $x)))))
      (else (call $touch (local.get $x)))))
  (func $sum (param $l (ref null $node)) (result i32) (local $s i32)
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $l)))
        (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (struct.get $node 1 (local.get $l))))
        (local.set $l (struct.get $node 0 (local.get $l)))
        (br $more)))
    (local.get $s))
  (func (export "run") (param $n i32) (param $x i32) (result i32)
    (local $l (ref null $node)) (local $v v128) (local $f f64) (local $s i32) (local $k i64)
    (local.set $k (i64.const 0x123456789abcdef))
    (loop $loop
      (local.set $x (call $next (local.get $x)))
      (local.set $l (struct.new $node (local.get $l) (i32.load (call $place (local.get $x)))))
      (local.set $v (i32x4.add (local.get $v) (v128.load (i32.and (call $place (local.get $x)) (i32.const 0xfff8)))))
      (local.set $f (f64.add (local.get $f) (f64.convert_i32_s (i32.and (local.get $x) (i32.const 255)))))
      (i64.store (call $place (i32.xor (local.get $x) (i32.const 0x55550))) (local.get $k))
      (local.set $k (i64.rotl (local.get $k) (i64.const 7)))
      (local.set $s (i32.add (local.get $s)
        (block $caught (result i32)
          (try_table (result i32) (catch $odd $caught)
            (call $deep (i32.and (local.get $x) (i32.const 3)) (call $next (local.get $x)))))))
      (if (i32.eqz (i32.and (local.get $x) (i32.const 0x30000)))
        (then (memory.fill (call $place (local.get $x)) (local.get $x) (i32.and (local.get $x) (i32.const 15)))))
      (if (i32.eqz (i32.and (local.get $x) (i32.const 0x700000)))
        (then (local.set $s (i32.xor (local.get $s) (call $wait (local.get $s))))))
      (br_if $loop (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (local.get $s) (i32.add (call $sum (local.get $l))
      (i32.add (i32x4.extract_lane 2 (local.get $v)) (i32.trunc_sat_f64_s (local.get $f)))))))`;

/** Everything that is to be the same, as text; most of it hashed. */
class Log {
  #hash = 0;
  events = 0;
  note(...what: unknown[]): void {
    for (const c of what.join(" ")) this.#hash = (Math.imul(this.#hash, 31) + c.charCodeAt(0)) | 0;
    this.events++;
  }
  toString(): string {
    return `${this.events} events, ${this.#hash}`;
  }
}

interface Setting {
  readonly name: string;
  readonly options: EngineOptions;
  /** Whether callbacks move functions between the tiers. */
  readonly moves: boolean;
}

const SETTINGS: readonly Setting[] = [
  { name: "interp", options: { tier: "interp" }, moves: false },
  ...(canRunNative()
    ? [
      { name: "jit", options: { tier: "jit" }, moves: false },
      { name: "moved", options: { tier: "jit" }, moves: true },
      { name: "zeal", options: { tierZeal: true }, moves: false },
      { name: "zeal by chance", options: { tierZeal: 5 }, moves: false },
      { name: "live", options: { tier: "auto", callThreshold: 2, loopThreshold: 2 }, moves: false },
    ] as const
    : []),
];

function outcome(f: () => unknown): string {
  try {
    return String(f());
  } catch (error) {
    return describe(error);
  }
}

function describe(error: unknown): string {
  if (error instanceof Trap) return `${error.message} at ${error.frames.map((f) => `${f.name}+${f.offset}`)}`;
  return String(error);
}

/** Makes an instance with places that are watched and forbidden by chance; what is reported is noted, and the callback does what it likes. */
function world(seed: number, { options, moves }: Setting, record: Log, suspends: boolean) {
  const random = randomNumbers(seed), other = randomNumbers(seed + 1);
  const engine = new Engine({ ...options, fuel: Infinity, gcMinimumBytes: 1 << 16 });
  const waits: ((x: number) => void)[] = [];
  let nested = 0;
  const instance: Instance = engine.load(PROGRAM, {
    h: {
      wait: suspends
        ? new Suspending(() => new Promise<number>((resolve) => waits.push(resolve)))
        : (x: number) => Math.imul(x, 3),
    },
  });
  const memory = instance.memory("m");
  const touch = instance.func("touch");
  const tiers: TierName[] = ["interp", "jit"];
  const change = () => {
    const at = random() % BYTES, size = [1, 3, 8, 8, 24, 24, 200, 3000][random() % 8], bits = random() % 8;
    memory.protect(at, at + size, { read: bits !== 1, write: bits > 2 });
    if (random() % 12 === 0) memory.unprotect();
  };
  const watch = () => {
    const at = random() % BYTES, bits = 1 + random() % 3;
    const watchpoint = memory.watch(at, at + 1 + random() % 600, { read: (bits & 1) !== 0, write: bits > 1 }, (a) => {
      record.note(a.address, a.size, a.read, a.write, a.frame?.name, a.frame?.offset, engine.fuelConsumed);
      if (moves) {
        for (const f of instance.functions) if (!f.isHost && other() % 4 === 0) f.tier = tiers[other() % 2];
      }
      switch (random() % 40) {
        case 0:
          engine.gc();
          break;
        case 1:
          change();
          break;
        case 2:
          if (nested++ < 3) record.note(outcome(() => touch.call(random() * 65537)));
          nested--;
          break;
        case 3:
          watchpoint.remove();
          watch();
          break;
        case 4:
          if (random() % 16 === 0) throw new Error("enough");
      }
    });
  };
  for (let i = 0; i < 10; i++) watch();
  for (let i = 0; i < 10; i++) change();
  return { engine, instance, memory, random, waits, change };
}

/** Slices of fuel, in between which rights change and others run. */
function inSlices(seed: number, setting: Setting): string {
  const record = new Log();
  const { engine, instance, memory, random, change } = world(seed, setting, record, false);
  const run = instance.func("run");
  let calls = Array.from({ length: 4 }, (_, i) => run.start(400, seed * 100 + i));
  for (let round = 0; round < 300 && calls.length > 0; round++) {
    calls = calls.filter((call) => {
      let done = true;
      record.note(
        outcome(() => {
          const step = call.resume({ fuel: 1 + random() % 200 });
          done = step.done;
          return step.done ? step.value : step.reason;
        }),
        engine.fuelConsumed,
      );
      if (!done && !call.ended) record.note(call.frames().map((f) => f.name));
      return !call.ended;
    });
    if (random() % 8 === 0) change();
    if (random() % 8 === 0) engine.gc();
  }
  for (const call of calls) call.cancel();
  memory.unprotect();
  for (let at = 0; at < BYTES; at += 4) if (memory.get("i32", at) !== 0) record.note(at, memory.get("i32", at));
  instance.dispose();
  engine.gc();
  return `${record}`;
}

/** Calls that wait side by side. */
async function parked(seed: number, setting: Setting): Promise<string> {
  const record = new Log();
  const { engine, instance, random, waits, change } = world(seed, setting, record, true);
  const calls = Array.from({ length: 5 }, (_, i) =>
    instance.func("run").callAsync(150, seed * 1000 + i).then(
      (value) => record.note(i, value),
      (error) => record.note(i, describe(error)),
    ));
  for (let turn = 0; turn < 400; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (waits.length === 0) break;
    waits.splice(random() % waits.length, 1)[0](random());
    if (random() % 4 === 0) change();
    if (random() % 8 === 0) engine.gc();
    if (turn === 60) instance.dispose();
  }
  await Promise.all(calls);
  record.note(engine.fuelConsumed);
  engine.gc();
  return `${record}`;
}

Deno.test("watched and forbidden places do the same in every tier, while frames move, in slices of fuel", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const [first, ...others] = SETTINGS.map((setting) => inSlices(seed, setting));
    assert(!first.startsWith("0 "));
    others.forEach((text, i) => assertEquals(text, first, `seed ${seed}, ${SETTINGS[i + 1].name}`));
  }
});

Deno.test("watched and forbidden places do the same in every tier, while frames move and calls wait", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const all = [];
    for (const setting of SETTINGS) all.push(await parked(seed, setting));
    const [first, ...others] = all;
    others.forEach((text, i) => assertEquals(text, first, `seed ${seed}, ${SETTINGS[i + 1].name}`));
  }
});

testInTiers(
  "a collection that a watchpoint asks for keeps what only registers and operands refer to",
  ({ engine, load }) => {
    const made = load(`(module (memory (export "m") 1)
    (type $box (struct (field i32)))
    (func (export "garbage") (param i32) (loop $l (drop (struct.new $box (i32.const -1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (param $at i32) (result i32) (local $a (ref null $box)) (local $b (ref null $box)) (local $i i32)
      (local.set $a (struct.new $box (i32.const 40)))
      (loop $l
        (local.set $b (struct.new $box (i32.const 2)))
        (struct.new $box (i32.const 100))
        (i32.store offset=4 (local.get $at) (i32.load (local.get $at)))
        (i32.add (struct.get $box 0) (struct.get $box 0 (local.get $b)))
        (local.set $i (i32.add (local.get $i)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 500))))
      (i32.add (local.get $i) (struct.get $box 0 (local.get $a)))))`);
    const { run, garbage } = made.exports as Record<string, (...args: number[]) => unknown>;
    const watched = made.memory("m").watch(64, 72, { read: true, write: true }, () => {
      engine.gc();
      garbage(50);
    });
    for (let i = 0; i < 10; i++) assertEquals(run(64), 550);
    assertEquals(watched.hits, 100);
  },
);

testInTiers("whom a watchpoint tells may dispose of the instance that is running", ({ engine, load }) => {
  const instance = load(`(module (memory (export "m") 1)
    (func $inner (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "run") (param i32) (result i32) (i32.store (i32.const 8) (i32.const 5))
      (i32.add (call $inner (local.get 0)) (i32.load (i32.const 8)))))`);
  const { run } = instance.exports as Record<string, (x: number) => unknown>;
  instance.memory("m").set("i32", 64, 37);
  instance.memory("m").watch(64, 65, { read: true }, () => {
    instance.dispose();
    engine.gc();
  });
  assertEquals(run(64), 42);
  engine.gc();
});
