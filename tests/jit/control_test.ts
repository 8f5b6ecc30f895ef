import { assert, assertEquals } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { compiledOpcodes, compileFunction } from "../../src/jit/compile_function.ts";
import { moduleLayout } from "../../src/abi/vmctx.ts";
import { INTERRUPT } from "../../src/platform/interrupt.ts";
import { INSTRUCTIONS } from "../../src/wasm/opcodes.ts";
import { Instance, native } from "./machine.ts";

const make = (source: string) => new Instance(assembleText(source));
const repeat = (n: number, f: (i: number) => string) => Array.from({ length: n }, (_, i) => f(i)).join("\n");

Deno.test("compileFunction() has code for every instruction that belongs to no feature", () => {
  const compiled = new Set(compiledOpcodes());
  const missing = INSTRUCTIONS.filter((i) => i.feature === undefined && !compiled.has(i.code));
  assertEquals(missing.map((i) => i.name), []);
});

Deno.test("a loop with parameters moves its values around in parallel", () => {
  const instance = make(`(module
    (func (export "rotate") (param i64 i64 i64 i32) (result i64 i64 i64)
      (local.get 0) (local.get 1) (local.get 2)
      (loop (param i64 i64 i64) (result i64 i64 i64)
        (local.set 0) (local.set 1) (local.set 2)
        (local.get 1) (local.get 0) (local.get 2)
        (br_if 0 (local.tee 3 (i32.sub (local.get 3) (i32.const 1))))))
    (func (export "swap") (param i32 i32 i32) (result i32) (local i32)
      (loop
        (local.set 3 (local.get 0)) (local.set 0 (local.get 1)) (local.set 1 (local.get 3))
        (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
      (i32.sub (local.get 0) (local.get 1)))
    (func (export "swapf") (param f64 f64 i32) (result f64) (local f64)
      (loop
        (local.set 3 (local.get 0)) (local.set 0 (local.get 1)) (local.set 1 (local.get 3))
        (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
      (local.get 0)))`);
  assertEquals(instance.call("rotate", 1n, 2n, 3n, 1n), [2n, 3n, 1n]);
  assertEquals(instance.call("rotate", 1n, 2n, 3n, 2n), [3n, 1n, 2n]);
  assertEquals(instance.call("rotate", 1n, 2n, 3n, 3n), [1n, 2n, 3n]);
  assertEquals(instance.call("swap", 10n, 3n, 1n), [0xfffffff9n]);
  assertEquals(instance.call("swap", 10n, 3n, 2n), [7n]);
  assertEquals(instance.call("swapf", 1n, 2n, 3n), [2n]);
  instance.free();
});

Deno.test("br_table goes to each of its targets, and to the last when the index is too large", () => {
  for (const n of [1, 3, 5, 200]) {
    const instance = make(`(module (func (export "f") (param i32) (result i32)
      ${repeat(n, () => "(block")}
      (br_table ${repeat(n, (i) => String(i))} (local.get 0))
      ${repeat(n, (i) => `) (return (i32.const ${i * 3}))`)} ))`);
    for (let i = 0; i < n + 3; i++) assertEquals(instance.call("f", BigInt(i))[0], BigInt(Math.min(i, n - 1) * 3));
    assertEquals(instance.call("f", 0xffffffffn)[0], BigInt((n - 1) * 3));
    instance.free();
  }
});

Deno.test("br_table carries values to blocks that want them in different places", () => {
  const instance = make(`(module (func (export "f") (param i32 i64) (result i64) (local i64)
    (local.set 2 (i64.const 100))
    (block $a (result i64)
      (block $b (result i64)
        (block $c (result i64)
          (i64.add (local.get 1) (local.get 2))
          (local.set 2 (i64.const 5))
          (br_table $a $b $c $a $b $c 3 (local.get 0)))
        (i64.add (i64.const 1000)) (i64.add (local.get 2)))
      (i64.add (i64.const 10000)) (i64.add (local.get 2)))))`);
  assertEquals([0n, 1n, 2n, 3n, 4n, 5n, 6n, 9n].map((i) => instance.call("f", i, 7n)[0]), [
    ...[107n, 10112n, 11117n, 107n, 10112n, 11117n, 107n, 107n],
  ]);
  instance.free();
});

Deno.test("a thousand parameters and results are passed through the frame", () => {
  const n = 1000;
  const instance = make(`(module
    (func $reverse (export "reverse") (param ${repeat(n, (i) => i % 3 === 0 ? "f64" : "i64")})
      (result ${repeat(n, (i) => (n - 1 - i) % 3 === 0 ? "f64" : "i64")})
      ${repeat(n, (i) => `(local.get ${n - 1 - i})`)})
    (func (export "twice") (param ${repeat(n, (i) => i % 3 === 0 ? "f64" : "i64")})
      (result ${repeat(n, (i) => i % 3 === 0 ? "f64" : "i64")})
      ${repeat(n, (i) => `(local.get ${i})`)} (call $reverse)
      ${repeat(n, (i) => `(local.set ${i})`)}
      ${repeat(n, (i) => `(local.get ${i})`)}))`);
  const args = Array.from({ length: n }, (_, i) => BigInt(i) * 0x100000001n);
  assertEquals(instance.call("reverse", ...args), args.toReversed());
  assertEquals(instance.call("twice", ...args), args);
  instance.free();
});

Deno.test("blocks nest ten thousand deep", () => {
  const n = 10_000;
  const instance = make(`(module (func (export "f") (param i32) (result i32) (local i32)
    ${repeat(n, () => "block")}
    ${
    repeat(n, (i) =>
      `(br_if ${i % 7 === 0 ? Math.min(3, n - 1 - i) : 0} (i32.eq (local.get 0) (i32.const ${i}))) end
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))`)
  }
    (local.get 1)))`);
  const oracle = (x: number) => {
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (i % 7 === 0 && i === x) i += Math.min(3, n - 1 - i);
      count++;
    }
    return BigInt(count);
  };
  for (const x of [-1, 0, 3, 7, 9996, 9999]) assertEquals(instance.call("f", BigInt(x >>> 0))[0], oracle(x), `${x}`);
  instance.free();
});

Deno.test("functions with thousands of locals read zeros where nothing was set", () => {
  for (const n of [50, 200, 5000]) {
    const instance = make(`(module (func (export "f") (param i32) (result i64) (local ${repeat(n, () => "i64")})
      (loop
        ${repeat(n, (i) => `(local.set ${i + 1} (i64.add (local.get ${i + 1}) (i64.const ${i})))`)}
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i64.const 0) ${repeat(n, (i) => `(i64.add (local.get ${i + 1}))`)}))`);
    assertEquals(instance.call("f", 3n)[0], BigInt(3 * n * (n - 1) / 2));
    instance.free();
  }
});

Deno.test("deep operand stacks spill and come back", () => {
  const n = 300;
  const instance = make(`(module (func (export "f") (param i32 f64) (result i32 f64)
    ${repeat(n, (i) => `(i32.mul (local.get 0) (i32.const ${i}))`)}
    ${repeat(n - 1, () => "i32.sub")}
    ${repeat(n, (i) => `(f64.mul (local.get 1) (f64.const ${i}))`)}
    ${repeat(n - 1, () => "f64.sub")}))`);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, 3);
  const [a, b] = instance.call("f", 3n, view.getBigUint64(0));
  const fold = Array.from({ length: n }, (_, i) => 3 * i).reduceRight((x, y) => y - x);
  view.setFloat64(0, fold);
  assertEquals([a, b], [BigInt(fold >>> 0), view.getBigUint64(0)]);
  instance.free();
});

Deno.test("an endless loop traps when the interrupt word is set", () => {
  const instance = make(`(module (func (export "f") (loop (br 0))))`);
  INTERRUPT[0] = 1;
  assertEquals(instance.trapOf("f").trap, "interrupted");
  INTERRUPT[0] = 0;
  instance.free();
});

Deno.test("endless recursion exhausts the stack, with small frames and with frames larger than the guard", () => {
  for (const locals of [0, 3000, 20_000]) {
    const instance = make(`(module (func $f (export "f") (param i32) (result i32) (local ${repeat(locals, () => "i32")})
      ${repeat(locals, (i) => `(local.set ${i + 1} (i32.add (local.get 0) (i32.const ${i})))`)}
      (local.set 0 (call $f (local.get 0)))
      ${repeat(locals, (i) => `(local.set 0 (i32.add (local.get 0) (local.get ${i + 1})))`)}
      (local.get 0)))`);
    for (let i = 0; i < 3; i++) assertEquals(instance.trapOf("f", 1n).trap, "call stack exhausted");
    instance.free();
  }
});

Deno.test("traps carry the byte offset of their instruction", () => {
  const bytes = assembleText(`(module (memory 1)
    (func (export "f") (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 1)) (then (unreachable)))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (drop (i32.load (i32.const 65533)))))
      (i32.div_s (i32.const 7) (local.get 0))))`);
  const instance = new Instance(bytes);
  const at = (byte: number) => bytes.lastIndexOf(byte);
  assertEquals(instance.trapOf("f", 0n), { trap: "integer divide by zero", offset: at(0x6d) });
  const unreachable = bytes.findIndex((b, i) => b === 0x04 && bytes[i + 1] === 0x40 && bytes[i + 2] === 0x00) + 2;
  assertEquals(instance.trapOf("f", 1n), { trap: "unreachable", offset: unreachable });
  assertEquals(instance.trapOf("f", 2n), { trap: "out of bounds memory access", offset: at(0x28) });
  assertEquals(instance.call("f", 3n), [2n]);
  const { sourceMap } = instance.codes[0];
  for (let i = 2; i < sourceMap.length; i += 2) assert(sourceMap[i] > sourceMap[i - 2]);
  instance.free();
});

Deno.test("compileFunction() gives the same bytes for the same input", () => {
  const instance = make(`(module (memory 1) (func (param i32 f64) (result f64)
    (loop (i32.store (local.get 0) (i32.const 5)) (br_if 0 (local.tee 0 (i32.load offset=4 (local.get 0)))))
    (f64.add (local.get 1) (f64.const 2.5))))`);
  const options = { cpu: native.cpu, layout: moduleLayout(instance.module) };
  const again = compileFunction(instance.valid, 0, options);
  assertEquals(again, instance.codes[0]);
  assertEquals(again.relocations.length, 0);
  instance.free();
});

Deno.test("values that a loop does not change survive it in registers, slots and as constants", () => {
  const names = Array.from({ length: 14 }, (_, i) => i + 1);
  const instance = make(
    `(module (func (export "f") (param i32) (result i32) (local ${names.map(() => "i32").join(" ")}) (local i32)
    ${
      names.map((x) =>
        `(local.set ${x} ${x % 3 === 0 ? `(i32.const ${x})` : `(i32.mul (local.get 0) (i32.const ${x}))`})`
      ).join("\n")
    }
    (local.get 3) (local.get 4)
    (loop
      (local.set 15 (i32.add (local.get 15) (i32.add (local.get 1) (local.get 3))))
      (if (i32.and (local.get 0) (i32.const 1)) (then (local.set 6 (i32.add (local.get 6) (local.get 2)))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.sub) (local.set 15 (i32.add (local.get 15)))
    ${names.map((x) => `(local.set 15 (i32.add (i32.mul (local.get 15) (i32.const 3)) (local.get ${x})))`).join("\n")}
    (local.get 15)))`,
  );
  const oracle = new WebAssembly.Instance(new WebAssembly.Module(instance.module.bytes as BufferSource)).exports as {
    f(x: number): number;
  };
  for (const x of [1, 2, 9, 100]) assertEquals(instance.call("f", BigInt(x))[0], BigInt(oracle.f(x) >>> 0));
  instance.free();
});
