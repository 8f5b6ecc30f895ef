// What the families of instructions share while one function is compiled: reader, state, open blocks, the condition that a branch ahead will take.
// Takes a module once, then bodies; which instruction does what is in numeric.ts, control.ts and their neighbours.

import type { Label } from "../asm/buffer.ts";
import { type SignaturePlaces, signaturePlaces, type SlotKind } from "../abi/signature.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { CountPlan } from "../validate/count_plan.ts";
import type { BodyFacts, Handler } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { F32, F64, type FuncType, I32, I64, V128, type ValType } from "../wasm/types.ts";
import { LocalUses } from "./local_uses.ts";
import {
  ARGUMENT,
  Condition,
  inverse,
  Kind,
  type MacroAssembler,
  mirrored,
  passedSlots,
  type Register,
} from "./macro_assembler.ts";
import { type Control, Merges, type SavedState } from "./merges.ts";
import type { MoveProgram } from "./moves.ts";
import { describeSafepoint, type LoopPad, loopPad, type SafepointList } from "./safepoints.ts";
import { CONSTANT, isFloat, SLOT, State } from "./state.ts";

/** Gives the kind of a value type. */
export function kindOf(type: ValType): Kind {
  if (type === I32) return Kind.I32;
  if (type === I64) return Kind.I64;
  if (type === F32) return Kind.F32;
  if (type === F64) return Kind.F64;
  if (type === V128) return Kind.V128;
  return Kind.REF;
}
const SLOT_KINDS: readonly SlotKind[] = ["i32", "i64", "f32", "f64", "ref", "v128"];

/** What a condition compares, when it is left to the branch that follows. */
export const Compared = {
  NOTHING: 0,
  I32: 1,
  I64: 2,
  F32: 3,
  F64: 4,
  ZERO32: 5,
  ZERO64: 6,
  BITS32: 7,
  BITS64: 8,
} as const;
export type Compared = number;

/** Which way branches usually go, by their offset in the function's body (from its start): whether the condition usually holds. */
export type Layout = ReadonlyMap<number, boolean>;

/** A signature as compilers see it. */
export interface Signature {
  readonly params: readonly Kind[];
  readonly results: readonly Kind[];
  readonly places: SignaturePlaces;
}

/** A branch whose moves are made behind the function: then to `target`, or out of the function. `counter`: of this edge, or -1. */
interface Detour {
  readonly label: Label;
  readonly counter: number;
  readonly moves: MoveProgram;
  readonly target: Label | undefined;
  readonly source: number;
}

/** Where exceptions go on that a clause catches: the payload of the given kinds becomes operands from name `base` on, then as a detour. */
interface LandingPad {
  readonly entry: number;
  readonly kinds: readonly Kind[];
  readonly base: number;
  readonly moves: MoveProgram;
  readonly target: Label | undefined;
  readonly source: number;
}

/** A legacy `try` that is open: its state at the beginning, when all is in slots, and its next clause. */
interface OpenTry {
  readonly handler: Handler;
  readonly state: SavedState;
  clause: number;
}

/** Values that the entries of a function's loops and the maps of its frames describe together: without a limit, the product of locals and loops would be in memory. */
const MAX_DESCRIBED = 1 << 20;

/** The state of compiling functions of one module. */
export class Context {
  readonly module: Module;
  readonly m: MacroAssembler;
  readonly r: BytecodeReader;
  readonly uses: LocalUses = new LocalUses();
  readonly s: State;
  readonly merges: Merges;
  controls: Control[] = [];
  /** Number of blocks begun, and of events of locals passed: they count what lies in dead code, too. */
  blocks = 0;
  event = 0;
  /** Code here cannot be reached. */
  dead = false;
  signature!: Signature;
  /** Whether an operand or local of this function may be a reference. */
  hasReferences = false;
  #compared: Compared = Compared.NOTHING;
  #condition: Condition = Condition.EQ;
  #detours: Detour[] = [];
  #pads: LandingPad[] = [];
  /** Regions of this function with exception handlers, and how many try blocks are open. */
  handlers: readonly Handler[] = [];
  guarded = 0;
  tries: OpenTry[] = [];
  /** What the validator found out about the function. */
  facts!: BodyFacts;
  /** Whether code takes fuel, and whether loops get entries for frames of the interpreter. */
  readonly metered: boolean;
  readonly entersLoops: boolean;
  /** Where safepoints are described; undefined where that is not asked for. */
  safepoints: SafepointList | undefined;
  /** What the function counts, if anything. */
  counts: CountPlan | undefined;
  #loopPads: LoopPad[] = [];
  readonly #signatures = new Map<FuncType, Signature>();
  /** Whether a call of an own function may come back from another instance, to which that made a tail call. */
  readonly callsLeave: boolean;

  constructor(valid: ValidModule, m: MacroAssembler, options: { metered?: boolean; entersLoops?: boolean }) {
    this.metered = options.metered ?? false;
    this.entersLoops = options.entersLoops ?? false;
    this.module = valid.module;
    this.callsLeave = valid.bodies.some((body) => body.leaves);
    this.m = m;
    this.r = new BytecodeReader(valid.module.bytes);
    this.s = new State(m);
    this.merges = new Merges(m, this.s, this.uses);
  }

  /** How many values were described so far in entries of loops and in maps of frames. */
  #described = 0;

  #layout: Layout | undefined;
  #start = 0;
  /** The block whose end ends the part that is seldom run, if one is open. */
  cold: Control | undefined;

  /** Whether the condition of the present branch usually holds; undefined where nobody knows. */
  likely(): boolean | undefined {
    return this.#layout?.get(this.r.at - this.#start);
  }
  /** What follows is seldom run, up to a place in `control`, unless it stands in such a part anyway; then it begins at `label`. */
  beginCold(control: Control, label: Label): void {
    this.cold = control;
    this.m.beginCold();
    this.m.bind(label);
  }
  endCold(): void {
    this.cold = undefined;
    this.m.endCold();
  }

  /** Starts a function. */
  begin(signature: Signature, counts?: CountPlan, layout?: Layout, start = 0): void {
    this.#layout = counts === undefined ? layout : undefined;
    this.#start = start;
    this.cold = undefined;
    this.signature = signature;
    this.counts = counts;
    this.#described = 0;
    this.controls = [];
    this.blocks = this.event = 0;
    this.dead = false;
    this.hasReferences = false;
    this.#compared = Compared.NOTHING;
    this.#detours = [];
    this.#pads = [];
    this.guarded = 0;
    this.tries = [];
    this.#loopPads = [];
  }

  /** Kinds and places of a function type. */
  signatureOf(type: FuncType): Signature {
    let signature = this.#signatures.get(type);
    if (signature === undefined) {
      const params = type.params.map(kindOf), results = type.results.map(kindOf);
      const places = signaturePlaces(params.map((k) => SLOT_KINDS[k]), results.map((k) => SLOT_KINDS[k]));
      this.#signatures.set(type, signature = { params, results, places });
    }
    return signature;
  }

  /** Kinds of the values of a tag. */
  payloadOf(tag: number): readonly Kind[] {
    const { type } = this.module.types[this.module.tags[tag].typeIndex];
    return type.kind === "func" ? this.signatureOf(type).params : [];
  }

  /** Whether the open block with this index is a legacy `try` or one of its clauses. */
  isLegacyTry(control: number): boolean {
    const { opcode } = this.controls[control];
    return opcode === op.TRY || opcode === op.CATCH;
  }

  // Registers for results

  /** The local that the next instruction sets, or -1. */
  nextSetLocal(): number {
    const { bytes, pos } = this.r;
    const code = bytes[pos];
    if (code !== op.LOCAL_SET && code !== op.LOCAL_TEE) return -1;
    return bytes[pos + 1] < 0x80 ? bytes[pos + 1] : -1;
  }

  /** The register of results when the next instruction returns and it is free, or -1. */
  #returnRegister(kind: Kind): Register {
    const code = this.r.bytes[this.r.pos];
    if (code !== op.RETURN && !(code === op.END && this.controls.length === 1)) return -1;
    const r = isFloat(kind) ? this.m.floatResults[0] : this.m.intResults[0];
    return this.s.isFree(r) ? r : -1;
  }

  /** A register for the result, once all operands are popped. */
  result(kind: Kind): Register {
    const returned = this.#returnRegister(kind);
    if (returned >= 0) return returned;
    return this.s.takeResult(kind, this.nextSetLocal());
  }

  /** The same for instructions that best overwrite their left operand, or else `other`, which may be negative. */
  resultOver(kind: Kind, lhs: Register, other = -1): Register {
    const returned = this.#returnRegister(kind);
    if (returned >= 0) return returned;
    const x = this.nextSetLocal();
    if (x >= 0) {
      const home = this.s.home[x];
      if (home >= 0 && this.s.isFree(home) && this.s.kind[x] === kind) return home;
    }
    if (this.s.isFree(lhs)) return lhs;
    return other >= 0 && this.s.isFree(other) ? other : this.s.takeResult(kind, -1);
  }

  // Conditions

  /** Whether the next instruction takes a condition from the flags. */
  fuses(): boolean {
    switch (this.r.bytes[this.r.pos]) {
      case op.BR_IF:
      case op.IF:
      case op.SELECT:
      case op.SELECT_T:
      case op.I32_EQZ:
        return true;
    }
    return false;
  }

  /** Leaves the comparison of the topmost operands to the next instruction if it can take it; otherwise gives its value as an i32. */
  compare(compared: Compared, condition: Condition): void {
    this.#compared = compared;
    this.#condition = condition;
    if (!this.fuses()) this.#materialize();
  }

  /** i32.eqz of a condition that was left pending; false if there is none. */
  invertPending(): boolean {
    if (this.#compared === Compared.NOTHING) return false;
    this.compare(this.#compared, inverse(this.#condition));
    return true;
  }

  #materialize(): void {
    const condition = this.takeCondition();
    const dst = this.result(Kind.I32);
    this.m.setIf(condition, dst);
    this.s.push(Kind.I32, dst);
  }

  /** Sets the flags by the pending comparison or by the topmost operand, which are popped; gives the condition under which it is true. */
  takeCondition(): Condition {
    const { m, s } = this;
    const compared = this.#compared, condition = this.#condition;
    this.#compared = Compared.NOTHING;
    switch (compared) {
      case Compared.NOTHING: {
        const r = s.pop();
        m.test32(r, r);
        return Condition.NE;
      }
      case Compared.ZERO32: {
        const r = s.pop();
        m.test32(r, r);
        return condition;
      }
      case Compared.ZERO64: {
        const r = s.pop();
        m.test64(r, r);
        return condition;
      }
      case Compared.I32:
      case Compared.I64:
        return this.#compareIntegers(compared === Compared.I64, condition);
      case Compared.F32: {
        const rhs = s.pop();
        m.compareFloat32(condition, s.pop(), rhs);
        return condition;
      }
      case Compared.F64: {
        const rhs = s.pop();
        m.compareFloat64(condition, s.pop(), rhs);
        return condition;
      }
      default:
        this.#testBits(compared === Compared.BITS64);
        return condition;
    }
  }

  #compareIntegers(wide: boolean, condition: Condition): Condition {
    const { m, s } = this;
    if (s.isConstant(0) && (!wide || s.isShortConstant())) {
      const value = s.lowAt(0);
      s.drop();
      const lhs = s.pop();
      const zeroTest = value === 0 && condition <= Condition.NE;
      if (wide) zeroTest ? m.test64(lhs, lhs) : m.compare64Constant(lhs, value);
      else zeroTest ? m.test32(lhs, lhs) : m.compare32Constant(lhs, value);
      return condition;
    }
    if (s.isConstant(1) && (!wide || s.highAt(1) === s.lowAt(1) >> 31)) {
      const value = s.lowAt(1);
      const rhs = s.pop();
      s.drop();
      if (wide) m.compare64Constant(rhs, value);
      else m.compare32Constant(rhs, value);
      return mirrored(condition);
    }
    if (s.where[s.height - 1] === SLOT && s.where[s.height - 2] !== SLOT) {
      const slot = --s.height;
      const lhs = s.pop();
      if (wide) m.compare64Slot(lhs, slot);
      else m.compare32Slot(lhs, slot);
      return condition;
    }
    const rhs = s.pop();
    const lhs = s.pop();
    if (wide) m.compare64(lhs, rhs);
    else m.compare32(lhs, rhs);
    return condition;
  }

  #testBits(wide: boolean): void {
    const { m, s } = this;
    if (s.where[s.height - 1] === CONSTANT && (!wide || s.isShortConstant())) {
      const value = s.lowAt(0);
      s.drop();
      const lhs = s.pop();
      if (wide) m.test64Constant(lhs, value);
      else m.test32Constant(lhs, value);
      return;
    }
    const rhs = s.pop();
    const lhs = s.pop();
    if (wide) m.test64(lhs, rhs);
    else m.test32(lhs, rhs);
  }

  // Detours

  /** A label from which `moves` are made behind the function, and then `target` follows, or the function's return. A counter of the edge is counted. */
  detour(moves: MoveProgram, target: Label | undefined, counter = -1): Label {
    const label = this.m.newLabel();
    this.#detours.push({ label, counter, moves, target, source: this.r.at });
    return label;
  }

  // Counting

  /** Counts the instruction at `offset`, if that is asked for. Between instructions no flags are of interest, nor the scratch register. */
  countAt(offset: number): void {
    const counter = this.counts?.at.get(offset);
    if (counter !== undefined) this.m.count(counter);
  }
  /** Counts an edge, unless the counter is -1. */
  count(counter: number): void {
    if (counter >= 0) this.m.count(counter);
  }
  /** The first counter of the edges of the present instruction, or -1; `n`: the counter behind it. */
  edgeCounter(n = 0): number {
    const first = this.counts?.edges.get(this.r.at);
    return first === undefined ? -1 : first + n;
  }

  /** A landing pad, likewise. */
  landing(pad: LandingPad): void {
    this.#pads.push(pad);
  }

  // Changes of the tier

  /** Describes what is where at present, if that is asked for: `offset` is a call's return address, the interpreter goes on at `source`. */
  safepoint(offset: number, source: number): void {
    this.safepoints?.next(() => describeSafepoint(this, this.facts, source))(offset);
  }

  /** Checks whether the code is to leave; the interpreter would go on at `source`. */
  checkInterrupt(source: number): void {
    const { safepoints } = this;
    if (safepoints === undefined) return this.m.checkInterrupt();
    this.m.checkInterrupt(safepoints.next(() => describeSafepoint(this, this.facts, source)));
  }

  /** Whether all values may be described once more: functions with many locals and many loops or calls do without at some point. */
  describes(): boolean {
    this.#described += this.s.height;
    return this.#described <= MAX_DESCRIBED;
  }

  /** Lets frames of the interpreter enter the loop whose head was just emitted, if that is asked for. */
  enterLoop(): void {
    if ((!this.entersLoops && this.counts === undefined) || !this.describes()) return;
    const pad = loopPad(this, this.facts);
    this.#loopPads.push(pad);
    this.m.bind(pad.target);
  }

  /** Emits the detours, landing pads and entries of loops, behind everything else. */
  emitDetours(): void {
    const m = this.m;
    for (const { source, moves, loads, target } of this.#loopPads) {
      m.source(source);
      m.loopEntry(source, moves);
      for (let i = 0; i < loads.length; i += 3) m.loadSlot(loads[i], loads[i + 1], loads[i + 2]);
      m.jump(target);
    }
    for (const { entry, kinds, base, moves, target, source } of this.#pads) {
      m.source(source);
      m.landingPad(entry);
      let from = ARGUMENT;
      kinds.forEach((kind, i) => {
        m.copySlot(kind, base + i, from);
        from += passedSlots(kind);
      });
      if (target === undefined && this.counts !== undefined) this.countAt(this.counts.lastEnd);
      this.merges.emit(moves);
      if (target === undefined) m.leaveAndReturn();
      else m.jump(target);
    }
    for (const { label, counter, moves, target, source } of this.#detours) {
      m.source(source);
      m.bind(label);
      this.count(counter);
      if (target === undefined && this.counts !== undefined) this.countAt(this.counts.lastEnd);
      this.merges.emit(moves);
      if (target === undefined) m.leaveAndReturn();
      else m.jump(target);
    }
    this.#detours = [];
  }
}
