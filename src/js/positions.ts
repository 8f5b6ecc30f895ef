// Where frames of JavaScript stand: V8's stack traces, read as lists of places in sources of functions. Each run of such frames ends with a marker, the function that
// the driver enters them by.

import { functionName, type Module } from "../wasm/module.ts";
import { MAX_FRAMES, type WasmFrame } from "../wasm/errors.ts";
import { PASSED_ON } from "./compile_function.ts";

/** What a source is called in V8's traces: this, then its number. */
const SCHEME = "strata-js:";
/** Likewise the function that the driver enters functions by. */
export const ENTRY = `${SCHEME}enter`;
/** Lines that V8 puts before the body of a function that is made of text. */
const LINES_BEFORE = 2;

/** Where the lines of a source come from. */
export interface Origin {
  readonly module: Module;
  readonly index: number;
  readonly offsets: Int32Array;
}

const ORIGINS: (WeakRef<Origin> | undefined)[] = [];

/** Gives a source a number; the comment that names it belongs into its text. It is known as long as the caller keeps `origin`. */
export function nameSource(origin: Origin): string {
  ORIGINS.push(new WeakRef(origin));
  return `//# sourceURL=${SCHEME}${ORIGINS.length - 1}\n`;
}

/** Calls `f` with arguments, as the lowest frame of a run. Throws EvalError where code cannot be made of text. */
export function makeEntry(): (f: (...args: never[]) => unknown, args: readonly unknown[]) => unknown {
  return new Function(`//# sourceURL=${ENTRY}\nreturn function(f,a){return f(...a);}`)();
}

/** Frames above all markers, then between the first two, and so on. */
export type Runs = readonly (readonly (() => WasmFrame)[])[];

type CallSites = readonly { getScriptNameOrSourceURL(): string | null | undefined; getLineNumber(): number | null }[];

const TRACES = Error as unknown as {
  prepareStackTrace: unknown;
  stackTraceLimit: number;
  captureStackTrace(into: object): void;
};
/** V8 frames that are looked at, and those that errors keep which V8 makes itself: at the end of the stack, more would take longer than all else. */
const DEEPEST = MAX_FRAMES + 1000, DEEPEST_ERROR = 1000;

/** Lets errors that V8 makes keep more of their stack than usual; gives what goes back to how it was. */
export function limitTraces(): number {
  const before = TRACES.stackTraceLimit;
  TRACES.stackTraceLimit = DEEPEST_ERROR;
  return before;
}
export function resetTraces(before: number): void {
  TRACES.stackTraceLimit = before;
}

/** Takes note of where the frames stand at present; gives their runs when asked, which takes much longer. */
export function noteRuns(): () => Runs {
  const limit = TRACES.stackTraceLimit, noted = {} as Error;
  TRACES.stackTraceLimit = DEEPEST;
  TRACES.captureStackTrace(noted);
  TRACES.stackTraceLimit = limit;
  let runs: Runs | undefined;
  return () => runs ??= runsOf(noted);
}

/** The runs of frames where `error` was made. */
export function runsOf(error: Error): Runs {
  const prepare = TRACES.prepareStackTrace;
  let sites: CallSites = [];
  try {
    TRACES.prepareStackTrace = (_: unknown, s: CallSites) => {
      sites = s;
      return "";
    };
    void error.stack;
  } finally {
    TRACES.prepareStackTrace = prepare;
  }
  const runs: (() => WasmFrame)[][] = [[]];
  for (const site of sites) {
    const name = site.getScriptNameOrSourceURL();
    if (!name?.startsWith(SCHEME)) continue;
    if (name === ENTRY) runs.push([]);
    else {
      const origin = ORIGINS[Number(name.slice(SCHEME.length))]?.deref();
      if (origin === undefined) continue;
      // The first line of the text is the comment.
      const line = (site.getLineNumber() ?? 0) - LINES_BEFORE - 2;
      if (origin.offsets[line] !== PASSED_ON) runs[runs.length - 1].push(() => frameOf(origin, line));
    }
  }
  return runs;
}

function frameOf({ module, index, offsets }: Origin, line: number): WasmFrame {
  // Where the stack ends before the function's first instruction, that is where it stands.
  const offset = offsets[line] >= 0 ? offsets[line] : module.funcs[index].body!.codeStart;
  return { name: functionName(module, index), index, offset, tier: "js" };
}
