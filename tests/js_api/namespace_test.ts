import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { exportsOf, forEach, type Namespace, thrown, wasm } from "./namespaces.ts";

/** The attributes of a property: W, E, C. */
function attributes(o: object, key: PropertyKey): string {
  const p = Object.getOwnPropertyDescriptor(o, key)!;
  const accessors = p.get === undefined ? "" : `get${p.set === undefined ? "" : "/set"} `;
  return `${accessors}${p.writable ? "W" : ""}${p.enumerable ? "E" : ""}${p.configurable ? "C" : ""}`;
}

const EMPTY = wasm("(module)");

forEach("the namespace has the properties of Web IDL", (W) => {
  assertEquals(Object.prototype.toString.call(W), "[object WebAssembly]");
  assertEquals(attributes(W, Symbol.toStringTag), "C");
  assertStrictEquals(Object.getPrototypeOf(W), Object.prototype);
  const operations = ["compile", "validate", "instantiate", "compileStreaming", "instantiateStreaming", "promising"];
  for (const name of operations) {
    assertEquals([attributes(W, name), W[name].length, W[name].name], ["WEC", 1, name]);
    assertThrows(() => new W[name](), TypeError, "constructor");
  }
  const classes = ["Module", "Instance", "Memory", "Table", "Global", "Tag", "Exception", "Suspending"];
  for (const name of classes) {
    assertEquals([attributes(W, name), W[name].length, W[name].name], ["WC", name === "Exception" ? 2 : 1, name]);
    assertEquals(attributes(W[name], "prototype"), "");
    assertEquals(attributes(W[name].prototype, "constructor"), "WC");
    assertEquals(attributes(W[name].prototype, Symbol.toStringTag), "C");
    assertEquals(W[name].prototype[Symbol.toStringTag], `WebAssembly.${name}`);
    assertThrows(() => W[name]({}), TypeError);
    assertThrows(() => new W[name](), TypeError);
  }
});

forEach("members of the interfaces are enumerable, and check their receivers", (W) => {
  const members: Record<string, Record<string, string>> = {
    Instance: { exports: "get EC" },
    Memory: { buffer: "get EC", grow: "WEC", toFixedLengthBuffer: "WEC", toResizableBuffer: "WEC" },
    Table: { length: "get EC", get: "WEC", set: "WEC", grow: "WEC" },
    Global: { value: "get/set EC", valueOf: "WEC" },
    Exception: { is: "WEC", getArg: "WEC", stack: "get EC" },
  };
  for (const [name, expected] of Object.entries(members)) {
    for (const [key, wanted] of Object.entries(expected)) {
      assertEquals([name, key, attributes(W[name].prototype, key)], [name, key, wanted]);
      const { value, get } = Object.getOwnPropertyDescriptor(W[name].prototype, key)!;
      for (const receiver of [undefined, null, 5, {}, W[name].prototype, new W.Module(EMPTY)]) {
        assertThrows(() => (value ?? get).call(receiver, 0, 0), TypeError);
      }
    }
  }
  for (const key of ["exports", "imports", "customSections"]) {
    assertEquals(attributes(W.Module, key), "WEC");
    for (const value of [undefined, null, {}, W.Module, W.Module.prototype, EMPTY]) {
      assertThrows(() => W.Module[key](value, ""), TypeError);
    }
  }
});

forEach("error classes are like those of the language", (W) => {
  for (const name of ["CompileError", "LinkError", "RuntimeError", "SuspendError"]) {
    const E = W[name];
    assertStrictEquals(Object.getPrototypeOf(E), Error);
    assertStrictEquals(Object.getPrototypeOf(E.prototype), Error.prototype);
    assertEquals([E.name, E.length, E.prototype.name, E.prototype.message], [name, 1, name, ""]);
    assertEquals([attributes(E.prototype, "name"), attributes(E.prototype, "message")], ["WC", "WC"]);
    for (const e of [new E("why", { cause: 7 }), E("why", { cause: 7 })]) {
      assert(e instanceof E && e instanceof Error);
      assertEquals([e.message, e.cause, String(e), Object.hasOwn(e, "name")], ["why", 7, `${name}: why`, false]);
      assert(e.stack?.startsWith(`${name}: why`));
    }
    assert(!Object.hasOwn(new E(), "message"));
    class Below extends E {}
    assert(new Below() instanceof Below);
  }
});

forEach("compile(), validate() and Module take any buffer source, and copy it", async (W) => {
  const views = [
    EMPTY,
    EMPTY.slice().buffer,
    new Uint16Array(EMPTY.slice().buffer),
    new Uint8Array([9, ...EMPTY, 9]).subarray(1, 9),
  ];
  for (const source of views) {
    assertEquals(W.validate(source), true);
    assert(new W.Module(source) instanceof W.Module);
    assert(await W.compile(source) instanceof W.Module);
  }
  const changed = EMPTY.slice();
  const later = W.compile(changed);
  changed.fill(0);
  assert(await later instanceof W.Module);
  for (const source of [undefined, null, 5, "\0asm", {}, [], EMPTY.toString()]) {
    assertThrows(() => W.validate(source), TypeError);
    assertThrows(() => new W.Module(source), TypeError);
    await assertRejects(() => W.compile(source), TypeError);
    await assertRejects(() => W.instantiate(source), TypeError);
  }
});

forEach("sources may be shared, and DataViews", (W) => {
  assertEquals(W.validate(new DataView(EMPTY.slice().buffer)), true);
  const shared = new SharedArrayBuffer(EMPTY.length);
  new Uint8Array(shared).set(EMPTY);
  assertEquals([W.validate(shared), W.validate(new Uint8Array(shared))], [true, true]);
}, "V8 does not allow that yet");

forEach("modules that are none are refused by CompileError", async (W) => {
  const bad = [new Uint8Array(), new Uint8Array([1, 2, 3, 4]), EMPTY.slice(0, 7), new Uint8Array([...EMPTY, 0x7f])];
  for (const source of bad) {
    assertEquals(W.validate(source), false);
    const error = thrown(() => new W.Module(source));
    assertStrictEquals(error.constructor, W.CompileError);
    assert(error.message.startsWith("WebAssembly.Module(): "), error.message);
    await assertRejects(() => W.compile(source), W.CompileError);
    await assertRejects(() => W.instantiate(source), W.CompileError);
  }
});

forEach("instantiate() gives an instance of a module, or both for bytes", async (W) => {
  const bytes = wasm(`(module (import "m" "n" (global i32)) (export "g" (global 0)))`);
  const imports = { m: { n: 42 } };
  const both = await W.instantiate(bytes, imports);
  assertEquals(Object.keys(both), ["module", "instance"]);
  assertStrictEquals(Object.getPrototypeOf(both), Object.prototype);
  assert(both.module instanceof W.Module && both.instance instanceof W.Instance);
  const instance = await W.instantiate(both.module, imports);
  assert(instance instanceof W.Instance);
  assertEquals(instance.exports.g.value, 42);
  for (const wrong of [null, 5, "x", true, Symbol()]) {
    await assertRejects(() => W.instantiate(bytes, wrong), TypeError);
    await assertRejects(() => W.instantiate(both.module, wrong), TypeError);
    assertThrows(() => new W.Instance(both.module, wrong), TypeError);
  }
  await assertRejects(() => W.instantiate(bytes), TypeError);
});

forEach("the streaming forms take responses of the right type", async (W) => {
  const bytes = wasm(`(module (func (export "f") (result i32) (i32.const 5)))`);
  const response = (type: string | undefined, init: ResponseInit = {}) =>
    new Response(bytes as BufferSource as BodyInit, {
      ...init,
      headers: type === undefined ? {} : { "content-type": type },
    });
  const { instance } = await W.instantiateStreaming(Promise.resolve(response("application/wasm")));
  assertEquals(instance.exports.f(), 5);
  assert(await W.compileStreaming(response("Application/WASM")) instanceof W.Module);
  const used = response("application/wasm");
  await used.arrayBuffer();
  const wrong = [
    response(undefined),
    response("text/html"),
    response("application/wasm;x"),
    response("application/wasm", { status: 404 }),
    used,
    bytes,
    undefined,
    Promise.resolve(5),
  ];
  for (const source of wrong) await assertRejects(() => W.compileStreaming(source), TypeError);
  const reason = new Error("why");
  assertStrictEquals(await assertRejects(() => W.compileStreaming(Promise.reject(reason))), reason);
  const bad = new Response("nothing", { headers: { "content-type": "application/wasm" } });
  await assertRejects(() => W.compileStreaming(bad), W.CompileError);
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, 12));
      controller.error(reason);
    },
  });
  const cutOff = new Response(broken, { headers: { "content-type": "application/wasm" } });
  await assertRejects(() => W.compileStreaming(cutOff), Error, "why");
});

forEach("Module lists imports, exports and custom sections", (W) => {
  const custom = [0, 4, 1, 97, 1, 2, 0, 2, 1, 98, 0, 3, 1, 97, 9];
  const module = new W.Module(
    new Uint8Array([
      ...wasm(
        `(module (import "m" "f" (func)) (import "m" "t" (table 1 funcref)) (import "" "g" (global i32)) (tag (export "é"))
        (memory (export "mem") 1) (export "f" (func 0)))`,
      ),
      ...custom,
    ]),
  );
  assertEquals(W.Module.imports(module), [
    { module: "m", name: "f", kind: "function" },
    { module: "m", name: "t", kind: "table" },
    { module: "", name: "g", kind: "global" },
  ]);
  assertEquals(W.Module.exports(module), [
    { name: "é", kind: "tag" },
    { name: "mem", kind: "memory" },
    { name: "f", kind: "function" },
  ]);
  assertEquals(W.Module.customSections(module, "a").map((b: ArrayBuffer) => [...new Uint8Array(b)]), [[1, 2], [9]]);
  assertEquals(W.Module.customSections(module, "b").map((b: ArrayBuffer) => b.byteLength), [0]);
  assertEquals(W.Module.customSections(module, "none"), []);
  assertThrows(() => W.Module.customSections(module), TypeError);
  assertThrows(() => W.Module.customSections(module, undefined), TypeError);
  assertThrows(() => W.Module.customSections(module, Symbol()), TypeError);
});

forEach("objects may be subclassed, and their prototype is that of new.target", (W) => {
  const M: Namespace = class extends W.Memory {
    get pages() {
      return (this as Namespace).buffer.byteLength / 65536;
    }
  };
  const memory = new M({ initial: 3 });
  assertEquals([memory.pages, memory instanceof W.Memory], [3, true]);
  const x = exportsOf(W, `(module (import "m" "m" (memory 1)) (export "m" (memory 0)))`, { m: { m: memory } });
  assertStrictEquals(x.m, memory);
});
