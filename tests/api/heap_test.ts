import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type TierName } from "../../mod.ts";
import { innerInstance } from "../../src/api/instance.ts";
import { BugError } from "../../src/base/bug.ts";
import { verifyHeap } from "../../src/runtime/verify.ts";

const tiers: TierName[] = Engine.nativeUnavailable === undefined ? ["interp", "jit"] : ["interp"];

const LISTS = `(module
  (import "" "peek" (func $peek))
  (rec (type $cell (struct (field $next (mut (ref null $cell))) (field $what (mut externref)))))
  (type $table (array (mut (ref null $cell))))
  (global $head (export "head") (mut (ref null $cell)) (ref.null $cell))
  (global $table (mut (ref null $table)) (ref.null $table))
  (func (export "push") (param $what externref)
    (global.set $head (struct.new $cell (global.get $head) (local.get $what))))
  (func (export "pop") (result (ref null $cell)) (local $cell (ref null $cell))
    (local.set $cell (global.get $head))
    (global.set $head (struct.get $cell $next (local.get $cell)))
    (struct.set $cell $next (local.get $cell) (ref.null $cell))
    (local.get $cell))
  (func (export "spread") (param i32)
    (global.set $table (array.new_default $table (local.get 0)))
    (array.set $table (global.get $table) (i32.const 3) (global.get $head))
    (global.set $head (ref.null $cell)))
  (func $hold (export "hold") (param $what externref) (local $own (ref null $cell))
    (local.set $own (struct.new $cell (ref.null $cell) (local.get $what)))
    (local.set $what (ref.null extern))
    (call $peek)
    (drop (struct.get $cell $what (local.get $own)))))`;

function load(tier: TierName, peek: () => void = () => {}) {
  const engine = new Engine({ tier });
  // deno-lint-ignore no-explicit-any
  const exports = engine.load(LISTS, { "": { peek: () => peek() } }).exports as any;
  return { engine, exports };
}

for (const tier of tiers) {
  Deno.test(`${tier}: Heap.census() counts by type, and diff() tells what changed`, () => {
    const { engine, exports } = load(tier);
    for (let i = 0; i < 5; i++) exports.push(null);
    const before = engine.heap.census();
    assertEquals(before, { objects: 5, bytes: 80, types: [{ type: "$cell", objects: 5, bytes: 80 }] });
    exports.spread(10);
    exports.push(null);
    const after = engine.heap.census();
    assertEquals(engine.heap.diff(before, after), [
      { type: "$table", objects: 1, bytes: 48 },
      { type: "$cell", objects: 1, bytes: 16 },
    ]);
    assertEquals(engine.heap.verify(), 7);
  });

  Deno.test(`${tier}: Heap.retainingPath() names globals, fields, elements, locals and roots`, () => {
    const value = { name: "kept" };
    let inside: unknown;
    const { engine, exports } = load(tier, () => inside = engine.heap.retainingPath(value));
    exports.push(value);
    exports.push(null);
    const { steps, target } = engine.heap.retainingPath(value)!;
    assertEquals(target, "host value (object)");
    assertEquals(steps.map((s) => s.by.replace(/\d+$/, "N")), [
      "an instance in use",
      "global $head of instance N",
      "field $next",
      "field $what",
    ]);
    assertEquals(steps.slice(1).map((s) => s.to), ["$cell", "$cell", "host value (object)"]);
    assertEquals(engine.heap.retainingPath("$cell")!.retainedBytes, 32);
    exports.spread(8);
    assertEquals(engine.heap.retainingPath(value)!.steps.map((s) => s.by).slice(2), [
      "element 3",
      "field $next",
      "field $what",
    ]);
    assertThrows(() => engine.heap.retainingPath({}), TypeError, "does not have that value");

    exports.spread(1 << 4);
    exports.hold(value);
    // deno-lint-ignore no-explicit-any
    const first = (inside as any).steps[0].by;
    assert(first === "local $own of hold" || first.startsWith("a word on the native stack of a call of hold"), first);

    const root = engine.addRoot(value);
    assertEquals(engine.heap.retainingPath(value)!.steps.map((s) => s.by), ["a root that the host added"]);
    root.remove();
    engine.gc();
    exports.push(value);
    const cell = exports.pop();
    assertEquals(engine.heap.retainingPath(cell)!.steps.map((s) => s.by), ["a value that JavaScript has"]);
    assertEquals(engine.heap.retainedBytes(cell), 16);
  });
}

const GRAPH = `(module
  (type $node (struct (field $a (mut (ref null eq))) (field $b (mut (ref null eq)))))
  (table $roots (export "roots") 4 eqref)
  (table $all (export "all") 200 eqref)
  (func (export "make") (param i32) (table.set $all (local.get 0) (struct.new_default $node)))
  (func (export "link") (param $from i32) (param $a i32) (param $b i32) (local $n (ref $node))
    (local.set $n (ref.cast (ref $node) (table.get $all (local.get $from))))
    (struct.set $node $a (local.get $n) (table.get $all (local.get $a)))
    (struct.set $node $b (local.get $n) (table.get $all (local.get $b))))
  (func (export "root") (param $i i32) (param $n i32) (table.set $roots (local.get $i) (table.get $all (local.get $n))))
  (func (export "forget") (table.fill $all (i32.const 0) (ref.null eq) (i32.const 200))))`;

Deno.test("Heap.retained() agrees with a model that removes each object in turn", () => {
  let seed = 12345;
  const random = (n: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, (seed >>> 8) % n);
  for (let round = 0; round < 20; round++) {
    const engine = new Engine({ tier: "interp" });
    // deno-lint-ignore no-explicit-any
    const x = engine.load(GRAPH).exports as any;
    const n = 2 + random(150);
    const edges: number[][] = [];
    for (let i = 0; i < n; i++) x.make(i);
    for (let i = 0; i < n; i++) {
      // Mostly forward, so that there is something to dominate.
      const to = [i + 1 + random(6), random(8) === 0 ? random(n) : i + 1 + random(3)].map((t) => t < n ? t : random(n));
      edges.push(to);
      x.link(i, to[0], to[1]);
    }
    const roots = [0, random(n)];
    roots.forEach((r, i) => x.root(i, r));
    x.forget();
    const reach = (without: number) => {
      const seen = new Set<number>();
      const todo = roots.filter((r) => r !== without);
      while (todo.length > 0) {
        const i = todo.pop()!;
        if (seen.has(i)) continue;
        seen.add(i);
        todo.push(...edges[i].filter((to) => to !== without));
      }
      return seen.size;
    };
    const live = reach(-1);
    const model = [...Array(n).keys()].map((i) => 16 * (live - reach(i))).filter((b) => b > 0).sort((a, b) => b - a);
    const report = engine.heap.retained(1000);
    assertEquals(report.objects.map((o) => o.retainedBytes), model);
    assertEquals(report.types, [{ type: "$node", objects: live, bytes: 16 * live, retainedBytes: 16 * live }]);
    assertEquals(engine.heap.verify(), live);
  }
});

Deno.test("Heap.verify() finds references, types and lengths that were broken", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(LISTS, { "": { peek() {} } });
  instance.exports.push(null);
  const { heap } = innerInstance(instance).store;
  engine.gc();
  const [ref] = heap.objects();
  const breaking = (word: number, value: number, message: string) => {
    const before = heap.i32[(ref >> 2) + word];
    heap.i32[(ref >> 2) + word] = value;
    assertThrows(() => verifyHeap(innerInstance(instance).store), BugError, message);
    heap.i32[(ref >> 2) + word] = before;
    assertEquals(engine.heap.verify(), 1);
  };
  breaking(0, 1 << 20, "for a type");
  breaking(1, 5, "is a structure with 5 for a length");
  breaking(2, ref + 8, "in field 0, which refers to nothing");
  breaking(3, (500 << 2) | 2, "in field 1, which refers to nothing");
  const lines = heap.lines.slice();
  heap.lines.fill(0, 1);
  assertThrows(() => verifyHeap(innerInstance(instance).store), BugError, "which is free");
  heap.lines.set(lines);
});

Deno.test("the figures tell of pauses, and the report of roots and bytes by type", () => {
  const engine = new Engine({ tier: "interp", gcZeal: true });
  const { exports } = engine.load(LISTS, { "": { peek() {} } });
  exports.push({});
  exports.push(null);
  const { heap, roots } = engine.gc();
  assertEquals(heap.types, [{ type: "$cell", kept: 2, freed: 0, keptBytes: 32, freedBytes: 0 }]);
  assertEquals(roots, { globals: 1, tables: 0, elements: 0, operandStacks: 0, nativeStacks: 0, host: 0 });
  const { pauses, collections } = engine.gcFigures;
  assertEquals(pauses.length, collections);
  assertEquals([pauses.at(-1)!.bytesBefore, pauses.at(-1)!.bytesAfter], [heap.bytesBefore, 32]);
  assert(engine.heap.spaces.lineBytes > 0 && engine.heap.spaces.committedBytes > 0);
});

Deno.test("allocation sites are the same in every tier: function, offset of the instruction, type", () => {
  const module = `(module
    (type $pair (struct (field i32) (field i32))) (type $bytes (array (mut i8)))
    (global (ref $pair) (struct.new $pair (i32.const 1) (i32.const 2)))
    (func $make (result (ref $pair)) (struct.new $pair (i32.const 1) (i32.const 2)))
    (func (export "run") (param $n i32)
      (loop $l
        (drop (call $make))
        (drop (struct.new_default $pair))
        (drop (array.new_default $bytes (local.get $n)))
        (drop (array.new $bytes (i32.const 7) (i32.const 20)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;
  const found = tiers.map((tier) => {
    const engine = new Engine({ tier });
    engine.heap.traceAllocations(true);
    const { run } = engine.load(module).exports;
    run(100);
    engine.heap.traceAllocations(false);
    run(100);
    return engine.heap.allocationSites;
  });
  const [sites] = found;
  assertEquals(sites.length, 5);
  assertEquals(
    sites.map((s) => [s.function, s.type, s.objects]),
    [
      ["run", "$bytes", 100],
      ["run", "$bytes", 100],
      ["$make", "$pair", 100],
      ["run", "$pair", 100],
      ["(instantiation)", "$pair", 1],
    ].map(([f, ...rest]) => [(f as string).replace("$", ""), ...rest]),
  );
  const bytes = new Engine({ tier: "interp" }).compile(module).bytes;
  // struct.new_default, array.new_default and array.new, where the sites say.
  for (const site of sites.slice(0, 4)) assertEquals(bytes[site.offset], 0xfb);
  for (const other of found) assertEquals(other, sites);
  for (const tier of tiers) {
    const engine = new Engine({ tier, gcZeal: true });
    engine.heap.traceAllocations(true);
    engine.load(module).exports.run(10);
    assertEquals(engine.heap.allocationSites.map((s) => s.objects), [10, 10, 10, 10, 1]);
  }
});
