import { assertEquals, assertThrows } from "@std/assert";
import { ValueStack, ValueStackOverflow, ValueStackUnderflow } from "../../mod.ts";
import { STACK } from "../../src/interp/stack.ts";

Deno.test("a ValueStack gives back what was pushed, last first", () => {
  const stack = new ValueStack(8);
  stack.push("i32", -5);
  stack.push("i64", -(2n ** 63n));
  stack.push("f32", 1.5);
  stack.push("f64", -0.1);
  stack.push("v128", (1n << 127n) + 9n);
  stack.push("ref", 7);
  assertEquals([stack.height, stack.peek("ref"), stack.peek("v128", 1), stack.peek("f64", 3)], [
    7,
    7,
    (1n << 127n) + 9n,
    -0.1,
  ]);
  assertEquals(
    [stack.pop("ref"), stack.pop("v128"), stack.pop("f64"), stack.pop("f32"), stack.pop("i64"), stack.pop("i32")],
    [7, (1n << 127n) + 9n, -0.1, 1.5, -(2n ** 63n), -5],
  );
  assertEquals([stack.height, stack.highWater], [0, 7]);
});

Deno.test("overflow and underflow of a ValueStack are named errors that change nothing", () => {
  const stack = new ValueStack(2);
  assertThrows(() => stack.pop("i32"), ValueStackUnderflow, "the value stack is empty");
  stack.push("i32", 1);
  assertThrows(() => stack.push("v128", 1n), ValueStackOverflow, "it holds 2 slots");
  assertThrows(() => stack.pop("v128"), ValueStackUnderflow, "1 slots, none at depth 0");
  assertThrows(() => stack.peek("i32", 1), ValueStackUnderflow);
  assertThrows(() => stack.peek("i32", -1), ValueStackUnderflow);
  stack.push("i32", 2);
  const error = assertThrows(() => stack.push("i32", 3), ValueStackOverflow);
  assertEquals([error.name, error.capacity, stack.height, stack.pop("i32")], ["ValueStackOverflow", 2, 2, 2]);
  stack.clear();
  assertEquals([stack.height, stack.hasRoom(0, 2), stack.hasRoom(1, 2)], [0, true, false]);
  assertThrows(() => new ValueStack(-1), RangeError, "no number of slots");
});

Deno.test("the interpreter keeps its operands on a ValueStack", () => {
  assertEquals([STACK instanceof ValueStack, STACK.capacity], [true, 2 ** 20]);
});
