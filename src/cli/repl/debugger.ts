// What the shell knows of calls that are debugged: those that are stopped, the frame that is looked at; runs them and shows where they stop.
// The commands are in debugger_points.ts, debugger_steps.ts and debugger_look.ts.

import { controllerOf, pointText } from "../../api/debugger.ts";
import { type Func, innerFunc } from "../../api/func.ts";
import { innerInstance } from "../../api/instance.ts";
import { DebuggedCall } from "../../debug/call.ts";
import type { Controller, Go, StopCause, WatchHit } from "../../debug/controller.ts";
import { TapeError } from "../../debug/recording.ts";
import { Tape } from "../../debug/tape.ts";
import { entryOf, placeText } from "../../debug/places.ts";
import { instructionAt, type Point } from "../../debug/points.ts";
import { type FrameValue, valuesOf } from "../../debug/values.ts";
import type { WasmFunc } from "../../runtime/func.ts";
import type { WaitingFrame } from "../../runtime/debugging.ts";
import { printInstruction } from "../../text/print_instruction.ts";
import { Trap } from "../../wasm/errors.ts";
import { slotsOf, typeName, V128 } from "../../wasm/types.ts";
import { CommandError } from "../exit.ts";
import { printBits, type Value, valueOf } from "../values.ts";
import { columns, count, size } from "./print.ts";
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
  /** Calls are recorded from their beginning; in bytes, what that may take. */
  recording: number | undefined = undefined;
  /** What was recorded last, and the call, which may have ended. */
  #recorded: { readonly tape: Tape; readonly entry: Call } | undefined;

  constructor(readonly session: Session) {}

  get controller(): Controller {
    return controllerOf(this.session.engine.debugger);
  }
  /** Whether calls can stop. */
  get active(): boolean {
    return this.#starting || this.recording !== undefined || this.controller.points.size > 0 || this.#calls.length > 0;
  }

  /** The call that commands are about. Throws CommandError if none is stopped. */
  get current(): Call {
    this.#settle();
    const call = this.#calls.at(-1);
    if (call === undefined) throw new CommandError("no call is stopped; :break or :start, then a call, stop one");
    return call;
  }
  get stopped(): boolean {
    this.#settle();
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
    this.#settle();
    const inner = innerFunc(func);
    const words = new Int32Array(2 * inner.paramSlots);
    let at = 0;
    for (const { type, bits } of values) {
      for (let k = 0; k < 2 * slotsOf(type); k++) words[at++] = Number(BigInt.asIntN(32, bits >> BigInt(32 * k)));
    }
    const { fuel } = this.session.limits;
    if (fuel !== undefined) this.session.engine.fuel = fuel;
    this.present();
    const records = this.recording !== undefined && this.#calls.every(({ call }) => call.tape === undefined);
    if (records) this.#recorded?.tape.end();
    const call = new DebuggedCall(this.controller, inner, words, this.#starting || records);
    const entry = { call, func, end };
    this.#calls.push(entry);
    if (records) {
      try {
        this.#record(entry);
      } catch (error) {
        call.cancel();
        this.#forget(entry);
        throw error;
      }
    }
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

  /** Whether start functions can stop. */
  get stopsStartFunctions(): boolean {
    return this.active || this.afterStart !== undefined;
  }
  /** What comes when a start function has ended that waits at its first instruction; undefined if the next one does not wait there. */
  afterStart: (() => Output | undefined) | undefined = undefined;

  /** Runs the start function of a new instance; the output is that of its first stop or its end. */
  runStartFunction(func: Func, end: CallEnd): Output {
    const { afterStart } = this;
    this.afterStart = undefined;
    const run = () =>
      this.run(func, [], (how) => {
        const output = end(how), next = afterStart?.();
        if (next === undefined) return output;
        return { text: `${output.text}\n${next.text}`, data: { ...output.data, ...next.data } };
      });
    return afterStart === undefined ? run() : this.starting(run);
  }

  /** Lets the stopped call go on. Throws what it throws. */
  go(go: Go): Output {
    const entry = this.current, { call, func, end } = entry;
    const { timeoutMs = Infinity } = this.session.limits;
    this.frameIndex = 0;
    const frames = call.frames().length, wasPast = call.tape?.inPast ?? false;
    let cause: StopCause | undefined;
    try {
      cause = this.session.engine.withDeadline(timeoutMs, () => call.go(go));
    } catch (error) {
      this.#forget(entry);
      return end({ error });
    }
    if (cause !== undefined) return this.showStop(cause, go.kind === "finish" && call.frames().length < frames);
    this.#forget(entry);
    // Whatever its end does was done when it ended first.
    if (wasPast) return { text: `the record ends: the call returned`, data: { stopped: "history", at: "end" } };
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
    if (this.#recorded?.entry === entry) {
      this.#recorded.tape.end();
      this.#recorded = undefined;
    }
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
  present(): void {
    if (!this.#recorded?.tape.inPast) return;
    throw new CommandError("this is the past, which cannot be changed: :back end returns to the present");
  }

  // Recordings

  #record(entry: Call): void {
    this.#recorded = { tape: this.#tape(entry), entry };
  }
  #tape({ call }: Call): Tape {
    try {
      return new Tape(this.controller, call, this.recording);
    } catch (error) {
      if (error instanceof TapeError) throw new CommandError(error.message);
      throw error;
    }
  }

  /** Records the stopped call from here on, and calls that begin later. */
  startRecording(limitBytes: number): Output {
    this.recording = limitBytes;
    const text = `recording, in at most ${size(limitBytes)}`;
    if (!this.stopped || this.current.call.tape !== undefined) {
      return { text: `${text}: each call from its beginning`, data: { limitBytes } };
    }
    if (this.#recorded !== undefined && !this.#recorded.tape.ended) this.#recorded.tape.end();
    this.#record(this.current);
    return { text: `${text}: the stopped call from here on`, data: { limitBytes } };
  }
  /** Forgets what was recorded, in the present. */
  stopRecording(): Output {
    this.recording = undefined;
    this.#recorded?.tape.end();
    this.#dropEnded();
    this.#recorded = undefined;
    return { text: "recording has ended", data: { recording: false } };
  }
  /** What is recorded. */
  recorded(): Output {
    const tape = this.#recorded?.tape;
    if (tape === undefined || tape.ended) {
      return {
        text: this.recording === undefined ? "nothing is recorded" : "recording begins with the next call",
        data: { recording: this.recording !== undefined },
      };
    }
    const { images, hostCalls, ticks, forgotten } = tape.figures;
    const rows = [
      ["call", this.#recorded!.entry.func.name],
      ["loop passes and calls", String(ticks)],
      ["calls of host functions", String(hostCalls)],
      ["images", `${images}, ${size(tape.bytes)} in all`],
      ...(forgotten === 0
        ? []
        : [["forgotten", `the oldest part, ${count(forgotten, "time")}, for lack of room or by a collection`]]),
    ];
    return { text: columns(rows), data: { recording: true, ...tape.figures, bytes: tape.bytes } };
  }

  /** The recording that commands are about; its call waits in the past from then on. Throws CommandError if there is none. */
  #past(): Tape {
    const recorded = this.#recorded;
    if (recorded === undefined || recorded.tape.ended) {
      throw new CommandError("nothing is recorded: :record, then a call");
    }
    if (this.stopped && this.current !== recorded.entry) {
      throw new CommandError(`the call that waits is not the one that is recorded, of ${recorded.entry.func.name}`);
    }
    return recorded.tape;
  }
  /** Goes somewhere in the past. */
  back(go: (tape: Tape) => StopCause): Output {
    const tape = this.#past(), { entry } = this.#recorded!;
    this.frameIndex = 0;
    const cause = attemptTape(() => go(tape));
    if (!this.#calls.includes(entry)) this.#calls.push(entry);
    return this.showStop(cause);
  }
  /** Returns to the present. */
  toPresent(): Output {
    const tape = this.#past();
    tape.toPresent();
    this.frameIndex = 0;
    this.#dropEnded();
    const cause = this.stopped ? this.current.call.cause : undefined;
    if (cause !== undefined) return this.showStop(cause);
    return { text: "this is the present: the call has ended", data: { stopped: "history", at: "end" } };
  }
  /** A collection ends the look at the past: calls that had ended there do not wait any more. */
  #settle(): void {
    if (this.#recorded?.tape.inPast === false) this.#dropEnded();
  }
  #dropEnded(): void {
    const entry = this.#recorded?.entry;
    if (entry !== undefined && entry.call.ended) this.#forget(entry);
  }
  /** Who wrote something last; with `goes`, the call is taken there. */
  who(point: Point, goes: boolean): Output {
    const tape = this.#past();
    const found = attemptTape(() => tape.lastWrite(point));
    if (found === undefined) {
      return { text: "nothing in the record wrote there before this moment", data: { found: false } };
    }
    const { hit } = found;
    const text = this.session.paint("value", this.#whoText(hit));
    const data = { found: true, ...this.#hitData(hit), point: undefined, function: hit.by.name };
    if (!goes) return { text, data };
    const output = this.back((t) => t.toWrite(found));
    return {
      text: `${text}
${output.text}`,
      data: { ...data, ...output.data },
    };
  }
  #whoText({ point, by, offset, before, after }: WatchHit): string {
    const place = placeText({ func: by, offset });
    const instruction = offset < 0 ? "a function of the host" : this.#instructionText(by, offset);
    return `${place} wrote it last (${instruction}): ${this.bytesText(point, before)} → ${
      this.bytesText(point, after)
    }`;
  }
  #instructionText(func: WasmFunc, offset: number): string {
    const { module } = func.instance!;
    return printInstruction(instructionAt(module, offset), module, func.index);
  }

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
        return note(`stopped at breakpoint ${cause.point.id}${failureText(cause.point)}`);
      case "event":
        return note(`stopped at point ${cause.point.id}: ${pointText(cause.point)}${failureText(cause.point)}`);
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
    const text = this.session.paint("wasm", this.#instructionText(frame.func, frame.offset));
    return `  → ${this.session.paint("offset", hex(frame.offset))}  ${text}`;
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
  valueText({ bits, type, sure }: FrameValue): string {
    const { session } = this;
    const text = session.paint("value", `${printBits(bits, type, session.store)}:${typeName(type)}`);
    return sure ? text : `${text}${session.paint("note", "?")}`;
  }
  valueData({ index, name, bits, type, sure }: FrameValue): Record<string, unknown> {
    return { index, name, type: typeName(type), value: printBits(bits, type, this.session.store), sure };
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
        ...(this.#isGone(p) ? ["its module is unloaded"] : []),
      ].join(", "),
    ]);
    const data = points.map((p) => ({ id: p.id, kind: p.kind, text: pointText(p), hits: p.hits, enabled: p.enabled }));
    return { text: rows.length === 0 ? "there is nothing to stop for" : columns(rows, [0]), data: { points: data } };
  }

  /** Whether what a point is about was unloaded. */
  #isGone(point: Point): boolean {
    const of = point.kind === "break" ? point.func.instance : point.kind === "global" ? point.global.owner : undefined;
    return of !== undefined && !this.session.store.isInUse(of);
  }

  /** The instance of the frame that is looked at; the shell's own when nothing is stopped. */
  get instance() {
    return this.stopped ? this.frame.func.instance! : innerInstance(this.session.current.instance);
  }
}

function attemptTape<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof TapeError) throw new CommandError(error.message);
    throw error;
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

/** Why a point stopped the call though its condition is not true. */
function failureText({ conditionFailure: failure }: Point): string {
  return failure === undefined ? "" : `, whose condition cannot be computed: ${failure}`;
}

function messageOf(error: unknown): string {
  if (error instanceof Trap) return `trap: ${error.message}`;
  return error instanceof Error ? error.message || error.name : String(error);
}
