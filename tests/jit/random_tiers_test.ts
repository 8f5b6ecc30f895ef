import { assert, assertEquals } from "@std/assert";
import { Engine, type Instance, Trap } from "../../mod.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { featureSet } from "../../src/wasm/features.ts";
import { type Extensions, generateModule, random } from "./generate.ts";

/** How many modules of each kind; more by the environment variable when its permission is there. */
const SEEDS = Number(Deno.env.get("JIT_SEEDS") ?? 150);
const FIRST = Number(Deno.env.get("JIT_FIRST") ?? 1);

const KINDS: Record<string, Extensions> = {
  "references, tail calls, wide arithmetic and atomics": {
    is64: false,
    shared: false,
    pageSizeLog2: 16,
    more: true,
  },
  "64-bit addresses": { is64: true, shared: false, pageSizeLog2: 16, more: true },
  "shared memory": { is64: false, shared: true, pageSizeLog2: 16, more: true },
  "shared memory with 64-bit addresses": { is64: true, shared: true, pageSizeLog2: 16, more: true },
  "pages of one byte": { is64: false, shared: false, pageSizeLog2: 0, more: true },
};
const FEATURES = { threads: true, "wide-arithmetic": true, "custom-page-sizes": true };
const ARGS: [number, bigint, number, number][] = [[1, 2n, 1.5, -2.25], [-1, -(1n << 63n), NaN, 1e18]];

// Of one engine, so that the code of earlier modules can go when there is no room for more.
const ENGINES = {
  interp: new Engine({ tier: "interp", features: FEATURES }),
  jit: new Engine({ tier: "jit", features: FEATURES }),
  zeal: new Engine({ tierZeal: true, features: FEATURES }),
  "zeal by chance": new Engine({ tierZeal: FIRST, features: FEATURES }),
  live: new Engine({ tier: "auto", features: FEATURES, callThreshold: 2, loopThreshold: 3 }),
};
type Choice = keyof typeof ENGINES;

/** What calls give: results or kinds of traps, calls of the host, and a hash of memory. */
function observe(bytes: Uint8Array, tier: Choice, mix: (() => number) | undefined): unknown[] {
  const seen: unknown[] = [];
  const functions = decodeModule(bytes, featureSet(FEATURES)).funcs.length;
  const instance: Instance = ENGINES[tier].load(bytes, {
    h: {
      0: (a: number, b: bigint) => {
        const x = BigInt.asIntN(64, b * 3n + BigInt(a));
        seen.push(x);
        return x;
      },
    },
  });
  for (let i = 1; tier === "jit" && i < functions; i++) {
    const { tierReason } = instance.func(i);
    if (tierReason !== undefined) assert(tierReason.includes("more arguments on the stack"), tierReason);
  }
  if (mix !== undefined) {
    for (let i = 1; i < functions; i++) instance.func(i).tier = mix() < 0.5 ? "jit" : "interp";
  }
  const memory = instance.exports.memory as { buffer: ArrayBuffer };
  for (const args of ARGS) {
    try {
      seen.push(instance.exports.run(...args));
    } catch (e) {
      if (!(e instanceof Trap)) throw e;
      seen.push([e.kind, e.frames[0]?.offset]);
    }
    let h = 0;
    for (const b of new Uint8Array(memory.buffer)) h = Math.imul(h ^ b, 0x01000193) + 1 | 0;
    seen.push(h);
  }
  instance.dispose();
  return seen;
}

for (const [name, extensions] of Object.entries(KINDS)) {
  Deno.test(`random programs with ${name} do in machine code, in mixed tiers, and with frames that change the tier what they do in the interpreter`, () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const bytes = generateModule(seed, 1, extensions);
      const expected = observe(bytes, "interp", undefined);
      assertEquals(observe(bytes, "jit", undefined), expected, `seed ${seed}`);
      assertEquals(observe(bytes, "jit", random(seed)), expected, `seed ${seed}, mixed`);
      for (const tier of ["zeal", "zeal by chance", "live"] as const) {
        assertEquals(observe(bytes, tier, undefined), expected, `seed ${seed}, ${tier}`);
      }
    }
  });
}
