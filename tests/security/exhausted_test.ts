// Calls at every depth at which JavaScript's stack is exhausted, the last few words of it too: what they left half done does not stay.

import { assertEquals, assertThrows } from "@std/assert";
import { type Instance, Trap } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

/** Functions with frames of many sizes, which call themselves until the stack is exhausted and then, at each depth, what they are given. */
const DESCENTS = [0, 1, 4, 9].map((locals) => {
  const names = Array.from({ length: locals }, (_, i) => `a${i}`);
  const source = `return function down(f) {
    ${names.map((n) => `let ${n} = f;`).join(" ")}
    try { down(f); } catch {}
    try { f(); } catch {}
    ${names.map((n) => `if (${n} === 1) throw ${n};`).join(" ")}
  }`;
  return new Function(source)() as (f: () => void) => void;
});

function atEveryDepth(f: () => void): void {
  for (const down of DESCENTS) {
    try {
      down(f);
    } catch { /* It is as good as exhausted at its end, too. */ }
  }
}

const NESTING = 5;

// The first test, as nothing may have started the Worker that keeps deadlines.
testInTiers("exhausted stacks leave no deadline, no activation and no stack behind", ({ another }) => {
  const engine = another({ maxNesting: NESTING, fuel: 2 ** 40 });
  const instance: Instance = engine.load(
    `(module (import "h" "again" (func $again (param i32) (result i32)))
    (func (export "nest") (param i32) (result i32) (call $again (local.get 0)))
    (func (export "count") (param i32) (result i32) (local i32)
      (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if $l (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1)))`,
    { h: { again: (n: number) => n <= 1 ? n : instance.exports.nest(n - 1) + 1 } },
  );
  const { nest, count } = instance.exports;
  const check = () => {
    assertEquals(nest(NESTING), NESTING);
    assertThrows(() => nest(NESTING + 1), Trap, "call stack exhausted");
    assertEquals(count(100_000), 100_000);
    const later = instance.func("count").start(1000);
    assertEquals(later.resume({ fuel: 10 }), { done: false, reason: "fuel" });
    assertEquals(later.resume(), { done: true, value: 1000 });
  };
  atEveryDepth(() => engine.withDeadline(60_000, () => nest(2)));
  check();
  atEveryDepth(() => nest(2));
  check();
  atEveryDepth(() => {
    using execution = instance.func("count").start(100);
    while (!execution.resume({ fuel: 40 }).done);
  });
  check();
  // Making the source of each loop anew takes minutes there.
}, ["js-zeal"]);
