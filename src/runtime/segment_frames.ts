// The frames of an activation as others see them: traces of stacks, what a debugger looks at, and where a trap stands.

import { Exit } from "../abi/exits.ts";
import { FRAME_VMCTX } from "../abi/vmctx.ts";
import { MAX_FRAMES, Trap, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import type { TrapCode } from "../wasm/traps.ts";
import type { Activation } from "./activation.ts";
import type { WaitingFrame } from "./debugging.ts";
import { lookAt } from "./frames.ts";
import type { WasmFunc } from "./func.ts";
import { trapDetail } from "./protection.ts";
import type { Segment, Trace } from "./segment.ts";
import type { NativeLocation } from "./tier.ts";

/** Ends the call where its topmost frame stands. */
export function trap(activation: Activation, code: TrapCode): never {
  tellTrapped(activation, code, false);
  throw new Trap(code, activation.store.activations.trace(false), trapDetail(code));
}

/** Tells those who count where the topmost frame trapped. */
export function tellTrapped(activation: Activation, code: TrapCode, byFault: boolean): void {
  const { trapped } = activation.store, segment = activation.segments[activation.segments.length - 1];
  if (trapped === undefined || segment === undefined) return;
  if (!segment.native) {
    const frame = topFrame(activation);
    if (frame !== undefined) trapped(code, activation.thread!.running, frame.offset);
    return;
  }
  if (!byFault && segment.exit === undefined) return;
  const native = activation.store.native!, stack = activation.stack!, { exit } = segment;
  const found = byFault || exit === Exit.TRAP
    ? native.framesAtTrap(stack)
    : native.framesAt(stack, { exit: exit!, ...(segment.saved ?? activation.parkedRegisters()) });
  for (const { index, wasmOffset, fp } of found) {
    const instance = activation.store.instanceAt(stack.readAddress(fp + FRAME_VMCTX));
    if (instance !== undefined) trapped(code, instance.funcs[index], wasmOffset);
    return;
  }
}

/** The frames of one that is parked by a debugger, innermost first, with what is in them. */
export function waitingFrames(activation: Activation): WaitingFrame[] {
  const frames: WaitingFrame[] = [];
  const failed = activation.pause?.reason === "stop" && activation.pause.failure !== undefined;
  let level = activation.thread?.level ?? 0;
  for (let i = activation.segments.length - 1; i >= 0; i--) {
    const segment = activation.segments[i];
    if (segment.js !== undefined) continue;
    if (!segment.native) {
      for (const view of activation.thread!.views(level--)) frames.push({ ...view, writable: true });
      continue;
    }
    const stack = activation.stack!, { exit } = segment;
    if (exit === undefined || exit === Exit.TRAP || exit === Exit.HELPER) {
      if (exit === undefined && !failed) continue;
      const found = activation.store.native!.framesAtTrap(stack);
      frames.push(...lookAt(activation.store, stack, found, false));
    } else {
      frames.push(...lookAt(activation.store, stack, nativeFrames(activation, segment), true));
    }
  }
  return frames;
}

/** How many frames it has. */
export function depthOf(activation: Activation): number {
  let depth = activation.thread?.depth ?? 0;
  for (const segment of activation.segments) {
    if (segment.native) { for (const _ of nativeFrames(activation, segment)) depth++; }
  }
  return depth;
}

/** The function of machine code that waits for the topmost segment; undefined if it is the interpreter that does, or JavaScript. */
export function waitsBelow(activation: Activation): WasmFunc | undefined {
  const segment = activation.segments.at(-2);
  const [frame] = segment?.native ? nativeFrames(activation, segment) : [];
  return frame &&
    activation.store.instanceAt(activation.stack!.readAddress(frame.fp + FRAME_VMCTX))?.funcs[frame.index];
}

function nativeFrames(activation: Activation, { exit, saved }: Segment): Iterable<NativeLocation> {
  if (exit === undefined || exit === Exit.TRAP) return [];
  return activation.store.native!.framesAt(activation.stack!, { exit, ...(saved ?? activation.parkedRegisters()) });
}

/** The innermost frame. */
export function topFrame(activation: Activation): WasmFrame | undefined {
  const segment = activation.segments[activation.segments.length - 1];
  if (segment === undefined) return undefined;
  if (segment.js !== undefined) return activation.frames()[0];
  if (!segment.native) return activation.thread!.trace(activation.thread!.level, 1)[0]?.();
  const trace: Trace = [];
  traceNative(activation, segment, false, trace, 1);
  return trace[0]?.() as WasmFrame | undefined;
}

/** Takes note of an activation's frames, innermost first, behind what is in `trace` already. */
export function traceSegments(activation: Activation, trace: Trace, trapped: boolean): void {
  let level = activation.thread?.level ?? 0;
  for (let i = activation.segments.length - 1; i >= 0 && trace.length < MAX_FRAMES; i--) {
    const segment = activation.segments[i];
    if (segment.native) traceNative(activation, segment, trapped && i === activation.segments.length - 1, trace);
    else if (segment.js !== undefined) {
      if (segment.js.runs) trace.push(activation.store.js!.frames(activation.jsCaller!));
    } else for (const make of activation.thread!.trace(level--, MAX_FRAMES - trace.length)) trace.push(make);
  }
}

function traceNative(
  activation: Activation,
  segment: Segment,
  trapped: boolean,
  trace: Trace,
  limit = MAX_FRAMES,
): void {
  const native = activation.store.native!, stack = activation.stack!;
  if (!trapped && segment.exit === undefined) return;
  const { exit } = segment;
  const found = trapped || exit === Exit.TRAP
    ? native.framesAtTrap(stack)
    : native.framesAt(stack, { exit: exit!, ...(segment.saved ?? activation.parkedRegisters()) });
  for (const { index, wasmOffset: offset, tier, fp } of found) {
    if (trace.length >= limit) return;
    const module = activation.store.instanceAt(stack.readAddress(fp + FRAME_VMCTX))?.module;
    trace.push(() => {
      const name = module === undefined ? `func[${index}]` : functionName(module, index);
      return { name, index, offset, tier };
    });
  }
}
