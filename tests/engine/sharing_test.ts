import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { CompileError, Engine, type EngineOptions, ResourceError, type SharedModule } from "../../mod.ts";
import { giveBackOfEnded } from "../../src/platform/isolates.ts";
import { testNative } from "../skip.ts";
import { countInWorkers, primesBelow, SHARED_TEXT, startSharing } from "./sharing.ts";

const FEATURES = { threads: true };
const TRAPS = [
  "call-stack-exhausted in deep",
  "integer-divide-by-zero in divide",
  "memory-out-of-bounds in inner",
  "unreachable in unreachable",
];

/** The mappings of the memory that is mapped at `address`. */
function mappingsOf(address: number): string[] {
  const lines = Deno.readTextFileSync("/proc/self/maps").split("\n").map((line) => line.split(/\s+/));
  const here = lines.find(([range]) => {
    const [start, end] = range.split("-").map((x) => parseInt(x, 16));
    return start <= address && address < end;
  });
  return here === undefined
    ? []
    : lines.filter(([, , , device, inode]) => inode !== "0" && inode === here[4] && device === here[3])
      .map(([, access]) => access);
}

for (const tier of ["jit", "auto"] as const) {
  testNative(
    `${tier}: Workers run the same pages of a shared module, over one memory, each with its own traps and types`,
    async () => {
      const { answers, found, engine, module } = await countInWorkers({ tier }, 3, 3200, 10);
      assertEquals(found, primesBelow(3200));
      for (const { traps, objects, compiled, reason, places, bytes } of answers) {
        assertEquals([objects, compiled, reason, bytes], [160, 0, undefined, 65536]);
        TRAPS.forEach((trap, i) => assert(traps[i].includes(trap), traps[i]));
        assertEquals(places, answers[0].places);
      }
      assertEquals(engine.sharing(module), { bytes: 65536, reason: undefined });
      // The writable view is gone for good.
      assertEquals(mappingsOf(answers[0].places[0]!), ["r-xs"]);
    },
  );
}

testNative("shared code outlives the Worker that made it, and goes with the last that uses it", async () => {
  const options: EngineOptions = { tier: "jit", features: FEATURES };
  const here = new Engine(options), memory = here.memory({ minimum: 1, maximum: 16, shared: true });
  const order = { memory: memory.share(), options, types: 3, limit: 160, traps: 5 };
  const text = here.compile(SHARED_TEXT).bytes;
  const bytes = new Uint8Array(new SharedArrayBuffer(text.length));
  bytes.set(text);
  // The Worker gets bytes alone, and makes the code.
  const first = startSharing({ ...order, module: { bytes }, passOn: true });
  const { passedOn, reason } = await first.answer;
  assertEquals(reason, "its engine makes no machine code");
  const module = here.moduleFrom(passedOn!);
  assertEquals(here.sharing(module).reason, undefined);
  const instance = here.instantiate(module, { m: { m: memory } });
  first.close();
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    giveBackOfEnded();
    assertEquals(instance.exports.objects(10), 16);
  }
  // Another Worker still finds it, since this one uses it.
  const second = startSharing({ ...order, module: passedOn! });
  assertEquals((await second.answer).reason, undefined);
  second.close();
});

testNative("code that is gone, or made for another kind of engine, is compiled anew, and the reason is told", () => {
  const options: EngineOptions = { tier: "jit", features: FEATURES };
  const engine = new Engine(options), module = engine.compile(SHARED_TEXT);
  assertEquals(engine.sharing(module), { bytes: 0, reason: "the module was not shared" });
  const shared = engine.share(module), { group, key } = shared.code!;
  assertEquals(engine.share(module).code, shared.code);
  const run = (e: Engine, s: SharedModule) => {
    const m = e.moduleFrom(s), memory = e.memory({ minimum: 1, maximum: 16, shared: true });
    assertEquals(e.instantiate(m, { m: { m: memory } }).exports.objects(10), 16);
    return e.sharing(m).reason;
  };
  assertEquals(run(new Engine(options), shared), undefined);
  for (
    const code of [{ group, key: key ^ 2n }, { group: group + 1, key }, { group: -1, key }, { group: 0.5, key: 0n }, {
      group: 1e9,
      key,
    }]
  ) {
    assertEquals(run(engine, { ...shared, code }), "its code is gone: nobody held the module any more");
  }
  assertEquals(run(new Engine({ ...options, fuel: 1e6 }), shared), "its code was made by an engine with other options");
  assertEquals(run(new Engine({ features: FEATURES }), shared), "its code was made by an engine with other options");
  const small = new Engine({ ...options, maxCodeBytes: 65536 });
  small.load(`(module (func (export "f")))`).exports.f();
  assert(small.sharing(small.moduleFrom(shared)).reason?.includes("maxCodeBytes"));
  assertEquals(run(new Engine({ ...options, tier: "interp" }), shared), undefined);
  // An engine of tier auto makes code that others can use, too.
  const auto = new Engine({ features: FEATURES });
  assertEquals(run(engine, auto.share(auto.compile(SHARED_TEXT))), undefined);
});

testNative("moduleFrom() refuses what is no shared module", () => {
  const engine = new Engine({ tier: "jit" }), shared = engine.share(engine.compile("(module (memory 1 2))"));
  for (
    const bad of [undefined, {}, { bytes: 3 }, { ...shared, code: {} }, { ...shared, code: { group: "0", key: 1n } }]
  ) {
    assertThrows(() => engine.moduleFrom(bad as unknown as SharedModule), TypeError, "engine.share()");
  }
  // What somebody writes into the bytes meanwhile does not matter where the code is there.
  shared.bytes.fill(0);
  assertEquals(engine.sharing(engine.moduleFrom(shared)).reason, undefined);
  assertThrows(() => engine.moduleFrom({ bytes: shared.bytes }), CompileError);
  const without = new Engine({ tier: "jit", features: { threads: false } });
  const threads = new Engine({ tier: "jit", features: FEATURES });
  assertThrows(() => without.moduleFrom(threads.share(threads.compile(SHARED_TEXT))), CompileError);
});

testNative("instances made before their module is shared go on in code of their own", () => {
  const engine = new Engine({ tier: "jit", features: FEATURES }), module = engine.compile(SHARED_TEXT);
  const memory = engine.memory({ minimum: 1, maximum: 16, shared: true });
  const before = engine.instantiate(module, { m: { m: memory } });
  assertEquals(before.exports.objects(10), 16);
  engine.share(module);
  const after = engine.instantiate(module, { m: { m: memory } });
  assertEquals([before.exports.objects(10), after.exports.objects(12)], [16, 19]);
  for (const { exports } of [before, after]) assertThrows(() => exports.load(1), Error, "out of bounds");
});

testNative("a limit on code holds for shared code", () => {
  const engine = new Engine({ tier: "jit", maxCodeBytes: 65536 });
  engine.load(`(module (func (export "f")))`).exports.f();
  assertThrows(() => engine.share(engine.compile(`(module (func (export "f")))`)), ResourceError, "maxCodeBytes");
});

testNative("machine code is the same whatever types the isolate knows", () => {
  const engine = new Engine({ tier: "jit", features: FEATURES });
  const code = () => {
    const memory = engine.memory({ minimum: 1, maximum: 16, shared: true });
    const { functions } = engine.instantiate(engine.compile(SHARED_TEXT + "\n"), { m: { m: memory } });
    return functions.filter((f) => !f.isHost).map((f) => f.compile().bytes);
  };
  const first = code();
  // The same structures by other canonical ids: the field's names are no part of a type, its mutability is.
  const other = SHARED_TEXT.replaceAll("(field $next (ref null $list))", "(field $next (mut (ref null $list)))")
    .replaceAll("(struct (field (ref null $list))", "(struct (field (mut (ref null $list)))");
  assertNotEquals(other, SHARED_TEXT);
  const memory = engine.memory({ minimum: 1, maximum: 16, shared: true });
  const { functions } = engine.instantiate(engine.compile(other), { m: { m: memory } });
  const bodies = functions.filter((f) => !f.isHost);
  bodies.forEach((f, i) => assertEquals(f.compile().bytes, first[i], f.name));
});
