import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { createWebAssembly, installGlobal, WebAssembly as StrataWebAssembly } from "../../mod.ts";
import { wasm } from "./namespaces.ts";

const ADD = wasm(`(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`);

Deno.test("installGlobal() puts a namespace in place of the global one, and undoes it", async () => {
  const former = globalThis.WebAssembly;
  const before = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly");
  {
    using installed = installGlobal({ tier: "interp" });
    assertStrictEquals(globalThis.WebAssembly as unknown, installed.WebAssembly);
    assert(globalThis.WebAssembly !== former);
    const { instance } = await WebAssembly.instantiate(ADD as BufferSource);
    assertEquals((instance.exports.add as (a: number, b: number) => number)(2, 3), 5);
    assert(instance instanceof WebAssembly.Instance && !(instance instanceof former.Instance));
  }
  assertStrictEquals(globalThis.WebAssembly, former);
  assertEquals(Object.getOwnPropertyDescriptor(globalThis, "WebAssembly"), before);
});

Deno.test("installGlobal() takes a namespace that exists", () => {
  const mine = createWebAssembly({ tier: "interp" });
  const installed = installGlobal(mine);
  assertStrictEquals(globalThis.WebAssembly as unknown, mine);
  installed.undo();
  installed.undo();
});

Deno.test("the exported namespace works like the global one", () => {
  const module = new StrataWebAssembly.Module(ADD);
  assertEquals(new StrataWebAssembly.Instance(module).exports.add(20, 22), 42);
});

Deno.test("objects of different namespaces do not mix", () => {
  const a = createWebAssembly({ tier: "interp" }), b = createWebAssembly({ tier: "interp" });
  const imports = { m: { m: new a.Memory({ initial: 1 }) } };
  const module = new b.Module(wasm(`(module (import "m" "m" (memory 1)))`));
  assertThrows(() => new b.Instance(module, imports), b.LinkError);
  assertThrows(() => new b.Instance(new a.Module(ADD)), TypeError);
  assert(a.CompileError !== b.CompileError);
  // A function of another namespace is a host function like any other.
  const { add } = new a.Instance(new a.Module(ADD)).exports;
  const text = `(module (import "m" "f" (func (param i32 i32) (result i32))) (export "f" (func 0)))`;
  assertEquals(new b.Instance(new b.Module(wasm(text)), { m: { f: add } }).exports.f(1, 2), 3);
});

Deno.test("a namespace with a tier that does not exist says so when it is used", () => {
  const W = createWebAssembly({ tier: "best" as "jit" });
  assertThrows(() => new W.Memory({ initial: 1 }), TypeError, "there is no tier");
});
