// The way of the data, from a module's source to values, one exported function per step. Nothing upstream is changed by what comes after.

import { decodeModule } from "../binary/decode_module.ts";
import { type CodeOptions, JitCompiler } from "../jit/compile_function.ts";
import { initialize, instantiate, type Resolver } from "../runtime/instantiate.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { moduleLayout } from "../abi/vmctx.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { CpuFeatures } from "../platform/cpu.ts";
import type { Store } from "../runtime/store.ts";
import { assemble as assembleModule, type Assembled } from "../text/parser.ts";
import type { PositionMap } from "../text/positions.ts";
import { type ProgressListener, validateModule, type ValidModule } from "../validate/validate_module.ts";
import { CompileError } from "../wasm/errors.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { FeatureSet } from "../wasm/features.ts";
import type { Module } from "../wasm/module.ts";

/** Text → bytes. Throws TextError. */
export function assemble(text: string): Uint8Array {
  return assemblePlaced(text).bytes;
}

/** Text → bytes, with the places of their parts in the text. Throws TextError. */
export function assemblePlaced(text: string): Assembled {
  return assembleModule(text);
}

/** Runs a step that takes assembled bytes; its CompileErrors say where in the text the fault is. */
export function withPositions<T>(positions: PositionMap | undefined, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof CompileError) || error.offset < 0) throw error;
    throw error.locate(positions?.at(error.offset) ?? {});
  }
}

/** Bytes → Module. Throws CompileError when malformed. */
export function decode(bytes: Uint8Array, features?: FeatureSet): Module {
  return decodeModule(bytes, features);
}

/** Module → ValidModule, with side tables, which may be known from before. Throws CompileError when invalid. */
export function validate(module: Module, progress?: ProgressListener, known?: readonly BodyFacts[]): ValidModule {
  return validateModule(module, progress, known);
}

/** ValidModule → Instance in a Store, before any of its code ran. Throws LinkError. */
export function link(store: Store, valid: ValidModule, resolve: Resolver): WasmInstance {
  return instantiate(store, valid, resolve);
}

/** Runs an instance's active segments and its start function. Throws Trap. */
export function start(instance: WasmInstance, call: (func: WasmFunc) => void): void {
  initialize(instance, call);
}

/** The compiler of a ValidModule's functions, each → machine code as inert data. */
export function compiler(valid: ValidModule, cpu: CpuFeatures, options: CodeOptions = {}): JitCompiler {
  return new JitCompiler(valid, { cpu, layout: moduleLayout(valid.module), ...options });
}
