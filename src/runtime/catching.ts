// Exceptions: which frame of an activation catches one, whatever runs it. What is above that frame is dropped; what no frame catches leaves for JavaScript.

import { Exit } from "../abi/exits.ts";
import { readAddress, writeAddress } from "../abi/native.ts";
import { FRAME_VMCTX } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import { CatchKind } from "../validate/side_table.ts";
import type { Activation } from "./activation.ts";
import { clauseFrom, type WasmException } from "./exception.ts";
import { ARGS_SLOT, FP, IP, type Segment, SP } from "./segment.ts";
import type { CallSite } from "./tier.ts";
import { takeBackTop } from "./tier_changes.ts";

/** An exception was thrown by Wasm. Throws to JavaScript what stands for it if no frame catches it. */
export function throwException(activation: Activation, exception: WasmException): void {
  if (!catchException(activation, exception)) {
    throw activation.store.exceptions.leave(exception, () => activation.store.activations.trace(false));
  }
}

/** What a host function threw becomes an exception of Wasm. Throws it again if no frame catches it. */
export function enterHostError(activation: Activation, error: unknown): void {
  const exception = activation.store.exceptions.enter(error);
  if (exception === undefined) throw error;
  const top = activation.segments[activation.segments.length - 1];
  if (top?.native) {
    activation.restoreRegisters(top);
    takeBackTop(activation, top);
  }
  if (!catchException(activation, exception)) throw error;
}

/**
 * Looks for a frame that catches; if there is one, everything above it is dropped, and its segment is to run now.
 */
export function catchException(activation: Activation, exception: WasmException): boolean {
  activation.store.exceptions.thrown(exception);
  return findCatcher(activation, exception);
}
function findCatcher(activation: Activation, exception: WasmException): boolean {
  const thread = activation.thread;
  let level = thread?.level ?? 0;
  for (let i = activation.segments.length - 1; i >= 0; i--) {
    const segment = activation.segments[i];
    if (segment.js !== undefined) continue;
    if (segment.native) {
      if (i + 1 < activation.segments.length && segment.demotions !== activation.store.demotions) {
        // What catches may be a frame that is to be interpreted by now, as after a return.
        if (!catchesNative(activation, segment, exception, false)) continue;
        activation.segments.splice(i + 1);
        if (thread !== undefined && thread.level > level) thread.drop(level);
        activation.restoreRegisters(segment);
        if (takeBackTop(activation, segment)) return findCatcher(activation, exception);
      }
      if (!catchesNative(activation, segment, exception)) continue;
      if (i + 1 < activation.segments.length) activation.segments.splice(i + 1);
      if (thread !== undefined && thread.level > level) thread.drop(level);
      return true;
    }
    if (!thread!.catches(exception, level--)) continue;
    for (const dropped of activation.segments.splice(i + 1).reverse()) {
      if (dropped.native) writeAddress(activation.stack!.i32, SP, dropped.enteredAt);
    }
    return true;
  }
  return false;
}

/** Looks for a frame of machine code that catches; if there is one, and `enters`, what is parked becomes that frame at its landing pad. */
function catchesNative(activation: Activation, segment: Segment, exception: WasmException, enters = true): boolean {
  const { exit, saved } = segment, stack = activation.stack!, { i32 } = stack;
  if (exit === undefined || exit === Exit.TRAP) return false;
  const native = activation.store.native!;
  let fp = saved === undefined ? readAddress(i32, FP) : saved.fp;
  // A call's exit thunk has parked below its return address.
  let pc = saved === undefined
    ? readAddress(i32, exit === Exit.HELPER ? IP : SP)
    : saved[exit === Exit.HELPER ? "resumeIp" : "sp"];
  if (exit !== Exit.HELPER) pc = stack.readAddress(pc);
  while (fp !== 0) {
    const site = native.siteOf(pc);
    if (site === undefined) return false;
    if (site.handler !== -1 && enterHandler(activation, segment, site, fp, exception, enters)) return true;
    pc = stack.readAddress(fp + 8);
    fp = stack.readAddress(fp);
  }
  return false;
}

/** Parks a frame of machine code at the landing pad of the handler that catches, if it `enters`; false if the function has none that does there. */
function enterHandler(
  activation: Activation,
  segment: Segment,
  site: CallSite,
  fp: number,
  exception: WasmException,
  enters: boolean,
): boolean {
  const stack = activation.stack!, { i32 } = stack;
  const instance = activation.store.instanceAt(stack.readAddress(fp + FRAME_VMCTX))!;
  const { handlers } = instance.valid.bodies[site.index - instance.module.importedFuncs];
  const inner = site.handler ??= handlers.findLastIndex((h) => h.start <= site.wasmOffset && site.wasmOffset < h.end);
  const clause = clauseFrom(handlers, inner, instance.tags, exception);
  if (clause === undefined) return false;
  if (!enters) return true;
  const { landingPads: pads, frameSize, name } = site.code;
  let pad = 0;
  while (pad < pads.length && pads[pad] !== clause.entry) pad += 2;
  if (pad === pads.length) throw new BugError(`${name} has no landing pad for entry ${clause.entry}`);
  const words = clause.tag >= 0 ? exception.copyPayload(i32, 2 * ARGS_SLOT) : 0;
  if (clause.kind === CatchKind.CATCH_REF || clause.kind === CatchKind.CATCH_ALL_REF || clause.slot >= 0) {
    i32[2 * ARGS_SLOT + words] = activation.store.exceptions.toRef(exception);
    i32[2 * ARGS_SLOT + words + 1] = 0;
  }
  writeAddress(i32, SP, fp - frameSize);
  writeAddress(i32, FP, fp);
  writeAddress(i32, IP, site.start + pads[pad + 1]);
  segment.exit = Exit.HELPER;
  segment.saved = undefined;
  return true;
}
