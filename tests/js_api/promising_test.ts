import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { exportsOf, forEach, thrown } from "./namespaces.ts";

const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 1));
const TEXT =
  `(module (import "m" "wait" (func $wait (param i32) (result i32))) (import "m" "js" (tag $js (param externref)))
  (func $twice (export "twice") (param i32) (result i32) (i32.add (call $wait (local.get 0)) (call $wait (i32.const 100))))
  (func (export "caught") (param i32) (result externref)
    (block $b (result externref) (try_table (catch $js $b) (drop (call $twice (local.get 0)))) (ref.null extern)))
  (func (export "trap") (param i32) (drop (call $wait (local.get 0))) unreachable))`;

forEach("a promising call waits for suspending imports while others run", async (W) => {
  const wait = new W.Suspending((x: number) => later(x * 2));
  const x = exportsOf(W, TEXT, { m: { wait, js: W.JSTag } });
  const twice = W.promising(x.twice);
  assertEquals([twice.length, typeof twice, twice !== x.twice], [1, "function", true]);
  const calls = [1, 2, 3].map((n) => twice(n));
  assert(calls.every((c) => c instanceof Promise));
  assertEquals(await Promise.all(calls), [202, 204, 206]);
  const sync = exportsOf(W, TEXT, { m: { wait: new W.Suspending((x: number) => x + 1), js: W.JSTag } });
  assertEquals(await W.promising(sync.twice)(1), 103);
});

forEach("rejections, traps and bad results become exceptions of the call", async (W) => {
  const reason = new Error("why");
  const make = (wait: (x: number) => unknown) =>
    exportsOf(W, TEXT, { m: { wait: new W.Suspending(wait), js: W.JSTag } });
  const rejecting = make(() => later(0).then(() => Promise.reject(reason)));
  assertStrictEquals(await assertRejects(() => W.promising(rejecting.twice)(1)), reason);
  assertStrictEquals(await W.promising(rejecting.caught)(1), reason);
  await assertRejects(() => W.promising(make((x) => later(x)).trap)(1), W.RuntimeError, "unreachable");
  await assertRejects(() => W.promising(make(() => later(Symbol())).twice)(1), TypeError);
});

forEach("suspending without a promising call, or through JavaScript, is a SuspendError", async (W) => {
  const inner = exportsOf(W, TEXT, { m: { wait: new W.Suspending(later), js: W.JSTag } });
  const error = thrown(() => inner.twice(1));
  assertStrictEquals(error.constructor, W.SuspendError);
  assertEquals(error.message, "trying to suspend without WebAssembly.promising");
  assertStrictEquals(inner.caught(1).constructor, W.SuspendError);
  const outer = exportsOf(W, TEXT, { m: { wait: (x: number) => inner.twice(x), js: W.JSTag } });
  await assertRejects(() => W.promising(outer.twice)(1), W.SuspendError, "trying to suspend JS frames");
});

forEach("promising() and Suspending check their arguments", (W) => {
  for (const f of [undefined, null, 5, {}, () => 1, W.Module]) assertThrows(() => W.promising(f), TypeError);
  for (const f of [undefined, null, 5, {}]) assertThrows(() => new W.Suspending(f), TypeError);
  assertThrows(() => W.Suspending(() => 1), TypeError);
  const x = exportsOf(W, TEXT, { m: { wait: new W.Suspending(later), js: W.JSTag } });
  assertThrows(() => W.promising(x.twice)(Symbol()), TypeError);
  assertThrows(() => new (W.promising(x.twice))(1), TypeError);
});
