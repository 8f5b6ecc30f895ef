// How many operands an instruction takes, and which bytes of memory it accesses with them: what the tables say, and for the rest its immediates.

import type { BytecodeReader } from "../bytecode/reader.ts";
import type { Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import type { FuncType } from "../wasm/types.ts";

const COUNTS = new Map<number, number>();
function takes(count: number, ...codes: number[]): void {
  for (const code of codes) COUNTS.set(code, count);
}
takes(1, op.DROP, op.LOCAL_SET, op.LOCAL_TEE, op.GLOBAL_SET, op.TABLE_GET, op.IF, op.BR_IF, op.BR_TABLE);
takes(1, op.MEMORY_GROW, op.BR_ON_NULL, op.BR_ON_NON_NULL, op.BR_ON_CAST, op.BR_ON_CAST_FAIL, op.REF_IS_NULL);
takes(1, op.REF_AS_NON_NULL, op.THROW_REF, op.REF_TEST, op.REF_TEST_NULL, op.REF_CAST, op.REF_CAST_NULL);
takes(1, op.STRUCT_GET, op.STRUCT_GET_S, op.STRUCT_GET_U, op.ARRAY_LEN, op.ARRAY_NEW_DEFAULT);
takes(1, op.REF_I31, op.I31_GET_S, op.I31_GET_U, op.ANY_CONVERT_EXTERN, op.EXTERN_CONVERT_ANY);
takes(2, op.TABLE_SET, op.TABLE_GROW, op.STRUCT_SET, op.ARRAY_NEW, op.ARRAY_NEW_DATA, op.ARRAY_NEW_ELEM, op.REF_EQ);
takes(2, op.ARRAY_GET, op.ARRAY_GET_S, op.ARRAY_GET_U);
takes(3, op.SELECT, op.SELECT_T, op.MEMORY_COPY, op.MEMORY_FILL, op.MEMORY_INIT, op.ARRAY_SET);
takes(3, op.TABLE_COPY, op.TABLE_FILL, op.TABLE_INIT);
takes(4, op.ARRAY_FILL, op.ARRAY_INIT_DATA, op.ARRAY_INIT_ELEM);
takes(5, op.ARRAY_COPY);

function paramsOf(module: Module, typeIndex: number): number {
  const { type } = module.types[typeIndex];
  return type.kind === "func" ? type.params.length : type.kind === "struct" ? type.fields.length : 0;
}

/** How many of the topmost operands the present instruction of a reader takes, in a function of type `type` whose body ends at `end`. */
export function operandCount(r: BytecodeReader, module: Module, type: FuncType, end: number): number {
  switch (r.op) {
    case op.CALL:
    case op.RETURN_CALL:
      return module.funcs[r.index].type.params.length;
    case op.CALL_INDIRECT:
    case op.RETURN_CALL_INDIRECT:
    case op.CALL_REF:
    case op.RETURN_CALL_REF:
      return paramsOf(module, r.index) + 1;
    case op.RETURN:
      return type.results.length;
    case op.END:
      return r.pos === end ? type.results.length : 0;
    case op.THROW:
      return paramsOf(module, module.tags[r.index].typeIndex);
    case op.STRUCT_NEW:
      return paramsOf(module, r.index);
    case op.ARRAY_NEW_FIXED:
      return r.index2;
  }
  return COUNTS.get(r.op) ?? r.info.signature.split(":")[0].length;
}

/** Whether an instruction accesses bytes of linear memory. */
export function accessesMemory(info: op.OpInfo): boolean {
  if (info.imm === op.Imm.MEMORY_ACCESS || info.imm === op.Imm.MEMORY_LANE) return true;
  return info.code === op.MEMORY_INIT || info.code === op.MEMORY_COPY || info.code === op.MEMORY_FILL;
}

/** An access to bytes of a linear memory. */
export interface MemoryAccess {
  /** Index of the memory in its module. */
  readonly memory: number;
  /** First byte. */
  readonly address: number;
  /** Bytes accessed. */
  readonly bytes: number;
  /** What is done with them. */
  readonly kind: "load" | "store" | "update";
}

/** What the present instruction of a reader accesses with these operands; a `memory.copy` has two, what it reads first. */
export function memoryAccesses(r: BytecodeReader, operands: readonly unknown[]): MemoryAccess[] {
  const unsigned = (v: unknown) => typeof v === "bigint" ? Number(BigInt.asUintN(64, v)) : (v as number) >>> 0;
  const { imm, properties, accessLog2 } = r.info;
  if (imm === op.Imm.MEMORY_ACCESS || imm === op.Imm.MEMORY_LANE) {
    const loads = (properties & op.LOADS) !== 0, stores = (properties & op.STORES) !== 0;
    const kind = loads && stores ? "update" : stores ? "store" : "load";
    return [{ memory: r.index, address: unsigned(operands[0]) + r.offset, bytes: 1 << accessLog2, kind }];
  }
  const [to, from, length] = operands.map(unsigned);
  switch (r.op) {
    case op.MEMORY_FILL:
      return [{ memory: r.index, address: to, bytes: length, kind: "store" }];
    case op.MEMORY_INIT:
      return [{ memory: r.index2, address: to, bytes: length, kind: "store" }];
    case op.MEMORY_COPY:
      return [
        { memory: r.index2, address: from, bytes: length, kind: "load" },
        { memory: r.index, address: to, bytes: length, kind: "store" },
      ];
  }
  return [];
}
