// Watches a program with functions of one's own: which branches go one way only, and who writes a byte of memory.
// deno run examples/custom_probe.ts (with --allow-ffi the counters are compiled into machine code)

import { Engine } from "../mod.ts";

const engine = new Engine();
using instance = engine.load(`(module (memory (export "memory") 1)
  (func $fill (param $at i32) (param $count i32)
    (loop $next
      (i32.store8 (local.get $at) (i32.const 0x2a))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "run") (param $even i32)
    (i32.store (i32.const 100) (i32.const 7))
    (call $fill (i32.const 90) (i32.const 12))
    (if (i32.and (local.get $even) (i32.const 1)) (then (unreachable)))))`);

// Without a function a probe counts, in the tier where the program runs.
const branches = instance.probe({ at: "branch" });

// With one it is told, each time; only functions that it looks at run in the interpreter meanwhile.
const writes = instance.probe({ at: "memory", addresses: [100, 101] }, ({ name, offset, access }) => {
  console.log(`${name} at 0x${offset.toString(16)} writes ${access?.value} to ${access?.address}`);
});

instance.exports.run(4);
writes.detach();
instance.exports.run(6);
for (const { name, opcode, ways } of branches.counts) {
  console.log(`${opcode} in ${name}: ${ways?.[0]} times taken, ${ways?.[1]} times not`);
}
branches.detach();
