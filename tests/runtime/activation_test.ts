// Backtraces: through activations that host functions began inside of others, in every tier.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, Exception, Trap, type WasmFrame } from "../../mod.ts";
import { innerInstance } from "../../src/api/instance.ts";
import { describeError } from "../../src/cli/exit.ts";
import { testInTiers } from "../security/tiers.ts";

const TEXT = `(module
  (import "env" "again" (func $again (param i32)))
  (tag $t (export "t") (param i32))
  (func $leaf (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
  (func $throws (param i32) (throw $t (local.get 0)))
  (func $middle (param i32)
    (if (local.get 0) (then (call $again (i32.sub (local.get 0) (i32.const 1)))) (else (call $leaf (local.get 0)))))
  (func $outer (export "outer") (param i32) (call $middle (local.get 0)))
  (func (export "throw") (param i32)
    (if (local.get 0) (then (call $again (i32.sub (local.get 0) (i32.const 1)))) (else (call $throws (i32.const 7)))))
  (func $deep (export "deep") (call $deep))
  (func (export "catchHost") (result i32)
    (block $h (try_table (catch_all $h) (call $again (i32.const -1))) (return (i32.const 0))) (i32.const 1)))`;

const names = (frames: readonly WasmFrame[]) => frames.map((f) => f.name);

testInTiers("a trap lists the frames of all calls that have not ended, with the host functions between them", (m) => {
  const instance = m.load(TEXT, { env: { again: (n: number) => instance.exports.outer(n) } });
  const trap = assertThrows(() => instance.exports.outer(2), Trap);
  assertEquals(names(trap.frames), [
    "leaf",
    "middle",
    "outer",
    "env.again",
    "middle",
    "outer",
    "env.again",
    "middle",
    "outer",
  ]);
  for (const f of trap.frames) {
    const host = f.name === "env.again";
    assertEquals([f.name, f.tier === "host", f.index === -1, f.offset === -1], [f.name, host, host, host]);
    // Where tiers are live, a frame may be in another one than the function is by now, and under zeal in the interpreter.
    if (!host && f.tier !== "interp" && m.engine.tierEventCount === 0) assertEquals(f.tier, instance.func(f.name).tier);
  }
  // Offsets are those of the instruction: the trap's is unreachable, the others are calls.
  const { bytes } = instance.module;
  const opcodes = trap.frames.filter((f) => f.tier !== "host").map((f) => bytes[f.offset]);
  assertEquals(opcodes, [0, ...Array(6).fill(0x10)]);
  assertEquals(trap.offset, trap.frames[0].offset);
  // The command line prints a line each.
  const lines = describeError(trap).split("\n");
  assertEquals(lines[0], "error: trap: unreachable");
  assertEquals(lines[4], "  at env.again (host)");
  assertEquals(lines.length, 1 + trap.frames.length);
  assert(lines[1].startsWith(`  at leaf (wasm offset 0x${trap.offset.toString(16)}, `));
});

testInTiers("an exception that nobody catches lists the frames where it was thrown, whatever it went through", (m) => {
  const instance = m.load(TEXT, { env: { again: (n: number) => instance.exports.throw(n) } });
  const e = assertThrows(() => instance.exports.throw(1), Exception);
  assertEquals(names(e.frames), ["throws", "throw", "env.again", "throw"]);
  assertEquals(e.payload, [7]);
  assertEquals(describeError(e).split("\n")[3], "  at env.again (host)");
});

testInTiers(
  "what a host function throws is the same object behind any number of Wasm frames, and can be caught",
  (m) => {
    const error = new RangeError("of the host");
    const instance = m.load(TEXT, {
      env: {
        again: (n: number) => {
          if (n <= 0) throw error;
          instance.exports.outer(n);
        },
      },
    });
    assert(assertThrows(() => instance.exports.outer(3)) === error);
    assertEquals(instance.exports.catchHost(), 1);
  },
);

testInTiers("frames are those of the time of the trap, also when they are asked for when all is gone", (m) => {
  let trap: Trap;
  {
    using instance = m.load(TEXT, { env: { again: (n: number) => void instance.exports.outer(n) } });
    trap = assertThrows(() => instance.exports.outer(1), Trap);
    assertThrows(() => instance.exports.outer(3), Trap);
  }
  m.engine.gc();
  assertEquals(names(trap.frames), ["leaf", "middle", "outer", "env.again", "middle", "outer"]);
  assert(trap.frames === trap.frames);
});

testInTiers("an endless recursion gives a list of limited length, and what is printed is short", (m) => {
  const instance = m.load(TEXT, { env: { again: () => instance.exports.deep() } });
  const trap = assertThrows(() => instance.exports.outer(1), Trap);
  assertEquals([trap.kind, trap.frames[0].name], ["call-stack-exhausted", "deep"]);
  assert(trap.frames.length <= 10_000);
  assert(describeError(trap).split("\n").length < 30);
});

testInTiers("an activation gives its own frames while a host function runs", (m) => {
  const seen: string[][] = [];
  const instance = m.load(TEXT, {
    env: {
      again: () => {
        const { store } = innerInstance(instance);
        seen.push(names(store.activations.all.at(-1)!.frames()));
      },
    },
  });
  instance.exports.outer(1);
  assertEquals(seen, [["middle", "outer"]]);
  // A call out of JavaScript is an activation of its own.
}, ["js-mixed"]);

Deno.test("a host function that an engine's caller called is in no trace of what it calls later", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(TEXT, { env: { again: () => {} } });
  instance.exports.outer(1);
  assertEquals(names(assertThrows(() => instance.exports.outer(0), Trap).frames), ["leaf", "middle", "outer"]);
});
