// Addresses in linear memory on x86-64: base, index and displacement of an access, with the checks that a memory needs which has no guard or is shared.
// What is loaded or stored there is memory_access.ts's and atomic_access.ts's affair.

import { Helper } from "../../abi/helpers.ts";
import { MEMORY, SLOT_BYTES, STACK, VMCTX } from "../../abi/vmctx.ts";
import { HELPER_REG, MEMORY_REG, STACK_REG, VMCTX_REG } from "../../abi/x64/registers.ts";
import { Cond, R10, R11 } from "../../asm/x64/registers.ts";
import { BytecodeReader } from "../../bytecode/reader.ts";
import { PAGE_BYTES } from "../../wasm/limits.ts";
import { opInfo } from "../../wasm/opcodes.ts";
import { rightsOf } from "../../wasm/rights.ts";
import { TrapCode } from "../../wasm/traps.ts";
import type { MemoryType } from "../../wasm/types.ts";
import { NO_REGISTER, type Register } from "../macro_assembler.ts";
import type { ModuleContext } from "./emit_context.ts";

/** No memory without guard is as long as this (see LIMITS.memory64Pages). */
const MEMORY_END = 2 ** 40;

/** Whether any address and offset fault or lie within: see platform/linear_memory.ts. */
function isGuarded(type: MemoryType): boolean {
  return !type.is64 && !type.shared && type.pageSizeLog2 === PAGE_LOG2;
}
const PAGE_LOG2 = Math.log2(PAGE_BYTES);

/** The address that was found last. */
export class MemoryAddress {
  base = MEMORY_REG;
  /** NO_REGISTER: base and displacement are all. */
  index = NO_REGISTER;
  disp = 0;
  readonly #context: ModuleContext;

  constructor(context: ModuleContext) {
    this.#context = context;
  }

  /** Finds it for a load or store, which is to be the next instruction. */
  access(opcode: number, memory: number, address: Register, offset: number): void {
    this.#locate(memory, address, offset, 1 << opInfo(opcode)!.accessLog2);
    this.site();
  }
  #locate(memory: number, address: Register, offset: number, bytes: number): void {
    const { a } = this.#context;
    const { type } = this.#context.module.memories[memory];
    if (!isGuarded(type)) return this.#locateChecked(memory, type, address, offset + bytes, bytes);
    this.base = MEMORY_REG;
    if (memory !== 0) {
      a.mov64_rm(R10, VMCTX_REG, this.#context.layout.memories + 8 * memory);
      a.mov64_rm(R10, R10, MEMORY.base);
      this.base = R10;
    }
    this.index = address;
    this.disp = offset;
    if (offset > 0x7fffffff) {
      a.mov64_ri(R11, offset);
      if (address !== NO_REGISTER) a.add64(R11, address);
      this.index = R11;
      this.disp = 0;
    }
  }
  /** Compares the end of the access with the length of a memory that has no guard. `end` is that for address 0; beyond 2^53 it need not be exact. */
  #locateChecked(memory: number, type: MemoryType, address: Register, end: number, bytes: number): void {
    const { a } = this.#context;
    const record = this.#context.layout.memories + 8 * memory;
    const outOfBounds = this.#context.trapLabel(TrapCode.MEMORY_OUT_OF_BOUNDS);
    this.base = R10;
    this.index = R11;
    this.disp = -bytes;
    if (end > MEMORY_END) return a.jmp(outOfBounds);
    if (address === NO_REGISTER) a.mov64_ri(R11, end);
    else if (end > 0x7fffffff) {
      a.mov64_ri(R11, end);
      a.add64(R11, address);
    } else if (!type.is64) a.lea64_rm(R11, address, end);
    else {
      a.mov64(R11, address);
      a.add64_ri(R11, end);
    }
    if (type.is64 && address !== NO_REGISTER) a.jcc(Cond.B, outOfBounds);
    a.mov64_rm(R10, VMCTX_REG, record);
    a.cmp64_rm(R11, R10, MEMORY.byteLength);
    if (type.shared) {
      // Another thread may have made it longer than this one knows.
      const beyond = a.newLabel(), within = a.newLabel();
      a.jcc(Cond.A, beyond);
      a.bind(within);
      this.#context.outOfLine(() => {
        a.bind(beyond);
        a.mov64_mi(STACK_REG, STACK.args, memory);
        a.mov32_ri(HELPER_REG, Helper.MEMORY_LENGTH);
        a.call(this.#context.keeper());
        a.mov64_rm(R10, VMCTX_REG, record);
        a.cmp64_rm(R11, R10, MEMORY.byteLength);
        a.jcc(Cond.BE, within);
        a.jmp(outOfBounds);
      });
      this.#checkRights(memory, bytes, record);
    } else a.jcc(Cond.A, outOfBounds);
    a.mov64_rm(R10, R10, MEMORY.base);
  }
  /** Asks whether an access to a shared memory is allowed, if anything in it is forbidden or watched. The end of the access is in R11, the record's address in R10. */
  #checkRights(memory: number, bytes: number, record: number): void {
    const { a } = this.#context, check = a.newLabel(), checked = a.newLabel();
    a.cmp32_mi(VMCTX_REG, VMCTX.checkShared, 0);
    a.jcc(Cond.NE, check);
    a.bind(checked);
    const forbidden = this.#context.trapLabel(TrapCode.MEMORY_PROTECTION);
    const r = new BytecodeReader(this.#context.module.bytes, this.#context.sourceOffset);
    r.next();
    const rights = rightsOf(r.info), source = this.#context.sourceOffset;
    this.#context.outOfLine(() => {
      a.bind(check);
      a.mov64_mi(STACK_REG, STACK.args, memory);
      a.mov64_mr(STACK_REG, STACK.args + SLOT_BYTES, R11);
      a.mov64_mi(STACK_REG, STACK.args + 2 * SLOT_BYTES, bytes);
      a.mov64_mi(STACK_REG, STACK.args + 3 * SLOT_BYTES, rights);
      a.mov64_mi(STACK_REG, STACK.args + 4 * SLOT_BYTES, source);
      a.mov32_ri(HELPER_REG, Helper.MEMORY_CHECK);
      a.call(this.#context.keeper());
      a.cmp32_mi(STACK_REG, STACK.args, 0);
      a.jcc(Cond.NE, forbidden);
      a.mov64_rm(R10, VMCTX_REG, record);
      a.jmp(checked);
    });
  }

  /** Traps unless an address is a multiple of the access's width. */
  checkAligned(log2: number, address: Register, offset: number): void {
    const { a } = this.#context, mask = (1 << log2) - 1;
    if (log2 === 0) return;
    const unaligned = this.#context.trapLabel(TrapCode.UNALIGNED_ATOMIC);
    const rest = offset % 8;
    if (address === NO_REGISTER) {
      if ((rest & mask) !== 0) a.jmp(unaligned);
      return;
    }
    let tested = address;
    if ((rest & mask) !== 0) a.lea32_rm(tested = R11, address, rest);
    a.test32_ri(tested, mask);
    a.jcc(Cond.NE, unaligned);
  }
  /** Finds it for an atomic access, and leaves the whole of it in R11. */
  atomic(log2: number, memory: number, address: Register, offset: number): void {
    const { a } = this.#context;
    this.#locate(memory, address, offset, 1 << log2);
    if (this.index === NO_REGISTER) a.lea64_rm(R11, this.base, this.disp);
    else a.lea64_rx(R11, this.base, this.index, 1, this.disp);
  }
  /** Declares the next instruction the access. */
  site(): void {
    this.#context.a.trapSite(TrapCode.MEMORY_OUT_OF_BOUNDS, this.#context.sourceOffset);
  }
}
