// Profiles: where the time goes, by samples at safepoints, or how often everything ran, by counters. Takes an instance, gives functions, loops, the tree of calls, the mix
// of instructions and what was covered. Writing them as other tools want them is profile_export.ts's affair.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { Context } from "../engine/context.ts";
import type { CountRequest } from "../engine/counting.ts";
import { startTicks } from "../platform/ticks.ts";
import type { Activation } from "../runtime/activation.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { CountedInstruction } from "../validate/count_plan.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import { functionName, type Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import type {
  Covered,
  FunctionCounts,
  Profile,
  ProfiledLoop,
  ProfileNode,
  ProfileOptions,
  ProfileSample,
} from "./profile_report.ts";
import { hasSourceLines, sourceLine } from "./source_lines.ts";

const MOST_SAMPLES = 1_000_000;
/** A sample stands for this many intervals at most: what ran before may not have been Wasm. */
const MOST_INTERVALS = 10;

/** A profile that goes on until it is ended. */
export class Profiler {
  readonly #began = performance.now();
  readonly #instance: WasmInstance;
  readonly #requests: CountRequest[] = [];
  readonly #sampler: Sampler | undefined;

  /** Begins. Throws RangeError for an interval that cannot be, ResourceError when there is no room for counters, Deno's error where no Worker can be made. */
  constructor(readonly context: Context, instance: WasmInstance, options: ProfileOptions = {}) {
    const { interval = 1 } = options;
    this.#instance = instance;
    if (!(interval >= 0.1 && interval <= 10_000)) {
      throw new RangeError(`an interval of ${interval} ms; 0.1 to 10000 can be`);
    }
    if (options.exact !== true) {
      this.#sampler = new Sampler(context, interval, this.#began);
      return;
    }
    for (const f of instance.funcs) {
      if (f.instance !== instance) continue;
      const what = { instructions: true, branches: true, entry: true };
      this.#requests.push(context.counting.start(instance.valid, f.index, what));
    }
  }

  /** Ends it and gives what it found. */
  end(): Profile {
    const ms = performance.now() - this.#began, { module } = this.#instance;
    if (this.#sampler !== undefined) return this.#sampler.end(module, ms);
    const counts = this.#requests.map((request) => countsOf(module, request));
    for (const request of this.#requests) request.stop();
    return profileOfCounts(module, counts, ms);
  }
}

function countsOf(module: Module, request: CountRequest): FunctionCounts {
  const { index, calls } = request;
  return {
    name: functionName(module, index),
    index,
    source: sourceLine(module, module.funcs[index].body!.codeStart),
    calls,
    instructions: request.instructions(),
    branches: request.branches(),
  };
}

// Samples

interface Node {
  readonly name: string;
  readonly index: number;
  self: number;
  total: number;
  readonly children: Map<string, Node>;
}

class Sampler {
  readonly #stop: () => void;
  readonly #samples: ProfileSample[] = [];
  readonly #frames: { name: string; index: number }[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #roots = new Map<string, Node>();
  /** Milliseconds by function and offset. */
  readonly #at = new Map<string, { frame: number; offset: number; ms: number }>();
  readonly #totals: number[] = [];
  #sum = 0;
  #last: number;

  constructor(readonly context: Context, readonly interval: number, readonly began: number) {
    this.#last = began;
    const { store } = context, before = store.atSafepoint;
    const look = (activation: Activation) => {
      before?.(activation);
      this.#take();
    };
    store.atSafepoint = look;
    const stopTicks = startTicks(interval);
    this.#stop = () => {
      stopTicks();
      if (store.atSafepoint === look) store.atSafepoint = before;
    };
  }

  #take(): void {
    const now = performance.now(), passed = now - this.#last;
    this.#last = now;
    const frames = this.context.store.activations.trace(false)().toReversed();
    if (frames.length === 0) return;
    // A call that has just begun: the tick may have come while no Wasm ran.
    const weight = Math.min(passed, (frames.length === 1 ? 1 : MOST_INTERVALS) * this.interval);
    this.#sum += weight;
    const stack = frames.map((f) => this.#number(f));
    const { offset } = frames[frames.length - 1], top = stack[stack.length - 1];
    if (this.#samples.length < MOST_SAMPLES) {
      this.#samples.push({ at: now - this.began, weight, stack, offset });
    }
    for (const frame of new Set(stack)) this.#totals[frame] = (this.#totals[frame] ?? 0) + weight;
    const key = `${top}+${offset}`, at = this.#at.get(key);
    if (at === undefined) this.#at.set(key, { frame: top, offset, ms: weight });
    else at.ms += weight;
    this.#grow(frames, weight);
  }

  #number({ name, index }: WasmFrame): number {
    const key = `${index} ${name}`;
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, number = this.#frames.push({ name, index }) - 1);
    return number;
  }

  #grow(frames: readonly WasmFrame[], weight: number): void {
    let level = this.#roots, node: Node | undefined;
    for (const { name, index } of frames) {
      const key = `${index} ${name}`;
      node = level.get(key);
      if (node === undefined) level.set(key, node = { name, index, self: 0, total: 0, children: new Map() });
      node.total += weight;
      level = node.children;
    }
    node!.self += weight;
  }

  end(module: Module, ms: number): Profile {
    this.#stop();
    const selves = this.#frames.map(() => 0), loops = new Map<string, ProfiledLoop & { self: number }>();
    for (const { frame, offset, ms } of this.#at.values()) {
      selves[frame] += ms;
      const { name, index } = this.#frames[frame];
      if (!isOf(module, name, index)) continue;
      const loop = loopAround(module, index, offset);
      if (loop < 0) continue;
      const key = `${index}+${loop}`, known = loops.get(key);
      if (known !== undefined) known.self += ms;
      else loops.set(key, { name, index, offset: loop, source: sourceLine(module, loop), self: ms, passes: undefined });
    }
    const sourced = this.#frames.map((f) => ({
      ...f,
      source: isOf(module, f.name, f.index) ? sourceLine(module, module.funcs[f.index].body!.codeStart) : undefined,
    }));
    return {
      mode: "samples",
      ms,
      sum: this.#sum,
      unit: "ms",
      functions: sourced.map((f, i) => ({ ...f, self: selves[i], total: this.#totals[i], calls: undefined }))
        .sort((a, b) => b.self - a.self || b.total - a.total),
      loops: [...loops.values()].sort((a, b) => b.self - a.self),
      tree: treeOf(this.#roots),
      mix: [],
      coverage: undefined,
      samples: this.#samples,
      frames: sourced,
      counts: [],
    };
  }
}

function treeOf(nodes: ReadonlyMap<string, Node>): ProfileNode[] {
  return [...nodes.values()].sort((a, b) => b.total - a.total).map(({ name, index, self, total, children }) => ({
    name,
    index,
    self,
    total,
    children: treeOf(children),
  }));
}

/** Whether a frame is of a module, as far as names tell. */
function isOf(module: Module, name: string, index: number): boolean {
  return index >= 0 && module.funcs[index]?.body !== undefined && functionName(module, index) === name;
}

// Loops

interface Loop {
  readonly offset: number;
  /** Offset behind its head. */
  readonly head: number;
  end: number;
}

/** The loops of a function, inner ones behind those around them. */
function loopsOf(module: Module, index: number): Loop[] {
  const body = module.funcs[index].body!;
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end),
    loops: Loop[] = [],
    open: (Loop | undefined)[] = [];
  while (r.pos < body.end) {
    switch (r.next()) {
      case op.LOOP: {
        const loop = { offset: r.at, head: r.pos, end: body.end };
        loops.push(loop);
        open.push(loop);
        break;
      }
      case op.BLOCK:
      case op.IF:
      case op.TRY:
      case op.TRY_TABLE:
        open.push(undefined);
        break;
      case op.END:
      case op.DELEGATE: {
        const loop = open.pop();
        if (loop !== undefined) loop.end = r.pos;
      }
    }
  }
  return loops;
}

/** Offset of the innermost loop that an instruction lies in, -1 if there is none. A sample at a loop's head stands at the `loop` itself. */
function loopAround(module: Module, index: number, offset: number): number {
  return loopsOf(module, index).findLast((l) => l.offset <= offset && offset < l.end)?.offset ?? -1;
}

// Counts

function profileOfCounts(module: Module, counts: readonly FunctionCounts[], ms: number): Profile {
  const mix = new Map<number, number>(), loops: ProfiledLoop[] = [];
  let sum = 0, run = 0, all = 0;
  const functions = counts.map(({ name, index, source, calls, instructions }) => {
    let self = 0;
    for (const { opcode, count } of instructions) {
      self += count;
      if (count > 0) mix.set(opcode, (mix.get(opcode) ?? 0) + count);
      if (count > 0) run++;
    }
    all += instructions.length;
    sum += self;
    loops.push(...countedLoops(module, name, index, instructions));
    return { name, index, source, self, total: undefined, calls };
  });
  return {
    mode: "counts",
    ms,
    sum,
    unit: "instructions",
    functions: functions.sort((a, b) => b.self - a.self),
    loops: loops.sort((a, b) => b.self - a.self),
    tree: [],
    mix: [...mix].sort((a, b) => b[1] - a[1]).map(([code, count]) => ({ opcode: op.opInfo(code)!.name, count })),
    coverage: {
      functions: { run: counts.filter((c) => c.calls > 0).length, of: counts.length },
      instructions: { run, of: all },
      lines: linesCovered(module, counts),
    },
    samples: [],
    frames: [],
    counts,
  };
}

function countedLoops(
  module: Module,
  name: string,
  index: number,
  instructions: readonly CountedInstruction[],
): ProfiledLoop[] {
  const loops = loopsOf(module, index), selves = loops.map(() => 0), passes = loops.map(() => 0);
  for (const { offset, count } of instructions) {
    const inner = loops.findLastIndex((l) => l.head <= offset && offset < l.end);
    if (inner >= 0) selves[inner] += count;
    const headed = loops.findIndex((l) => l.head === offset);
    if (headed >= 0) passes[headed] = count;
  }
  return loops.map(({ offset }, i) => ({
    name,
    index,
    offset,
    source: sourceLine(module, offset),
    self: selves[i],
    passes: passes[i],
  })).filter((l) => l.passes > 0);
}

/** How often each line ran, by file: the most that any of its instructions did. */
export function lineCounts(module: Module, counts: readonly FunctionCounts[]): Map<string, Map<number, number>> {
  const files = new Map<string, Map<number, number>>();
  for (const { instructions } of counts) {
    for (const { offset, count } of instructions) {
      const source = sourceLine(module, offset);
      if (source === undefined) continue;
      let lines = files.get(source.file);
      if (lines === undefined) files.set(source.file, lines = new Map());
      lines.set(source.line, Math.max(count, lines.get(source.line) ?? 0));
    }
  }
  return files;
}

function linesCovered(module: Module, counts: readonly FunctionCounts[]): Covered | undefined {
  if (!hasSourceLines(module)) return undefined;
  const lines = [...lineCounts(module, counts).values()].flatMap((file) => [...file.values()]);
  return { run: lines.filter((n) => n > 0).length, of: lines.length };
}
