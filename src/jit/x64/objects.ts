// Objects of the heap on x86-64: bump allocation, addresses of elements. The heap's base address is in the scratch register R10 from one operation to the next.

import { VMCTX } from "../../abi/vmctx.ts";
import { VMCTX_REG } from "../../abi/x64/registers.ts";
import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R10, R11 } from "../../asm/x64/registers.ts";
import {
  CURSOR_WORD,
  HEADER_BYTES,
  HEADER_LENGTH,
  HEADER_TYPE,
  LIMIT_WORD,
  OBJECT_ALIGN,
  ROW_LOG2,
} from "../../gc/layout.ts";

const CURSOR = 4 * CURSOR_WORD, LIMIT = 4 * LIMIT_WORD;

/** R10 = address of the heap. */
export function emitObjectBase(a: Assembler): void {
  a.mov64_rm(R10, VMCTX_REG, VMCTX.heapBase);
}

/** dst = a new object of `bytes`, its header written; to `slow` when the present run has no room. `typeId` is the displacement of the type's id in the vmctx. */
export function emitAllocate(
  a: Assembler,
  dst: number,
  typeId: number,
  bytes: number,
  length: number,
  slow: Label,
): void {
  emitObjectBase(a);
  a.mov32_rm(dst, R10, CURSOR);
  a.lea64_rm(R11, dst, bytes);
  a.cmp32_rm(R11, R10, LIMIT);
  a.jcc(Cond.A, slow);
  a.mov32_mr(R10, CURSOR, R11);
  a.mov32_rm(R11, VMCTX_REG, typeId);
  a.mov32_xr(R10, dst, 1, HEADER_TYPE, R11);
  if (length !== 0) a.mov32_xi(R10, dst, 1, HEADER_LENGTH, length);
}

/** The same for an array whose length is in a register; to `slow` also when it takes more than `maxBytes`. */
export function emitAllocateArray(
  a: Assembler,
  dst: number,
  typeId: number,
  length: number,
  stride: number,
  maxBytes: number,
  slow: Label,
): void {
  a.cmp32_ri(length, Math.floor(maxBytes / stride));
  a.jcc(Cond.A, slow);
  emitObjectBase(a);
  a.mov32(R11, length);
  if (stride > 1) a.shl64_ri(R11, Math.log2(stride));
  a.add64_ri(R11, HEADER_BYTES + OBJECT_ALIGN - 1);
  a.and64_ri(R11, -OBJECT_ALIGN);
  a.mov32_rm(dst, R10, CURSOR);
  a.add64(R11, dst);
  a.cmp32_rm(R11, R10, LIMIT);
  a.jcc(Cond.A, slow);
  a.mov32_mr(R10, CURSOR, R11);
  a.mov32_rm(R11, VMCTX_REG, typeId);
  a.mov32_xr(R10, dst, 1, HEADER_TYPE, R11);
  a.mov32_xr(R10, dst, 1, HEADER_LENGTH, length);
}

/** R10 = address of the array plus the element's distance from element 0; to `outside` when there is no such element. */
export function emitElementBase(a: Assembler, array: number, index: number, stride: number, outside: Label): void {
  emitObjectBase(a);
  a.add64(R10, array);
  a.cmp32_rm(index, R10, HEADER_LENGTH);
  a.jcc(Cond.AE, outside);
  // An address cannot have the scale of vectors.
  if (stride > 8) a.lea64_rx(R10, R10, index, 8, 0);
  a.lea64_rx(R10, R10, index, Math.min(stride, 8), 0);
}

/** Compares the type id of an object with one in the vmctx. */
export function emitCompareObjectType(a: Assembler, ref: number, typeId: number): void {
  a.mov32_rx(R11, R10, ref, 1, HEADER_TYPE);
  a.cmp32_rm(R11, VMCTX_REG, typeId);
}

/** Compares the supertype of the given depth of the type whose id is in R11 with one in the vmctx. */
export function emitCompareSupertype(a: Assembler, typeId: number, depth: number): void {
  a.shl64_ri(R11, ROW_LOG2);
  a.add64_rm(R11, VMCTX_REG, VMCTX.typeRows);
  a.mov32_rm(R11, R11, 4 * depth);
  a.cmp32_rm(R11, VMCTX_REG, typeId);
}
