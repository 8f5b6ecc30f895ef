// What is known while a function's source is written: the operands as expressions not yet evaluated, the lines so far with the Wasm offsets they come from, the places
// where a frame can be left. Families of instructions work on it; the order of evaluation and which variable holds what are its affair.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { FuncBody, FuncDecl, Module } from "../wasm/module.ts";
import { F32, F64, I32, I64, slotsOf, V128, type ValType } from "../wasm/types.ts";

/** What holds a value: `i`, `r`: a variable with a number of 32 bits; `l`: two; `f`, `d`: one with a double, which is never a signalling NaN; `v`: its slots in the shadow frame. */
export type Kind = "i" | "l" | "f" | "d" | "r" | "v";

/** The kind of values of a type. */
export function kindOf(t: ValType): Kind {
  switch (t) {
    case I32:
      return "i";
    case I64:
      return "l";
    case F32:
      return "f";
    case F64:
      return "d";
    case V128:
      return "v";
  }
  return "r";
}
/** The kinds of values of some types. */
export function kindsOf(types: readonly ValType[]): Kind[] {
  return types.map(kindOf);
}
/** Slots of a value. */
export function kindSlots(kind: Kind): number {
  return kind === "v" ? 2 : 1;
}
/** The kind of a letter in the signatures of the instruction table; `a` is `address`. */
export function kindOfLetter(letter: string, address: Kind): Kind {
  return letter === "a" ? address : letter as Kind;
}

/** An operand: expressions without effects over variables. */
export interface Value {
  readonly kind: Kind;
  /** The value, or the low half of an `l`; the word of the shadow frame for a `v`. */
  readonly lo: string;
  readonly hi: string;
  /** A boolean expression for the same truth value. */
  readonly condition?: string;
  /** Whether the high half of an `l` is known to be but the sign of the low one. */
  readonly extended?: true;
  /** Low and high half of a constant. */
  readonly constant?: readonly [number, number];
  /** Locals that it reads, and operand slots whose variables it reads. */
  readonly locals: readonly number[];
  readonly temps: readonly number[];
  /** Operations in it. */
  readonly size: number;
}
/** An operand on the stack, with its place there. */
export interface Operand extends Value {
  readonly slot: number;
}

const NONE: readonly number[] = [];
/** Operations in an expression before it goes into a variable. */
const MOST_SIZE = 12;

/** The kind of a block. */
export type BlockKind = "function" | "block" | "loop" | "if" | "else" | "try_table" | "try" | "catch";

/** An open block. */
export interface Block {
  kind: BlockKind;
  readonly id: number;
  readonly params: readonly Kind[];
  readonly results: readonly Kind[];
  /** Operands and operand slots below it. */
  readonly height: number;
  readonly slots: number;
  /** Clauses of a try_table. */
  readonly catches: readonly { readonly kind: number; readonly tag: number; readonly label: number }[];
  /** Nesting of legacy catch blocks around and in it: its variable keeps the exception. */
  caught: number;
  /** Line where the statements begin that an entry into a loop behind them passes over; -1 where no entry lies within. */
  guard: number;
}

/** A place where a frame can be left: the interpreter's goes on at `source` with `height` slots; `owes`: the place is still to be paid for. */
export interface Site {
  readonly source: number;
  readonly height: number;
  readonly owes: boolean;
}

/** A function has no source of this kind, for a reason. */
export class Unsuitable extends Error {}

/** A number as an operand of JavaScript. */
export function literal(n: number): string {
  if (Object.is(n, -0)) return "(-0)";
  return n < 0 ? `(${n})` : String(n);
}

/** The writer of one function. */
export class FunctionWriter {
  readonly module: Module;
  readonly decl: FuncDecl;
  readonly body: FuncBody;
  readonly facts: BodyFacts;
  readonly r: BytecodeReader;
  readonly localTypes: readonly ValType[];
  readonly localKinds: readonly Kind[];
  readonly lines: string[] = [];
  readonly offsets: number[] = [];
  readonly stack: Operand[] = [];
  /** Operand slots in use. */
  slots = 0;
  readonly blocks: Block[] = [];
  blockCount = 0;
  dead = false;
  /** Variables of operands and scratch ones. */
  readonly variables = new Set<string>();
  /** Names of what the source takes from outside. */
  readonly outer = new Set<string>();
  readonly sites: Site[] = [];
  /** For each site, the statements that write its operands. */
  readonly spills: string[] = [];
  /** Whether it has a shadow frame. */
  framed = false;
  /** Whether it makes tail calls. */
  tails = false;
  /** Whether it calls itself. Its name for itself is `%self%`. */
  callsItself = false;
  /** Whether the word for the function that is called through a table is in use. */
  rootsCallee = false;
  /** Legacy catch blocks that are open, and whether there is a `delegate`. */
  caughtDepth = 0;
  delegates = false;
  /** Whether loops count their passes. */
  slices = false;
  /** Whether some code ends by `break B`, which leaves the frame at the site that was set. */
  breaks = false;
  /** Sites at heads of loops where the function is left for one that begins there, with the offset of the loop and what is called before. */
  readonly leaves: { readonly site: number; readonly offset: number; readonly call: string }[] = [];
  /** Operands at the loop that is entered. */
  entryStack: readonly Operand[] = [];

  /** `entry`: offset behind the head of the loop where the function is entered; -1 for its beginning. */
  constructor(
    readonly valid: ValidModule,
    readonly index: number,
    readonly metered: boolean,
    readonly exact: boolean,
    readonly entry: number,
  ) {
    this.module = valid.module;
    this.decl = this.module.funcs[index];
    this.body = this.decl.body!;
    this.facts = valid.bodies[index - this.module.importedFuncs];
    this.r = new BytecodeReader(this.module.bytes, this.body.codeStart, this.body.end);
    this.localTypes = this.body.locals;
    this.localKinds = kindsOf(this.localTypes);
  }

  // Lines

  /** Adds a statement, a line of its own, that comes from the present instruction. */
  line(code: string): void {
    this.lines.push(code);
    this.offsets.push(this.r.at);
  }

  /** The name of something from outside. */
  use(name: string): string {
    this.outer.add(name);
    return name;
  }

  // Frames

  /** Slot of a local in the interpreter's frame. */
  localSlot(n: number): number {
    return this.facts.localSlot?.[n] ?? n;
  }
  /** Word of the shadow frame where an operand slot begins, as an expression. */
  word(slot: number): string {
    this.framed = true;
    return `fp+${2 * (this.facts.localSlots + slot)}`;
  }
  localWord(n: number): string {
    this.framed = true;
    return `fp+${2 * this.localSlot(n)}`;
  }
  /** Words of the shadow frame. */
  get frameWords(): number {
    return 2 * (this.facts.localSlots + this.facts.maxOperandSlots) + 2;
  }
  get calleeWord(): string {
    this.framed = this.rootsCallee = true;
    return `fp+${this.frameWords - 2}`;
  }

  /** A place where the frame can be left with the operands of the present; gives the statement that says so. */
  site(source: number, owes = false): string {
    const id = this.sites.length + 1;
    let spill = "";
    for (const v of this.stack) spill += this.#spill(v, this.facts.localSlots + v.slot);
    for (const b of this.blocks) {
      if (b.kind === "catch") {
        spill += `w[a+${2 * this.keptSlot(b)}]=${this.use("exnRef")}(x${b.caught});`;
      }
    }
    this.sites.push({ source, height: this.facts.localSlots + this.slots, owes });
    this.spills.push(spill);
    return `s=${id};`;
  }
  /** Leaves the frame at the site that `leave` sets. It takes no call among the code before it, behind which V8 would know nothing of memory. */
  quit(leave: string): string {
    this.breaks = true;
    return `${leave}break B;`;
  }
  /** The slot where the interpreter keeps the exception of a legacy catch block. */
  keptSlot(b: Block): number {
    let slots = 0;
    for (const t of this.localTypes) slots += slotsOf(t);
    return slots + b.caught;
  }
  #spill(v: Value, slot: number): string {
    const at = `a+${2 * slot}`;
    switch (v.kind) {
      case "l":
        return `w[${at}]=${v.lo};w[${at}+1]=${v.hi};`;
      case "f":
        return `${this.use("putF32")}(w,${at},${v.lo});`;
      case "d":
        return `${this.use("putF64")}(w,${at},${v.lo});`;
      case "v":
        return `${this.use("putV128")}(w,${at},${v.lo});`;
    }
    return `w[${at}]=${v.lo};`;
  }
  /** Statements that write all locals. */
  spillLocals(): string {
    return this.localKinds.map((kind, n) => this.#spill(this.localValue(n, kind), this.localSlot(n))).join("");
  }

  // Operands

  localValue(n: number, kind: Kind = this.localKinds[n]): Value {
    const lo = kind === "v" ? this.localWord(n) : `l${n}`;
    return { kind, lo, hi: kind === "l" ? `h${n}` : "", locals: [n], temps: NONE, size: 0 };
  }

  pop(): Operand {
    const v = this.stack.pop()!;
    this.slots = v.slot;
    return v;
  }
  popMany(count: number): Operand[] {
    const values = this.stack.splice(this.stack.length - count, count);
    if (count > 0) this.slots = values[0].slot;
    return values;
  }

  /** Puts a value on the stack as it is. */
  put(v: Value): void {
    this.stack.push({ ...v, slot: this.slots });
    this.slots += kindSlots(v.kind);
  }
  constant(kind: Kind, low: number, high = 0): void {
    // A negative zero would make doubles of what V8 can hold as integers.
    low |= 0;
    high |= 0;
    this.put({
      kind,
      lo: literal(low),
      hi: kind === "l" ? literal(high) : "",
      constant: [low, high],
      locals: NONE,
      temps: NONE,
      size: 0,
    });
  }
  /** Puts an expression over `operands`, which have been popped. */
  push(kind: Kind, lo: string, operands: readonly Value[], more: Partial<Value> = {}): void {
    let size = 1;
    let locals = NONE, temps = NONE;
    for (const o of operands) {
      size += o.size;
      if (o.locals.length > 0) locals = locals.length === 0 ? o.locals : [...locals, ...o.locals];
      if (o.temps.length > 0) temps = temps.length === 0 ? o.temps : [...temps, ...o.temps];
    }
    const v: Value = { kind, lo, hi: "", locals, temps, size, ...more };
    if (size > MOST_SIZE) this.assign(kind, lo, v.hi);
    else this.put(v);
  }
  /** Puts a truth value. */
  pushCondition(condition: string, operands: readonly Value[]): void {
    this.push("i", `(${condition}?1:0)`, operands, { condition: `(${condition})` });
  }

  /** The variable of an operand slot. */
  variable(kind: Kind, slot: number): string {
    const name = `${kind === "f" || kind === "d" ? "d" : "i"}${slot}`;
    this.variables.add(name);
    return name;
  }
  highVariable(slot: number): string {
    const name = `j${slot}`;
    this.variables.add(name);
    return name;
  }
  /** A scratch variable. */
  scratch(name: string): string {
    this.variables.add(name);
    return name;
  }

  /** The value that is in the variables of the operand slot `slot`. */
  variableValue(kind: Kind, slot: number): Operand {
    const lo = kind === "v" ? this.word(slot) : this.variable(kind, slot);
    return { kind, lo, hi: kind === "l" ? this.highVariable(slot) : "", locals: NONE, temps: [slot], size: 0, slot };
  }

  /** Makes room in the variables of a slot: operands below that read them go into their own. */
  free(slot: number): void {
    for (let i = 0; i < this.stack.length; i++) {
      const v = this.stack[i];
      if (v.slot !== slot && v.temps.includes(slot)) this.settle(i);
    }
  }

  /** Evaluates into the variables of the slot to come, and puts that. What it reads may be popped operands. */
  assign(kind: Kind, lo: string, hi = ""): void {
    const { slots: slot } = this;
    this.free(slot);
    this.line(this.assignment(kind, slot, lo, hi));
    this.put(this.variableValue(kind, slot));
  }
  /** The statement that sets the variables of a slot. */
  assignment(kind: Kind, slot: number, lo: string, hi = ""): string {
    if (kind === "v") return `${this.use("copyV128")}(${this.word(slot)},${lo});`;
    const name = this.variable(kind, slot);
    if (kind === "l") {
      const high = this.highVariable(slot);
      if (!mentions(hi, name)) return `${name}=${lo};${high}=${hi};`;
      if (!mentions(lo, high)) return `${high}=${hi};${name}=${lo};`;
      const q = this.scratch("qt");
      return `${q}=${lo};${high}=${hi};${name}=${q};`;
    }
    return kind === "r" ? `${this.use("S")}[${this.word(slot)}]=${name}=${lo};` : `${name}=${lo};`;
  }

  /** Puts the value of the stack entry `i` into its own variables. */
  settle(i: number): void {
    const v = this.stack[i];
    if (v.size === 0 && v.locals.length === 0 && v.temps.length === 1 && v.temps[0] === v.slot) return;
    this.free(v.slot);
    this.line(this.assignment(v.kind, v.slot, v.lo, v.hi));
    this.stack[i] = this.variableValue(v.kind, v.slot);
  }
  /** Likewise for an expression that reads variables of its own slot. */
  settleOwn(i: number): void {
    const v = this.stack[i];
    if (v.size > 0 && v.temps.includes(v.slot)) this.settle(i);
  }
  /** Likewise for all that read a local, which is about to change. */
  settleLocal(n: number): void {
    for (let i = 0; i < this.stack.length; i++) if (this.stack[i].locals.includes(n)) this.settle(i);
  }
  /** Likewise for all but constants, which are the same everywhere; the topmost `params` whatever they are. */
  settleAll(params: number): void {
    const first = this.stack.length - params;
    for (let i = 0; i < this.stack.length; i++) {
      if (i >= first || this.stack[i].constant === undefined) this.settle(i);
    }
  }
  /** A popped operand as something that may be written several times. */
  simple(v: Value, name: string): Value {
    if (v.size === 0) return v;
    const q = this.scratch(name);
    this.line(`${q}=${v.lo};`);
    if (v.kind !== "l") return { ...v, lo: q, condition: undefined, size: 0 };
    if (v.hi === "0") return { ...v, lo: q, size: 0 };
    const high = this.scratch(name + "h");
    this.line(`${high}=${v.hi};`);
    return { ...v, lo: q, hi: high, size: 0 };
  }

  /** A boolean expression for an i32. */
  truth(v: Value): string {
    return v.condition ?? `${v.lo}!==0`;
  }

  // Traps

  /** The name of a function that throws a trap. */
  trap(code: number): string {
    return `${this.use("trap")}(${code});`;
  }
}

/** Whether an expression reads a variable. */
function mentions(expression: string, name: string): boolean {
  for (let at = expression.indexOf(name); at >= 0; at = expression.indexOf(name, at + 1)) {
    const before = expression.charCodeAt(at - 1), after = expression.charCodeAt(at + name.length);
    if (!isWord(before) && !isWord(after)) return true;
  }
  return false;
}
function isWord(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
}
