import { assertEquals } from "@std/assert";
import { moduleLayout } from "../../src/abi/vmctx.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { JitCompiler } from "../../src/jit/compile_function.ts";
import { assembleText } from "../../src/text/parser.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { generateModule } from "./generate.ts";
import { Instance, native } from "./machine.ts";

Deno.test("compile() gives the same code whatever was compiled before", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const valid = validateModule(decodeModule(generateModule(seed)));
    const { funcs, importedFuncs } = valid.module;
    const options = { cpu: native.cpu, layout: moduleLayout(valid.module) };
    const jit = new JitCompiler(valid, options);
    const indices = funcs.map((_, i) => i).slice(importedFuncs);
    const codes = indices.map((i) => jit.compile(i));
    assertEquals(indices.toReversed().map((i) => jit.compile(i)).reverse(), codes, `seed ${seed}`);
    for (const [k, i] of indices.entries()) assertEquals(new JitCompiler(valid, options).compile(i), codes[k]);
  }
});

/** A function of a parameter, so many locals and `$n`: `body`, then the sum of all. */
function withLocals(locals: number, body: string): Instance {
  const sum = Array.from({ length: locals }, (_, i) => `(local.set 0 (i32.add (local.get 0) (local.get ${i + 1})))`);
  return new Instance(assembleText(
    `(module (func (export "f") (param i32) (result i32) (local ${"i32 ".repeat(locals)}) (local $n i32) ${body}
      ${sum.join("\n")} (local.get 0)))`,
  ));
}

Deno.test("thousands of locals that are constants meet thousands of branches", () => {
  const locals = 20_000;
  const body: string[] = [];
  for (let x = 1; x <= locals; x++) body.push(`(local.set ${x} (i32.const ${x}))`);
  for (let x = 1; x <= locals; x += 10) {
    body.push(`(if (local.get 0) (then (local.set ${x} (i32.const 0))) (else (local.set ${x + 1} (i32.const 0))))`);
  }
  const instance = withLocals(locals, body.join("\n"));
  const all = locals * (locals + 1) / 2;
  let firsts = 0;
  for (let x = 1; x <= locals; x += 10) firsts += x;
  assertEquals(instance.call("f", 0n), [BigInt(all - firsts - locals / 10)]);
  assertEquals(instance.call("f", 1n), [BigInt(all - firsts + 1)]);
  instance.free();
});

Deno.test("liveness of the first of very many locals is known, and the others keep their values", () => {
  const locals = 3000;
  const body: string[] = [`(local.set $n (i32.const 3)) (loop $again`];
  for (let x = 1; x <= locals; x++) body.push(`(local.set ${x} (i32.add (local.get ${x}) (local.get 0)))`);
  body.push(`(br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`);
  const instance = withLocals(locals, body.join("\n"));
  assertEquals(instance.call("f", 5n), [BigInt(5 + 15 * locals)]);
  instance.free();
});

Deno.test("a loop in very many loops counts as often as its own condition says", () => {
  const depth = 200;
  const instance = new Instance(assembleText(
    `(module (func (export "f") (param $n i32) (result i64) (local $sum i64) (local $i i32)
      ${"(loop ".repeat(depth)}
        (local.set $i (local.get $n))
        (loop $inner
          (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
          (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      ${")".repeat(depth)}
      (local.get $sum)))`,
  ));
  assertEquals(instance.call("f", 100n), [5050n]);
  instance.free();
});
