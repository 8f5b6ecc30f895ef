import { assert, assertEquals, assertThrows } from "@std/assert";
import { BugError } from "../../src/base/bug.ts";
import { ResourceError } from "../../src/wasm/errors.ts";
import { NativeStack, STACK_GUARD_BYTES, StackPool } from "../../src/platform/stacks.ts";

Deno.test("a stack has a guard below and its block above", () => {
  const stack = new NativeStack(100_000, 1000);
  assertEquals(stack.limit - stack.guard, STACK_GUARD_BYTES);
  assert(stack.top - stack.limit >= 100_000);
  assert(stack.isGuard(stack.limit - 1) && !stack.isGuard(stack.limit) && !stack.isGuard(stack.guard - 1));
  stack.i32[0] = 5;
  assertEquals(stack.i64[0], 5n);
  assertEquals([stack.readAddress(stack.top), stack.readAddress(stack.limit - 8), stack.readAddress(stack.top - 8)], [
    0,
    0,
    0,
  ]);
  stack.release();
});

Deno.test("a pool prepares each stack it gives, and reuses what comes back", () => {
  let prepared = 0;
  const pool = new StackPool(65536, 4096, () => prepared++, 1);
  const first = pool.take();
  const second = pool.take();
  assertEquals([pool.live, prepared], [2, 2]);
  pool.giveBack(first);
  assertThrows(() => pool.giveBack(first), BugError);
  pool.giveBack(second);
  assert(pool.take() === second);
  assertEquals([pool.live, prepared], [1, 3]);
});

Deno.test("a pool gives no more stacks than it may, and again when some come back", () => {
  const pool = new StackPool(4096, 4096, () => {}, 1, 3);
  const taken = [pool.take(), pool.take(), pool.take()];
  assertThrows(() => pool.take(), ResourceError, "more than 3 native stacks are in use");
  pool.giveBack(taken.pop()!);
  taken.push(pool.take());
  assertThrows(() => pool.take(), ResourceError);
  for (const stack of taken) pool.giveBack(stack);
  assertEquals(pool.live, 0);
});

Deno.test("a pool keeps some stacks whole, and of further ones the memory where calls begin", () => {
  const pool = new StackPool(65536, 4096, () => {}, 3, 10, 1);
  const stacks = [pool.take(), pool.take()];
  for (const { words } of stacks) words[0] = words[words.length - 1] = 7;
  for (const stack of stacks) pool.giveBack(stack);
  assertEquals(stacks.map(({ words }) => [words[0], words[words.length - 1]]), [[7, 7], [0, 7]]);
  assertEquals(pool.figures.idle, 2);
  assert(pool.take() === stacks[1]);
  assert(pool.take() === stacks[0]);
});
