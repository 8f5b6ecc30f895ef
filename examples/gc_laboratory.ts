// A laboratory for the heap: a cache of structures that grows for a reason. What is there, what changed, who allocated it, what keeps it alive, what would go with it.
// deno run examples/gc_laboratory.ts

import { Engine } from "../mod.ts";

const engine = new Engine();
using instance = engine.load(`(module
  (type $text (array (mut i8)))
  (type $page (struct (field $number i32) (field $text (ref $text))))
  (type $entry (struct (field $page (ref $page)) (field $next (ref null $entry))))
  (global $cache (mut (ref null $entry)) (ref.null $entry))

  (func $load (param $number i32) (result (ref $page))
    (struct.new $page (local.get $number) (array.new $text (i32.const 32) (i32.const 200))))
  ;; Reads a page, and keeps every one in a cache that nobody empties: that is the mistake to be found.
  (func (export "read") (param $number i32) (result i32)
    (global.set $cache (struct.new $entry (call $load (local.get $number)) (global.get $cache)))
    (array.len (struct.get $page $text (struct.get $entry $page (global.get $cache)))))
  (func (export "forget") (global.set $cache (ref.null $entry))))`);
const { read, forget } = instance.exports;
const { heap } = engine;

read(0);
const before = heap.census();
heap.traceAllocations(true);
for (let n = 1; n < 100; n++) read(n);

// What changed from one census to the next: each read leaves three objects.
for (const { type, objects, bytes } of heap.diff(before, heap.census())) {
  console.log(`${type}: +${objects} objects, +${bytes} bytes`);
}

// Where they came from: function and byte offset.
for (const { function: name, type, objects } of heap.allocationSites) console.log(`${name} made ${objects} of ${type}`);

// Why one of them is still alive, and what would go with the whole cache.
const path = heap.retainingPath("$page");
console.log(path?.steps.map((s) => `${s.by} → ${s.to}`).join(", "));
const [most] = heap.retained(1).objects;
console.log(`${most.type} keeps ${most.retainedBytes} bytes`);

// Once nothing refers to it, a collection frees it all.
forget();
const { heap: report } = engine.gc();
console.log(`collected ${report.objectsFreed} objects, ${report.objectsKept} are left`);
