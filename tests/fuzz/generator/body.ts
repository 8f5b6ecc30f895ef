// The body of a function: expressions that leave one value of a type, statements that leave nothing, and what they share: locals, labels, a budget.
// Takes the program so far, gives instructions. The families of instructions stand in files of their own.

import * as op from "../../../src/wasm/opcodes.ts";
import { F32, F64, I32, isDefaultable, isRef, V128, type ValType } from "../../../src/wasm/types.ts";
import { controlExpression, controlStatement } from "./body_control.ts";
import { callExpression, callStatement, tailCall } from "./body_calls.ts";
import { exceptionExpression, exceptionStatement } from "./body_exceptions.ts";
import { gcExpression, gcStatement, referenceBranch } from "./body_gc.ts";
import { load, memoryNumber, memoryStatement } from "./body_memory.ts";
import { canonicalLanes, floatOfKnownBits, plainOperation, relaxedStatement, wideStatement } from "./body_numeric.ts";
import { tableStatement, tableValue } from "./body_tables.ts";
import type { Choices } from "./choices.ts";
import { indexed, numberConstant, referenceConstant } from "./constant_expression.ts";
import type { PaddedWriter } from "./padded_writer.ts";
import { type Builder, FUEL } from "./builder.ts";

/** A label: what a branch to it carries, and what code may be there. */
export interface Label {
  readonly types: readonly ValType[];
  /** It is a `try` whose handler this is, so that `rethrow` may name it. */
  handler: boolean;
}
/** The block type without parameters and results. */
export const EMPTY = 0x40;

/** A function's body while it is made. */
export class Body {
  readonly c: Choices;
  readonly w: PaddedWriter;
  /** Types of all locals; those of which `readable` is false have no value at first. */
  readonly locals: ValType[] = [];
  readonly #params: number;
  readonly labels: Label[] = [];
  readonly results: readonly ValType[];
  readonly leaf: boolean;
  /** How many instructions may come still. */
  budget: number;

  constructor(readonly b: Builder, readonly self: number) {
    const { type, leaf } = b.funcs[self];
    const { params, results } = b.types.signature(type);
    this.c = b.c;
    this.w = b.writer();
    this.leaf = leaf;
    this.results = results;
    this.locals.push(...params);
    this.#params = params.length;
    this.budget = b.c.pick([10, 30, 60, 120]);
    for (let n = b.c.below(5); n > 0; n--) this.locals.push(this.#defaultable());
    if (b.c.oneIn(40)) {
      for (let n = b.c.between(20, 200); n > 0; n--) this.locals.push(this.locals.at(-1) ?? I32);
      if (!isDefaultable(this.locals.at(-1)!)) this.locals.length = this.#params;
    }
  }
  #defaultable(): ValType {
    const t = this.b.types.value();
    return isDefaultable(t) ? t : I32;
  }

  /** Writes the whole. */
  write(): void {
    const { c } = this;
    this.labels.push({ types: this.results, handler: false });
    if (!this.leaf) this.burn();
    for (let n = c.below(7); n > 0; n--) this.statement(c.between(1, 4));
    if (c.oneIn(10)) tailCall(this);
    else for (const t of this.results) this.expression(t, c.below(5));
    this.op(op.END);
    this.labels.pop();
  }
  /** The locals in groups, as the format has them. */
  groups(): { count: number; type: ValType }[] {
    const groups: { count: number; type: ValType }[] = [];
    for (const type of this.locals.slice(this.#params)) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ count: 1, type });
    }
    return groups;
  }

  op(code: number): void {
    this.budget--;
    this.w.opcode(code);
  }
  indexed(code: number, index: number): void {
    this.budget--;
    indexed(this.w, code, index);
  }
  i32(n: number): void {
    this.op(op.I32_CONST);
    this.w.s32(n);
  }
  /** A constant for addresses of 32 or 64 bits; `n` may be beyond 2^31. */
  address(n: number, is64: boolean): void {
    if (!is64) return this.i32(n | 0);
    this.op(op.I64_CONST);
    this.w.s64(BigInt(n));
  }

  /** Traps when the fuel is used up, otherwise takes some. */
  burn(): void {
    this.indexed(op.GLOBAL_GET, FUEL);
    this.op(op.I32_EQZ);
    this.op(op.IF);
    this.w.u8(EMPTY);
    this.op(op.UNREACHABLE);
    this.op(op.END);
    this.indexed(op.GLOBAL_GET, FUEL);
    this.i32(1);
    this.op(op.I32_SUB);
    this.indexed(op.GLOBAL_SET, FUEL);
  }

  /** A block of any kind: its opcode and type, its content, its end. `carried`: what a branch to its label takes. */
  block(
    code: number,
    params: readonly ValType[],
    results: readonly ValType[],
    content: () => void,
    carried: readonly ValType[] = code === op.LOOP ? params : results,
  ): void {
    this.op(code);
    this.blockType(params, results);
    this.labels.push({ types: carried, handler: false });
    content();
    this.labels.pop();
    this.op(op.END);
  }
  blockType(params: readonly ValType[], results: readonly ValType[]): void {
    if (params.length === 0 && results.length <= 1) {
      if (results.length === 0) this.w.u8(EMPTY);
      else this.w.valType(results[0]);
    } else this.w.s33(this.b.types.func(params, results));
  }

  /** A new local; one without a default value may only be read after it was set, in the same block. */
  newLocal(t: ValType): number {
    return this.locals.push(t) - 1;
  }
  /** A local whose value can be used as `t`; -1 if there is none. */
  readable(t: ValType): number {
    const found: number[] = [];
    this.locals.forEach((x, i) => {
      if ((i < this.#params || isDefaultable(x)) && this.b.types.below(x, t)) found.push(i);
    });
    return found.length === 0 ? -1 : this.c.pick(found);
  }
  /** A local that takes a `t`; -1 if there is none. */
  writable(t: ValType): number {
    const found: number[] = [];
    this.locals.forEach((x, i) => {
      if ((i < this.#params || isDefaultable(x)) && this.b.types.below(t, x)) found.push(i);
    });
    return found.length === 0 ? -1 : this.c.pick(found);
  }
  /** Takes the value of type `t` from the stack. */
  consume(t: ValType): void {
    const local = this.c.oneIn(2) ? this.writable(t) : -1;
    if (local >= 0) this.indexed(op.LOCAL_SET, local);
    else this.op(op.DROP);
  }
  /** Takes all from the stack but one value, which becomes the top. */
  keep(types: readonly ValType[], index: number): void {
    for (let i = types.length - 1; i > index; i--) this.consume(types[i]);
    if (index === 0) return;
    const local = this.newLocal(types[index]);
    this.indexed(op.LOCAL_SET, local);
    for (let i = index - 1; i >= 0; i--) this.consume(types[i]);
    this.indexed(op.LOCAL_GET, local);
  }

  /** A label to branch to: its place in the list. */
  target(): number {
    const { labels, b } = this;
    return this.c.pick(labels.flatMap((l, i) => l.types.every((t) => b.types.makeable(t)) ? [i] : []));
  }
  /** An expression for each type. */
  expressions(types: readonly ValType[], depth: number): void {
    for (const t of types) this.expression(t, depth);
  }
  /** Leaves one value of type `t`, or below. */
  expression(t: ValType, depth: number): void {
    const { c, b } = this;
    if (depth <= 0 || this.budget <= 0) return this.simple(t);
    const { profile } = b;
    const kinds: [number, () => boolean | void][] = [
      [2, () => this.simple(t)],
      [isRef(t) ? 0 : 6, () => plainOperation(this, t, depth)],
      [isRef(t) ? 0 : 2, () => load(this, t, depth)],
      [4, () => controlExpression(this, t, depth)],
      [this.leaf ? 0 : 1, () => callExpression(this, t, depth)],
      [t === I32 || isRef(t) ? 1 : 0, () => tableValue(this, t, depth)],
      [profile.gc ? isRef(t) ? 6 : 2 : 0, () => gcExpression(this, t, depth)],
      [profile.exceptions === "none" ? 0 : 1, () => exceptionExpression(this, t, depth)],
      [1, () => memoryNumber(this, t)],
    ];
    if (c.weighted(kinds)() === false) this.simple(t);
  }
  /** A value that needs nothing else. */
  simple(t: ValType): void {
    const { c, b } = this;
    const kind = c.below(4);
    if (kind === 1 || kind === 2) {
      const local = this.readable(t);
      if (local >= 0) return this.indexed(op.LOCAL_GET, local);
    }
    if (kind === 3) {
      const found = b.globals.flatMap((g, i) => i !== FUEL && b.types.below(g.type.type, t) ? [i] : []);
      if (found.length > 0) return this.indexed(op.GLOBAL_GET, c.pick(found));
    }
    this.budget--;
    if (isRef(t)) referenceConstant(b, this.w, t, 2, true);
    else numberConstant(b, this.w, t);
  }
  /** As expression(), but the bits of a float, NaN or not, are the same everywhere. */
  exact(t: ValType, depth: number): void {
    if (t === F32 || t === F64) floatOfKnownBits(this, t, depth);
    else this.expression(t, depth);
  }
  /** Makes the NaNs in the lanes of the vector on the stack disappear. */
  canonicalLanes(lanes: ValType): void {
    canonicalLanes(this, lanes, this.newLocal(V128));
  }

  statements(most: number, depth: number): void {
    for (let n = this.c.below(most + 1); n > 0; n--) this.statement(depth);
  }
  /** Leaves nothing. */
  statement(depth: number): void {
    const { c, b } = this;
    if (this.budget <= 0) return;
    const { profile } = b;
    const kinds: [number, () => boolean | void][] = [
      [1, () => this.op(op.NOP)],
      [5, () => this.assign(depth)],
      [4, () => memoryStatement(this, depth)],
      [5, () => controlStatement(this, depth)],
      [this.leaf ? 0 : 3, () => callStatement(this, depth)],
      [2, () => tableStatement(this, depth)],
      [profile.gc ? 5 : 0, () => gcStatement(this, depth)],
      [profile.gc ? 2 : 0, () => referenceBranch(this, depth)],
      [profile.exceptions === "none" ? 0 : 2, () => exceptionStatement(this, depth)],
      [profile.proposals ? 2 : 0, () => wideStatement(this, depth)],
      [profile.simd ? 1 : 0, () => relaxedStatement(this, depth)],
    ];
    c.weighted(kinds)();
  }
  /** A variable gets a value, or a value is dropped. */
  assign(depth: number): void {
    const { c, b } = this;
    const mutable = b.globals.flatMap((g, i) => i !== FUEL && g.type.mutable ? [i] : []);
    if (mutable.length > 0 && c.oneIn(2)) {
      const global = c.pick(mutable);
      this.expression(b.globals[global].type.type, depth);
      return this.indexed(op.GLOBAL_SET, global);
    }
    const t = b.types.value();
    this.expression(t, depth);
    this.consume(t);
  }
}
