// What the shell knows of calls that are debugged: those that are stopped, the frame that is looked at; runs them and shows where they stop.
// The commands are in debugger_points.ts, debugger_steps.ts and debugger_look.ts.

import { controllerOf, pointText } from "../../api/debugger.ts";
import { type Func, innerFunc } from "../../api/func.ts";
import { innerInstance } from "../../api/instance.ts";
import { DebuggedCall } from "../../debug/call.ts";
import type { Controller, Go, StopCause, WatchHit } from "../../debug/controller.ts";
import { entryOf, placeText } from "../../debug/places.ts";
import { instructionAt, type Point } from "../../debug/points.ts";
import { type FrameValue, valuesOf } from "../../debug/values.ts";
import type { WaitingFrame } from "../../runtime/debugging.ts";
import { printInstruction } from "../../text/print_instruction.ts";
import { Trap } from "../../wasm/errors.ts";
import { isFuncType } from "../../runtime/values.ts";
import { isRef, slotsOf, typeName, V128 } from "../../wasm/types.ts";
import { CommandError } from "../exit.ts";
import { printBits, type Value, valueOf } from "../values.ts";
import { columns } from "./print.ts";
import type { Output, Session } from "./session.ts";

/** What becomes of a call's end: its results, or what it threw. */
export type CallEnd = (end: { readonly results: Value[] } | { readonly error: unknown }) => Output;

/** A call that is stopped, or runs. */
interface Call {
  readonly call: DebuggedCall;
  readonly func: Func;
  readonly end: CallEnd;
}

const hex = (n: number) => `0x${n.toString(16)}`;
/** Bytes of a watched place that are shown. */
const SHOWN_BYTES = 16;

/** The debugger of a shell. */
export class ShellDebugger {
  /** Innermost last: each was made while those before it were stopped. */
  readonly #calls: Call[] = [];
  /** The frame that is looked at, 0 the innermost. */
  frameIndex = 0;
  /** Calls wait at their first instruction. */
  #starting = false;

  constructor(readonly session: Session) {}

  get controller(): Controller {
    return controllerOf(this.session.engine.debugger);
  }
  /** Whether calls can stop. */
  get active(): boolean {
    return this.#starting || this.controller.points.size > 0 || this.#calls.length > 0;
  }

  /** The call that commands are about. Throws CommandError if none is stopped. */
  get current(): Call {
    const call = this.#calls.at(-1);
    if (call === undefined) throw new CommandError("no call is stopped; :break or :start, then a call, stop one");
    return call;
  }
  get stopped(): boolean {
    return this.#calls.length > 0;
  }
  /** The frames of that call. */
  get frames(): WaitingFrame[] {
    return this.current.call.frames();
  }
  /** The frame that is looked at. */
  get frame(): WaitingFrame {
    const { frames } = this;
    return frames[Math.min(this.frameIndex, frames.length - 1)];
  }

  /** Calls a function; the output is that of its first stop or its end. Throws what the call throws. */
  run(func: Func, values: readonly Value[], end: CallEnd = this.#results(func)): Output {
    const inner = innerFunc(func);
    const words = new Int32Array(2 * inner.paramSlots);
    let at = 0;
    for (const { type, bits } of values) {
      for (let k = 0; k < 2 * slotsOf(type); k++) words[at++] = Number(BigInt.asIntN(32, bits >> BigInt(32 * k)));
    }
    const { fuel } = this.session.limits;
    if (fuel !== undefined) this.session.engine.fuel = fuel;
    const call = new DebuggedCall(this.controller, inner, words, this.#starting);
    this.#calls.push({ call, func, end });
    return this.go({ kind: this.#starting ? "start" : "continue" });
  }

  /** The same, waiting at the first instruction. */
  starting(run: () => Output): Output {
    this.#starting = true;
    try {
      return run();
    } finally {
      this.#starting = false;
    }
  }

  /** Lets the stopped call go on. Throws what it throws. */
  go(go: Go): Output {
    const entry = this.current, { call, func, end } = entry;
    const { timeoutMs = Infinity } = this.session.limits;
    this.frameIndex = 0;
    const frames = call.frames().length;
    let cause: StopCause | undefined;
    try {
      cause = this.session.engine.withDeadline(timeoutMs, () => call.go(go));
    } catch (error) {
      this.#forget(entry);
      return end({ error });
    }
    if (cause !== undefined) return this.showStop(cause, go.kind === "finish" && call.frames().length < frames);
    this.#forget(entry);
    const results: Value[] = [], { i64 } = new Slots(call.results!);
    let at = 0;
    for (const type of innerFunc(func).type.results) {
      results.push(valueOf(i64[at++], type, type === V128 ? i64[at++] : 0n));
    }
    return end({ results });
  }

  #forget(entry: Call): void {
    const at = this.#calls.indexOf(entry);
    if (at >= 0) this.#calls.splice(at, 1);
  }

  /** Drops the stopped call. */
  kill(): Output {
    const entry = this.current;
    entry.call.cancel();
    this.#forget(entry);
    this.frameIndex = 0;
    return { text: `dropped the call of ${entry.func.name}`, data: { function: entry.func.name } };
  }

  #results(func: Func): CallEnd {
    const { session } = this;
    return (end) => {
      if ("error" in end) throw end.error;
      const { results } = end;
      session.keep(results);
      return {
        text: session.showResults(results),
        data: { function: func.name, tier: func.tier, results: session.resultData(results) },
      };
    };
  }

  // Showing

  /** What a point is about. */
  describe(point: Point): string {
    return pointText(point);
  }

  /** Throws CommandError while the past is looked at, which cannot be changed. */
  present(): void {}

  /** Where a call stopped and why. `returned`: its innermost frame has just ended. */
  showStop(cause: StopCause, returned = false): Output {
    const { frames } = this, [frame] = frames;
    const lines = [this.#causeText(cause)];
    const data: Record<string, unknown> = { stopped: cause.kind };
    if ("point" in cause) data.point = cause.point.id;
    if (cause.kind === "watch") data.changes = cause.hits.map((h) => this.#hitData(h));
    if ("error" in cause) data.error = messageOf(cause.error);
    if (cause.kind === "history") data.at = cause.at;
    if (frame !== undefined) {
      const operands = returned ? valuesOf(frame)?.operands ?? [] : [];
      if (returned && operands.length > 0) {
        lines.push(`  it returned to where the topmost operand is ${this.valueText(operands[0])}`);
      }
      lines.push(...this.frameLines(frame, 0), this.#instructionLine(frame));
      data.frame = this.frameData(frame, 0);
      data.depth = frames.length;
    }
    return { text: lines.join("\n"), data };
  }

  #causeText(cause: StopCause): string {
    const { session } = this;
    const note = (text: string) => session.paint("note", text);
    switch (cause.kind) {
      case "breakpoint":
        return note(`stopped at breakpoint ${cause.point.id}`);
      case "event":
        return note(`stopped at point ${cause.point.id}: ${pointText(cause.point)}`);
      case "watch":
        return cause.hits.map((h) => note(this.#hitText(h))).join("\n");
      case "trap":
      case "exception":
        return note(`stopped where the call ends: ${messageOf(cause.error)}`);
      case "history":
        return note(
          cause.at === "end" ? "stopped in the present: the record ends here" : "stopped: the record begins here",
        );
      case "interrupt":
        return note("stopped by Ctrl-C");
      case "finish":
        return note("the function has returned");
      default:
        return note("stopped");
    }
  }

  #hitText({ point, by, offset, write, before, after }: WatchHit): string {
    const from = this.bytesText(point, before), to = this.bytesText(point, after);
    const what = !write ? `was read: ${from}` : from === to ? `was written, and is ${to} as before` : `${from} → ${to}`;
    return `point ${point.id}, ${pointText(point)}: ${what}, by ${placeText({ func: by, offset })}`;
  }
  #hitData({ point, by, offset, write, before, after }: WatchHit): Record<string, unknown> {
    return {
      point: point.id,
      by: by.name,
      offset,
      write,
      before: this.bytesText(point, before),
      after: this.bytesText(point, after),
    };
  }

  /** Watched bytes for people: a number where there are as many as in one. */
  bytesText(point: WatchHit["point"], bytes: Uint8Array): string {
    const padded = new Uint8Array(16);
    padded.set(bytes.subarray(0, 16));
    const slots = new BigUint64Array(padded.buffer);
    if (point.kind === "global") {
      const { bits, type } = valueOf(slots[0], point.global.type.type, slots[1]);
      return printBits(bits, type, this.session.store);
    }
    return numberText(bytes);
  }

  /** The place and the arguments of a frame, or all its locals. */
  frameLines(frame: WaitingFrame, index: number, mark = ""): string[] {
    const { session } = this;
    const params = valuesOf(frame)?.locals.slice(0, frame.func.type.params.length);
    const list = params === undefined ? "…" : params.map((v) => this.assignment(v)).join(", ");
    const place = session.paint("head", placeText(frame));
    return [`${mark}#${index}  ${place} (${list})  ${session.paint("note", frame.tier)}`];
  }

  #instructionLine(frame: WaitingFrame): string {
    if (frame.offset < 0) return "";
    const { module } = frame.func.instance!;
    const r = instructionAt(module, frame.offset);
    const text = printInstruction(r, module, frame.func.index);
    return `  → ${this.session.paint("offset", hex(frame.offset))}  ${this.session.paint("wasm", text)}`;
  }

  /** A frame for programs. */
  frameData(frame: WaitingFrame, index: number): Record<string, unknown> {
    const { func, offset, tier } = frame;
    const { module } = func.instance!;
    const instruction = offset < 0 ? undefined : printInstruction(instructionAt(module, offset), module, func.index);
    return {
      index,
      function: func.name,
      offset,
      from: offset < 0 ? -1 : offset - entryOf(func),
      instruction,
      tier,
      arguments: valuesOf(frame)?.locals.slice(0, func.type.params.length).map((v) => this.valueData(v)),
    };
  }

  /** `n = 3:i32`. */
  assignment(value: FrameValue): string {
    return `${value.name ?? value.index} = ${this.valueText(value)}`;
  }
  valueText({ bits, type, known }: FrameValue): string {
    const { session } = this;
    return known
      ? session.paint("value", `${printBits(bits, type, session.store)}:${typeName(type)}`)
      : session.paint("note", "not kept by the machine code, as nothing reads it any more");
  }
  valueData({ index, name, bits, type, known }: FrameValue): Record<string, unknown> {
    const value = known ? printBits(bits, type, this.session.store) : null;
    return { index, name, type: typeName(type), value };
  }

  /** All points, as text and data. */
  points(): Output {
    const points = [...this.controller.points.values()];
    const rows = points.map((p) => [
      String(p.id),
      p.kind === "break" ? "break" : p.kind === "event" ? "break on" : "watch",
      pointText(p),
      [
        `${p.hits} ${p.hits === 1 ? "hit" : "hits"}`,
        ...(p.ignore > 0 ? [`passes over ${p.ignore}`] : []),
        ...(p.once ? ["once"] : []),
        ...(p.enabled ? [] : ["off"]),
      ].join(", "),
    ]);
    const data = points.map((p) => ({ id: p.id, kind: p.kind, text: pointText(p), hits: p.hits, enabled: p.enabled }));
    return { text: rows.length === 0 ? "there is nothing to stop for" : columns(rows, [0]), data: { points: data } };
  }

  /** Keeps a value as `_`. */
  keep(value: FrameValue): void {
    if (value.known && !(isRef(value.type) && isFuncType(value.type) && value.bits === 0n)) {
      this.session.keep([{ type: value.type, bits: value.bits }]);
    }
  }

  /** The instance of the frame that is looked at; the shell's own when nothing is stopped. */
  get instance() {
    return this.stopped ? this.frame.func.instance! : innerInstance(this.session.current.instance);
  }
}

/** Slots as 64-bit numbers. */
class Slots {
  readonly i64: BigUint64Array;
  constructor(words: Int32Array) {
    const copy = words.slice();
    this.i64 = new BigUint64Array(copy.buffer, copy.byteOffset, copy.length >> 1);
  }
}

/** Bytes of memory as a number where there are 1, 2, 4 or 8, otherwise one by one. */
export function numberText(bytes: Uint8Array): string {
  const { length } = bytes;
  if (length === 1 || length === 2 || length === 4 || length === 8) {
    let n = 0n;
    for (let i = length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i]);
    return String(BigInt.asIntN(8 * length, n));
  }
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (b) => b.toString(16).padStart(2, "0")).join(" ");
  return length > SHOWN_BYTES ? `${shown} …` : shown;
}

function messageOf(error: unknown): string {
  if (error instanceof Trap) return `trap: ${error.message}`;
  return error instanceof Error ? error.message || error.name : String(error);
}
