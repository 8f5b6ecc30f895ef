// From the instruction table, the assembler's methods and their types. The suffix of a method tells its operands, which are
// always given destination first; without a suffix all operands are registers. The scheme stands in assembler.ts.
import { BugError } from "../../base/bug.ts";
import type { CodeBuffer, Label } from "../buffer.ts";
import * as enc from "./encoder.ts";
import {
  type GprKind,
  type GprOrMemory,
  type ImmediateKind,
  type Instruction,
  INSTRUCTIONS,
  type MemoryKind,
  type OperandKind,
  type XmmOrMemory,
} from "./instructions.ts";

type Row = (typeof INSTRUCTIONS)[number];
type Register = GprKind | "xmm";
type RegisterOrMemory = GprOrMemory | XmmOrMemory;
type Memory = RegisterOrMemory | MemoryKind;
type OnCondition = { code: `${string}+cc${string}` };
/** Rows whose methods assembler.ts writes by hand, since they take labels or wide immediates. */
type ByHand = { dst: "rel8" | "rel32" } | { src: "imm64" };

type Plain = Exclude<Row, OnCondition | ByHand>;
type Conditional = Exclude<Extract<Row, OnCondition>, ByHand>;
type Three = Extract<Plain, { third: string }>;
type Two = Exclude<Extract<Plain, { src: string }>, { third: string }>;
type One = Exclude<Extract<Plain, { dst: string }>, { src: string }>;
type None = Exclude<Plain, { dst: string }>;
type Short<R, Suffix extends string> = R extends { name: infer N extends string } ? `${N}${Suffix}` : never;

type Load = Extract<Two, { dst: Register; src: Memory }>;
type Store = Extract<Two, { dst: Memory; src: Register }>;
type RegisterPair = Extract<Two, { dst: Register | RegisterOrMemory; src: Register | RegisterOrMemory }>;
type ToRegister = Extract<Two, { dst: Register | RegisterOrMemory | "xmm_rm"; src: ImmediateKind }>;
type ToMemory = Extract<Two, { dst: GprOrMemory | MemoryKind; src: ImmediateKind }>;
type Unary = Extract<One, { dst: Register | RegisterOrMemory }>;
type UnaryMemory = Extract<One, { dst: Memory }>;

/** The methods that the table gives. */
export type InstructionMethods =
  & { [R in None as Short<R, "">]: () => void }
  & { [R in Unary as Short<R, "">]: (operand: number) => void }
  & { [R in UnaryMemory as Short<R, "_m">]: (base: number, disp: number) => void }
  & { [R in UnaryMemory as Short<R, "_x">]: (base: number, index: number, scale: number, disp: number) => void }
  & { [R in Extract<One, { dst: ImmediateKind }> as Short<R, "_i">]: (imm: number) => void }
  & { [R in RegisterPair as Short<R, "">]: (dst: number, src: number) => void }
  & { [R in Load as Short<R, "_rm">]: (dst: number, base: number, disp: number) => void }
  & { [R in Load as Short<R, "_rx">]: (dst: number, base: number, index: number, scale: number, disp: number) => void }
  & { [R in Load as Short<R, "_rl">]: (dst: number, label: Label) => void }
  & { [R in Store as Short<R, "_mr">]: (base: number, disp: number, src: number) => void }
  & { [R in Store as Short<R, "_xr">]: (base: number, index: number, scale: number, disp: number, src: number) => void }
  & { [R in ToRegister as Short<R, "_ri">]: (dst: number, imm: number) => void }
  & { [R in ToMemory as Short<R, "_mi">]: (base: number, disp: number, imm: number) => void }
  & {
    [R in ToMemory as Short<R, "_xi">]: (base: number, index: number, scale: number, disp: number, imm: number) => void;
  }
  & { [R in Extract<Two, { src: "cl" }> as Short<R, "_cl">]: (dst: number) => void }
  & { [R in Three as Short<R, "_rri">]: (dst: number, src: number, imm: number) => void }
  & {
    [R in Extract<Three, { src: Memory }> as Short<R, "_rmi">]: (
      dst: number,
      base: number,
      disp: number,
      imm: number,
    ) => void;
  }
  & {
    [R in Conditional as R extends { src: string } ? Short<R, ""> : never]: (
      cond: number,
      dst: number,
      src: number,
    ) => void;
  }
  & {
    [R in Conditional as R extends { src: string } ? Short<R, "_rm"> : never]: (
      cond: number,
      dst: number,
      base: number,
      disp: number,
    ) => void;
  }
  & {
    [R in Conditional as R extends { src: string } ? Short<R, "_rx"> : never]: (
      cond: number,
      dst: number,
      base: number,
      index: number,
      scale: number,
      disp: number,
    ) => void;
  }
  & { [R in Conditional as R extends { src: string } ? never : Short<R, "">]: (cond: number, dst: number) => void }
  & {
    [R in Conditional as R extends { src: string } ? never : Short<R, "_m">]: (
      cond: number,
      base: number,
      disp: number,
    ) => void;
  };

type Method = (this: CodeBuffer, ...operands: number[]) => void;

const EITHER = /^(rm\d+|xmm_m\d+)$/;
const MEMORY = /^(m\d*|rm\d+|xmm_m\d+)$/;
const IMMEDIATE = /^(imm|uimm|count|one)/;

/** The parsed row of `name` whose operands are of the given kinds; throws BugError when the table has none. */
export function findEncoding(name: string, dst?: OperandKind, src?: OperandKind): enc.Encoding {
  const row = INSTRUCTIONS.find((row: Instruction) => row.name === name && row.dst === dst && row.src === src);
  if (row === undefined) throw new BugError(`no instruction ${name} ${dst} ${src}`);
  return enc.parseEncoding(row);
}

/**
 * A subclass of the buffer's class that has the methods of the table. They lie on several prototypes, since V8 looks up what an object with more than 1020
 * properties has by hashing at every call, and inlines none of it.
 */
export function withInstructionMethods(base: typeof enc.X64Buffer): new () => enc.X64Buffer & InstructionMethods {
  const methods = instructionMethods();
  const result = class extends base {};
  let above: object = base.prototype;
  for (const shape of [/^[^_]+(_ri|_rri|_i|_cl)?$/, /_(m|rm|mr|mi|rmi|rl)$/, /_(x|rx|xr|xi)$/]) {
    const prototype: Record<string, Method> = {};
    for (const [name, method] of methods) if (shape.test(name)) prototype[name] = method;
    // Only now: to add 1,370 methods to what is a prototype already takes fifty times as long.
    above = Object.setPrototypeOf(prototype, above);
  }
  Object.setPrototypeOf(result.prototype, above);
  return result as unknown as new () => enc.X64Buffer & InstructionMethods;
}

/** The methods of the table, by name. */
function instructionMethods(): Map<string, Method> {
  const methods = new Map<string, Method>();
  const offer = (name: string, method: unknown) => {
    if (!methods.has(name)) methods.set(name, method as Method);
  };
  const immediates = new Map<string, enc.Encoding[]>();
  for (const row of INSTRUCTIONS as readonly Instruction[]) {
    const { name, dst = "", src = "", third = "", code } = row;
    if (/^rel/.test(dst) || src === "imm64") continue;
    const e = enc.parseEncoding(row);
    const immediate = third || src || dst;
    if (IMMEDIATE.test(immediate)) {
      // Several rows with one shape differ in the width of their immediate: they become one method that chooses.
      const shape = `${name} ${dst === immediate ? "" : dst} ${third && src}`;
      const rows = immediates.get(shape);
      if (rows === undefined) immediates.set(shape, [e]);
      else rows.push(e);
    } else if (code.includes("+cc")) offerConditional(offer, e);
    else if (src !== "") offerBinary(offer, e);
    else if (dst !== "") offerUnary(offer, e);
    else offer(name, bare(e));
  }
  for (const rows of immediates.values()) {
    // The widest row comes last in the table and takes all that the others do not.
    offerImmediate(offer, rows[0], rows[rows.length - 1]);
  }
  return methods;
}

type Offer = (name: string, method: unknown) => void;

function offerBinary(offer: Offer, e: enc.Encoding): void {
  const { name, dst = "", src = "" } = e.row;
  if (src === "cl") return offer(name + "_cl", digitRegister(e));
  if (MEMORY.test(dst)) {
    if (EITHER.test(dst)) offer(name, reversedPair(e));
    offer(name + "_mr", store(e));
    offer(name + "_xr", storeIndexed(e));
    return;
  }
  if (!MEMORY.test(src) || EITHER.test(src)) offer(name, pair(e));
  if (!MEMORY.test(src)) return;
  offer(name + "_rm", load(e));
  offer(name + "_rx", loadIndexed(e));
  offer(name + "_rl", loadLabel(e));
}

function offerUnary(offer: Offer, e: enc.Encoding): void {
  const { name, dst = "", code } = e.row;
  if (code.includes("+r")) return offer(name, inOpcode(e));
  if (EITHER.test(dst)) offer(name, digitRegister(e));
  offer(name + "_m", digitMemory(e));
  offer(name + "_x", digitIndexed(e));
}

function offerConditional(offer: Offer, e: enc.Encoding): void {
  const { name, src } = e.row;
  if (src === undefined) {
    offer(name, conditionalRegister(e));
    offer(name + "_m", conditionalMemory(e));
  } else {
    offer(name, conditionalPair(e));
    offer(name + "_rm", conditionalLoad(e));
    offer(name + "_rx", conditionalLoadIndexed(e));
  }
}

function offerImmediate(offer: Offer, short: enc.Encoding, long: enc.Encoding): void {
  const { name, dst = "", src = "", third, code } = long.row;
  const choose = chooser(short, long);
  if (third !== undefined) {
    offer(name + "_rri", MEMORY.test(dst) ? reversedPairImmediate(choose) : pairImmediate(choose));
    if (MEMORY.test(src)) offer(name + "_rmi", loadImmediate(choose));
  } else if (src === "") {
    offer(name + "_i", immediate(choose));
  } else if (code.includes("+r")) {
    offer(name + "_ri", inOpcodeImmediate(long));
  } else {
    if (!MEMORY.test(dst) || EITHER.test(dst)) offer(name + "_ri", registerImmediate(choose));
    if (MEMORY.test(dst)) {
      offer(name + "_mi", memoryImmediate(choose));
      offer(name + "_xi", indexedImmediate(choose));
    }
  }
}

/** Two rows that differ in their immediate, and from where to where the short one serves. */
interface Choice {
  readonly short: enc.Encoding;
  readonly long: enc.Encoding;
  /** The short row stands for the value 1 and has no immediate. */
  readonly one: boolean;
  /** Shift that brings an unsigned immediate into the signed form of the operation's width; 0 when that is 64 bits. */
  readonly fold: number;
}

function chooser(short: enc.Encoding, long: enc.Encoding): Choice {
  const one = short.row.src === "one";
  const folds = !one && short !== long && long.maximum >= 2 ** (long.immediateSize * 8 - 1);
  return { short, long, one, fold: folds ? 32 - long.immediateSize * 8 : -1 };
}

/** The row for `value`, after checking that one fits. */
function rowFor(choice: Choice, value: number): enc.Encoding {
  const { short, long } = choice;
  if (short === long) return long;
  if (choice.one) return value === 1 ? short : long;
  const signed = signedOf(choice, value);
  return signed << 24 >> 24 === signed ? short : long;
}

/** An unsigned immediate of the operation's full width, as the signed one with the same bits. */
function signedOf(choice: Choice, value: number): number {
  if (choice.fold < 0) return value;
  enc.checkImmediate(choice.long, value);
  return value << choice.fold >> choice.fold;
}

function finishImmediate(b: CodeBuffer, choice: Choice, e: enc.Encoding, value: number): void {
  if (e.immediateSize === 0) return;
  enc.encodeImmediate(b, e, e === choice.short ? signedOf(choice, value) : value);
}

// One maker per shape of operands; all methods of a shape share its machine code in V8.

const bare = (e: enc.Encoding) =>
  function (this: CodeBuffer): void {
    enc.encodeBare(this, e);
  };
const pair = (e: enc.Encoding) =>
  function (this: CodeBuffer, dst: number, src: number): void {
    enc.encodeRegister(this, e, e.opcode, dst, src);
  };
const reversedPair = (e: enc.Encoding) =>
  function (this: CodeBuffer, dst: number, src: number): void {
    enc.encodeRegister(this, e, e.opcode, src, dst);
  };
const load = (e: enc.Encoding) =>
  function (this: CodeBuffer, dst: number, base: number, disp: number): void {
    enc.encodeMemory(this, e, e.opcode, dst, base, disp);
  };
const loadIndexed = (e: enc.Encoding) =>
  function (this: CodeBuffer, dst: number, base: number, index: number, scale: number, disp: number): void {
    enc.encodeIndexed(this, e, e.opcode, dst, base, index, scale, disp);
  };
const loadLabel = (e: enc.Encoding) =>
  function (this: CodeBuffer, dst: number, label: Label): void {
    enc.encodeLabel(this, e, e.opcode, dst, label);
  };
const store = (e: enc.Encoding) =>
  function (this: CodeBuffer, base: number, disp: number, src: number): void {
    enc.encodeMemory(this, e, e.opcode, src, base, disp);
  };
const storeIndexed = (e: enc.Encoding) =>
  function (this: CodeBuffer, base: number, index: number, scale: number, disp: number, src: number): void {
    enc.encodeIndexed(this, e, e.opcode, src, base, index, scale, disp);
  };
const inOpcode = (e: enc.Encoding) =>
  function (this: CodeBuffer, operand: number): void {
    enc.encodeInOpcode(this, e, operand);
  };
const digitRegister = (e: enc.Encoding) =>
  function (this: CodeBuffer, operand: number): void {
    enc.encodeRegister(this, e, e.opcode, e.digit, operand);
  };
const digitMemory = (e: enc.Encoding) =>
  function (this: CodeBuffer, base: number, disp: number): void {
    enc.encodeMemory(this, e, e.opcode, e.digit, base, disp);
  };
const digitIndexed = (e: enc.Encoding) =>
  function (this: CodeBuffer, base: number, index: number, scale: number, disp: number): void {
    enc.encodeIndexed(this, e, e.opcode, e.digit, base, index, scale, disp);
  };
const conditionalRegister = (e: enc.Encoding) =>
  function (this: CodeBuffer, cond: number, dst: number): void {
    enc.encodeRegister(this, e, e.opcode | cond, e.digit, dst);
  };
const conditionalMemory = (e: enc.Encoding) =>
  function (this: CodeBuffer, cond: number, base: number, disp: number): void {
    enc.encodeMemory(this, e, e.opcode | cond, e.digit, base, disp);
  };
const conditionalPair = (e: enc.Encoding) =>
  function (this: CodeBuffer, cond: number, dst: number, src: number): void {
    enc.encodeRegister(this, e, e.opcode | cond, dst, src);
  };
const conditionalLoad = (e: enc.Encoding) =>
  function (this: CodeBuffer, cond: number, dst: number, base: number, disp: number): void {
    enc.encodeMemory(this, e, e.opcode | cond, dst, base, disp);
  };
const conditionalLoadIndexed = (e: enc.Encoding) =>
  function (
    this: CodeBuffer,
    cond: number,
    dst: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
  ): void {
    enc.encodeIndexed(this, e, e.opcode | cond, dst, base, index, scale, disp);
  };
const inOpcodeImmediate = (e: enc.Encoding) =>
  function (this: CodeBuffer, dst: number, imm: number): void {
    enc.encodeInOpcode(this, e, dst);
    enc.encodeImmediate(this, e, imm);
  };
const immediate = (choice: Choice) =>
  function (this: CodeBuffer, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeBare(this, e);
    finishImmediate(this, choice, e, imm);
  };
const registerImmediate = (choice: Choice) =>
  function (this: CodeBuffer, dst: number, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeRegister(this, e, e.opcode, e.digit, dst);
    finishImmediate(this, choice, e, imm);
  };
const memoryImmediate = (choice: Choice) =>
  function (this: CodeBuffer, base: number, disp: number, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeMemory(this, e, e.opcode, e.digit, base, disp);
    finishImmediate(this, choice, e, imm);
  };
const indexedImmediate = (choice: Choice) =>
  function (this: CodeBuffer, base: number, index: number, scale: number, disp: number, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeIndexed(this, e, e.opcode, e.digit, base, index, scale, disp);
    finishImmediate(this, choice, e, imm);
  };
const pairImmediate = (choice: Choice) =>
  function (this: CodeBuffer, dst: number, src: number, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeRegister(this, e, e.opcode, dst, src);
    finishImmediate(this, choice, e, imm);
  };
const reversedPairImmediate = (choice: Choice) =>
  function (this: CodeBuffer, dst: number, src: number, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeRegister(this, e, e.opcode, src, dst);
    finishImmediate(this, choice, e, imm);
  };
const loadImmediate = (choice: Choice) =>
  function (this: CodeBuffer, dst: number, base: number, disp: number, imm: number): void {
    const e = rowFor(choice, imm);
    enc.encodeMemory(this, e, e.opcode, dst, base, disp);
    finishImmediate(this, choice, e, imm);
  };
