import { assert } from "@std/assert";
import { ensureStack, makeRoomCheck } from "../../src/base/js_stack.ts";

Deno.test("makeRoomCheck() makes what throws where less of the stack is left than ensureStack() asks for once it is optimised", () => {
  const check = makeRoomCheck();
  // As long as V8 interprets it, it takes twice as much.
  for (let i = 0; i < 50000; i++) ensureStack();
  let passed = 0;
  /** Goes down until the check throws; says whether the depth before that had room. */
  function deepest(): "full" | boolean {
    try {
      check();
    } catch (error) {
      return error instanceof RangeError ? "full" : false;
    }
    const below = deepest();
    if (below !== "full") return below;
    try {
      ensureStack();
      return true;
    } catch {
      return false;
    }
  }
  for (let round = 0; round < 60; round++) {
    for (let i = 0; i < 1000; i++) check();
    if (deepest() === true) passed++;
  }
  assert(passed === 60, `${passed} of 60`);
});
