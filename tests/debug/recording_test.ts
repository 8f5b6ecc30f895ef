// Recorded calls: what is seen going back is what was seen going forth, whatever the program changes and the host does.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type DebugCall, Engine, type EngineOptions, fn, type Instance, Trap } from "../../mod.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { TIERS } from "../../src/runtime/tier.ts";
import { testUnless } from "../skip.ts";

type Tier = EngineOptions["tier"];

function inTiers(name: string, test: (tier: Tier) => void): void {
  for (const tier of [...TIERS, "auto"] as const) {
    testUnless(tier === "interp" ? undefined : nativeUnavailable(), `${name} (${tier})`, () => test(tier));
  }
}

/** Changes memories, their sizes, globals, tables, objects; calls the host, which changes some of that too; throws and catches. */
const BUSY = `(module
  (import "env" "host" (func $host (param i32) (result i32)))
  (import "env" "fails" (func $fails (param i32)))
  (type $node (struct (field $value (mut i32)) (field $next (mut (ref null $node)))))
  (memory (export "memory") 1 8) (global $g (export "g") (mut i64) (i64.const 1))
  (global $list (export "list") (mut (ref null $node)) (ref.null $node))
  (table $t (export "t") 2 10 funcref) (elem declare func $one $two) (data $d "xyz")
  (tag $e (param i32))
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $push (param $v i32)
    (global.set $list (struct.new $node (local.get $v) (global.get $list))))
  (func $sum (result i32) (local $n (ref null $node)) (local $s i32)
    (local.set $n (global.get $list))
    (block $done (loop $l
      (br_if $done (ref.is_null (local.get $n)))
      (local.set $s (i32.add (local.get $s) (struct.get $node $value (local.get $n))))
      (struct.set $node $value (local.get $n) (i32.add (struct.get $node $value (local.get $n)) (i32.const 1)))
      (local.set $n (struct.get $node $next (local.get $n)))
      (br $l)))
    (local.get $s))
  (func $risky (param $i i32)
    (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 3))) (then (throw $e (local.get $i))))
    (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 5))) (then (call $fails (local.get $i)))))
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $l
      (i32.store (i32.mul (local.get $i) (i32.const 4)) (local.get $s))
      (global.set $g (i64.mul (global.get $g) (i64.const 3)))
      (table.set $t (i32.and (local.get $i) (i32.const 1))
        (if (result funcref) (i32.and (local.get $i) (i32.const 2)) (then (ref.func $one)) (else (ref.func $two))))
      (call $push (local.get $i))
      (local.set $s (i32.add (local.get $s) (call_indirect $t (result i32) (i32.and (local.get $i) (i32.const 1)))))
      (if (i32.eq (local.get $i) (i32.const 4))
        (then (drop (memory.grow (i32.const 1))) (drop (table.grow $t (ref.null func) (i32.const 2)))))
      (if (i32.eq (local.get $i) (i32.const 6))
        (then (memory.init $d (i32.const 100) (i32.const 0) (i32.const 3)) (data.drop $d)))
      (block $h (result i32)
        (try_table (catch $e $h) (catch_all $l2) (call $risky (local.get $i)))
        (i32.const 0))
      (drop)
      (local.set $s (i32.add (local.get $s) (call $host (local.get $i))))
      (local.set $s (i32.add (local.get $s) (call $sum)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s)))`.replace("(catch_all $l2)", "");

interface Subject {
  readonly engine: Engine;
  readonly instance: Instance;
  calls: number;
}

function busy(tier: Tier): Subject {
  const engine = new Engine({ tier });
  const subject = { engine, calls: 0 } as { engine: Engine; instance: Instance; calls: number };
  subject.instance = engine.load(BUSY, {
    env: {
      host: (i: number) => {
        subject.calls++;
        subject.instance.memory().write(2000 + i, [subject.calls]);
        subject.instance.global("g").value = BigInt(subject.calls);
        return subject.calls * 100;
      },
      fails: fn(["i32"], [], () => {}),
    },
  });
  return subject;
}

/** All that is to be seen where a call waits. */
function seen(call: DebugCall, { instance }: Subject): string {
  const memory = instance.memory();
  return JSON.stringify([
    call.frames.map((
      f,
    ) => [f.place, f.locals.map((l) => l.type === "i32" ? l.value : l.value === null), f.operands.length]),
    memory.read(0, 64).join(),
    memory.read(2000, 20).join(),
    memory.read(100, 3).join(),
    memory.pages,
    String(instance.global("g").value),
    instance.table("t").length,
  ]);
}

inTiers("going back by instructions shows what going forth did, and forth again", (tier) => {
  const subject = busy(tier);
  const { engine: { debugger: dbg }, instance } = subject;
  dbg.break(instance.func("run"), { once: true });
  const call = dbg.start(instance.func("run"), 9);
  using recording = call.record();
  const forth: string[] = [];
  for (let stop = call.continue(); stop !== undefined; stop = call.step()) forth.push(seen(call, subject));
  const result = call.value, { calls } = subject;
  assert(forth.length > 1000);
  // From the end, with strides that lead over ticks, calls of the host, exceptions.
  let at = forth.length;
  for (let stride = 1; at > 1; stride = stride % 23 + 1) {
    const by = Math.min(stride, at - 1);
    recording.back(by);
    at -= by;
    assertEquals(seen(call, subject), forth[at], `${at}`);
    assert(recording.inPast);
  }
  assertThrows(() => instance.exports.run(1), TypeError, "past");
  for (let k = 0; k < 60; k++) assertEquals((call.step(), seen(call, subject)), forth[++at]);
  recording.toPresent();
  assertEquals([call.ended, call.value, subject.calls], [true, result, calls]);
  // The present is as it was: another engine that ran the same agrees.
  const other = busy(tier);
  assertEquals(other.instance.exports.run(9), result);
  assertEquals(instance.memory().read(0, 4096), other.instance.memory().read(0, 4096));
  recording.end();
  subject.calls = other.calls = 0;
  assertEquals(instance.exports.run(3), other.instance.exports.run(3));
});

inTiers("the last writers of memory, of globals, and the host among them", (tier) => {
  const subject = busy(tier);
  const { engine: { debugger: dbg }, instance } = subject;
  const call = dbg.start(instance.func("run"), 9);
  using recording = call.record();
  call.continue();
  const memory = instance.memory();
  const host = recording.lastWriter(memory, 2003, 2004)!;
  assertEquals([host.by, host.offset, [...host.before], [...host.after]], ["env.host", -1, [0], [4]]);
  const init = recording.lastWriter(memory, 101, 102)!;
  assertEquals([init.by, String.fromCharCode(...init.after)], ["run", "y"]);
  assertEquals(recording.lastWriter(instance.global("g"))!.by, "env.host");
  assertEquals(recording.lastWriter(memory, 60_000, 60_004), undefined);
  assert(!recording.inPast && call.ended);
  const stop = recording.lastWriter(memory, 8, 12)!.go();
  assertEquals(stop.frame.local("i")?.value, 2);
  assertEquals(memory.read(8, 4).join(), "0,0,0,0");
  call.step();
  assert(memory.read(8, 4).join() !== "0,0,0,0");
});

inTiers("a recorded trap can be looked at from before", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(`(module (func $f (param $n i32) (result i32)
    (i32.div_u (i32.const 8) (i32.sub (local.get $n) (i32.const 3))))
    (func (export "run") (result i32) (local $i i32) (local $s i32)
      (loop $l (local.set $s (i32.add (local.get $s) (call $f (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)) (local.get $s)))`);
  const call = engine.debugger.start(instance.func("run"));
  const recording = call.record();
  assertEquals(call.continue()?.reason, "trap");
  assertEquals(recording.back().frame.operands.map((o) => o.value), [0, 8]);
  assertEquals(recording.backToCall().frame.local("i")?.value, 3);
  assertEquals(call.continue()?.reason, "trap");
  assertThrows(() => call.continue(), Trap, "divide by zero");
  // Also afterwards.
  assertEquals(recording.back(2).frame.place, "f+0x6");
  recording.end();
  recording.end();
  assertThrows(() => call.step(), TypeError, "ended");
});

inTiers(
  "ten million instructions and more: images are kept within the limit, and stepping back finds its way",
  (tier) => {
    const engine = new Engine({ tier });
    const instance = engine.load(`(module (memory 16)
    (func (export "run") (param $n i32) (result i32) (local $i i32) (local $x i32)
      (loop $l
        (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
        (i32.store (i32.and (local.get $x) (i32.const 0xffffc)) (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $x)))`);
    const call = engine.debugger.start(instance.func("run"), 700_000);
    using recording = call.record({ limitBytes: 4 * 2 ** 20 });
    call.continue();
    assert(recording.bytes <= 8 * 2 ** 20, `${recording.bytes}`);
    const frame = () => call.frames[0];
    recording.back(100);
    const i = frame().local("i")!.value as number, x = frame().local("x")!.value;
    assert(i > 699_990 && i < 700_000);
    recording.back(17_000);
    assert((frame().local("i")!.value as number) < 699_500);
    call.step(17_000);
    assertEquals([frame().local("i")?.value, frame().local("x")?.value], [i, x]);
  },
);

Deno.test("what cannot be recorded is said, and a collection begins the record anew", () => {
  const engine = new Engine({ tier: "interp", features: { threads: true } });
  const shared = engine.load(`(module (memory 1 1 shared) (func (export "f")))`);
  assertThrows(() => engine.debugger.start(shared.func("f")).record(), TypeError, "shared memories");
  shared.dispose();
  engine.gc();
  const subject = busy("interp");
  const { debugger: dbg } = subject.engine;
  const point = dbg.break(subject.instance.func("sum"));
  const call = dbg.start(subject.instance.func("run"), 3);
  const recording = call.record();
  assertThrows(() => call.record(), TypeError, "already");
  assertThrows(() => recording.back(0), RangeError);
  call.continue();
  subject.engine.gc();
  assertEquals(recording.figures.forgotten, 1);
  assertEquals(recording.back().reason, "history");
  recording.toPresent();
  call.continue();
  assertEquals(recording.backToStop().reason, "breakpoint");
  subject.engine.gc();
  assert(!recording.inPast);
  point.remove();
  call.cancel();
  assert(call.ended && subject.engine.debugger.points.length === 0);
});
