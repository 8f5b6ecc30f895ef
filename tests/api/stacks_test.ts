import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type StackFigures, Trap } from "../../mod.ts";
import { testNative } from "../skip.ts";

const TEXT = `(module (import "host" "look" (func $look))
  (func $down (export "down") (param i32)
    (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (call $look)))))`;

function deepest(engine: Engine): number {
  const { down } = engine.load(TEXT, { host: { look() {} } }).exports;
  let low = 1, high = 1 << 20;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      down(middle);
      low = middle;
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      assertEquals(error.kind, "call-stack-exhausted");
      high = middle - 1;
    }
  }
  return low;
}

Deno.test("engine.stacks tells how deep calls are and were", () => {
  const engine = new Engine({ tier: "interp" });
  let seen: StackFigures | undefined;
  const { down } = engine.load(TEXT, { host: { look: () => seen = engine.stacks } }).exports;
  down(100);
  assertEquals([seen!.depth, seen!.calls, seen!.interpreter.usedFrames], [101, 1, 101]);
  const { depth, calls, interpreter } = engine.stacks;
  assertEquals([depth, calls, interpreter.usedFrames, interpreter.usedSlots], [0, 0, 0, 0]);
  assert(interpreter.highWaterFrames >= 101 && interpreter.highWaterSlots >= 100);
});

testNative("the size of native stacks can be set, and decides how deep calls may be", () => {
  const small = new Engine({ tier: "jit", stackBytes: 65536 }),
    large = new Engine({ tier: "jit", stackBytes: 2 ** 22 });
  const [few, many] = [deepest(small), deepest(large)];
  assert(few > 500 && many > 50 * few, `${few} and ${many}`);
  assertEquals([small.stacks.stackBytes, large.stacks.stackBytes], [65536, 2 ** 22]);
  const { native } = large.stacks;
  assert(native!.highWaterBytes >= 2 ** 22 - 65536 && native!.reused > 0 && native!.reservedBytes > 2 ** 22);
  assertThrows(() => new Engine({ stackBytes: 1000 }), RangeError, "stackBytes is from 65536");
});

testNative("depth of native calls, and stacks that engines leave behind", () => {
  let seen: StackFigures | undefined;
  for (let i = 0; i < 5; i++) {
    const engine = new Engine({ tier: "jit" });
    engine.load(TEXT, { host: { look: () => seen = engine.stacks } }).exports.down(50);
    assertEquals([seen!.depth, seen!.calls], [51, 1]);
    assert(seen!.native!.live > 0);
  }
});
