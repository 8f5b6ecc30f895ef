import { assertEquals, assertThrows } from "@std/assert";
import { Engine, type Instance, Trap } from "../../mod.ts";

const FEATURES = { threads: true, "custom-page-sizes": true };

/** Loads and stores of a memory, once at the constant address too. */
const text = (memory: string, address: string, offsets: bigint[]) =>
  `(module (memory (export "m") ${memory})
  (func (export "grow") (param ${address}) (result ${address}) (memory.grow (local.get 0)))
  (func (export "size") (result ${address}) (memory.size))
  ${
    offsets.map((o) =>
      `(func (export "load8 ${o}") (param ${address}) (result i32) (i32.load8_u offset=${o} (local.get 0)))
       (func (export "load64 ${o}") (param ${address}) (result i64) (i64.load offset=${o} (local.get 0)))
       (func (export "store64 ${o}") (param ${address} i64) (i64.store offset=${o} (local.get 0) (local.get 1)))
       (func (export "storeF ${o}") (param ${address} f64) (f64.store offset=${o} (local.get 0) (local.get 1)))
       (func (export "atomic ${o}") (param ${address}) (result i64) (i64.atomic.rmw.or offset=${o} (local.get 0) (i64.const 8)))
       (func (export "xchg ${o}") (param ${address}) (result i32) (i32.atomic.rmw16.xchg_u offset=${o} (local.get 0) (i32.const 0x77777)))
       (func (export "fixed8 ${o}") (result i32) (i32.load8_u offset=${o} (${address}.const -1)))
       (func (export "fixedAtomic ${o}") (result i32) (i32.atomic.rmw.add offset=${o} (${address}.const -3) (i32.const 1)))
       (func (export "notify ${o}") (param ${address}) (result i32) (memory.atomic.notify offset=${o} (local.get 0) (i32.const 1)))
       (func (export "fixed0 ${o}") (result i64) (i64.load offset=${o} (${address}.const 0)))`
    ).join("\n")
  })`;

function outcome(instance: Instance, name: string, args: unknown[]): unknown {
  try {
    return instance.exports[name](...args);
  } catch (e) {
    if (!(e instanceof Trap)) throw e;
    return [e.kind, e.offset];
  }
}

const EDGES = [0n, 1n, 7n, 8n, 16n, 65520n, 65528n, 65529n, 65535n, 65536n, 131072n, 1n << 31n, (1n << 32n) - 8n];

for (
  const [memory, address] of [
    ["i64 1 3", "i64"],
    ["1 3 shared", "i32"],
    ["i64 1 3 shared", "i64"],
    [
      "65533 70000 (pagesize 1)",
      "i32",
    ],
    ["i64 65533 70000 (pagesize 1)", "i64"],
    ["i64 0 2", "i64"],
    ["0 2 shared", "i32"],
  ]
) {
  Deno.test(`accesses to a memory (${memory}) are checked exactly, in machine code as in the interpreter`, () => {
    const wide = address === "i64";
    const offsets = [0n, 1n, 8n, 65528n, 65536n, (1n << 31n) - 8n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n];
    if (wide) {
      offsets.push(1n << 32n, (1n << 53n) + 8n, (1n << 63n) - 8n, 1n << 63n, (1n << 64n) - 8n, (1n << 64n) - 1n);
    }
    const addresses = [...EDGES];
    for (const e of EDGES) addresses.push(-e, -e - 1n);
    if (wide) addresses.push((1n << 63n) - 1n, 1n << 63n, 1n << 53n, 1n << 32n, (1n << 32n) + 8n);
    const source = text(memory, address, offsets);
    const [jit, interp] = (["jit", "interp"] as const).map((tier) =>
      new Engine({ tier, features: FEATURES }).load(source)
    );
    const same = (name: string, ...args: unknown[]) =>
      assertEquals(outcome(jit, name, args), outcome(interp, name, args), `${name} of ${args}`);
    const number = (a: bigint) => wide ? BigInt.asIntN(64, a) : Number(BigInt.asIntN(32, a));
    for (let round = 0; round < 2; round++) {
      for (const o of offsets) {
        assertEquals(jit.func(`atomic ${o}`).tier, "jit");
        for (const a of addresses) {
          const at = number(a);
          same(`store64 ${o}`, at, a + o);
          same(`storeF ${o}`, at, Number(a % 1000n));
          for (const name of ["load8", "load64", "atomic", "xchg", "notify"]) same(`${name} ${o}`, at);
        }
        same(`fixed8 ${o}`);
        same(`fixed0 ${o}`);
        same(`fixedAtomic ${o}`);
      }
      for (const delta of [0n, 1n, -1n, 1n << 40n]) same("grow", number(delta));
      same("size");
    }
  });
}

Deno.test("machine code sees that another thread has grown a shared memory", async () => {
  const engine = new Engine({ tier: "jit", features: FEATURES });
  const instance = engine.load(`(module (memory (export "m") 1 4 shared)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    ;; Values in registers survive the look at the new length.
    (func (export "mixed") (param i32 i64 f64 f32) (result f64)
      (f64.add (f64.add (f64.convert_i64_s (local.get 1)) (local.get 2))
        (f64.add (f64.promote_f32 (local.get 3)) (f64.convert_i32_u (i32.add (i32.load (local.get 0)) (local.get 0))))))
    (func (export "spin") (param i32) (result i32) (local $n i32)
      (loop $l (result i32)
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (if (result i32) (i32.atomic.load (i32.const 0))
          (then (i32.load (local.get 0)))
          (else (br $l))))))`);
  const { load, size, mixed, spin } = instance.exports;
  assertThrows(() => load(65536), Trap, "out of bounds memory access");
  const worker = new Worker(new URL("./grow_worker.ts", import.meta.url), { type: "module" });
  const done = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(instance.memory("m").share());
  // Runs until the Worker has grown the memory and said so in it.
  assertEquals(spin(3 * 65536 - 4), 4711);
  await done;
  worker.terminate();
  assertEquals(mixed(3 * 65536 - 4, 5n, 0.5, 0.25), 5.75 + 4711 + 3 * 65536 - 4);
  assertEquals(size(), 3);
  assertThrows(() => load(3 * 65536), Trap, "out of bounds memory access");
});
