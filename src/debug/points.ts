// What calls are to stop for: breakpoints, watched places, kinds of events. Takes places and conditions; where stops are set for them, and which functions are
// interpreted for that, is worked out here; whether a call stops is controller.ts's affair.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmGlobal } from "../runtime/global.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { Module } from "../wasm/module.ts";
import {
  CALL,
  CALL_INDIRECT,
  CALL_REF,
  GLOBAL_GET,
  GLOBAL_SET,
  Imm,
  LOADS,
  MEMORY_COPY,
  MEMORY_GROW,
  RETHROW,
  RETURN_CALL,
  RETURN_CALL_INDIRECT,
  RETURN_CALL_REF,
  STORES,
  THROW,
  THROW_REF,
} from "../wasm/opcodes.ts";
import { Right } from "../wasm/rights.ts";

/** Events at which calls can stop: before an instruction that throws, calls the host or grows a memory; where a trap or an exception that nothing catches ends the call. */
export type StopEvent = "trap" | "throw" | "host" | "grow";
/** Their names. */
export const STOP_EVENTS: readonly StopEvent[] = ["trap", "throw", "host", "grow"];

/** Whether a stop that is wanted takes place; asked with the frame standing there. */
export type Condition = (point: Point) => boolean;

/** What all points have. */
interface PointBase {
  readonly id: number;
  enabled: boolean;
  /** It goes once it stopped a call. */
  readonly once: boolean;
  /** Hits that are still to be passed over. */
  ignore: number;
  /** Times it was reached, its condition true. */
  hits: number;
  readonly condition: Condition | undefined;
  /** The condition as it was written, for people. */
  readonly conditionText: string | undefined;
  /** Why the condition could not be computed when it was asked last, which counts as true. */
  conditionFailure?: string;
}

/** A place in a function. */
export interface Breakpoint extends PointBase {
  readonly kind: "break";
  readonly func: WasmFunc;
  /** Byte offset in the module. */
  readonly offset: number;
}
/** Bytes of a memory. */
export interface MemoryWatch extends PointBase {
  readonly kind: "memory";
  readonly memory: WasmMemory;
  readonly start: number;
  readonly end: number;
  /** Of READ and WRITE. */
  readonly rights: number;
}
/** A global. */
export interface GlobalWatch extends PointBase {
  readonly kind: "global";
  readonly global: WasmGlobal;
  readonly rights: number;
}
/** A kind of event. */
export interface EventPoint extends PointBase {
  readonly kind: "event";
  readonly event: StopEvent;
}
/** What calls are to stop for. */
export type Point = Breakpoint | MemoryWatch | GlobalWatch | EventPoint;

/** A place in a module's code. */
export interface Place {
  /** The function's index. */
  readonly index: number;
  /** Byte offset in the module. */
  readonly offset: number;
}

const INDIRECT = new Set([CALL_INDIRECT, CALL_REF, RETURN_CALL_INDIRECT, RETURN_CALL_REF]);

/** Whether an instruction calls a function. */
export function isCall(op: number): boolean {
  return op === CALL || op === RETURN_CALL || INDIRECT.has(op);
}

/** Where in an instance a point wants stops; for a memory, the functions that may access it so. */
export function* placesOf(point: Point, instance: WasmInstance): Iterable<Place> {
  const { module } = instance;
  switch (point.kind) {
    case "break":
      if (point.func.instance!.valid === instance.valid) yield { index: point.func.index, offset: point.offset };
      return;
    case "memory": {
      const memories = indicesOf(instance.memories, point.memory);
      if (memories.size === 0) return;
      const wanted = ((point.rights & Right.READ) !== 0 ? LOADS : 0) |
        ((point.rights & Right.WRITE) !== 0 ? STORES : 0);
      yield* instructions(module, (r) =>
        (r.info.properties & wanted) !== 0 &&
        (memories.has(r.info.imm === Imm.DATA_MEMORY ? r.index2 : r.index) || r.op === MEMORY_COPY));
      return;
    }
    case "global": {
      const globals = indicesOf(instance.globals, point.global);
      if (globals.size === 0) return;
      const reads = (point.rights & Right.READ) !== 0, writes = (point.rights & Right.WRITE) !== 0;
      yield* instructions(
        module,
        (r) => ((writes && r.op === GLOBAL_SET) || (reads && r.op === GLOBAL_GET)) && globals.has(r.index),
      );
      return;
    }
    case "event":
      yield* eventPlaces(point.event, module);
  }
}

function* eventPlaces(event: StopEvent, module: Module): Iterable<Place> {
  switch (event) {
    case "trap":
      return;
    case "throw":
      yield* instructions(module, (r) => r.op === THROW || r.op === THROW_REF || r.op === RETHROW);
      return;
    case "grow":
      yield* instructions(module, (r) => r.op === MEMORY_GROW);
      return;
    case "host":
      yield* instructions(
        module,
        (r) => INDIRECT.has(r.op) || ((r.op === CALL || r.op === RETURN_CALL) && r.index < module.importedFuncs),
      );
  }
}

function indicesOf<T>(list: readonly T[], wanted: T): Set<number> {
  const found = new Set<number>();
  list.forEach((x, i) => x === wanted && found.add(i));
  return found;
}

/** The instructions of a module that a test wants. */
function* instructions(module: Module, wanted: (r: BytecodeReader) => boolean): Iterable<Place> {
  for (let index = module.importedFuncs; index < module.funcs.length; index++) {
    const body = module.funcs[index].body!;
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    while (r.pos < body.end) {
      r.next();
      if (wanted(r)) yield { index, offset: r.at };
    }
  }
}

/** Reads the instruction at a byte offset of a module. */
export function instructionAt(module: Module, offset: number): BytecodeReader {
  const r = new BytecodeReader(module.bytes, offset);
  r.next();
  return r;
}

/** Whether an instruction begins at a byte offset of a function; otherwise where the nearest ones do, for a message. */
export function checkOffset(func: WasmFunc, offset: number): true | number[] {
  const { module } = func.instance!;
  const body = module.funcs[func.index].body!;
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  let before = body.codeStart;
  while (r.pos < body.end) {
    r.next();
    if (r.at === offset) return true;
    if (r.at > offset) return offset < before ? [before] : [before, r.at];
    before = r.at;
  }
  return [before];
}

/** The function of a module that has an instruction at a byte offset; -1 if none does. */
export function functionAt(valid: ValidModule, offset: number): number {
  return valid.module.funcs.findIndex(({ body }) =>
    body !== undefined && offset >= body.codeStart && offset < body.end
  );
}
