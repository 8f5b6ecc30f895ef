// How many values an instruction takes and leaves, for folding. Takes an operator cursor; most is in the signatures of wasm/opcodes.ts,
// the rest depends on the module and the labels in scope.

import { type BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import * as op from "../wasm/opcodes.ts";
import type { Module } from "../wasm/module.ts";
import type { FuncType } from "../wasm/types.ts";

/** Operands and results of an instruction. */
export type Arity = readonly [operands: number, results: number];

const FIXED = new Map<number, Arity>([
  [op.UNREACHABLE, [0, 0]],
  [op.DROP, [1, 0]],
  [op.SELECT, [3, 1]],
  [op.SELECT_T, [3, 1]],
  [op.LOCAL_GET, [0, 1]],
  [op.LOCAL_SET, [1, 0]],
  [op.LOCAL_TEE, [1, 1]],
  [op.GLOBAL_GET, [0, 1]],
  [op.GLOBAL_SET, [1, 0]],
  [op.TABLE_GET, [1, 1]],
  [op.TABLE_SET, [2, 0]],
  [op.TABLE_SIZE, [0, 1]],
  [op.TABLE_GROW, [2, 1]],
  [op.TABLE_FILL, [3, 0]],
  [op.TABLE_COPY, [3, 0]],
  [op.TABLE_INIT, [3, 0]],
  [op.MEMORY_SIZE, [0, 1]],
  [op.MEMORY_GROW, [1, 1]],
  [op.MEMORY_FILL, [3, 0]],
  [op.MEMORY_COPY, [3, 0]],
  [op.MEMORY_INIT, [3, 0]],
  [op.REF_NULL, [0, 1]],
  [op.REF_IS_NULL, [1, 1]],
  [op.REF_FUNC, [0, 1]],
  [op.REF_AS_NON_NULL, [1, 1]],
  [op.REF_EQ, [2, 1]],
  [op.REF_TEST, [1, 1]],
  [op.REF_TEST_NULL, [1, 1]],
  [op.REF_CAST, [1, 1]],
  [op.REF_CAST_NULL, [1, 1]],
  [op.REF_I31, [1, 1]],
  [op.I31_GET_S, [1, 1]],
  [op.I31_GET_U, [1, 1]],
  [op.ANY_CONVERT_EXTERN, [1, 1]],
  [op.EXTERN_CONVERT_ANY, [1, 1]],
  [op.STRUCT_NEW_DEFAULT, [0, 1]],
  [op.STRUCT_GET, [1, 1]],
  [op.STRUCT_GET_S, [1, 1]],
  [op.STRUCT_GET_U, [1, 1]],
  [op.STRUCT_SET, [2, 0]],
  [op.ARRAY_NEW, [2, 1]],
  [op.ARRAY_NEW_DEFAULT, [1, 1]],
  [op.ARRAY_NEW_DATA, [2, 1]],
  [op.ARRAY_NEW_ELEM, [2, 1]],
  [op.ARRAY_GET, [2, 1]],
  [op.ARRAY_GET_S, [2, 1]],
  [op.ARRAY_GET_U, [2, 1]],
  [op.ARRAY_SET, [3, 0]],
  [op.ARRAY_LEN, [1, 1]],
  [op.ARRAY_FILL, [4, 0]],
  [op.ARRAY_COPY, [5, 0]],
  [op.ARRAY_INIT_DATA, [4, 0]],
  [op.ARRAY_INIT_ELEM, [4, 0]],
  [op.THROW_REF, [1, 0]],
  [op.RETHROW, [0, 0]],
]);

/**
 * The arity of the instruction that `r` has just read; undefined if it is not known, which only keeps it from being folded.
 * `labels` are the values that a branch to each open block takes, outermost (the function) first.
 */
export function arityOf(r: BytecodeReader, module: Module, labels: readonly number[]): Arity | undefined {
  const signature = r.info.signature;
  const colon = signature.indexOf(":");
  if (colon >= 0) return [colon, signature.length - colon - 1];
  const label = labels[labels.length - 1 - r.index];
  switch (r.op) {
    case op.CALL:
      return call(module.funcs[r.index]?.type, 0, true);
    case op.CALL_INDIRECT:
    case op.CALL_REF:
      return call(functionType(module, r.index), 1, true);
    case op.RETURN_CALL:
      return call(module.funcs[r.index]?.type, 0, false);
    case op.RETURN_CALL_INDIRECT:
    case op.RETURN_CALL_REF:
      return call(functionType(module, r.index), 1, false);
    case op.THROW:
      return call(functionType(module, module.tags[r.index]?.typeIndex), 0, false);
    case op.STRUCT_NEW: {
      const type = module.types[r.index]?.type;
      return type?.kind === "struct" ? [type.fields.length, 1] : undefined;
    }
    case op.ARRAY_NEW_FIXED:
      return [r.index2, 1];
    case op.RETURN:
      return [labels[0], 0];
    case op.BR:
      return branch(label, 0, 0);
    case op.BR_IF:
      return branch(label, 1, label);
    case op.BR_ON_NULL:
      return branch(label, 1, label + 1);
    case op.BR_ON_NON_NULL:
      return branch(label, 0, label - 1);
    case op.BR_ON_CAST:
    case op.BR_ON_CAST_FAIL:
      return branch(label, 0, label);
    case op.BR_TABLE:
      return branch(labels[labels.length - 1 - r.labels[r.labels.length - 1]], 1, 0);
    default:
      return FIXED.get(r.op);
  }
}
function call(type: FuncType | undefined, more: number, returns: boolean): Arity | undefined {
  return type && [type.params.length + more, returns ? type.results.length : 0];
}
/** `values` are those that the label takes. */
function branch(values: number | undefined, more: number, results: number): Arity | undefined {
  return values === undefined ? undefined : [values + more, results];
}
function functionType(module: Module, index: number): FuncType | undefined {
  const type = module.types[index]?.type;
  return type?.kind === "func" ? type : undefined;
}

/** The arity of the block that `r` has just opened. */
export function blockArity(r: BytecodeReader, module: Module): Arity {
  if (r.blockIndex === NO_TYPE_INDEX) return [0, r.blockResult === 0 ? 0 : 1];
  const type = functionType(module, r.blockIndex);
  return type === undefined ? [0, 0] : [type.params.length, type.results.length];
}
