// Random programs do with asynchronous imports what they do with synchronous ones, many at once, whatever the order in which promises are settled.

import { assertEquals } from "@std/assert";
import { Engine, Suspending, Trap } from "../../mod.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { featureSet } from "../../src/wasm/features.ts";
import { testNative } from "../skip.ts";
import { generateModule, random } from "./generate.ts";

/** How many modules; more by the environment variable when its permission is there. */
const SEEDS = Number(Deno.env.get("JIT_SEEDS") ?? 40);
const FIRST = Number(Deno.env.get("JIT_FIRST") ?? 1);
const FEATURES = { threads: true, "wide-arithmetic": true, "custom-page-sizes": true };
const ARGS: [number, bigint, number, number] = [1, 2n, 1.5, -2.25];
const AT_ONCE = 20;

const answer = (a: number, b: bigint) => BigInt.asIntN(64, b * 3n + BigInt(a));

/** What a call gives: results or the kind of trap, calls of the host, and a hash of memory. */
async function observe(
  engine: Engine,
  bytes: Uint8Array,
  ask: ((x: bigint) => Promise<bigint>) | undefined,
  mix?: () => number,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  const host = (a: number, b: bigint) => {
    const x = answer(a, b);
    seen.push(x);
    return ask === undefined ? x : ask(x);
  };
  const instance = engine.load(bytes, { h: { 0: ask === undefined ? host : new Suspending(host) } });
  const functions = decodeModule(bytes, featureSet(FEATURES)).funcs.length;
  if (mix !== undefined) { for (let i = 1; i < functions; i++) instance.func(i).tier = mix() < 0.5 ? "jit" : "interp"; }
  const run = instance.func("run");
  try {
    seen.push(ask === undefined ? run.call(...ARGS) : await run.callAsync(...ARGS));
  } catch (e) {
    if (!(e instanceof Trap)) throw e;
    seen.push([e.kind, e.frames[0]?.offset]);
  }
  let h = 0;
  const memory = instance.exports.memory as { buffer: ArrayBuffer };
  for (const b of new Uint8Array(memory.buffer)) h = Math.imul(h ^ b, 0x01000193) + 1 | 0;
  seen.push(h);
  instance.dispose();
  return seen;
}

testNative("random programs do with asynchronous imports what they do with synchronous ones", async () => {
  const interp = new Engine({ tier: "interp", features: FEATURES });
  const jit = new Engine({ tier: "jit", features: FEATURES });
  for (let first = FIRST; first < FIRST + SEEDS; first += AT_ONCE) {
    const chance = random(first);
    const pending: (() => void)[] = [];
    const ask = (x: bigint) => new Promise<bigint>((resolve) => pending.push(() => resolve(x)));
    const running: Promise<unknown>[] = [];
    let left = 0;
    for (let seed = first; seed < first + AT_ONCE; seed++) {
      const bytes = generateModule(seed, 1, { is64: false, shared: false, pageSizeLog2: 16, more: true });
      const expected = await observe(interp, bytes, undefined);
      for (const [engine, mix] of [[interp, undefined], [jit, undefined], [jit, random(seed)]] as const) {
        left++;
        const call = observe(engine, bytes, ask, mix).then((seen) => assertEquals(seen, expected, `seed ${seed}`));
        running.push(call.finally(() => left--));
      }
    }
    const all = Promise.all(running);
    while (left > 0) {
      for (let n = Math.floor(chance() * 8); n >= 0 && pending.length > 0; n--) {
        pending.splice(Math.floor(chance() * pending.length), 1)[0]();
      }
      if (chance() < 0.02) jit.gc();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await all;
  }
});
