// The way of the data, from a module's source to values, one exported function per step. Nothing upstream is changed by what comes after.

import { decodeModule } from "../binary/decode_module.ts";
import { type CodeOptions, JitCompiler } from "../jit/compile_function.ts";
import { initialize, instantiate, type Resolver } from "../runtime/instantiate.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { moduleLayout } from "../abi/vmctx.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { CpuFeatures } from "../platform/cpu.ts";
import type { Store } from "../runtime/store.ts";
import {
  assemble as assembleWithPositions,
  type AssembleOptions,
  assembleText,
  type PositionMap,
} from "../text/parser.ts";
import { type ProgressListener, validateModule, type ValidModule } from "../validate/validate_module.ts";
import { CompileError } from "../wasm/errors.ts";
import { FEATURES, type FeatureSet, featureSet } from "../wasm/features.ts";
import { functionName, type Module } from "../wasm/module.ts";

/** Text → bytes. Throws TextError. */
export function assemble(text: string): Uint8Array {
  return assembleText(text);
}

/** Text → what `compile` makes of its bytes, whose CompileErrors are told where in the text they stand, if at an instruction. Throws TextError. */
export function compileText<T>(text: string, compile: (bytes: Uint8Array) => T, options?: AssembleOptions): T {
  const { bytes, positions } = assembleWithPositions(text, options);
  try {
    return compile(bytes);
  } catch (error) {
    if (error instanceof CompileError) locate(error, bytes, positions);
    throw error;
  }
}

function locate(error: CompileError, bytes: Uint8Array, positions: PositionMap): void {
  const place = positions.exactly(error.offset);
  if (place === undefined) return;
  const module = decodeModule(bytes, featureSet(Object.fromEntries(FEATURES.map((name) => [name, true]))));
  const index = module.funcs.findIndex(({ body }) =>
    body !== undefined && body.codeStart <= error.offset && error.offset < body.end
  );
  if (index >= 0) error.locate({ ...place, func: functionName(module, index) });
}

/** Bytes → Module. Throws CompileError when malformed. */
export function decode(bytes: Uint8Array, features?: FeatureSet): Module {
  return decodeModule(bytes, features);
}

/** Module → ValidModule, with side tables. Throws CompileError when invalid. */
export function validate(module: Module, progress?: ProgressListener): ValidModule {
  return validateModule(module, progress);
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
