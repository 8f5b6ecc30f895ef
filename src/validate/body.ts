// Validates one function body or constant expression (specification 3.4 and appendix "Validation Algorithm") and makes its side table.
// Takes a ModuleContext; throws CompileErrors at the instruction at fault. Sections are left to validate_module.ts.

import { BytecodeReader, constantEnd } from "../bytecode/reader.ts";
import { CompileError } from "../wasm/errors.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import type { FeatureSet } from "../wasm/features.ts";
import type { FuncBody, FuncDecl, Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import {
  BOT,
  BOTTOM_HEAP,
  F32,
  F64,
  type FuncType,
  heapOf,
  type HeapType,
  I32,
  I64,
  isDefaultable,
  isRef,
  matches,
  slotCount,
  slotsOf,
  typeName,
  V128,
  type ValType,
} from "../wasm/types.ts";
import { Control, NONE } from "./blocks.ts";
import { controlSteps } from "./control.ts";
import { exceptionSteps } from "./exceptions.ts";
import { gcSteps } from "./gc.ts";
import { referenceSteps } from "./references.ts";
import { type BodyFacts, ENTRY_INTS, type Handler, type HandlerDraft, TARGET_HEIGHT } from "./side_table.ts";
import { passUsual, UsualFacts } from "./usual.ts";
import { variableSteps } from "./variables.ts";

/** What bodies need to know of their module beyond its declarations. */
export interface ModuleContext {
  readonly module: Module;
  /** Functions that `ref.func` may name. */
  readonly declaredRefs: Set<number>;
  readonly features: FeatureSet;
  /** Throws if a value type does not exist or belongs to a feature that is off. */
  checkType(t: ValType, at: number): void;
}

const LETTERS: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64, v: V128, a: -1 };
const ADDRESS = -1;
/** An offset behind every module: a small integer, since each instruction is compared with it. */
const NEVER = 0x7fffffff;
const NO_ENTRIES = new Int32Array(0);
const NO_HANDLERS: readonly Handler[] = [];
const NO_OFFSETS: readonly number[] = [];
/** Ints of a buffer of side tables. A module with few bodies has a smaller one. */
const KEPT_INTS = 16384;
/** Lanes of the shapes, by their first five letters. */
const LANES: Record<string, number> = { i8x16: 16, i16x8: 8, i32x4: 4, i64x2: 2, f32x4: 4, f64x2: 2 };

interface Simple {
  operands: ValType[];
  results: ValType[];
}
const SIMPLE = new Map<number, Simple>();
/** The same for opcodes of one byte. */
const SIMPLE_BASE: (Simple | undefined)[] = new Array(256).fill(undefined);
for (const i of op.INSTRUCTIONS) {
  if (i.signature === "") continue;
  const [operands, results] = i.signature.split(":").map((s) => [...s].map((c) => LETTERS[c]));
  SIMPLE.set(i.code, { operands, results });
  if (i.code < 256) SIMPLE_BASE[i.code] = { operands, results };
}

/** What validates an instruction that its signature does not tell all of. */
export type Step = (v: BodyValidator, r: BytecodeReader) => void;
const STEPS = new Map<number, Step>([
  ...controlSteps,
  ...exceptionSteps,
  ...variableSteps,
  ...referenceSteps,
  ...gcSteps,
]);
const STEPS_BASE: readonly (Step | undefined)[] = Array.from({ length: 256 }, (_, code) => STEPS.get(code));
function misplaced(_: BodyValidator, r: BytecodeReader): never {
  r.malformed(`${MALFORMED.illegalOpcode}: ${r.info.name} may not stand here`, r.at);
}

/** Validates bodies of one module; the object is reused from body to body. */
export class BodyValidator {
  readonly c: ModuleContext;
  readonly m: Module;
  r: BytecodeReader;
  /** Grows as need be. */
  stack = new Int32Array(1024);
  sp = 0;
  slots = 0;
  maxSlots = 0;
  controls: Control[] = [];
  /** By depth. */
  readonly #pool: Control[] = [];
  top!: Control;
  /** Types of the locals, of which there are `#localCount`. */
  locals = new Int32Array(256);
  localCount = 0;
  localSlot: Int32Array | undefined;
  localSlots = 0;
  results: readonly ValType[] = NONE;
  table = new Int32Array(1024);
  length = 0;
  /** Locals that need a value before they are read: 0 = not yet. Undefined where all have defaults. */
  initialized: Uint8Array | undefined;
  handlers: Handler[] = [];
  /** Index of the innermost handler whose region is open; -1 if there is none. */
  handler = -1;
  /** Legacy catch blocks that are open, and the most there ever were: each keeps its exception in a slot behind the locals. */
  caughtDepth = 0;
  caughtSlots = 0;
  /** Entries of `rethrow`, whose height is a slot. */
  rethrows: number[] = [];
  initOrder: number[] = [];
  /** The last instruction that belongs to a feature; -1 if there was none. */
  extension = -1;
  leaves = false;
  /** Instructions that move a v128 as others do scalars. */
  vectorMoves: number[] = [];
  /** Offsets of `loop` instructions. */
  loops: number[] = [];
  constant = false;
  /** Globals with this index and above are out of scope in a constant expression. */
  globalsInScope = 0;
  /** The loop ends before the first instruction that ends here or behind. */
  #stopAt = NEVER;
  #usual: UsualFacts | undefined;
  #kept = NO_ENTRIES;
  #keptLength = 0;

  constructor(context: ModuleContext) {
    this.c = context;
    this.m = context.module;
    this.r = new BytecodeReader(context.module.bytes);
  }

  /** Says where the module's bytes are now. */
  read(bytes: Uint8Array): void {
    if (bytes !== this.r.bytes) this.r = new BytecodeReader(bytes);
  }

  /** Validates the body of a defined function. */
  validateBody(decl: FuncDecl, body: FuncBody): BodyFacts {
    this.constant = false;
    this.begin(body.codeStart, body.end, decl.type.results);
    this.setLocals(decl.type, body);
    this.pushControl(op.BLOCK, NONE, decl.type.results);
    this.run();
    this.reserveCaught();
    return {
      // The lists that stayed empty are filled for other bodies.
      handlers: this.handlers.length === 0 ? NO_HANDLERS : this.handlers,
      sideTable: this.#keepTable(),
      tableInts: this.length,
      paramSlots: slotCount(decl.type.params),
      localSlots: this.localSlots + this.caughtSlots,
      resultSlots: slotCount(decl.type.results),
      maxOperandSlots: this.maxSlots,
      extension: this.extension,
      leaves: this.leaves,
      vectorMoves: this.vectorMoves.length === 0 ? NO_OFFSETS : this.vectorMoves,
      loops: this.loops.length === 0 ? NO_OFFSETS : this.loops,
      localSlot: this.localSlot,
    };
  }

  /** A copy of the side table, which shares a buffer with those of other bodies: making one for each took a tenth of the time. */
  #keepTable(): Int32Array {
    const { length } = this;
    if (length === 0) return NO_ENTRIES;
    if (length > this.#kept.length - this.#keptLength) {
      this.#kept = new Int32Array(Math.max(length, Math.min(KEPT_INTS, this.r.bytes.length)));
      this.#keptLength = 0;
    }
    const copy = this.#kept.subarray(this.#keptLength, this.#keptLength += length);
    for (let i = 0; i < length; i++) copy[i] = this.table[i];
    return copy;
  }

  /** Validates a constant expression of type `expected`, in which globals below `globalsInScope` may be read. */
  validateConstant(start: number, end: number, expected: ValType, globalsInScope: number): void {
    // There may be 100,000 of these.
    if (expected === I32 && constantEnd(this.r.bytes, start, end) === end) return;
    this.constant = true;
    this.globalsInScope = globalsInScope;
    this.begin(start, end, [expected]);
    this.localCount = 0;
    this.localSlots = 0;
    this.initialized = undefined;
    this.pushControl(op.BLOCK, NONE, [expected]);
    this.run();
  }

  /**
   * Types of the locals and operands of a valid body before the instruction that ends at `pc` or holds it; before the first one if `pc` is the body's start.
   */
  typesBefore(decl: FuncDecl, body: FuncBody, pc: number): { locals: Int32Array; operands: readonly ValType[] } {
    this.constant = false;
    this.begin(body.codeStart, body.end, decl.type.results);
    this.setLocals(decl.type, body);
    this.pushControl(op.BLOCK, NONE, decl.type.results);
    this.#stopAt = pc;
    this.run();
    return { locals: this.locals.subarray(0, this.localCount), operands: [...this.stack.subarray(0, this.sp)] };
  }

  begin(start: number, end: number, results: readonly ValType[]): void {
    this.#stopAt = NEVER;
    this.r.pos = start;
    this.r.end = end;
    this.sp =
      this.slots =
      this.maxSlots =
      this.length =
        0;
    this.controls.length = 0;
    if (this.handlers.length > 0) this.handlers = [];
    if (this.vectorMoves.length > 0) this.vectorMoves = [];
    if (this.loops.length > 0) this.loops = [];
    this.handler = this.extension = -1;
    this.leaves = false;
    this.caughtSlots = this.caughtDepth = this.rethrows.length = 0;
    this.results = results;
  }

  setLocals(type: FuncType, body: FuncBody): void {
    const count = this.localCount = body.localCount;
    if (count > this.locals.length) this.locals = new Int32Array(count * 2);
    for (let i = 0; i < type.params.length; i++) this.locals[i] = type.params[i];
    this.localSlots = slotCount(type.params);
    this.localSlot = undefined;
    this.initialized = undefined;
    this.initOrder.length = 0;
    let at = type.params.length;
    for (const g of body.groups) {
      this.locals.fill(g.type, at, at + g.count);
      this.localSlots += g.count * slotsOf(g.type);
      if (!isDefaultable(g.type)) {
        this.initialized ??= new Uint8Array(count).fill(1);
        this.initialized.fill(0, at, at + g.count);
      }
      at += g.count;
    }
    if (this.localSlots !== count) {
      let slot = 0;
      this.localSlot = Int32Array.from(
        this.locals.subarray(0, count),
        (t) => (slot += slotsOf(t)) - slotsOf(t),
      );
    }
    for (const g of body.groups) this.c.checkType(g.type, body.start);
  }

  invalid(message: string, at = this.r.at): never {
    throw new CompileError(message, at);
  }

  name(t: ValType): string {
    return typeName(t, (i) => this.m.names.types.get(i) ?? String(i));
  }

  // Operand stack

  push(t: ValType): void {
    if (this.sp === this.stack.length) this.#growStack();
    this.stack[this.sp++] = t;
    this.slots += t === V128 ? 2 : 1;
    if (this.slots > this.maxSlots) this.#raiseSlots();
  }

  #growStack(): void {
    const grown = new Int32Array(this.stack.length * 2);
    grown.set(this.stack);
    this.stack = grown;
  }
  #raiseSlots(): void {
    this.maxSlots = this.slots;
    if (this.slots > LIMITS.operandSlots) {
      this.invalid(`more than ${LIMITS.operandSlots} slots on the operand stack`);
    }
  }

  /** Called by instructions that move a value of type `t` and say nothing of its size. */
  moves(t: ValType): void {
    if (t === V128) this.vectorMoves.push(this.r.at);
  }

  pushAll(types: readonly ValType[]): void {
    for (let i = 0; i < types.length; i++) this.push(types[i]);
  }

  popAny(): ValType {
    if (this.sp === this.top.height) {
      if (this.top.unreachable) return BOT;
      this.invalid(`${INVALID.typeMismatch}: ${this.r.info.name} needs an operand, but the stack is empty`);
    }
    const t = this.stack[--this.sp];
    this.slots -= t === V128 ? 2 : 1;
    return t;
  }

  pop(expected: ValType): ValType {
    if (this.sp === this.top.height) {
      if (this.top.unreachable) return BOT;
      this.invalid(
        `${INVALID.typeMismatch}: ${this.r.info.name} expects ${this.name(expected)}, but the stack is empty`,
      );
    }
    const t = this.stack[--this.sp];
    this.slots -= t === V128 ? 2 : 1;
    if (t !== expected && !matches(t, expected, this.m)) {
      this.invalid(
        `${INVALID.typeMismatch}: ${this.r.info.name} expects ${this.name(expected)}, found ${this.name(t)}`,
      );
    }
    return t;
  }

  popAll(types: readonly ValType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.pop(types[i]);
  }

  /** Pops a reference of any type and gives its heap type. */
  popRefHeap(): HeapType {
    const t = this.popAny();
    if (t === BOT) return BOTTOM_HEAP;
    if (!isRef(t)) {
      this.invalid(`${INVALID.typeMismatch}: ${this.r.info.name} expects a reference, found ${this.name(t)}`);
    }
    return heapOf(t);
  }

  /** Checks the topmost operands against `types` and leaves them as they are. */
  peekAll(types: readonly ValType[]): void {
    const { sp, slots } = this;
    this.popAll(types);
    this.sp = sp;
    this.slots = slots;
  }

  // Control stack

  pushControl(opcode: number, params: readonly ValType[], results: readonly ValType[]): Control {
    const control = this.#pool[this.controls.length] ??= new Control();
    control.opcode = opcode;
    control.params = params;
    control.results = results;
    control.height = this.sp;
    control.slots = this.slots;
    control.unreachable = false;
    control.fixup =
      control.ifEntry =
      control.caught =
      control.checkedAt =
        -1;
    control.labelSlots = slotCount(opcode === op.LOOP ? params : results);
    control.inits = this.initOrder.length;
    control.handler = undefined;
    this.controls.push(control);
    this.top = control;
    this.pushAll(params);
    return control;
  }

  /** The block is good until the next one is opened. */
  popControl(): Control {
    const control = this.top;
    this.popAll(control.results);
    if (this.sp !== control.height) {
      this.invalid(
        `${INVALID.typeMismatch}: ${this.sp - control.height} values remain on the stack at the end of the block`,
      );
    }
    while (this.initOrder.length > control.inits) this.initialized![this.initOrder.pop()!] = 0;
    this.controls.pop();
    this.top = this.controls[this.controls.length - 1];
    return control;
  }

  /** Notes the loop whose instruction is at `at`, and whose first instruction at `pc`. */
  beginLoop(control: Control, at: number, pc: number): void {
    control.loopPc = pc;
    control.loopStp = this.length;
    this.loops.push(at);
  }
  /** Appends the entry of the edge that an `if` takes where its condition is false. */
  beginIf(control: Control): void {
    const at = control.ifEntry = this.entry();
    this.table[at + 2] = slotCount(control.params);
    this.table[at + 3] = this.localSlots + control.slots;
  }
  /** Turns an `if` whose operands have been checked into its `else`, whose first instruction is at `pc`. */
  turnElse(control: Control, pc: number): void {
    const { ifEntry } = control;
    control.opcode = op.ELSE;
    control.unreachable = false;
    control.ifEntry = control.checkedAt = -1;
    this.edge(control);
    this.patch(ifEntry, pc);
  }

  setUnreachable(): void {
    this.sp = this.top.height;
    this.slots = this.top.slots;
    this.top.unreachable = true;
  }

  label(depth: number): Control {
    if (depth >= this.controls.length) this.invalid(`${INVALID.unknownLabel} ${depth}`);
    return this.controls[this.controls.length - 1 - depth];
  }

  // Handlers

  /** Begins the region of a handler, which is the body of `control`. */
  openHandler(control: Control, handler: HandlerDraft): void {
    control.handler = handler;
    this.handler = this.handlers.push(handler) - 1;
  }
  /** Ends the region of a handler at `end`. */
  closeRegion(handler: HandlerDraft, end: number): void {
    handler.end = end;
    this.handler = handler.outer;
  }
  /** Called at the `end` of a block. */
  closeHandler(control: Control, end: number): void {
    if (control.caught >= 0) this.caughtDepth--;
    else if (control.handler !== undefined) this.closeRegion(control.handler, end);
  }
  /** Index of the handler that an exception thrown in `control` at its outermost would come to; -1 for the caller. */
  handlerAt(control: Control): number {
    for (let i = this.controls.indexOf(control); i >= 0; i--) {
      const { handler, caught } = this.controls[i];
      if (handler === undefined) continue;
      return caught >= 0 ? handler.outer : this.handlers.indexOf(handler);
    }
    return -1;
  }

  /** Appends the entry of an edge to `target`; gives its first int. */
  edge(target: Control): number {
    const at = this.entry();
    const table = this.table;
    table[at + 2] = target.labelSlots;
    table[at + 3] = this.localSlots + target.slots;
    if (target.opcode === op.LOOP) {
      table[at] = target.loopPc;
      table[at + 1] = target.loopStp;
    } else {
      table[at] = target.fixup;
      target.fixup = at;
    }
    return at;
  }

  entry(): number {
    const at = this.length;
    if (at + ENTRY_INTS > this.table.length) {
      const grown = new Int32Array(this.table.length * 2);
      grown.set(this.table);
      this.table = grown;
    }
    this.length = at + ENTRY_INTS;
    return at;
  }

  /** Slots that keep caught exceptions lie between locals and operands: heights that were written before their number was known are raised. */
  reserveCaught(): void {
    if (this.caughtSlots === 0) return;
    for (let i = 0; i < this.length; i += ENTRY_INTS) this.table[i + TARGET_HEIGHT] += this.caughtSlots;
    for (const entry of this.rethrows) this.table[entry + TARGET_HEIGHT] -= this.caughtSlots;
  }

  /** Lets all entries that wait for the end of a block lead to `pc`. */
  patchAll(control: Control, pc: number): void {
    for (let entry = control.fixup; entry >= 0;) {
      const before = this.table[entry];
      this.patch(entry, pc);
      entry = before;
    }
  }

  patch(entry: number, pc: number): void {
    this.table[entry] = pc;
    this.table[entry + 1] = this.length;
  }

  funcType(index: number): FuncType {
    const def = this.m.types[index];
    if (def === undefined) this.invalid(`${INVALID.unknownType} ${index}`);
    if (def.type.kind !== "func") this.invalid(`${INVALID.notFunctionType}: type ${index}`);
    return def.type;
  }

  // Declarations

  local(): ValType {
    const i = this.r.index;
    if (i >= this.localCount) this.invalid(`${INVALID.unknownLocal} ${i}`);
    return this.locals[i];
  }
  initLocal(i: number): void {
    if (this.initialized !== undefined && this.initialized[i] === 0) {
      this.initialized[i] = 1;
      this.initOrder.push(i);
    }
  }
  tableType(i: number) {
    const t = this.m.tables[i];
    if (t === undefined) this.invalid(`${INVALID.unknownTable} ${i}`);
    return { element: t.type.element, address: t.type.is64 ? I64 : I32 };
  }
  memoryAddress(i: number): ValType {
    const m = this.m.memories[i];
    if (m === undefined) this.invalid(`${INVALID.unknownMemory} ${i}`);
    return m.type.is64 ? I64 : I32;
  }
  dataIndex(i: number): void {
    if (this.m.dataCount === undefined) {
      throw new CompileError(MALFORMED.dataCountRequired, this.r.at, true);
    }
    if (i >= this.m.dataCount) this.invalid(`${INVALID.unknownData} ${i}`);
  }
  elemType(i: number): ValType {
    const e = this.m.elems[i];
    if (e === undefined) this.invalid(`${INVALID.unknownElem} ${i}`);
    return e.type;
  }
  subtype(a: ValType, b: ValType): void {
    if (!matches(a, b, this.m)) {
      this.invalid(`${INVALID.typeMismatch}: ${this.name(a)} is not a subtype of ${this.name(b)}`);
    }
  }

  // The loop over the instructions

  run(): void {
    const r = this.r;
    const usual = this.constant || this.#stopAt !== NEVER ? undefined : this.#usual ??= new UsualFacts(this.m);
    while (this.controls.length > 0) {
      if (usual !== undefined) passUsual(this, usual);
      if (r.pos >= r.end) r.malformed(this.missingEnd());
      const code = r.next();
      if (r.pos >= this.#stopAt) return;
      if (r.info.feature !== undefined) this.extended(r);
      if (this.constant && !(r.info.properties & op.CONSTANT) && code !== op.GLOBAL_GET && code !== op.END) {
        this.invalid(`${INVALID.constantExpression}: ${r.info.name}`);
      }
      const simple = code < 256 ? SIMPLE_BASE[code] : SIMPLE.get(code);
      if (simple !== undefined) this.simple(simple);
      else ((code < 256 ? STEPS_BASE[code] : STEPS.get(code)) ?? misplaced)(this, r);
    }
    if (r.pos !== r.end) throw new CompileError(MALFORMED.endExpected, r.pos, true);
  }

  /** What to say of a body without its last `end`, as one that reads on past the body would see it. */
  missingEnd(): string {
    const { bytes, end } = this.r;
    if (this.constant || end >= bytes.length) return MALFORMED.unexpectedEndOfSection;
    return bytes[end] === op.END ? MALFORMED.sectionSize : MALFORMED.endExpected;
  }

  /** Notes an instruction that belongs to a feature. */
  extended(r: BytecodeReader): void {
    if (!this.c.features.has(r.info.feature!)) {
      r.malformed(`${MALFORMED.illegalOpcode}: ${r.info.name} needs feature ${r.info.feature}`, r.at);
    }
    this.extension = r.op;
  }

  checkLane(lanes: number): void {
    if (this.r.lane >= lanes) this.invalid(`${INVALID.lane} ${this.r.lane}`);
  }

  simple(s: Simple): void {
    const address = this.r.info.imm === op.Imm.NONE ? I32 : this.immediates(this.r);
    const { operands, results } = s;
    for (let i = operands.length - 1; i >= 0; i--) {
      const t = operands[i];
      this.pop(t === ADDRESS ? address : t);
    }
    for (let i = 0; i < results.length; i++) this.push(results[i]);
  }

  /** Checks the immediates of a simple instruction; gives the type of addresses. */
  immediates(r: BytecodeReader): ValType {
    const { imm, accessLog2, properties } = r.info;
    if (imm === op.Imm.MEMORY_ACCESS || imm === op.Imm.MEMORY_LANE) {
      const address = this.memoryAddress(r.index);
      if (r.align > accessLog2) this.invalid(INVALID.alignment);
      if (address === I32 && r.offset > 0xffffffff) this.invalid(INVALID.offset);
      if (imm === op.Imm.MEMORY_LANE) this.checkLane(16 >> accessLog2);
      else if (properties & op.ATOMIC && r.align !== accessLog2) this.invalid(INVALID.atomicAlignment);
      return address;
    }
    if (imm === op.Imm.LANE) this.checkLane(LANES[r.info.name.slice(0, 5)]);
    else if (imm === op.Imm.SHUFFLE) {
      for (let i = 0; i < 16; i++) if (r.bytes[r.immediateAt + i] >= 32) this.invalid(INVALID.lane);
    } else if (r.op === op.DATA_DROP) this.dataIndex(r.index);
    else if (r.op === op.ELEM_DROP) this.elemType(r.index);
    return I32;
  }
}
