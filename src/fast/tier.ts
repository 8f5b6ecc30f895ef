// Tier `fast` as the interpreter's threads see it: which functions run as register code, and what runs their frames.

import type { FunctionCode } from "../interp/code.ts";
import type { RegisterCode, RegisterTier } from "../interp/registers.ts";
import type { SLICE, SWITCH } from "../interp/run.ts";
import { FRAMES, STP } from "../interp/stack.ts";
import type { Thread } from "../interp/thread.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Store } from "../runtime/store.ts";
import type { RunStatus } from "../runtime/tier.ts";
import { InstanceRegisters } from "./code.ts";
import { runRegisters } from "./loop.ts";
import type { FastOptions } from "./options.ts";
import type { TranslationOptions } from "./state.ts";

const INSTANCES = new WeakMap<WasmInstance, InstanceRegisters>();

/** The functions of a store that run as register code. */
export class FastTier implements RegisterTier {
  constructor(readonly store: Store, readonly options: FastOptions) {}

  /** What the code of this store depends on. */
  get translation(): TranslationOptions {
    const { meter, policy } = this.store;
    return { ...this.options, metered: meter !== undefined, counts: policy !== undefined };
  }

  /** What the loop knows of an instance. */
  instance(instance: WasmInstance): InstanceRegisters {
    let registers = INSTANCES.get(instance);
    if (registers === undefined) {
      registers = new InstanceRegisters(instance, this.translation);
      INSTANCES.set(instance, registers);
    }
    return registers;
  }

  run(thread: Thread, fuel: number): RunStatus | typeof SLICE | typeof SWITCH {
    const { instance } = this.store.func(~FRAMES[thread.top + STP]);
    return runRegisters(thread, this.instance(instance!), fuel);
  }

  prepare(code: FunctionCode): RegisterCode | undefined {
    return this.instance(code.func.instance!).prepare(code);
  }

  codeAt(code: FunctionCode, place: number): RegisterCode {
    return this.instance(code.func.instance!).codeAt(code.func.index, place);
  }
  isCurrent(code: FunctionCode, place: number): boolean {
    return this.instance(code.func.instance!).isCurrent(code.func.index, place);
  }

  forget(func: WasmFunc): void {
    INSTANCES.get(func.instance!)?.forget(func);
  }
  moved(func: WasmFunc): boolean {
    return INSTANCES.get(func.instance!)?.moved(func) ?? false;
  }
}
