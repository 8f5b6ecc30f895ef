// What the emitters of this folder need of the macro assembler, and the constants that several of them place behind the code.

import type { VmctxLayout } from "../../abi/vmctx.ts";
import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import type { Module } from "../../wasm/module.ts";
import type { TrapCode } from "../../wasm/traps.ts";

/** What the compiler may use beyond the baseline. */
export interface X64Features {
  readonly sse41: boolean;
  readonly popcnt: boolean;
  readonly lzcnt: boolean;
  readonly bmi1: boolean;
  readonly bmi2: boolean;
}

/** What the emitters below need of the macro assembler. */
export interface EmitContext {
  readonly a: Assembler;
  readonly cpu: X64Features;
  /** Label of an out-of-line trap at the present source offset. */
  trapLabel(code: TrapCode): Label;
  /** Emits code behind the function. */
  outOfLine(emit: () => void): void;
}

/** What those need besides that look into the module or its instance. */
export interface ModuleContext extends EmitContext {
  readonly module: Module;
  readonly layout: VmctxLayout;
  /** Where the operation comes from that is emitted: byte offset in the module. */
  readonly sourceOffset: number;
  /** A routine behind the function that calls the helper in HELPER_REG and keeps all other registers, for calls that no compiler can know of. */
  keeper(): Label;
}

const view = new DataView(new ArrayBuffer(8));
/** Bytes of an f64. */
export function f64Bytes(value: number): Uint8Array {
  view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer.slice(0));
}
/** Bytes of an f32. */
export function f32Bytes(value: number): Uint8Array {
  view.setFloat32(0, value, true);
  return new Uint8Array(view.buffer.slice(0, 4));
}
function repeated(bytes: number[]): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]);
}
/** 16-byte constants that keep, or select, the sign bit. */
export const F32_ABS_MASK = repeated([0xff, 0xff, 0xff, 0x7f]);
export const F32_SIGN_MASK = repeated([0, 0, 0, 0x80]);
export const F64_ABS_MASK = repeated([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
export const F64_SIGN_MASK = repeated([0, 0, 0, 0, 0, 0, 0, 0x80]);
