import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { exportsOf, forEach } from "./namespaces.ts";

const PAGE = 65536;

forEach("a memory has the size that was asked for, and grows up to its maximum", (W) => {
  const m = new W.Memory({ initial: 1, maximum: 3 });
  assertEquals(m.buffer.byteLength, PAGE);
  assertEquals([m.grow(1), m.buffer.byteLength], [1, 2 * PAGE]);
  assertThrows(() => m.grow(2), RangeError);
  assertEquals([m.grow(1), m.grow(0), m.buffer.byteLength], [2, 3, 3 * PAGE]);
  assertEquals(new W.Memory({ initial: 0 }).buffer.byteLength, 0);
});

forEach("descriptors of memories are converted as Web IDL says", (W) => {
  for (const initial of ["2", 2.9, true, [3], { valueOf: () => 1 }, -0]) {
    assertEquals(new W.Memory({ initial }).buffer.byteLength, Math.trunc(Number(initial)) * PAGE + 0);
  }
  for (const initial of [undefined, NaN, Infinity, -1, 2 ** 32, "x", 1n, Symbol(), {}]) {
    assertThrows(() => new W.Memory({ initial }), TypeError);
    if (initial !== undefined) assertThrows(() => new W.Memory({ initial: 0, maximum: initial }), TypeError);
  }
  for (const descriptor of [undefined, null, 5, "", true, {}, { maximum: 1 }]) {
    assertThrows(() => new W.Memory(descriptor), TypeError);
  }
  const outside = [{ initial: 65537 }, { initial: 0, maximum: 65537 }, { initial: 2, maximum: 1 }];
  for (const descriptor of outside) assertThrows(() => new W.Memory(descriptor), RangeError);
  assertThrows(() => new W.Memory({ initial: 1, shared: true }), TypeError);
  for (const address of ["i16", "I64", null, 5]) assertThrows(() => new W.Memory({ initial: 1, address }), TypeError);
});

forEach("grow() takes [EnforceRange] numbers", (W) => {
  const m = new W.Memory({ initial: 1, maximum: 9 });
  assertThrows(() => m.grow(), TypeError);
  for (const delta of [undefined, NaN, Infinity, -1, 2 ** 32, "x", 1n, Symbol()]) {
    assertThrows(() => m.grow(delta), TypeError);
  }
  assertEquals([m.grow("1"), m.grow(1.9), m.grow(null), m.grow({ valueOf: () => 1 })], [1, 2, 3, 3]);
});

forEach("the buffer stays until the memory grows, and is detached then, whoever grows it", (W) => {
  const x = exportsOf(
    W,
    `(module (memory (export "m") 1 4) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0))))`,
  );
  const first = x.m.buffer;
  assertStrictEquals(x.m.buffer, first);
  assert(first instanceof ArrayBuffer && !Object.isFrozen(first));
  new Uint8Array(first)[5] = 77;
  assertEquals(x.get(5), 77);
  for (const [grow, pages] of [[x.grow, 2], [(n: number) => x.m.grow(n), 3], [(_: number) => x.grow(0), 3]] as const) {
    const before = x.m.buffer;
    grow(1);
    assertEquals([before.detached, before.byteLength, x.m.buffer.byteLength], [true, 0, pages * PAGE]);
    assertNotStrictEquals(x.m.buffer, before);
    assertEquals(new Uint8Array(x.m.buffer)[5], 77);
  }
  const last = x.m.buffer;
  assertEquals(x.grow(9), -1);
  assertThrows(() => x.m.grow(9), RangeError);
  assertStrictEquals(x.m.buffer, last);
});

forEach("the same memory is the same object, wherever it comes from", (W) => {
  const m = new W.Memory({ initial: 1 });
  const a = exportsOf(W, `(module (import "m" "m" (memory 1)) (export "a" (memory 0)) (export "b" (memory 0)))`, {
    m: { m },
  });
  assertStrictEquals(a.a, m);
  assertStrictEquals(a.b, m);
  const own = exportsOf(W, `(module (memory (export "a") 1) (export "b" (memory 0)))`);
  assertStrictEquals(own.a, own.b);
  assert(own.a instanceof W.Memory);
});

forEach("memories with 64-bit addresses take and give bigints", (W) => {
  const m = new W.Memory({ initial: 1n, maximum: 4n, address: "i64" });
  assertEquals([m.grow(2n), m.buffer.byteLength], [1n, 3 * PAGE]);
  assertEquals(m.grow("1"), 3n);
  assertThrows(() => m.grow(1n), RangeError);
  for (const delta of [1, -1n, 2n ** 64n, undefined]) assertThrows(() => m.grow(delta), TypeError);
  for (const initial of [1, -1n, 2n ** 64n, undefined]) {
    assertThrows(() => new W.Memory({ initial, address: "i64" }), TypeError);
  }
  assertThrows(() => new W.Memory({ initial: 2n ** 48n + 1n, address: "i64" }), RangeError);
  const x = exportsOf(W, `(module (import "m" "m" (memory i64 1)) (func (export "f") (result i64) (memory.size)))`, {
    m: { m },
  });
  assertEquals(x.f(), 4n);
});

forEach("buffers of shared memories are frozen, keep their length, and share the bytes", (W) => {
  const m = new W.Memory({ initial: 1, maximum: 3, shared: true });
  const first = m.buffer;
  assert(first instanceof SharedArrayBuffer && Object.isFrozen(first));
  assertStrictEquals(m.buffer, first);
  assertEquals(m.grow(1), 1);
  const second = m.buffer;
  assertNotStrictEquals(second, first);
  assertEquals([first.byteLength, second.byteLength, second.growable], [PAGE, 2 * PAGE, false]);
  new Uint8Array(first)[9] = 5;
  assertEquals(new Uint8Array(second)[9], 5);
  assertEquals(Atomics.add(new Int32Array(second, 8, 1), 0, 1), 5 << 8);
  const fixed = new W.Memory({ initial: 2, maximum: 2, shared: true });
  assertEquals([fixed.buffer.growable, fixed.buffer.byteLength], [false, 2 * PAGE]);
});

forEach("toResizableBuffer() and toFixedLengthBuffer() change what a shared memory shows", (W) => {
  const m = new W.Memory({ initial: 1, maximum: 3, shared: true });
  const fixed = m.buffer;
  assertStrictEquals(m.toFixedLengthBuffer(), fixed);
  const growing = m.toResizableBuffer();
  assertStrictEquals(m.buffer, growing);
  assertStrictEquals(m.toResizableBuffer(), growing);
  assertEquals([growing.growable, growing.byteLength, growing.maxByteLength], [true, PAGE, 3 * PAGE]);
  m.grow(1);
  assertStrictEquals(m.buffer, growing);
  assertEquals(growing.byteLength, 2 * PAGE);
  growing.grow(3 * PAGE);
  assertEquals([m.buffer.byteLength, m.grow(0)], [3 * PAGE, 3]);
  assertThrows(() => growing.grow(4 * PAGE), RangeError);
  assertEquals(m.toFixedLengthBuffer().growable, false);
  assertThrows(() => new W.Memory({ initial: 1 }).toResizableBuffer(), TypeError);
});
