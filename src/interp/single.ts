// Single instructions with a prefix for other tiers: runs the interpreter's function for it on the interpreter's stack, without a frame.
// Takes where the operands end, gives OK or the trap; whoever asks keeps operands that are references where a collection finds them.

import type { WasmInstance } from "../runtime/instance.ts";
import type { SingleSteps } from "../runtime/js_tier.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import { OK, type Outcome } from "../runtime/outcome.ts";
import type { Store } from "../runtime/store.ts";
import { TrapCode } from "../wasm/traps.ts";
import { runAtomic } from "./atomics.ts";
import { instanceCode } from "./code.ts";
import { runGc } from "./gc.ts";
import { runPrefixed } from "./prefixed.ts";
import { runSimd } from "./simd.ts";
import { SLOTS_I32 } from "./stack.ts";
import type { Thread } from "./thread.ts";

/** What these functions need of a thread. */
class Operands {
  sp = 0;
  pc = 0;
  constructor(readonly store: Store) {}
}

/** Runs them for one store. */
export class InterpreterSteps implements SingleSteps {
  readonly words: Int32Array = SLOTS_I32;
  readonly #operands: Operands;
  readonly #thread: Thread;

  constructor(store: Store) {
    this.#operands = new Operands(store);
    this.#thread = this.#operands as unknown as Thread;
  }

  gc(instance: WasmInstance, sub: number, pc: number, sp: number): Outcome {
    this.#operands.sp = sp >> 1;
    return runGc(this.#thread, instanceCode(instance), sub, pc, sp) as Outcome;
  }
  prefixed(instance: WasmInstance, sub: number, pc: number, sp: number): Outcome {
    this.#operands.sp = sp >> 1;
    return runPrefixed(this.#thread, instanceCode(instance), sub, pc);
  }
  atomic(instance: WasmInstance, _sub: number, pc: number, sp: number): Outcome {
    this.#operands.sp = sp >> 1;
    return runAtomic(this.#thread, instanceCode(instance), pc);
  }
  simd(instance: WasmInstance, sub: number, pc: number, sp: number, memory: WasmMemory | null): Outcome {
    this.#operands.sp = sp >> 1;
    const code = instanceCode(instance);
    const view = memory === null ? NO_VIEW : memory.view;
    return runSimd(this.#thread, code, code.code.original, sub, pc, sp, view) < 0 ? TrapCode.MEMORY_OUT_OF_BOUNDS : OK;
  }
}

const NO_VIEW = new DataView(new ArrayBuffer(0));
