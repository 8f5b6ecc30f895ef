// Instructions on structures, arrays and i31 in constant expressions. Takes the operands from a stack of bits and puts the result there.

import type { BytecodeReader } from "../bytecode/reader.ts";
import { layoutOf, type Storage } from "../gc/layout.ts";
import { Trap } from "../wasm/errors.ts";
import * as op from "../wasm/opcodes.ts";
import type { TrapCode } from "../wasm/traps.ts";
import { arrayNew, arrayNewDefault, arrayNewFixed, slotWords, structNew, structNewDefault } from "./gc_operations.ts";
import type { WasmInstance } from "./instance.ts";

/** Runs the instruction that `r` has just read; false if it is none of these. Throws Trap when the heap is full. */
export function evaluateGc(r: BytecodeReader, stack: bigint[], instance: WasmInstance): boolean {
  const { heap } = instance.store;
  const typeId = instance.module.canonical[r.index];
  switch (r.op) {
    case op.STRUCT_NEW: {
      const { storage } = layoutOf(typeId);
      const values = stack.splice(stack.length - storage.length);
      push(stack, structNew(heap, typeId, slots(values, storage), 0));
      return true;
    }
    case op.STRUCT_NEW_DEFAULT:
      push(stack, structNewDefault(heap, typeId));
      return true;
    case op.ARRAY_NEW: {
      const length = Number(stack.pop()!);
      const value = slots([stack.pop()!], layoutOf(typeId).storage);
      push(stack, arrayNew(heap, typeId, length, value, 0));
      return true;
    }
    case op.ARRAY_NEW_DEFAULT:
      push(stack, arrayNewDefault(heap, typeId, Number(stack.pop()!)));
      return true;
    case op.ARRAY_NEW_FIXED: {
      const values = stack.splice(stack.length - r.index2);
      const storage = new Uint8Array(values.length).fill(layoutOf(typeId).storage[0]);
      push(stack, arrayNewFixed(heap, typeId, values.length, slots(values, storage), 0));
      return true;
    }
    case op.REF_I31:
      stack.push(BigInt.asUintN(32, (stack.pop()! << 1n) | 1n));
      return true;
    case op.ANY_CONVERT_EXTERN:
    case op.EXTERN_CONVERT_ANY:
      return true;
    default:
      return false;
  }
}

function push(stack: bigint[], ref: number): void {
  if (ref < 0) throw new Trap(-ref as TrapCode);
  stack.push(BigInt(ref));
}

/** Values as slots. */
function slots(values: readonly bigint[], storage: Uint8Array): Int32Array {
  const words: number[] = [];
  values.forEach((v, i) => {
    for (let n = slotWords(storage[i] as Storage), shift = 0n; n > 0; n--, shift += 32n) {
      words.push(Number(BigInt.asIntN(32, v >> shift)));
    }
  });
  return Int32Array.from(words);
}
