// Thunks per signature: the entry thunk calls a function record with arguments from the stack block's slots, the exit thunk is the entry of a function
// that is not machine code and leaves with status CALL. Takes the signature's kinds, gives Code without relocations.

import { Assembler } from "../../asm/x64/assembler.ts";
import type { Code } from "../../asm/code.ts";
import { RBP, RSP } from "../../asm/x64/registers.ts";
import { Exit } from "../exits.ts";
import { type Place, signatureKey, signaturePlaces, type SlotKind, slotsOfKind } from "../signature.ts";
import { FRAME_VMCTX, RECORD, SLOT_BYTES, STACK, VMCTX } from "../vmctx.ts";
import * as r from "./registers.ts";
import { STACK_REG } from "./registers.ts";
import { emitLeave, emitPark } from "./stubs.ts";

/** Bytes that keep the outgoing area a multiple of 16. */
const AREA_ALIGN = 16;

/** Loads the value at [base + disp] into a register; 32-bit integers and references are zero-extended. */
function emitLoad(a: Assembler, kind: SlotKind, register: number, base: number, disp: number): void {
  if (kind === "f32") a.movss_rm(register, base, disp);
  else if (kind === "f64") a.movsd_rm(register, base, disp);
  else if (kind === "v128") a.movups_rm(register, base, disp);
  else if (kind === "i64") a.mov64_rm(register, base, disp);
  else a.mov32_rm(register, base, disp);
}

/** Stores a register as the whole slot at [base + disp]. */
function emitStore(a: Assembler, kind: SlotKind, base: number, disp: number, register: number): void {
  if (kind === "f32") {
    a.mov32_mi(base, disp + 4, 0);
    a.movss_mr(base, disp, register);
  } else if (kind === "f64") a.movsd_mr(base, disp, register);
  else if (kind === "v128") a.movups_mr(base, disp, register);
  else a.mov64_mr(base, disp, register);
}

/** Disp of the n-th slot of the stack block. */
function slot(n: number): number {
  return STACK.args + SLOT_BYTES * n;
}

interface RegisterLists {
  readonly int: readonly number[];
  readonly float: readonly number[];
}
const PARAMS: RegisterLists = { int: r.INT_PARAMS, float: r.FLOAT_PARAMS };
const RESULTS: RegisterLists = { int: r.INT_RESULTS, float: r.FLOAT_RESULTS };

/** Number of the first slot of each value in the stack block. */
function slotNumbers(places: readonly Place[]): number[] {
  let next = 0;
  return places.map((place) => {
    const first = next;
    next += slotsOfKind(place.kind);
    return first;
  });
}

/** From slots to registers and the outgoing area at [base + disp]. The area comes first, since it goes through a scratch register. */
function emitFromSlots(a: Assembler, places: readonly Place[], lists: RegisterLists, base: number, disp: number): void {
  const slots = slotNumbers(places);
  places.forEach((place, n) => {
    if (place.where !== "stack") return;
    const to = disp + SLOT_BYTES * place.index;
    if (place.kind === "v128") {
      a.movups_rm(r.SCRATCH_XMM, STACK_REG, slot(slots[n]));
      return a.movups_mr(base, to, r.SCRATCH_XMM);
    }
    // Whole slots, but clean ones: JavaScript writes only the low half of a 32-bit value.
    const wide = place.kind === "i64" || place.kind === "f64";
    emitLoad(a, wide ? "i64" : "i32", r.SCRATCH_REG, STACK_REG, slot(slots[n]));
    a.mov64_mr(base, to, r.SCRATCH_REG);
  });
  places.forEach((place, n) => {
    if (place.where !== "stack") emitLoad(a, place.kind, lists[place.where][place.index], STACK_REG, slot(slots[n]));
  });
}

/** From registers and the outgoing area at [base + disp] to slots. */
function emitToSlots(a: Assembler, places: readonly Place[], lists: RegisterLists, base: number, disp: number): void {
  const slots = slotNumbers(places);
  places.forEach((place, n) => {
    if (place.where !== "stack") emitStore(a, place.kind, STACK_REG, slot(slots[n]), lists[place.where][place.index]);
  });
  places.forEach((place, n) => {
    if (place.where !== "stack") return;
    const from = disp + SLOT_BYTES * place.index;
    if (place.kind === "v128") {
      a.movups_rm(r.SCRATCH_XMM, base, from);
      return a.movups_mr(STACK_REG, slot(slots[n]), r.SCRATCH_XMM);
    }
    const wide = place.kind === "i64" || place.kind === "f64";
    emitLoad(a, wide ? "i64" : "i32", r.SCRATCH_REG, base, from);
    a.mov64_mr(STACK_REG, slot(slots[n]), r.SCRATCH_REG);
  });
}

/** A thunk, and the offset in it where what it called returns, or where it goes on when resumed. */
export interface Thunk extends Code {
  readonly back: number;
}

/**
 * The entry thunk of a signature: for `STACK.thunk`. Calls the function of `STACK.record` and leaves with DONE, results in the slots
 * and `STACK.sp` as it was at `enter`.
 */
export function entryThunk(params: readonly SlotKind[], results: readonly SlotKind[]): Thunk {
  const a = new Assembler();
  const places = signaturePlaces(params, results);
  const area = Math.ceil(places.areaSlots * SLOT_BYTES / AREA_ALIGN) * AREA_ALIGN;
  a.push64(RBP);
  a.mov64(RBP, RSP);
  a.sub64_ri(RSP, AREA_ALIGN + area);
  a.mov64_rm(r.RECORD_REG, STACK_REG, STACK.record);
  a.mov64_rm(r.VMCTX_REG, r.RECORD_REG, RECORD.vmctx);
  a.mov64_mr(RBP, FRAME_VMCTX, r.VMCTX_REG);
  a.mov64_rm(r.MEMORY_REG, r.VMCTX_REG, VMCTX.memory0Base);
  emitFromSlots(a, places.params, PARAMS, RSP, 0);
  a.call64_m(r.RECORD_REG, RECORD.entry);
  const back = a.position;
  emitToSlots(a, places.results, RESULTS, RSP, 0);
  a.leave();
  a.mov64_mr(STACK_REG, STACK.sp, RSP);
  emitLeave(a, Exit.DONE);
  return { ...a.finish({ name: `entry ${signatureKey(params, results)}`, frameSize: AREA_ALIGN + area }), back };
}

/**
 * The exit thunk of a signature: for `RECORD.entry` of functions that TypeScript runs. Leaves with CALL, the record's index in `STACK.callee`
 * and all arguments in the slots; resumed, it returns to its caller with results from the slots.
 */
export function exitThunk(params: readonly SlotKind[], results: readonly SlotKind[]): Thunk {
  const a = new Assembler();
  const places = signaturePlaces(params, results);
  const resumed = a.newLabel();
  // [rsp] is the return address, above it lies the caller's outgoing area.
  emitToSlots(a, places.params, PARAMS, RSP, SLOT_BYTES);
  a.mov32_rm(r.SCRATCH_REG, r.RECORD_REG, RECORD.index);
  a.mov32_mr(STACK_REG, STACK.callee, r.SCRATCH_REG);
  a.lea64_rl(r.SCRATCH_REG, resumed);
  emitPark(a);
  emitLeave(a, Exit.CALL);
  a.bind(resumed);
  const back = a.position;
  // A caller in the same instance counts on its registers as if the callee had been machine code.
  a.mov64_rm(r.VMCTX_REG, RBP, FRAME_VMCTX);
  a.mov64_rm(r.MEMORY_REG, r.VMCTX_REG, VMCTX.memory0Base);
  emitFromSlots(a, places.results, RESULTS, RSP, SLOT_BYTES);
  a.ret();
  return { ...a.finish({ name: `exit ${signatureKey(params, results)}` }), back };
}
