// Random programs take the same fuel in every tier, and do the same when they run in slices, with collections and other calls in between.

import { assertEquals } from "@std/assert";
import { Engine, type Func, type Instance, type TierName, Trap } from "../../mod.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { featureSet } from "../../src/wasm/features.ts";
import { testNative } from "../skip.ts";
import { generateModule, random } from "./generate.ts";

/** How many modules; more by the environment variable when its permission is there. */
const SEEDS = Number(Deno.env.get("JIT_SEEDS") ?? 100);
const FIRST = Number(Deno.env.get("JIT_FIRST") ?? 1);
const FEATURES = { threads: true, "wide-arithmetic": true, "custom-page-sizes": true };
const ARGS: [number, bigint, number, number][] = [[1, 2n, 1.5, -2.25], [-1, -(1n << 63n), NaN, 1e18]];

testNative("random programs take the same fuel in every tier, and do the same in slices", () => {
  const make = (tier: TierName) => new Engine({ tier, features: FEATURES, fuel: Infinity });
  const interp = make("interp"), jit = make("jit");
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const bytes = generateModule(seed, 1, { is64: false, shared: false, pageSizeLog2: 16, more: true });
    const expected = observe(interp, bytes);
    assertEquals(observe(jit, bytes), expected, `seed ${seed}`);
    assertEquals(observe(jit, bytes, random(seed)), expected, `seed ${seed}, mixed`);
    for (const engine of [interp, jit]) {
      const chance = random(seed + 1);
      const mix = engine === jit ? chance : undefined;
      assertEquals(observe(engine, bytes, mix, chance), expected, `seed ${seed}, in slices`);
    }
  }
});

/** What calls give, in one go or in slices: results or kinds of traps, fuel taken, calls of the host, and a hash of memory. */
function observe(engine: Engine, bytes: Uint8Array, mix?: () => number, slices?: () => number): unknown[] {
  const seen: unknown[] = [];
  const functions = decodeModule(bytes, featureSet(FEATURES)).funcs.length;
  const instance: Instance = engine.load(bytes, {
    h: {
      0: (a: number, b: bigint) => {
        const x = BigInt.asIntN(64, b * 3n + BigInt(a));
        seen.push(x);
        return x;
      },
    },
  });
  if (mix !== undefined) { for (let i = 1; i < functions; i++) instance.func(i).tier = mix() < 0.5 ? "jit" : "interp"; }
  const memory = instance.exports.memory as { buffer: ArrayBuffer };
  for (const args of ARGS) {
    const before = engine.fuelConsumed;
    try {
      const run = instance.func("run");
      seen.push(slices === undefined ? run.call(...args) : inSlices(engine, run, args, slices));
    } catch (e) {
      if (!(e instanceof Trap)) throw e;
      seen.push([e.kind, e.frames[0]?.offset]);
    }
    seen.push(engine.fuelConsumed - before);
    let h = 0;
    for (const b of new Uint8Array(memory.buffer)) h = Math.imul(h ^ b, 0x01000193) + 1 | 0;
    seen.push(h);
  }
  instance.dispose();
  return seen;
}

function inSlices(engine: Engine, func: Func, args: readonly unknown[], chance: () => number): unknown {
  const execution = func.start(...args);
  for (let n = 0;; n++) {
    const step = execution.resume({ fuel: Math.floor(chance() * 40) + (n > 200 ? 5000 : 1) });
    if (step.done) return step.value;
    if (chance() < 0.05) engine.gc();
  }
}
