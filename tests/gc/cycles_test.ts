// Cycles that lead through both heaps, with V8's collector made to run.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { Engine, type TierName } from "../../mod.ts";

v8.setFlagsFromString("--expose-gc");
const collectJavaScript = vm.runInNewContext("gc") as () => void;
const tiers: TierName[] = Engine.nativeUnavailable === undefined ? ["interp", "jit"] : ["interp"];

const NODES = `(module
  (rec (type $node (struct (field $next (mut (ref null $node))) (field $what (mut externref)))))
  (global $kept (export "kept") (mut (ref null $node)) (ref.null $node))
  (func (export "make") (param externref) (result (ref $node)) (struct.new $node (ref.null $node) (local.get 0)))
  (func (export "link") (param $a (ref $node)) (param $b (ref null $node)) (struct.set $node $next (local.get $a) (local.get $b)))
  (func (export "set") (param $a (ref $node)) (param externref) (struct.set $node $what (local.get $a) (local.get 1)))
  (func (export "what") (param $a (ref $node)) (result externref) (struct.get $node $what (local.get $a)))
  (func (export "next") (param $a (ref $node)) (result (ref null $node)) (struct.get $node $next (local.get $a)))
  (func (export "keep") (param $a (ref null $node)) (global.set $kept (local.get $a))))`;

interface Host {
  name: string;
  node?: object;
}

for (const tier of tiers) {
  const load = () => {
    const engine = new Engine({ tier });
    // deno-lint-ignore no-explicit-any
    return { engine, x: engine.load(NODES).exports as any, gc: () => engine.gcAsync({ collectJavaScript }) };
  };

  Deno.test(`${tier}: gcAsync() frees a host value and an object that only have one another, which gc() cannot`, async () => {
    const { engine, x, gc } = load();
    const weak = (() => {
      const host: Host = { name: "alone" };
      host.node = x.make(host);
      return new WeakRef(host);
    })();
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      collectJavaScript();
    }
    assertEquals(engine.gc().heap.objectsKept, 1);
    const { objectsFreed, referencesFreed, bytesAfter, rounds } = await gc();
    assertEquals([objectsFreed, referencesFreed, bytesAfter], [1, 1, 0]);
    assert(rounds <= 8);
    assertEquals(weak.deref(), undefined);
  });

  Deno.test(`${tier}: what JavaScript or a root of Wasm still has stays, through any number of collections`, async () => {
    const { engine, x, gc } = load();
    // A ring of objects, one of which JavaScript has, and host values that have objects, which lead on.
    const { entry, weak } = (() => {
      const hosts: Host[] = Array.from({ length: 6 }, (_, i) => ({ name: `host ${i}` }));
      const nodes = hosts.map((h) => x.make(h));
      nodes.forEach((n, i) => x.link(n, nodes[i % 3 === 2 ? i - 2 : i + 1]));
      hosts[1].node = nodes[3];
      hosts[4].node = nodes[0];
      return { entry: nodes[0], weak: hosts.map((h) => new WeakRef(h)) };
    })();
    for (let round = 0; round < 3; round++) {
      assertEquals((await gc()).last.heap.objectsKept, 6);
      assertEquals(weak.filter((w) => w.deref() !== undefined).length, 6);
    }
    // Back in Wasm, everything can be got at again.
    const second = x.next(entry);
    const host = x.what(second) as Host;
    assertEquals(host.name, "host 1");
    assertEquals(x.what(x.next(x.next(host.node))).name, "host 5");
    assertStrictEquals(x.what(entry), weak[0].deref());
    engine.heap.verify();
  });

  Deno.test(`${tier}: a value given back to Wasm makes what it reaches strong before Wasm runs`, async () => {
    const { engine, x, gc } = load();
    let entry: object | undefined = (() => {
      const host: Host = { name: "moved" };
      return x.make(host);
    })();
    await gc();
    x.keep(entry);
    entry = undefined;
    for (let i = 0; i < 2; i++) {
      await gc();
      collectJavaScript();
    }
    assertEquals((x.what(x.kept.value) as Host).name, "moved");
    engine.gc();
    assertEquals((x.what(x.kept.value) as Host).name, "moved");
    x.keep(null);
    assertEquals((await gc()).bytesAfter, 0);
  });

  Deno.test(`${tier}: a host value whose handle is weak is the same when it comes back`, async () => {
    const { x, gc, engine } = load();
    const host: Host = { name: "known" };
    const a = x.make(host);
    await gc();
    const b = x.make(host);
    assertStrictEquals(x.what(b), host);
    assertEquals(engine.gc().kept, 1);
    assertStrictEquals(x.what(a), host);
    x.set(b, null);
    await gc();
    assertStrictEquals(x.what(a), host);
    assertEquals(engine.gc().kept, 1);
  });

  Deno.test(`${tier}: random graphs through both heaps: what can be reached stays, what cannot goes`, async () => {
    const { engine, x, gc } = load();
    let seed = 7;
    const random = (n: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, (seed >>> 8) % n);
    const n = 60;
    const { held, alive, weak } = (() => {
      const hosts: (Host & { others: unknown[] })[] = Array.from(
        { length: n },
        (_, i) => ({ name: String(i), others: [] }),
      );
      const nodes = hosts.map((h) => x.make(h));
      const next = nodes.map(() => random(n)), back = hosts.map(() => random(n));
      nodes.forEach((a, i) => x.link(a, nodes[next[i]]));
      hosts.forEach((h, i) => h.others.push(nodes[back[i]]));
      const roots = [3, 17], todo = [...roots], alive = new Set<number>();
      for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
        if (alive.has(i)) continue;
        alive.add(i);
        todo.push(next[i], back[i]);
      }
      return { held: roots.map((i) => nodes[i]), alive, weak: hosts.map((h) => new WeakRef(h)) };
    })();
    const { last } = await gc();
    assertEquals(last.heap.objectsKept, alive.size);
    assertEquals(
      weak.map((w, i) => w.deref() === undefined ? -1 : i).filter((i) => i >= 0),
      [...alive].sort((a, b) => a - b),
    );
    assertEquals((x.what(held[1]) as Host).name, "17");
    engine.heap.verify();
  });
}

Deno.test("gcAsync() refuses a number of rounds that makes no sense", async () => {
  await assertRejects(() => new Engine({ tier: "interp" }).gcAsync({ rounds: 0 }), RangeError);
});
