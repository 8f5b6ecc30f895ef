// How numeric instructions become register code, by opcode: tables from the names of both. Takes opcodes, gives numbers of instructions; -1 where there is no such form.

import { BugError } from "../base/bug.ts";
import { COMMUTES, COMPARES, Imm, INSTRUCTIONS, opByName, type OpInfo, PURE, TRAPS } from "../wasm/opcodes.ts";
import { op, opIfAny } from "./emitter.ts";
import { LETTER_WIDTH, type Width } from "./widths.ts";

/** A numeric instruction of one or two operands. */
export interface NumericForm {
  readonly code: number;
  readonly operands: number;
  /** Both operands have the same width. */
  readonly operand: Width;
  readonly result: Width;
  /** With registers only; with a constant as its second operand; with a constant as its first. */
  readonly registers: number;
  readonly constant: number;
  readonly constantFirst: number;
  /** Whether constants are words, not in the pool. */
  readonly immediate: boolean;
  readonly commutes: boolean;
  readonly compares: boolean;
  readonly traps: boolean;
  /** The form with operands exchanged, where that is another comparison. */
  readonly mirrored: string | undefined;
  /** Bits of the operand stay as they are: nothing is to be done. */
  readonly nothing: boolean;
}

const MIRRORED: Record<string, string> = { lt: "gt", gt: "lt", le: "ge", ge: "le" };
/** The name of a comparison with its operands exchanged. */
function mirrored(name: string): string | undefined {
  return /\.(lt|gt|le|ge)/.test(name) ? name.replace(/\.(lt|gt|le|ge)/, (_, x) => `.${MIRRORED[x]}`) : undefined;
}
/** Same work under another name. */
const SAME: Record<string, string> = {
  "i64.extend32_s": "i64.extend_i32_s",
  "ref.eq": "i32.eq",
};
const NOTHING = /reinterpret|i32\.wrap_i64/;

function formOf(info: OpInfo, signature: string): NumericForm {
  const [operands, result] = signature.split(":");
  const name = SAME[info.name] ?? info.name;
  const immediate = name.startsWith("i32.") || /^i64\.(shl|shr|rot)/.test(name);
  const nothing = NOTHING.test(name);
  const registers = nothing ? -1 : opIfAny(name);
  if (registers < 0 && !nothing && name !== "i32.eqz") throw new BugError(`no register form of ${name}`);
  return {
    code: info.code,
    operands: operands.length,
    operand: LETTER_WIDTH[operands[0]],
    result: LETTER_WIDTH[result],
    registers,
    constant: opIfAny(`${name} k`),
    constantFirst: opIfAny(`${name} kr`),
    immediate,
    commutes: (info.properties & COMMUTES) !== 0,
    compares: (info.properties & COMPARES) !== 0,
    traps: (info.properties & TRAPS) !== 0,
    mirrored: (info.properties & COMPARES) === 0 ? undefined : mirrored(name),
    nothing,
  };
}

const FORMS: (NumericForm | undefined)[] = new Array(256).fill(undefined);
let made = false;
function make(): void {
  for (const info of INSTRUCTIONS) {
    if (info.code >= 256 || info.imm !== Imm.NONE || !(info.properties & PURE) || info.signature === "") continue;
    if (/^[ilfd]{1,2}:[ilfd]$/.test(info.signature)) FORMS[info.code] = formOf(info, info.signature);
  }
  FORMS[opByName("ref.eq")!.code] = formOf(opByName("ref.eq")!, "ii:i");
  made = true;
}
/** The forms of an opcode of one byte; undefined if it is no numeric instruction. */
export function numericForm(code: number): NumericForm | undefined {
  if (!made) make();
  return FORMS[code];
}
/** The forms of a mnemonic. */
export function formByName(name: string): NumericForm {
  return numericForm(opByName(name)!.code)!;
}

const OPPOSITE: Record<string, string> = {
  eq: "ne",
  ne: "eq",
  lt: "ge",
  ge: "lt",
  gt: "le",
  le: "gt",
};
/** What a branch can take over of an instruction that gives a truth value. */
export interface TestForm {
  /** The branch if it is true, and if it is false, forwards. */
  readonly taken: number;
  readonly untaken: number;
  /** The same backwards; -1 where there is none. */
  readonly takenBack: number;
  readonly untakenBack: number;
  /** Register words before the distance. */
  readonly operands: number;
  /** The opposite comparison; -1 where there is none. */
  readonly opposite: number;
  /** A branch at the end of a loop that does an addition before. */
  readonly addTaken: number;
  readonly addUntaken: number;
}

const TESTS = new Map<number, TestForm>();
let testsMade = false;
function opposite(name: string): string {
  return name.replace(/\.(eq|ne|lt|gt|le|ge)(?=$|_| )/, (_, x) => `.${OPPOSITE[x]}`);
}
function makeTests(): void {
  for (const type of ["i32", "i64", "f64"]) {
    for (const cc of type === "f64" ? ["eq", "ne", "lt", "gt", "le", "ge"] : COMPARISONS) {
      for (const k of type === "i32" ? ["", " k"] : [""]) {
        const name = `${type}.${cc}`, other = opposite(name);
        TESTS.set(op(name + k), {
          taken: op(`br ${name}${k}`),
          untaken: type === "f64" ? op(`br_unless ${name}`) : op(`br ${other}${k}`),
          takenBack: opIfAny(`br ${name}${k} back`),
          untakenBack: type === "f64" ? -1 : opIfAny(`br ${other}${k} back`),
          operands: 2,
          opposite: type === "f64" ? -1 : op(other + k),
          addTaken: opIfAny(`add br ${name}${k} back`),
          addUntaken: type === "f64" ? -1 : opIfAny(`add br ${other}${k} back`),
        });
      }
    }
  }
  const one = { takenBack: -1, untakenBack: -1, opposite: -1, addTaken: -1, addUntaken: -1 };
  TESTS.set(op("i64.eqz"), { ...one, taken: op("br i64.eqz"), untaken: op("br i64.nez"), operands: 1 });
  TESTS.set(op("i32.and k"), { ...one, taken: op("br_and_nz"), untaken: op("br_and_z"), operands: 2 });
  testsMade = true;
}
const COMPARISONS = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

/** What a branch can take over of an instruction of register code; undefined if nothing. */
export function testForm(number: number): TestForm | undefined {
  if (!testsMade) makeTests();
  return TESTS.get(number);
}
