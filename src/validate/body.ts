// Validates one function body or constant expression (specification 3.4 and appendix "Validation Algorithm") and makes its side table.
// Takes a ModuleContext; throws CompileErrors at the instruction at fault. Sections are left to module.ts.

import { BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import { CompileError } from "../wasm/errors.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import type { FuncBody, FuncDecl, Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import {
  BOT,
  F32,
  F64,
  FUNCREF,
  type FuncType,
  I32,
  I64,
  isDefaultable,
  isRef,
  matches,
  refType,
  slotCount,
  slotsOf,
  typeName,
  V128,
  type ValType,
} from "../wasm/types.ts";
import { type BodyFacts, ENTRY_INTS } from "./side_table.ts";

/** What bodies need to know of their module beyond its declarations. */
export interface ModuleContext {
  readonly module: Module;
  /** Functions that `ref.func` may name. */
  readonly declaredRefs: Set<number>;
  /** Throws if a value type does not exist or belongs to a feature that is off. */
  checkType(t: ValType, at: number): void;
}

interface Control {
  opcode: number;
  params: readonly ValType[];
  results: readonly ValType[];
  height: number;
  slots: number;
  unreachable: boolean;
  /** Entries that lead to the end of this block. */
  fixups: number[];
  /** Where branches to a loop lead. */
  loopPc: number;
  loopStp: number;
  /** The entry of the false edge of an `if` without its `else` so far; -1 otherwise. */
  ifEntry: number;
  /** Length of the list of locals that were initialised when the block began. */
  inits: number;
  /** The br_table (its offset) whose operands were checked against this label last. */
  checkedAt: number;
}

const NONE: readonly ValType[] = [];
const SINGLE: readonly (readonly ValType[])[] = [[], [I32], [I64], [F32], [F64], [V128]];
const LETTERS: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64, a: -1 };
const ADDRESS = -1;

interface Simple {
  operands: ValType[];
  results: ValType[];
}
const SIMPLE = new Map<number, Simple>();
for (const i of op.INSTRUCTIONS) {
  if (i.signature === "") continue;
  const [operands, results] = i.signature.split(":").map((s) => [...s].map((c) => LETTERS[c]));
  SIMPLE.set(i.code, { operands, results });
}
const SIMPLE_BASE: (Simple | undefined)[] = Array.from({ length: 256 }, (_, code) => SIMPLE.get(code));

/** Validates bodies of one module; the object is reused from body to body. */
export class BodyValidator {
  readonly #c: ModuleContext;
  readonly #m: Module;
  readonly #r: BytecodeReader;
  readonly #stack: ValType[] = [];
  #sp = 0;
  #slots = 0;
  #maxSlots = 0;
  #controls: Control[] = [];
  #top!: Control;
  /** Types of the locals, of which there are `#localCount`. */
  #locals = new Int32Array(256);
  #localCount = 0;
  #localSlot: Int32Array | undefined;
  #localSlots = 0;
  #results: readonly ValType[] = NONE;
  #table = new Int32Array(1024);
  #length = 0;
  /** Locals that need a value before they are read: 0 = not yet. Undefined where all have defaults. */
  #initialized: Uint8Array | undefined;
  #initOrder: number[] = [];
  #constant = false;
  /** Globals with this index and above are out of scope in a constant expression. */
  #globalsInScope = 0;

  constructor(context: ModuleContext) {
    this.#c = context;
    this.#m = context.module;
    this.#r = new BytecodeReader(context.module.bytes);
  }

  /** Validates the body of a defined function. */
  validateBody(decl: FuncDecl, body: FuncBody): BodyFacts {
    this.#constant = false;
    this.#begin(body.codeStart, body.end, decl.type.results);
    this.#setLocals(decl.type, body);
    this.#pushControl(op.BLOCK, NONE, decl.type.results);
    this.#run();
    return {
      sideTable: this.#table.slice(0, this.#length),
      paramSlots: slotCount(decl.type.params),
      localSlots: this.#localSlots,
      resultSlots: slotCount(decl.type.results),
      maxOperandSlots: this.#maxSlots,
      localSlot: this.#localSlot,
    };
  }

  /** Validates a constant expression of type `expected`, in which globals below `globalsInScope` may be read. */
  validateConstant(start: number, end: number, expected: ValType, globalsInScope: number): void {
    this.#constant = true;
    this.#globalsInScope = globalsInScope;
    this.#begin(start, end, [expected]);
    this.#localCount = 0;
    this.#localSlots = 0;
    this.#initialized = undefined;
    this.#pushControl(op.BLOCK, NONE, [expected]);
    this.#run();
  }

  #begin(start: number, end: number, results: readonly ValType[]): void {
    this.#r.pos = start;
    this.#r.end = end;
    this.#sp =
      this.#slots =
      this.#maxSlots =
      this.#length =
        0;
    this.#controls.length = 0;
    this.#results = results;
  }

  #setLocals(type: FuncType, body: FuncBody): void {
    const count = this.#localCount = body.localCount;
    if (count > this.#locals.length) this.#locals = new Int32Array(count * 2);
    this.#locals.set(type.params);
    this.#localSlots = slotCount(type.params);
    this.#localSlot = undefined;
    this.#initialized = undefined;
    this.#initOrder.length = 0;
    let at = type.params.length;
    for (const g of body.groups) {
      this.#locals.fill(g.type, at, at + g.count);
      this.#localSlots += g.count * slotsOf(g.type);
      if (!isDefaultable(g.type)) {
        this.#initialized ??= new Uint8Array(count).fill(1);
        this.#initialized.fill(0, at, at + g.count);
      }
      at += g.count;
    }
    if (this.#localSlots !== count) {
      let slot = 0;
      this.#localSlot = Int32Array.from(
        this.#locals.subarray(0, count),
        (t) => (slot += slotsOf(t)) - slotsOf(t),
      );
    }
    for (const g of body.groups) this.#c.checkType(g.type, body.start);
  }

  #invalid(message: string, at = this.#r.at): never {
    throw new CompileError(message, at);
  }

  #name(t: ValType): string {
    return typeName(t, (i) => this.#m.names.types.get(i) ?? String(i));
  }

  // Operand stack

  #push(t: ValType): void {
    this.#stack[this.#sp++] = t;
    this.#slots += t === V128 ? 2 : 1;
    if (this.#slots > this.#maxSlots) this.#growStack();
  }

  #growStack(): void {
    this.#maxSlots = this.#slots;
    if (this.#slots > LIMITS.operandSlots) {
      this.#invalid(`more than ${LIMITS.operandSlots} slots on the operand stack`);
    }
  }

  #pushAll(types: readonly ValType[]): void {
    for (let i = 0; i < types.length; i++) this.#push(types[i]);
  }

  #popAny(): ValType {
    if (this.#sp === this.#top.height) {
      if (this.#top.unreachable) return BOT;
      this.#invalid(`${INVALID.typeMismatch}: ${this.#r.info.name} needs an operand, but the stack is empty`);
    }
    const t = this.#stack[--this.#sp];
    this.#slots -= t === V128 ? 2 : 1;
    return t;
  }

  #pop(expected: ValType): ValType {
    if (this.#sp === this.#top.height) {
      if (this.#top.unreachable) return BOT;
      this.#invalid(
        `${INVALID.typeMismatch}: ${this.#r.info.name} expects ${this.#name(expected)}, but the stack is empty`,
      );
    }
    const t = this.#stack[--this.#sp];
    this.#slots -= t === V128 ? 2 : 1;
    if (t !== expected && !matches(t, expected, this.#m)) {
      this.#invalid(
        `${INVALID.typeMismatch}: ${this.#r.info.name} expects ${this.#name(expected)}, found ${this.#name(t)}`,
      );
    }
    return t;
  }

  #popAll(types: readonly ValType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.#pop(types[i]);
  }

  #popRef(): ValType {
    const t = this.#popAny();
    if (t !== BOT && !isRef(t)) {
      this.#invalid(`${INVALID.typeMismatch}: ${this.#r.info.name} expects a reference, found ${this.#name(t)}`);
    }
    return t;
  }

  // Control stack

  #pushControl(opcode: number, params: readonly ValType[], results: readonly ValType[]): Control {
    const control: Control = {
      opcode,
      params,
      results,
      height: this.#sp,
      slots: this.#slots,
      unreachable: false,
      fixups: [],
      loopPc: 0,
      loopStp: 0,
      ifEntry: -1,
      inits: this.#initOrder.length,
      checkedAt: -1,
    };
    this.#controls.push(control);
    this.#top = control;
    this.#pushAll(params);
    return control;
  }

  #popControl(): Control {
    const control = this.#top;
    this.#popAll(control.results);
    if (this.#sp !== control.height) {
      this.#invalid(
        `${INVALID.typeMismatch}: ${this.#sp - control.height} values remain on the stack at the end of the block`,
      );
    }
    for (const i of this.#initOrder.splice(control.inits)) this.#initialized![i] = 0;
    this.#controls.pop();
    this.#top = this.#controls[this.#controls.length - 1];
    return control;
  }

  #setUnreachable(): void {
    this.#sp = this.#top.height;
    this.#slots = this.#top.slots;
    this.#top.unreachable = true;
  }

  #label(depth: number): Control {
    if (depth >= this.#controls.length) this.#invalid(`${INVALID.unknownLabel} ${depth}`);
    return this.#controls[this.#controls.length - 1 - depth];
  }

  static #labelTypes(c: Control): readonly ValType[] {
    return c.opcode === op.LOOP ? c.params : c.results;
  }

  /** Appends the entry of an edge to `target`. */
  #edge(target: Control): void {
    const at = this.#entry();
    const table = this.#table;
    table[at + 2] = slotCount(BodyValidator.#labelTypes(target));
    table[at + 3] = this.#localSlots + target.slots;
    if (target.opcode === op.LOOP) {
      table[at] = target.loopPc;
      table[at + 1] = target.loopStp;
    } else {
      target.fixups.push(at);
    }
  }

  #entry(): number {
    const at = this.#length;
    if (at + ENTRY_INTS > this.#table.length) {
      const grown = new Int32Array(this.#table.length * 2);
      grown.set(this.#table);
      this.#table = grown;
    }
    this.#length = at + ENTRY_INTS;
    return at;
  }

  #patch(entry: number, pc: number): void {
    this.#table[entry] = pc;
    this.#table[entry + 1] = this.#length;
  }

  #blockType(): FuncType | undefined {
    const r = this.#r;
    if (r.blockIndex === NO_TYPE_INDEX) {
      if (r.blockResult !== 0) this.#c.checkType(r.blockResult, r.at);
      return undefined;
    }
    return this.#funcType(r.blockIndex);
  }

  #funcType(index: number): FuncType {
    const def = this.#m.types[index];
    if (def === undefined) this.#invalid(`${INVALID.unknownType} ${index}`);
    if (def.type.kind !== "func") this.#invalid(`${INVALID.notFunctionType}: type ${index}`);
    return def.type;
  }

  // Declarations

  #local(): ValType {
    const i = this.#r.index;
    if (i >= this.#localCount) this.#invalid(`${INVALID.unknownLocal} ${i}`);
    return this.#locals[i];
  }
  #initLocal(i: number): void {
    if (this.#initialized !== undefined && this.#initialized[i] === 0) {
      this.#initialized[i] = 1;
      this.#initOrder.push(i);
    }
  }
  #tableType(i: number) {
    const t = this.#m.tables[i];
    if (t === undefined) this.#invalid(`${INVALID.unknownTable} ${i}`);
    return { element: t.type.element, address: t.type.is64 ? I64 : I32 };
  }
  #memoryAddress(i: number): ValType {
    const m = this.#m.memories[i];
    if (m === undefined) this.#invalid(`${INVALID.unknownMemory} ${i}`);
    return m.type.is64 ? I64 : I32;
  }
  #dataIndex(i: number): void {
    if (this.#m.dataCount === undefined) {
      throw new CompileError(MALFORMED.dataCountRequired, this.#r.at, true);
    }
    if (i >= this.#m.dataCount) this.#invalid(`${INVALID.unknownData} ${i}`);
  }
  #elemType(i: number): ValType {
    const e = this.#m.elems[i];
    if (e === undefined) this.#invalid(`${INVALID.unknownElem} ${i}`);
    return e.type;
  }
  #subtype(a: ValType, b: ValType): void {
    if (!matches(a, b, this.#m)) {
      this.#invalid(`${INVALID.typeMismatch}: ${this.#name(a)} is not a subtype of ${this.#name(b)}`);
    }
  }

  // The loop over the instructions

  #run(): void {
    const r = this.#r;
    while (this.#controls.length > 0) {
      if (r.pos >= r.end) r.malformed(this.#missingEnd());
      const code = r.next();
      if (this.#constant && !(r.info.properties & op.CONSTANT) && code !== op.GLOBAL_GET && code !== op.END) {
        this.#invalid(`${INVALID.constantExpression}: ${r.info.name}`);
      }
      const simple = code < 256 ? SIMPLE_BASE[code] : SIMPLE.get(code);
      if (simple === undefined) this.#step(code);
      else this.#simple(simple);
    }
    if (r.pos !== r.end) throw new CompileError(MALFORMED.endExpected, r.pos, true);
  }

  /** What to say of a body without its last `end`, as one that reads on past the body would see it. */
  #missingEnd(): string {
    const { bytes, end } = this.#r;
    if (this.#constant || end >= bytes.length) return MALFORMED.unexpectedEndOfSection;
    return bytes[end] === op.END ? MALFORMED.sectionSize : MALFORMED.endExpected;
  }

  #simple(s: Simple): void {
    const r = this.#r;
    let address = I32;
    if (r.info.imm === op.Imm.MEMORY_ACCESS) {
      address = this.#memoryAddress(r.index);
      if (r.align > r.info.accessLog2) this.#invalid(INVALID.alignment);
      if (address === I32 && r.offset > 0xffffffff) this.#invalid(INVALID.offset);
    } else if (r.op === op.DATA_DROP) {
      this.#dataIndex(r.index);
    } else if (r.op === op.ELEM_DROP) {
      this.#elemType(r.index);
    }
    const operands = s.operands;
    for (let i = operands.length - 1; i >= 0; i--) {
      const t = operands[i];
      this.#pop(t === ADDRESS ? address : t);
    }
    const results = s.results;
    for (let i = 0; i < results.length; i++) this.#push(results[i]);
  }

  #step(code: number): void {
    const r = this.#r;
    switch (code) {
      case op.UNREACHABLE:
        return this.#setUnreachable();
      case op.BLOCK:
      case op.LOOP:
      case op.IF:
        return this.#open(code);
      case op.ELSE:
        return this.#else();
      case op.END:
        return this.#end();
      case op.BR: {
        const target = this.#label(r.index);
        this.#popAll(BodyValidator.#labelTypes(target));
        this.#edge(target);
        return this.#setUnreachable();
      }
      case op.BR_IF: {
        this.#pop(I32);
        const target = this.#label(r.index);
        const types = BodyValidator.#labelTypes(target);
        this.#popAll(types);
        this.#pushAll(types);
        return this.#edge(target);
      }
      case op.BR_TABLE:
        return this.#brTable();
      case op.RETURN:
        this.#popAll(this.#results);
        return this.#setUnreachable();
      case op.CALL: {
        const f = this.#m.funcs[r.index];
        if (f === undefined) this.#invalid(`${INVALID.unknownFunction} ${r.index}`);
        return this.#call(f.type);
      }
      case op.CALL_INDIRECT: {
        const table = this.#tableType(r.index2);
        if (!matches(table.element, FUNCREF, this.#m)) {
          this.#invalid(`${INVALID.typeMismatch}: call_indirect needs a table of functions`);
        }
        const type = this.#funcType(r.index);
        this.#pop(table.address);
        return this.#call(type);
      }
      case op.DROP:
        this.#popAny();
        return;
      case op.SELECT:
        return this.#select();
      case op.SELECT_T: {
        if (r.types.length !== 1) this.#invalid(INVALID.selectArity);
        const t = r.types[0];
        this.#c.checkType(t, r.at);
        this.#pop(I32);
        this.#pop(t);
        this.#pop(t);
        return this.#push(t);
      }
      case op.LOCAL_GET: {
        const t = this.#local();
        if (this.#initialized !== undefined && this.#initialized[r.index] === 0) {
          this.#invalid(`${INVALID.uninitializedLocal} ${r.index}`);
        }
        return this.#push(t);
      }
      case op.LOCAL_SET:
        this.#pop(this.#local());
        return this.#initLocal(r.index);
      case op.LOCAL_TEE: {
        const t = this.#local();
        this.#pop(t);
        this.#initLocal(r.index);
        return this.#push(t);
      }
      case op.GLOBAL_GET:
        return this.#push(this.#globalGet());
      case op.GLOBAL_SET: {
        const g = this.#m.globals[r.index];
        if (g === undefined) this.#invalid(`${INVALID.unknownGlobal} ${r.index}`);
        if (!g.type.mutable) this.#invalid(`${INVALID.globalImmutable} ${r.index}`);
        this.#pop(g.type.type);
        return;
      }
      default:
        return this.#tableOrMemory(code);
    }
  }

  #tableOrMemory(code: number): void {
    const r = this.#r;
    switch (code) {
      case op.TABLE_GET: {
        const t = this.#tableType(r.index);
        this.#pop(t.address);
        return this.#push(t.element);
      }
      case op.TABLE_SET: {
        const t = this.#tableType(r.index);
        this.#pop(t.element);
        this.#pop(t.address);
        return;
      }
      case op.TABLE_SIZE:
        return this.#push(this.#tableType(r.index).address);
      case op.TABLE_GROW: {
        const t = this.#tableType(r.index);
        this.#pop(t.address);
        this.#pop(t.element);
        return this.#push(t.address);
      }
      case op.TABLE_FILL: {
        const t = this.#tableType(r.index);
        this.#pop(t.address);
        this.#pop(t.element);
        this.#pop(t.address);
        return;
      }
      case op.TABLE_COPY: {
        const to = this.#tableType(r.index), from = this.#tableType(r.index2);
        this.#subtype(from.element, to.element);
        this.#pop(to.address === I64 && from.address === I64 ? I64 : I32);
        this.#pop(from.address);
        this.#pop(to.address);
        return;
      }
      case op.TABLE_INIT: {
        const t = this.#tableType(r.index2);
        this.#subtype(this.#elemType(r.index), t.element);
        this.#pop(I32);
        this.#pop(I32);
        this.#pop(t.address);
        return;
      }
      case op.MEMORY_SIZE:
        return this.#push(this.#memoryAddress(r.index));
      case op.MEMORY_GROW: {
        const address = this.#memoryAddress(r.index);
        this.#pop(address);
        return this.#push(address);
      }
      case op.MEMORY_FILL: {
        const address = this.#memoryAddress(r.index);
        this.#pop(address);
        this.#pop(I32);
        this.#pop(address);
        return;
      }
      case op.MEMORY_COPY: {
        const to = this.#memoryAddress(r.index), from = this.#memoryAddress(r.index2);
        this.#pop(to === I64 && from === I64 ? I64 : I32);
        this.#pop(from);
        this.#pop(to);
        return;
      }
      case op.MEMORY_INIT: {
        const address = this.#memoryAddress(r.index2);
        this.#dataIndex(r.index);
        this.#pop(I32);
        this.#pop(I32);
        this.#pop(address);
        return;
      }
      case op.REF_NULL:
        this.#c.checkType(r.nullType, r.at);
        return this.#push(r.nullType);
      case op.REF_IS_NULL:
        this.#popRef();
        return this.#push(I32);
      case op.REF_FUNC: {
        const f = this.#m.funcs[r.index];
        if (f === undefined) this.#invalid(`${INVALID.unknownFunction} ${r.index}`);
        if (this.#constant) this.#c.declaredRefs.add(r.index);
        else if (!this.#c.declaredRefs.has(r.index)) {
          this.#invalid(`${INVALID.undeclaredFunctionReference} to function ${r.index}`);
        }
        return this.#push(refType(f.typeIndex, false));
      }
      default:
        this.#invalid(`${MALFORMED.illegalOpcode}: ${r.info.name} may not stand here`);
    }
  }

  #open(code: number): void {
    const r = this.#r;
    const type = this.#blockType();
    if (code === op.IF) this.#pop(I32);
    const params = type?.params ?? NONE;
    const results = type?.results ?? (r.blockResult < SINGLE.length ? SINGLE[r.blockResult] : [r.blockResult]);
    this.#popAll(params);
    const control = this.#pushControl(code, params, results);
    if (code === op.LOOP) {
      control.loopPc = r.pos;
      control.loopStp = this.#length;
    } else if (code === op.IF) {
      control.ifEntry = this.#entry();
      this.#table[control.ifEntry + 2] = slotCount(params);
      this.#table[control.ifEntry + 3] = this.#localSlots + control.slots;
    }
  }

  #else(): void {
    if (this.#top.opcode !== op.IF) {
      throw new CompileError(`${MALFORMED.illegalOpcode}: else without if`, this.#r.at, true);
    }
    const begun = this.#popControl();
    const control = this.#pushControl(op.ELSE, begun.params, begun.results);
    control.fixups = begun.fixups;
    this.#edge(control);
    this.#patch(begun.ifEntry, this.#r.pos);
  }

  #end(): void {
    const control = this.#popControl();
    const outermost = this.#controls.length === 0;
    const pc = outermost ? this.#r.at : this.#r.pos;
    if (control.opcode === op.IF) {
      if (control.params.length !== control.results.length) {
        this.#invalid(`${INVALID.typeMismatch}: an if without else must give what it takes`);
      }
      for (let i = 0; i < control.params.length; i++) this.#subtype(control.params[i], control.results[i]);
      this.#patch(control.ifEntry, pc);
    }
    for (const entry of control.fixups) this.#patch(entry, pc);
    if (outermost) return;
    this.#pushAll(control.results);
  }

  #brTable(): void {
    const labels = this.#r.labels;
    this.#pop(I32);
    const last = BodyValidator.#labelTypes(this.#label(labels[labels.length - 1]));
    for (let i = 0; i < labels.length; i++) {
      const target = this.#label(labels[i]);
      const types = BodyValidator.#labelTypes(target);
      if (types.length !== last.length) {
        this.#invalid(`${INVALID.typeMismatch}: the labels of br_table take different numbers of values`);
      }
      if (target.checkedAt !== this.#r.at) this.#peekAll(types);
      target.checkedAt = this.#r.at;
      this.#edge(target);
    }
    this.#popAll(last);
    this.#setUnreachable();
  }

  /** Checks the topmost operands against `types` and leaves them as they are. */
  #peekAll(types: readonly ValType[]): void {
    const sp = this.#sp, slots = this.#slots;
    this.#popAll(types);
    this.#sp = sp;
    this.#slots = slots;
  }

  #call(type: FuncType): void {
    this.#popAll(type.params);
    this.#pushAll(type.results);
  }

  #select(): void {
    this.#pop(I32);
    const b = this.#popAny(), a = this.#popAny();
    if (isRef(a) || isRef(b)) {
      this.#invalid(`${INVALID.typeMismatch}: select of references needs a type`);
    }
    if (a !== b && a !== BOT && b !== BOT) {
      this.#invalid(`${INVALID.typeMismatch}: select between ${this.#name(a)} and ${this.#name(b)}`);
    }
    this.#push(a === BOT ? b : a);
  }

  #globalGet(): ValType {
    const g = this.#m.globals[this.#r.index];
    if (g === undefined || (this.#constant && this.#r.index >= this.#globalsInScope)) {
      this.#invalid(`${INVALID.unknownGlobal} ${this.#r.index}`);
    }
    if (this.#constant && g.type.mutable) {
      this.#invalid(`${INVALID.constantExpression}: global.get of a mutable global`);
    }
    return g.type.type;
  }
}
