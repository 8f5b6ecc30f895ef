// Which function a call instruction is about to call. Takes a thread that stands before it, looks only.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { InterpThread } from "../runtime/tier.ts";
import { CALL, CALL_INDIRECT, CALL_REF, RETURN_CALL, RETURN_CALL_INDIRECT, RETURN_CALL_REF } from "../wasm/opcodes.ts";

/** The function that the instruction before which a thread stands calls; undefined if it calls none, or will trap. */
export function calledBy(thread: InterpThread): WasmFunc | undefined {
  const instance = thread.running.instance!, { store } = instance;
  const r = new BytecodeReader(instance.module.bytes, thread.offset);
  const op = r.next();
  // The last operand says which.
  const operand = thread.i32[2 * (thread.sp - 1)];
  let ref: number;
  if (op === CALL || op === RETURN_CALL) return instance.funcs[r.index];
  if (op === CALL_REF || op === RETURN_CALL_REF) ref = operand;
  else if (op === CALL_INDIRECT || op === RETURN_CALL_INDIRECT) {
    const table = instance.tables[r.index2], index = operand >>> 0;
    if (index >= table.length) return undefined;
    ref = table.get(index);
  } else return undefined;
  const func = store.isFunc(ref) ? store.func(ref) : undefined;
  return func?.bound?.target ?? func;
}
