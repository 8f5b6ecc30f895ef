// A Worker of sharing_test.ts and of the stress cases: runs a module that another Worker shared, over a memory that they share, and traps now and then.

import { Engine, type EngineOptions, type SharedMemory, type SharedModule, Trap } from "../../mod.ts";
import { innerInstance } from "../../src/api/instance.ts";
import type { JitTier } from "../../src/engine/native_tier.ts";

const worker = globalThis as unknown as Worker;

/** What to do. */
export interface Order {
  readonly module: SharedModule;
  readonly memory: SharedMemory;
  readonly options: EngineOptions;
  /** Types that the isolate is to know before. */
  readonly types: number;
  /** Numbers below which primes are counted, by all Workers together. */
  readonly limit: number;
  /** How often it traps meanwhile. */
  readonly traps: number;
  /** Passes the module on, and answers only then. */
  readonly passOn?: boolean;
}

/** What came of it. */
export interface Answer {
  /** Frames of traps and what they were, each once. */
  readonly traps: readonly string[];
  readonly objects: number;
  readonly reason: string | undefined;
  readonly bytes: number;
  /** Where the code of the module's functions lies. */
  readonly places: readonly (number | undefined)[];
  readonly compiled: number;
  readonly passedOn?: SharedModule;
}

const KINDS = ["load", "divide", "deep", "unreachable", "throw"];

worker.onmessage = (e: MessageEvent<Order>) => {
  const { options, limit, types, passOn } = e.data;
  const engine = new Engine(options);
  let text = "";
  for (let i = 0; i < types; i++) text += `(type (struct ${"(field i64)".repeat(i + 5)}))`;
  engine.compile(`(module ${text})`);
  const module = engine.moduleFrom(e.data.module);
  const instance = engine.instantiate(module, { m: { m: engine.memoryFrom(e.data.memory) } }), { exports } = instance;
  const traps = new Set<string>();
  let objects = 0;
  for (let i = 0; i < e.data.traps; i++) {
    exports.work(16, Math.floor(limit * (i + 1) / e.data.traps), limit);
    objects += exports.objects(10);
    const kind = KINDS[i % KINDS.length];
    try {
      exports[kind](i);
      traps.add(`${kind}: none`);
    } catch (error) {
      if (kind === "throw") continue;
      if (!(error instanceof Trap)) throw error;
      traps.add(`${kind}: ${error.kind} in ${error.frames.slice(0, 3).map((f) => `${f.name}@${f.offset}`).join()}`);
    }
  }
  exports.work(16, limit, limit);
  const { valid, store } = innerInstance(instance), jit = store.native as JitTier | undefined;
  const places = valid.bodies.map((_, i) => jit?.peek(valid, valid.module.importedFuncs + i)?.start);
  const { reason, bytes } = engine.sharing(module);
  const answer: Answer = {
    traps: [...traps].sort(),
    objects,
    reason,
    bytes,
    places,
    compiled: engine.compileFigures.functions,
    passedOn: passOn ? engine.share(module) : undefined,
  };
  worker.postMessage(answer);
};
