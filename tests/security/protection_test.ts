// Whatever happens while an access to a watched or protected place is under way, the process goes on, and memory stays as the rights say.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type Instance, type Memory, Trap } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

const TEXT = `(module (type $t (struct (field i32)))
  (import "host" "f" (func $host (param i32) (result i32)))
  (memory (export "m") 2 20) (memory (export "n") 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32) (result i32) (i32.store (local.get 0) (i32.const 5)) (i32.const 1))
  (func (export "vector") (param i32) (result i32) (local v128)
    (v128.store (local.get 0) (i32x4.add (v128.load (local.get 0)) (local.get 1))) (i32.const 2))
  (func (export "atomic") (param i32) (result i32) (i32.atomic.rmw.xor (local.get 0) (i32.const 3)))
  (func (export "fill") (param i32) (result i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 70000)) (i32.const 3))
  (func (export "copy") (param i32) (result i32)
    (memory.copy (local.get 0) (i32.const 0) (i32.const 64)) (memory.copy 1 0 (i32.const 0) (local.get 0) (i32.const 64))
    (i32.const 4))
  (func (export "keeps") (param i32) (result i32) (local $o (ref null $t))
    (local.set $o (struct.new $t (i32.const 11)))
    (i32.store 1 (i32.const 8) (i32.load (local.get 0)))
    (i32.add (struct.get $t 0 (local.get $o)) (i32.load 1 (i32.const 100))))
  (func (export "calls") (param i32) (result i32)
    (i32.store (local.get 0) (call $host (i32.load (local.get 0)))) (i32.load 1 (i32.const 4)))
)`;
const NAMES = ["load", "store", "vector", "atomic", "fill", "copy", "keeps", "calls"] as const;
const AT = 4096;

interface Scene {
  readonly engine: Engine;
  readonly instance: Instance;
  readonly memory: Memory;
  readonly other: Memory;
  readonly again: () => unknown;
}
const ACTIONS: Readonly<Record<string, (scene: Scene) => unknown>> = {
  "disposes of the instance and collects": ({ engine, instance }) => (instance.dispose(), engine.gc()),
  "lets the memory grow": ({ memory }) => memory.grow(1),
  "lets the memory shrink under the access": ({ memory }) => memory.allow({ shrink: true }),
  "takes all rights": ({ memory, other }) => [memory, other].forEach((m) => m.protect(0, 65536, {})),
  "gives all rights": ({ memory }) => memory.unprotect(),
  "protects the other memory": ({ other }) => other.protect(0, 4096, { read: true }),
  "calls back in, without end": ({ again }) => again(),
  "collects": ({ engine }) => engine.gc(),
  "throws": () => {
    throw new RangeError("enough");
  },
};

testInTiers("whatever a watchpoint does, the process goes on", ({ another }) => {
  for (const [what, action] of Object.entries(ACTIONS)) {
    for (const name of NAMES) {
      const engine = another({ features: { threads: true }, maxNesting: 20 });
      const instance = engine.load(TEXT, { host: { f: (x: number) => x + 1 } });
      const memory = instance.memory("m"), other = instance.memory("n");
      let calls = 0;
      const again = () => instance.exports[name](AT);
      memory.watch(AT, AT + 4, { read: true, write: true }, () => {
        calls++;
        action({ engine, instance, memory, other, again });
        if (what.includes("shrink") && memory.pages === 2) assertThrows(() => memory.shrink(1), RangeError);
      });
      try {
        again();
      } catch (error) {
        assert(error instanceof Trap || error instanceof RangeError || error instanceof TypeError, `${what}: ${error}`);
      }
      assert(calls > 0, `${name} ${what}`);
      // The engine still works.
      const next = engine.load(`(module (memory 1) (func (export "f") (result i32) (i32.load8_u (i32.const 65535))))`);
      assertEquals(next.exports.f(), 0);
    }
  }
});

testInTiers("rights may change at every call of a host function", ({ another }) => {
  const engine = another({ features: { threads: true } });
  let count = 0;
  const instance = engine.load(TEXT, {
    host: {
      f: (x: number) => {
        const memory = instance.memory(count % 2 === 0 ? "m" : "n");
        if (count % 3 === 0) memory.unprotect();
        else memory.protect(count * 7 % 5000, 5000 + count * 13 % 9000, count % 5 === 0 ? {} : { read: true });
        count++;
        return x + 1;
      },
    },
  });
  let trapped = 0;
  for (let i = 0; i < 3000; i++) {
    try {
      instance.exports[NAMES[i % NAMES.length]](i * 17 % 8000 & ~3);
      instance.exports.calls(i % 6000);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      assertEquals(error.kind, "memory-protection");
      trapped++;
    }
  }
  assert(trapped > 100 && trapped < 2900, `${trapped} traps`);
});

testInTiers(
  "what JavaScript does while a value is converted for an access of the host meets the rights that it gives",
  ({ another }) => {
    const engine = another({ features: { threads: true } });
    const instance = engine.load(TEXT, { host: { f: (x: number) => x } });
    const memory = instance.memory("m");
    // Another region, so that pages are closed and views stay.
    memory.protect(0, 100, { read: true });
    const close = () => (memory.protect(4096, 20000, {}), 1);
    const evil = { valueOf: close } as unknown as number;
    const accesses: Record<string, () => unknown> = {
      "an element's getter": () => memory.write(4096, Object.defineProperty({ length: 8192 }, 5000, { get: close })),
      "a number": () => memory.set("u32", 8192, evil),
      "an integer": () => memory.set("u64", 8192, { valueOf: () => BigInt(close()) } as unknown as bigint),
    };
    for (const [what, access] of Object.entries(accesses)) {
      memory.unprotect(4096, 20000);
      const error = assertThrows(access, Trap, undefined, what);
      assertEquals(error.kind, "memory-protection", what);
    }
    // Lengths that are another at each look.
    let looks = 0;
    const changing = {
      get length() {
        return looks++ === 0 ? 0 : 10;
      },
      0: 1,
    };
    memory.write(8192, changing);
    assertThrows(() => memory.read(0, { valueOf: () => looks++ < 5 ? 1 : 30000 } as unknown as number), RangeError);
    assertThrows(() => memory.allow({ growthLimit: { valueOf: () => 9 } as unknown as number }), RangeError);
    memory.unprotect();
    assertEquals(memory.read(8192, 4), new Uint8Array(4));
  },
);

testInTiers("what a buffer that was transferred away views is never closed or taken away", ({ engine }) => {
  // Without native memory there is but one buffer, which is the memory.
  if (Engine.nativeUnavailable !== undefined) return;
  const memory = engine.load(`(module (memory (export "m") 1 4))`).memory("m");
  memory.grow(3);
  memory.allow({ shrink: true });
  const region = memory.protect.bind(memory, 0, 65536, {});
  region();
  memory.unprotect();
  const taken = new Uint8Array((memory.buffer as ArrayBuffer).transfer());
  for (const change of [region, () => memory.watch(0, 8, { write: true }, () => {})]) {
    assertThrows(change, Error, "the memory's buffer was transferred");
  }
  assertThrows(() => memory.shrink(2), RangeError, "its buffer was transferred");
  taken.fill(3);
  assertEquals([memory.get("u8", 200_000), memory.regions, memory.pages], [3, [], 4]);
});

Deno.test("whoever changes the code that compile() gives does not change what runs", () => {
  if (Engine.nativeUnavailable !== undefined) return;
  const engine = new Engine({ tier: "jit", features: { threads: true } });
  const instance = engine.load(TEXT, { host: { f: (x: number) => x } });
  assertEquals(instance.exports.load(AT), 0);
  instance.func("load").compile().bytes.fill(0xcc);
  // Runs the access out of line, as a copy of its instruction.
  let seen = 0;
  instance.memory("m").watch(AT, AT + 4, { read: true }, () => seen++);
  assertEquals([instance.exports.load(AT), seen], [0, 1]);
});
