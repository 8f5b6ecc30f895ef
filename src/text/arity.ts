// How many values an instruction takes and leaves, for folding. Takes an operator cursor; most is in the signatures of wasm/opcodes.ts,
// the rest depends on the module and the labels in scope.

import { type BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import {
  BR,
  BR_IF,
  BR_TABLE,
  CALL,
  CALL_INDIRECT,
  DROP,
  GLOBAL_GET,
  GLOBAL_SET,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  MEMORY_COPY,
  MEMORY_FILL,
  MEMORY_GROW,
  MEMORY_INIT,
  MEMORY_SIZE,
  REF_FUNC,
  REF_IS_NULL,
  REF_NULL,
  RETURN,
  SELECT,
  SELECT_T,
  TABLE_COPY,
  TABLE_FILL,
  TABLE_GET,
  TABLE_GROW,
  TABLE_INIT,
  TABLE_SET,
  TABLE_SIZE,
  UNREACHABLE,
} from "../wasm/opcodes.ts";
import type { Module } from "../wasm/module.ts";
import type { FuncType } from "../wasm/types.ts";

/** Operands and results of an instruction. */
export type Arity = readonly [operands: number, results: number];

const FIXED = new Map<number, Arity>([
  [UNREACHABLE, [0, 0]],
  [DROP, [1, 0]],
  [SELECT, [3, 1]],
  [SELECT_T, [3, 1]],
  [LOCAL_GET, [0, 1]],
  [LOCAL_SET, [1, 0]],
  [LOCAL_TEE, [1, 1]],
  [GLOBAL_GET, [0, 1]],
  [GLOBAL_SET, [1, 0]],
  [TABLE_GET, [1, 1]],
  [TABLE_SET, [2, 0]],
  [TABLE_SIZE, [0, 1]],
  [TABLE_GROW, [2, 1]],
  [TABLE_FILL, [3, 0]],
  [TABLE_COPY, [3, 0]],
  [TABLE_INIT, [3, 0]],
  [MEMORY_SIZE, [0, 1]],
  [MEMORY_GROW, [1, 1]],
  [MEMORY_FILL, [3, 0]],
  [MEMORY_COPY, [3, 0]],
  [MEMORY_INIT, [3, 0]],
  [REF_NULL, [0, 1]],
  [REF_IS_NULL, [1, 1]],
  [REF_FUNC, [0, 1]],
]);

/**
 * The arity of the instruction that `r` has just read; undefined if it is not known, which only keeps it from being folded.
 * `labels` are the values that a branch to each open block takes, outermost (the function) first.
 */
export function arityOf(r: BytecodeReader, module: Module, labels: readonly number[]): Arity | undefined {
  const signature = r.info.signature;
  const colon = signature.indexOf(":");
  if (colon >= 0) return [colon, signature.length - colon - 1];
  const ofType = (t: FuncType | undefined, more: number): Arity | undefined =>
    t && [t.params.length + more, t.results.length];
  switch (r.op) {
    case CALL:
      return ofType(module.funcs[r.index]?.type, 0);
    case CALL_INDIRECT:
      return ofType(functionType(module, r.index), 1);
    case RETURN:
      return [labels[0], 0];
    case BR:
      return branch(labels[labels.length - 1 - r.index], 0, false);
    case BR_IF:
      return branch(labels[labels.length - 1 - r.index], 1, true);
    case BR_TABLE:
      return branch(labels[labels.length - 1 - r.labels[r.labels.length - 1]], 1, false);
    default:
      return FIXED.get(r.op);
  }
}
function branch(values: number | undefined, more: number, falls: boolean): Arity | undefined {
  return values === undefined ? undefined : [values + more, falls ? values : 0];
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
