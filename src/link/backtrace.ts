// What a trap was and which frames were live: from the stack block after an exit, and the map of installed code.
// Gives trap codes, code offsets and owners; names, tiers and the Trap itself are made by who knows the owners.

import { readAddress } from "../abi/native.ts";
import { STACK } from "../abi/vmctx.ts";
import type { Code } from "../asm/code.ts";
import { BugError } from "../base/bug.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { CodeLocation, CodeSpace } from "./install.ts";

/** A place in installed code, with where it comes from in the module's bytes (-1 if not known). */
export interface SourceLocation<Owner> extends CodeLocation<Owner> {
  readonly sourceOffset: number;
}

/** A frame of machine code. For all but the innermost, the offset lies in the call instruction. */
export interface NativeFrame<Owner> extends SourceLocation<Owner> {
  /** The frame pointer. */
  readonly fp: number;
  /** Offset where it goes on. */
  readonly returnOffset: number;
}

/** What an exit TRAP was. */
export interface NativeTrap<Owner> {
  readonly trapCode: TrapCode;
  readonly location: SourceLocation<Owner>;
}

/** Index of the last element of an ascending list that is at most `value`, of every `stride`-th one; -1 if there is none. */
function lastAtMost(list: Uint32Array, value: number, stride: number): number {
  let low = 0;
  let high = list.length / stride;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle * stride] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The trap site whose instruction starts at `offset`: its trap code and source offset. */
export function trapSiteAt(code: Code, offset: number): { trapCode: TrapCode; sourceOffset: number } | undefined {
  const { offsets, codes, sourceOffsets } = code.trapSites;
  const k = lastAtMost(offsets, offset, 1);
  if (k < 0 || offsets[k] !== offset) return undefined;
  return { trapCode: codes[k] as TrapCode, sourceOffset: sourceOffsets[k] };
}

/** The byte offset in the source binary that the code at `offset` comes from; -1 if none is recorded. */
export function sourceOffsetAt(code: Code, offset: number): number {
  const k = lastAtMost(code.sourceMap, offset, 2);
  return k < 0 ? -1 : code.sourceMap[2 * k + 1];
}

/**
 * Tells what an exit TRAP was: a fault in the stack's guard is an exhausted stack, anything else must be at a trap site.
 * Throws BugError for a fault that no compiler declared.
 */
export function readTrap<Owner>(stack: NativeStack, space: CodeSpace<Owner>): NativeTrap<Owner> {
  const pc = readAddress(stack.i32, STACK.trapPc);
  const found = space.lookup(pc);
  if (found === undefined) throw new BugError(`trap at 0x${pc.toString(16)}, where no code is installed`);
  const site = trapSiteAt(found.code, found.offset);
  if (site !== undefined) return { trapCode: site.trapCode, location: { ...found, sourceOffset: site.sourceOffset } };
  const address = readAddress(stack.i32, STACK.trapAddress);
  if (stack.isGuard(address)) {
    const sourceOffset = sourceOffsetAt(found.code, found.offset);
    return { trapCode: TrapCode.CALL_STACK_EXHAUSTED, location: { ...found, sourceOffset } };
  }
  const place = `${found.code.name}+0x${found.offset.toString(16)}`;
  throw new BugError(
    `signal ${stack.i32[STACK.trapSignal >> 2]} at ${place}, address 0x${address.toString(16)}: not a trap site`,
  );
}

/** The frames that were live at an exit TRAP, innermost first. A trap in a prologue, before the frame is set up, hides the caller's frame. */
export function framesAtTrap<Owner>(stack: NativeStack, space: CodeSpace<Owner>): Generator<NativeFrame<Owner>> {
  return walk(stack, space, readAddress(stack.i32, STACK.trapPc), readAddress(stack.i32, STACK.trapFp), true);
}

/** The frames below an exit CALL or SAFEPOINT, innermost first: `sp` and `fp` are what was parked. What was called has none: its thunk only parks. */
export function framesAtCall<Owner>(
  stack: NativeStack,
  space: CodeSpace<Owner>,
  sp: number,
  fp: number,
): Generator<NativeFrame<Owner>> {
  return walk(stack, space, stack.readAddress(sp), fp, false);
}

/** The frames below an exit HELPER, innermost first: `resumeIp` and `fp` are what was parked. */
export function framesAtHelper<Owner>(
  stack: NativeStack,
  space: CodeSpace<Owner>,
  resumeIp: number,
  fp: number,
): Generator<NativeFrame<Owner>> {
  return walk(stack, space, resumeIp, fp, false);
}

/** Follows the chain of frame pointers until one is 0, which `enter` sets, or a return address is not ours. The entry thunk's frame is the last. */
function* walk<Owner>(
  stack: NativeStack,
  space: CodeSpace<Owner>,
  pc: number,
  fp: number,
  exact: boolean,
): Generator<NativeFrame<Owner>> {
  while (fp !== 0) {
    const found = space.lookup(exact ? pc : pc - 1);
    if (found === undefined) return;
    const site = exact ? trapSiteAt(found.code, found.offset) : undefined;
    const sourceOffset = site?.sourceOffset ?? sourceOffsetAt(found.code, found.offset);
    const { start, code, offset, owner } = found;
    yield { start, code, offset, owner, sourceOffset, fp, returnOffset: pc - start };
    exact = false;
    pc = stack.readAddress(fp + 8);
    fp = stack.readAddress(fp);
  }
}
