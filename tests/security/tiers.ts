// Tests that hold in every tier: each is written once, and registered for every tier, mixtures in which callers and callees run in different tiers, live tiers
// where everything is hot at once, and zeal, in which every frame changes the tier wherever it can.

import { Engine, type EngineOptions, type Imports, type Instance, type Module } from "../../mod.ts";
import { testUnless } from "../skip.ts";

/** What a test runs on. */
export interface Machine {
  readonly engine: Engine;
  /** Instantiates; in the mixture, functions with an odd index are interpreted and the others compiled. */
  load(source: string | Module, imports?: Imports): Instance;
  /** A further engine, with nothing of the first. */
  another(options?: EngineOptions): Engine;
}

const MODES = ["interp", "fast", "js", "jit", "mixed", "js-mixed", "live", "zeal", "fast-zeal", "js-zeal"] as const;
/** Those that run no machine code. */
const PORTABLE: readonly string[] = ["interp", "fast", "js", "js-mixed", "fast-zeal", "js-zeal"];
const OPTIONS: Record<typeof MODES[number], EngineOptions> = {
  interp: { tier: "interp" },
  fast: { tier: "fast" },
  jit: { tier: "jit" },
  mixed: { tier: "jit" },
  live: { tier: "auto", callThreshold: 2, loopThreshold: 2 },
  zeal: { tierZeal: true },
  "fast-zeal": { tier: "fast", tierZeal: 3 },
  js: { tier: "js" },
  "js-mixed": { tier: "js" },
  "js-zeal": { tier: "js", tierZeal: true },
};

/** Registers a test for every tier that can run here but those that are left out. */
export function testInTiers(
  name: string,
  run: (machine: Machine) => void | Promise<void>,
  left: readonly typeof MODES[number][] = [],
): void {
  for (const mode of MODES) {
    if (left.includes(mode) || (mode.endsWith("-zeal") && left.includes("zeal"))) continue;
    const reason = PORTABLE.includes(mode) ? undefined : Engine.nativeUnavailable;
    testUnless(reason, `${mode}: ${name}`, () => run(machine(mode)));
  }
}

function machine(mode: typeof MODES[number]): Machine {
  const engine = new Engine(OPTIONS[mode]);
  return {
    engine,
    load(source, imports = {}) {
      const module = typeof source === "string" ? engine.compile(source) : source;
      const instance = engine.instantiate(module, imports);
      if (mode === "mixed" || mode === "js-mixed") {
        for (const f of instance.functions) if (!f.isHost && f.index % 2 === 1) f.tier = "interp";
      }
      return instance;
    },
    another: (options = {}) => new Engine({ ...OPTIONS[mode], ...options }),
  };
}

/** A source of numbers that are the same at every run. */
export function randomNumbers(seed: number): () => number {
  return () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16;
}
