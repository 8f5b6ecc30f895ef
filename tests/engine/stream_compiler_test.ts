// Modules cut into chunks at random: what arrives in parts is judged as what is there as a whole, with the same message and the same facts about bodies.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CompileError, Engine } from "../../mod.ts";
import { Context } from "../../src/engine/context.ts";
import { parseScript, ScriptModule } from "../../src/text/script.ts";
import type { ValidModule } from "../../src/validate/validate_module.ts";
import { scriptsIn, SUITE } from "../conformance/suite.ts";
import { everyCut, mutants, Random } from "../fuzz/mutator.ts";
import { builtInSeeds } from "../fuzz/seeds.ts";
import { testUnless } from "../skip.ts";

const context = new Context({
  tier: "interp",
  features: { threads: true, "wide-arithmetic": true, "custom-page-sizes": true },
});

/** What is to be the same: the error, or all that is known of the module. */
function outcome(compile: () => ValidModule): unknown {
  try {
    const { module, bodies, context } = compile();
    return { module: { ...module, datas: [...module.datas] }, bodies, refs: context.declaredRefs };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { message, offset, malformed } = error;
    return { message, offset, malformed };
  }
}

/** Chunks of random lengths: of one or two bytes each, of up to the whole length, or the whole in one. */
function* chunks(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  const most = random.pick([1, 3, 17, 1 + bytes.length]);
  for (let at = 0; at < bytes.length;) {
    const end = at + random.below(most + 1);
    yield bytes.subarray(at, end);
    at = Math.min(end, bytes.length);
  }
}

function inParts(bytes: Uint8Array, random: Random): ValidModule {
  const compiler = context.compileStream(random.below(2 * bytes.length + 1));
  for (const chunk of chunks(bytes, random)) compiler.push(chunk);
  return compiler.finish();
}

function check(bytes: Uint8Array, random: Random): boolean {
  const whole = outcome(() => context.compile(bytes));
  assertEquals(outcome(() => inParts(bytes, random)), whole);
  return !("message" in (whole as object));
}

Deno.test("mutants of valid modules, cut into chunks, are judged as they are in one piece", () => {
  const random = new Random(1);
  let valid = 0, wrong = 0;
  for (const { bytes } of builtInSeeds()) {
    assert(check(bytes, random));
    const source = mutants(bytes, random);
    for (let n = 0; n < 12; n++) check(source.next().value.bytes, random) ? valid++ : wrong++;
  }
  assert(valid > 300 && wrong > 500, `${valid} valid, ${wrong} not`);
});

Deno.test("a stream that ends early gives the error of the bytes that came", () => {
  const random = new Random(2);
  for (const { bytes } of builtInSeeds().slice(-12)) {
    for (const mutant of everyCut(bytes)) check(mutant.bytes, random);
  }
});

testUnless(
  SUITE === undefined ? "the suite is absent; `deno task suite` fetches it" : undefined,
  "all modules of the specification's test suite, cut into chunks, are judged as they are in one piece",
  () => {
    const random = new Random(3);
    let modules = 0;
    for (const path of scriptsIn(SUITE!)) {
      for (const command of parseScript(Deno.readFileSync(new URL(path, SUITE)))) {
        if (!("module" in command) || !(command.module instanceof ScriptModule)) continue;
        let bytes: Uint8Array;
        try {
          bytes = command.module.assemble().bytes;
        } catch {
          continue; // Text that is malformed.
        }
        check(bytes, random);
        modules++;
      }
    }
    assert(modules > 3000, `${modules}`);
  },
);

Deno.test("limits of an engine hold for streams, and what is too long is not kept", () => {
  const context = new Context({ tier: "interp", maxModuleBytes: 100, maxFunctions: 1 });
  const compiler = context.compileStream();
  for (let i = 0; i < 1000; i++) compiler.push(new Uint8Array(1000));
  const message = (compile: () => unknown) => (outcome(compile as () => ValidModule) as { message: string }).message;
  assertEquals(message(() => compiler.finish()), message(() => context.compile(new Uint8Array(1_000_000))));
  const two = new Engine().compile(`(module (func) (func))`).bytes;
  const stream = context.compileStream();
  stream.push(two);
  assertEquals(message(() => stream.finish()), message(() => context.compile(two)));
});

Deno.test("Engine.compileStreaming() takes responses, streams and lists of bytes, or promises of them", async () => {
  const engine = new Engine();
  const { bytes } = engine.compile(`(module (func (export "f") (result i32) (i32.const 5)))`);
  const body = bytes as Uint8Array<ArrayBuffer>;
  const sources = [new Response(body), Promise.resolve(new Response(body)), new Blob([body]).stream(), [
    body.slice(0, 9),
    body.slice(9),
  ]];
  for (const source of sources) {
    const module = await engine.compileStreaming(source);
    assertEquals(engine.instantiate(module).exports.f(), 5);
  }
  const lying = new Response(body, { headers: { "content-length": "9999999999" } });
  assertEquals((await engine.compileStreaming(lying)).bytes, bytes);
  await assertRejects(() => engine.compileStreaming(new Response(body, { status: 404 })), TypeError);
  await assertRejects(() => engine.compileStreaming(["text"] as unknown as Uint8Array[]), TypeError);
  for (const none of [undefined, null, 5, "text", {}]) {
    await assertRejects(
      () => engine.compileStreaming(none as unknown as Uint8Array[]),
      TypeError,
      "a module is compiled",
    );
  }
  await assertRejects(() => engine.compileStreaming(new Response("nothing")), CompileError, "magic");
  const reason = new Error("cut off");
  const broken = async function* () {
    yield body;
    await Promise.resolve();
    throw reason;
  };
  assertStrictEquals(await assertRejects(() => engine.compileStreaming(broken())), reason);
});
