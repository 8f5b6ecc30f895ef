// What the interpreter knows of modules, instances and functions: private copies of the bytes, in which stops may be set, side tables joined into one per module,
// and per function the numbers that a call needs. Made when a function is first called.

import { BytecodeReader } from "../bytecode/reader.ts";

import type { FunctionCounters } from "../runtime/counters.ts";
import type { InterpCode, WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { HotLimits } from "../runtime/tier.ts";
import { type BodyFacts, entriesOf, ENTRY_INTS, type Handler, TARGET_PC, TARGET_STP } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { FuncBody, Module } from "../wasm/module.ts";
import { BLOCK, CALL_INDIRECT, Imm, LOOP, MEMORY_COPY, MEMORY_FILL, MEMORY_INIT, RETURN } from "../wasm/opcodes.ts";
import { fuseBody, isFused } from "./fuse.ts";
import { FAR_FORM, VECTOR_FORM } from "./vector_moves.ts";

/** The byte that stands for an opcode where the loop is to stop. No instruction has it. */
export const STOP = 0xff;
/** The byte that stands for an access to another memory than the first, to a memory or table with 64-bit addresses, or one whose right is to be checked. No instruction has it. */
export const OTHER_MEMORY = 0xe1;
/** The bytes that stand for indirect calls through a table with 64-bit addresses. No instruction has them. */
export const CALL_WIDE = 0xe2;
export const RETURN_CALL_WIDE = 0xe3;

/**
 * The byte that counts where calls and loops are counted: in place of `loop`, and behind the end of the module, where calls and branches back lead. The number of
 * the counter is in the next byte: 0 for calls, others for the loops of the function. No instruction has it.
 */
export const COUNT = 0xe4;
/** The byte that stands for the opcode of an instruction that is counted (counted.ts). No instruction has it. */
export const COUNTED = 0xe5;
/** Counters that a function has at most; loops beyond are not counted. */
const MAX_COUNTERS = 256;

/** The byte that stands for a run of blocks, the distance to whose end is in the next byte. No instruction has it. */
export const BLOCKS = 0xe0;

/** Behind the module's bytes: each counter in two bytes. */
const COUNTER_BYTES = Uint8Array.from({ length: 2 * MAX_COUNTERS }, (_, i) => i % 2 === 0 ? COUNT : i >> 1);
const NOTHING = new Int32Array(0);
const NO_BYTES = new Uint8Array(0);

/** What is counted of one body: by the distance from its first instruction, the counters of the instruction and of its first edge, -1 for none, and where it ends. */
export interface BodyCounts {
  readonly start: number;
  readonly at: Int32Array;
  readonly edges: Int32Array;
  readonly ends: Int32Array;
  /** Offsets that are counted. */
  readonly offsets: readonly number[];
  readonly values: Float64Array;
}

/** Joins the run of blocks that begins at `at`, as far as one byte can tell; gives the offset behind it. */
export function joinBlocks(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end] === BLOCK && bytes[end + 1] < 99 && end + 2 - (at + 1) < 256) end += 2;
  bytes[at] = BLOCKS;
  bytes[at + 1] = end - (at + 1);
  return end;
}

/** The bytes and branches of a module. */
export class ModuleCode {
  /** The bodies of prepared functions as the loop reads them, at their places in the module: the last `end` of a function is a `return`, fused forms and stops are set here. Offsets are the module's. */
  readonly bytes: Uint8Array;
  /** The same. */
  readonly data: DataView;
  /** Side tables of all functions, each there once the function is prepared. Cursors are absolute. */
  readonly table: Int32Array;
  /** Where the side table of each defined function begins. */
  readonly tableStarts: Int32Array;
  /** The module's bytes as they are. */
  readonly original: Uint8Array;
  #allStops: Uint8Array | undefined;
  /** By defined function, whether its body is as the loop reads it (1) and has fused forms, too (2): large modules run few of their functions soon. */
  readonly #prepared: Uint8Array;
  /** Whether bytes are replaced because of the memory or table that an instruction is about. */
  readonly #addresses: boolean;
  /** By body: where each counter goes on: at the first instruction, behind the heads of loops in their order. */
  readonly #heads = new Map<FuncBody, Int32Array>();
  /** How often a stop was set. */
  readonly #stops = new Map<number, number>();
  /** By defined function. */
  readonly #counted = new Map<number, BodyCounts>();
  /** Counted functions as the loop would read them, unfused, at their places. */
  plain: Uint8Array = NO_BYTES;
  /** Stops everywhere but at one instruction of those, from `#openFrom` on. */
  opened: Uint8Array | undefined = undefined;
  #openFrom = 0;
  #openEnd = 0;
  /** Numbers of the instances in whose memories something is forbidden or watched, so that all accesses are checked. */
  readonly #checkedFor = new Set<number>();

  /** `counts`: whether calls and passes of loops are counted. */
  constructor(readonly valid: ValidModule, readonly counts: boolean) {
    const { module, bodies } = valid;
    this.bytes = new Uint8Array(module.bytes.length + COUNTER_BYTES.length);
    this.bytes.set(COUNTER_BYTES, module.bytes.length);
    this.original = module.bytes;
    this.data = new DataView(this.bytes.buffer);
    this.tableStarts = new Int32Array(bodies.length);
    this.table = new Int32Array(bodies.reduce((n, b) => n + b.tableInts, 0));
    this.#addresses = module.memories.length > 1 || [...module.memories, ...module.tables].some((x) => x.type.is64);
    this.#prepared = new Uint8Array(bodies.length);
    for (let i = 0, at = 0; i < bodies.length; i++) {
      this.tableStarts[i] = at;
      at += bodies[i].tableInts;
    }
  }

  /** Makes the bytes and the side table of a defined function as the loop reads them, before its first call. */
  prepare(i: number): void {
    if (this.#prepared[i] !== 0) return;
    const { module, bodies } = this.valid, { table } = this;
    const { sideTable } = bodies[i], at = this.tableStarts[i], end = at + sideTable.length;
    table.set(sideTable, at);
    for (let k = at; k < end; k += ENTRY_INTS) table[k + TARGET_STP] += at;
    const body = module.funcs[module.importedFuncs + i].body!;
    this.bytes.set(module.bytes.subarray(body.start, body.end), body.start);
    this.#adaptBody(body, bodies[i]);
    if (this.counts) this.#countLoops(body, bodies[i].loops, at, end);
    // Not before: where JavaScript's stack ended in the middle, all is made once more.
    this.#prepared[i] = 1;
    if (!this.counts) this.fuse(i);
  }

  /** Writes fused forms to a function that is prepared. Where calls are counted, only those that stay in the interpreter run often enough for that. */
  fuse(i: number): void {
    if (this.#prepared[i] === 2) return;
    this.#prepared[i] = 2;
    const { module } = this.valid;
    fuseBody(this.original, this.bytes, module.funcs[module.importedFuncs + i].body!);
  }

  /** Where calls begin that are counted. */
  get entry(): number {
    return this.original.length;
  }

  /** Lets the loops of a body begin, and the branches back in its part of the side table lead, where they are counted. */
  #countLoops(body: FuncBody, loops: readonly number[], table: number, end: number): void {
    const counters = new Map<number, number>();
    const heads = new Int32Array(Math.min(MAX_COUNTERS, 1 + loops.length));
    heads[0] = body.codeStart;
    const r = new BytecodeReader(this.original, body.codeStart, body.end);
    for (let counter = 1; counter < heads.length; counter++) {
      r.pos = loops[counter - 1];
      r.next();
      counters.set(r.pos, counter);
      countLoop(this.bytes, r.at, counter);
      heads[counter] = r.pos;
    }
    this.#heads.set(body, heads);
    if (counters.size === 0) return;
    for (let k = table; k < end; k += ENTRY_INTS) {
      const counter = counters.get(this.table[k + TARGET_PC]);
      if (counter !== undefined) this.table[k + TARGET_PC] = this.entry + 2 * counter;
    }
  }

  /** By counter of a body, where it goes on; empty where nothing is counted. */
  headsOf(body: FuncBody): Int32Array {
    return this.#heads.get(body) ?? NOTHING;
  }

  /** Writes how the loop reads a body, where it is not as the module has it. */
  #adaptBody(body: FuncBody, facts: BodyFacts): void {
    const { module } = this.valid;
    for (const at of facts.vectorMoves) this.bytes[at] = VECTOR_FORM.get(module.bytes[at])!;
    this.bytes[body.end - 1] = RETURN;
    if (!this.#checked && !this.#addresses && facts.localSlot === undefined) return;
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    while (r.pos < r.end) {
      r.next();
      adapt(r, module, facts.localSlot, this.bytes, this.#checked);
    }
  }

  /** Has all accesses to memory, of functions that are prepared later, too, checked as long as an instance wants it. Frames stand before or behind whole instructions, so they may be running. */
  checkAccesses(instance: WasmInstance, check: boolean): void {
    const before = this.#checked;
    if (check) this.#checkedFor.add(instance.id);
    else this.#checkedFor.delete(instance.id);
    if (this.#checked === before) return;
    const { module } = this.valid;
    for (const [i, facts] of this.valid.bodies.entries()) {
      if (this.#prepared[i] === 0) continue;
      const body = module.funcs[module.importedFuncs + i].body!;
      const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
      while (r.pos < r.end) {
        r.next();
        if (this.bytes[r.at] === STOP || this.bytes[r.at] === COUNTED) continue;
        if (isFused(this.bytes[r.at])) this.bytes[r.at] = module.bytes[r.at];
        if (!accessesMemory(r)) continue;
        this.bytes[r.at] = module.bytes[r.at];
        adapt(r, module, facts.localSlot, this.bytes, this.#checked);
      }
      fuseBody(this.original, this.bytes, body);
      if (this.#counted.has(i)) this.#makePlain(i);
    }
  }
  get #checked(): boolean {
    return this.#checkedFor.size > 0;
  }

  /** Writes the instruction at `pc` to `target` as the loop reads it, without a stop; gives the offset behind it. */
  #restore(pc: number, target: Uint8Array): number {
    const i = this.#functionAt(pc);
    this.prepare(i);
    const end = this.#restoreIn(i, new BytecodeReader(this.original, pc), target);
    if (this.#isCounted(i, pc)) target[pc] = COUNTED;
    return end;
  }

  /** The same for the instruction that a reader comes to in a defined function, uncounted. */
  #restoreIn(i: number, r: BytecodeReader, target: Uint8Array): number {
    const { module, bodies } = this.valid, { pos: pc } = r;
    const facts = bodies[i];
    r.next();
    target.set(module.bytes.subarray(pc, r.pos), pc);
    if (facts.vectorMoves.includes(pc)) target[pc] = VECTOR_FORM.get(r.op)!;
    const body = module.funcs[module.importedFuncs + i].body!;
    if (r.pos === body.end) target[pc] = RETURN;
    else if (r.op === LOOP && this.counts) {
      const counter = this.headsOf(body).indexOf(r.pos);
      if (counter > 0) countLoop(target, pc, counter);
    } else adapt(r, module, facts.localSlot, target, this.#checked);
    return r.pos;
  }

  /** Sets a stop before the instruction at `pc`; it goes when it was cleared as often as it was set. */
  setStop(pc: number): void {
    this.setStops([pc]);
  }
  /** The same for several, in ascending order, which takes each function's body once. */
  setStops(offsets: readonly number[]): void {
    this.#changeStops(offsets, (pc) => {
      const times = this.#stops.get(pc) ?? 0;
      this.#stops.set(pc, times + 1);
      if (times === 0) this.bytes[pc] = STOP;
    });
  }
  /** Changes stops, function by function, while no forms are fused there. */
  #changeStops(offsets: readonly number[], change: (pc: number) => void): void {
    for (let i = 0; i < offsets.length;) {
      const own = this.#functionAt(offsets[i]), body = this.#bodyAt(offsets[i]);
      this.prepare(own);
      this.#separate(offsets[i]);
      for (; i < offsets.length && offsets[i] < body.end; i++) change(offsets[i]);
      fuseBody(this.original, this.bytes, body);
    }
  }
  /** Undoes what `joinBlocks()` and `fuseBody()` did to the function that holds `pc`, so that no run leads over a stop. */
  #separate(pc: number): void {
    const { module } = this.valid;
    const body = this.#bodyAt(pc);
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    while (r.pos < r.end) {
      if (r.next() === BLOCK && this.bytes[r.at] === BLOCKS) this.bytes.set(module.bytes.subarray(r.at, r.pos), r.at);
      else if (isFused(this.bytes[r.at])) this.bytes[r.at] = module.bytes[r.at];
    }
  }
  /** Takes it away. */
  clearStop(pc: number): void {
    this.clearStops([pc]);
  }
  /** The same for several, in ascending order. */
  clearStops(offsets: readonly number[]): void {
    this.#changeStops(offsets, (pc) => {
      const times = (this.#stops.get(pc) ?? 1) - 1;
      if (times > 0) return void this.#stops.set(pc, times);
      this.#stops.delete(pc);
      this.#restore(pc, this.bytes);
    });
  }
  /** The defined function that holds `pc`. */
  #functionAt(pc: number): number {
    const { funcs, importedFuncs } = this.valid.module;
    let low = importedFuncs, high = funcs.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pc < funcs[middle].body!.end) high = middle;
      else low = middle + 1;
    }
    return low - importedFuncs;
  }
  #bodyAt(pc: number): FuncBody {
    const { funcs, importedFuncs } = this.valid.module;
    return funcs[importedFuncs + this.#functionAt(pc)].body!;
  }

  // Counting

  /** Counts a defined function from now on, or, without counters, not any more. Frames stand before or behind whole instructions, so they may be running. */
  count(i: number, counters: FunctionCounters | undefined): void {
    const { module } = this.valid, body = module.funcs[module.importedFuncs + i].body!;
    this.prepare(i);
    const before = this.#counted.get(i);
    this.#separate(body.codeStart);
    this.#counted.delete(i);
    for (const pc of before?.offsets ?? []) if (this.bytes[pc] === COUNTED) this.#restore(pc, this.bytes);
    if (counters !== undefined) this.#startCounting(i, body, counters);
    fuseBody(this.original, this.bytes, body);
  }

  /** Whether a function's counters are in use. */
  isCounted(i: number): boolean {
    return this.#counted.has(i);
  }

  #startCounting(i: number, body: FuncBody, { plan, interp: values }: FunctionCounters): void {
    const start = body.codeStart, length = body.end - start;
    const at = new Int32Array(length).fill(-1), edges = at.slice(), ends = at.slice();
    for (const [pc, counter] of plan.at) at[pc - start] = counter;
    for (const [pc, counter] of plan.edges) edges[pc - start] = counter;
    const r = new BytecodeReader(this.original, start, body.end);
    while (r.pos < r.end) {
      r.next();
      ends[r.at - start] = r.pos;
    }
    const offsets = [...new Set(plan.offsets)];
    if (this.plain.length === 0) {
      this.plain = this.bytes.slice();
      this.opened = this.#stopsEverywhere();
    }
    this.#counted.set(i, { start, at, edges, ends, offsets, values });
    this.#makePlain(i);
    for (const pc of offsets) {
      // Where blocks were joined as one, the bytes behind the first opcode tell how many.
      if (this.bytes[pc] === STOP) continue;
      this.bytes[pc] = COUNTED;
    }
  }

  #makePlain(i: number): void {
    const { module } = this.valid, body = module.funcs[module.importedFuncs + i].body!;
    const r = new BytecodeReader(this.original, body.codeStart, body.end);
    while (r.pos < r.end) this.#restoreIn(i, r, this.plain);
  }

  #isCounted(i: number, pc: number): boolean {
    const counts = this.#counted.get(i);
    return counts !== undefined && (counts.at[pc - counts.start] >= 0 || counts.edges[pc - counts.start] >= 0);
  }

  /** What is counted of a defined function, which must be counted. */
  countsOf(i: number): BodyCounts {
    return this.#counted.get(i)!;
  }

  /** Lets the instruction at `pc`, which ends at `end` and goes nowhere else, be run alone from `opened`. */
  open(pc: number, end: number): void {
    const opened = this.opened!, { plain } = this;
    for (let at = this.#openFrom; at < this.#openEnd; at++) opened[at] = STOP;
    for (let at = pc; at < end; at++) opened[at] = plain[at];
    this.#openFrom = pc;
    this.#openEnd = end;
  }

  #stopsEverywhere(): Uint8Array {
    const stops = new Uint8Array(this.bytes.length).fill(STOP, 0, this.entry);
    stops.set(COUNTER_BYTES, this.entry);
    return stops;
  }

  /** Bytes that stop before every instruction; `allow()` opens one for a step. */
  get allStops(): Uint8Array {
    return this.#allStops ??= this.#stopsEverywhere();
  }
  /** Opens the instruction at `pc` in `allStops`; gives the offset behind it, for `forbid()`. */
  allow(pc: number): number {
    return this.#restore(pc, this.allStops);
  }
  /** Closes what `allow()` opened. */
  forbid(pc: number, end: number): void {
    this.allStops.fill(STOP, pc, end);
  }
}

/** Writes to `bytes` the `loop` at `at` as one that is counted. */
function countLoop(bytes: Uint8Array, at: number, counter: number): void {
  bytes[at] = COUNT;
  bytes[at + 1] = counter;
}

/** What stands for an instruction of the loop, because of the memory or table that it is about; undefined if it stands for itself. */
function otherForm(r: BytecodeReader, module: Module, checked: boolean): number | undefined {
  if (checked && accessesMemory(r)) return OTHER_MEMORY;
  if (r.op >= 0x1000) return undefined;
  switch (r.info.imm) {
    case Imm.MEMORY_ACCESS:
      return r.index !== 0 || module.memories[r.index].type.is64 ? OTHER_MEMORY : undefined;
    case Imm.MEMORY:
      return module.memories[r.index].type.is64 ? OTHER_MEMORY : undefined;
    case Imm.TABLE:
      return module.tables[r.index].type.is64 ? OTHER_MEMORY : undefined;
    case Imm.TYPE_TABLE:
      if (!module.tables[r.index2].type.is64) return undefined;
      return r.op === CALL_INDIRECT ? CALL_WIDE : RETURN_CALL_WIDE;
  }
  return undefined;
}

/** Whether an instruction accesses bytes of a memory. */
function accessesMemory(r: BytecodeReader): boolean {
  const { imm } = r.info;
  if (imm === Imm.MEMORY_ACCESS || imm === Imm.MEMORY_LANE) return true;
  return r.op === MEMORY_INIT || r.op === MEMORY_COPY || r.op === MEMORY_FILL;
}

/** Writes to `bytes` how the loop reads an instruction, if that is not as it is there: as the module has it, or with the opcode for a move of a vector. */
function adapt(
  r: BytecodeReader,
  module: Module,
  localSlot: Int32Array | undefined,
  bytes: Uint8Array,
  checked: boolean,
): void {
  const other = otherForm(r, module, checked);
  if (other !== undefined) bytes[r.at] = other;
  else if (localSlot !== undefined && r.info.imm === Imm.LOCAL) adaptLocal(r, localSlot[r.index], bytes);
}

/** Writes the slot of a local where its index stands, if there is room; otherwise an opcode for which the slot is looked up. */
function adaptLocal(r: BytecodeReader, slot: number, bytes: Uint8Array): void {
  const first = r.at + 1, last = r.pos - 1;
  if (slot >= 2 ** (7 * (r.pos - first))) {
    bytes[r.at] = FAR_FORM.get(bytes[r.at])!;
    return;
  }
  for (let i = first; i <= last; i++, slot >>>= 7) bytes[i] = (slot & 127) | (i < last ? 128 : 0);
}

/** What the loop needs of an instance. */
export class InstanceCode {
  /** Index in the store arena's words of each global's cell. */
  readonly globals: Int32Array;
  readonly funcs: readonly WasmFunc[];

  /** Whether the first memory has 64-bit addresses. */
  readonly wide: boolean;
  /** What gc.ts keeps here. */
  objects: unknown = undefined;

  constructor(readonly instance: WasmInstance, readonly code: ModuleCode) {
    this.wide = instance.memories[0]?.type.is64 ?? false;
    this.funcs = instance.funcs;
    this.globals = Int32Array.from(instance.globals, (g) => g.cell >> 2);
  }
}

/** Counters of a function, of calls first, then of its loops in their order: what is left until the loop is to be left, and what was counted before. */
export class Counters {
  readonly left: Int32Array;
  readonly #limits: Int32Array;
  readonly #before: Float64Array;

  constructor(count: number, limits: HotLimits) {
    this.left = new Int32Array(count).fill(limits.passes);
    this.left[0] = limits.calls;
    this.#limits = this.left.slice();
    this.#before = new Float64Array(this.left.length);
  }

  /** What was counted so far. */
  count(counter: number): number {
    return this.#before[counter] + this.#limits[counter] - this.left[counter];
  }
  /** Lets a counter run out after `more` from now on, at least 1. */
  rearm(counter: number, more: number): void {
    this.#before[counter] = this.count(counter);
    this.#limits[counter] = this.left[counter] = more;
  }
}

/** A function as the loop sees it. Heights and sizes in words, two per slot. */
export class FunctionCode implements InterpCode {
  readonly kind = "interp";
  readonly view: InstanceCode;
  /** Index among the defined functions. */
  readonly own: number;
  /** First instruction. */
  readonly body: number;
  /** Where a call begins: there, or where it is counted. */
  readonly start: number;
  /** Undefined where nothing is counted. */
  readonly counters: Counters | undefined;
  /** `counters.left`. */
  readonly left: Int32Array;
  /** Where each counter goes on. */
  readonly heads: Int32Array;
  /** Cursor in the joined side table at the start. */
  readonly stp: number;
  readonly paramWords: number;
  /** Parameters and locals. */
  readonly localWords: number;
  /** All that a frame may take, as register code too. */
  frameWords: number;
  /** Whether it is to run as register code, where frames can go on so. */
  wantsRegisters: boolean;
  readonly resultWords: number;
  /** Slot of each local, where some take two. */
  readonly localSlot: Int32Array | undefined;
  readonly handlers: readonly Handler[];
  /** Cursors by pc, where frames came from other tiers: to find one takes as long as the body is up to there. */
  #cursors: Map<number, number> | undefined;

  constructor(readonly func: WasmFunc) {
    const instance = func.instance!;
    this.view = instanceCode(instance);
    const i = this.own = func.index - instance.module.importedFuncs;
    const facts = instance.valid.bodies[i];
    const body = instance.module.funcs[func.index].body!;
    const { code } = this.view;
    code.prepare(i);
    const limits = instance.store.policy?.limits;
    this.body = body.codeStart;
    this.start = limits === undefined ? this.body : code.entry;
    this.heads = code.headsOf(body);
    this.counters = limits === undefined ? undefined : new Counters(this.heads.length, limits);
    this.left = this.counters?.left ?? NOTHING;
    this.stp = this.view.code.tableStarts[i];
    this.paramWords = facts.paramSlots * 2;
    this.localWords = facts.localSlots * 2;
    this.frameWords = (facts.localSlots + facts.maxOperandSlots) * 2;
    this.resultWords = facts.resultSlots * 2;
    this.localSlot = facts.localSlot;
    this.handlers = facts.handlers;
    this.wantsRegisters = wantsRegisters(func);
  }

  /** The cursor of the side table before the instruction at `pc`. */
  cursorAt(pc: number): number {
    const known = this.#cursors?.get(pc);
    if (known !== undefined) return known;
    const r = new BytecodeReader(this.view.code.original, this.body, pc);
    let stp = this.stp;
    while (r.pos < pc) {
      r.next();
      stp += ENTRY_INTS * entriesOf(r);
    }
    (this.#cursors ??= new Map()).set(pc, stp);
    return stp;
  }
}

/** Whether a function is to run as register code: that checks no rights of parts of a memory, and counts nothing. */
export function wantsRegisters(func: WasmFunc): boolean {
  return func.tier === "fast" && !isCounted(func) &&
    !func.instance!.memories.some((m) => m.isChecked);
}

/** Whether the counters of a function of a module are in use. */
export function isCounted(func: WasmFunc): boolean {
  const { code } = instanceCode(func.instance!);
  return code.isCounted(func.index - code.valid.module.importedFuncs);
}

const modules = new WeakMap<ValidModule, ModuleCode>();
const countedModules = new WeakMap<ValidModule, ModuleCode>();
const instances = new WeakMap<WasmInstance, InstanceCode>();

/** The one ModuleCode of a module, for stores where calls and loops are counted or for the others. */
export function moduleCode(valid: ValidModule, counts: boolean): ModuleCode {
  const known = counts ? countedModules : modules;
  let code = known.get(valid);
  if (code === undefined) known.set(valid, code = new ModuleCode(valid, counts));
  return code;
}
/** The InstanceCode of an instance. */
export function instanceCode(instance: WasmInstance): InstanceCode {
  let code = instances.get(instance);
  if (code === undefined) {
    const counts = instance.store.policy !== undefined;
    instances.set(instance, code = new InstanceCode(instance, moduleCode(instance.valid, counts)));
    if (instance.memories.some((m) => m.isChecked)) {
      code.code.checkAccesses(instance, true);
    }
  }
  return code;
}
/** Has accesses checked that functions of the instance make, or not any more. */
export function checkAccesses(instance: WasmInstance, check: boolean): void {
  instances.get(instance)?.code.checkAccesses(instance, check);
}
/** Sets or clears the stop at a byte offset, for all instances of the instance's module. */
export function setStop(instance: WasmInstance, offset: number, on: boolean): void {
  const { code } = instanceCode(instance);
  if (on) code.setStop(offset);
  else code.clearStop(offset);
}
/** The FunctionCode of a function of a module. */
export function functionCode(func: WasmFunc): FunctionCode {
  return (func.interp ??= new FunctionCode(func)) as FunctionCode;
}
