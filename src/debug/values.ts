// Values of frames, globals and memories: the types that slots have at some place of a function, and bits to numbers and back.
// Takes frames of calls that wait, gives locals and operands with their names and types.

import type { WaitingFrame } from "../runtime/debugging.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { BodyValidator } from "../validate/body.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { Names } from "../wasm/module.ts";
import { canonicalType, F32, F64, I64, slotsOf, V128, type ValType } from "../wasm/types.ts";

/** A value in a frame. */
export interface FrameValue {
  /** Index among the locals; depth below the topmost operand. */
  readonly index: number;
  /** From the name section. */
  readonly name: string | undefined;
  /** With canonical references. */
  readonly type: ValType;
  /** Word of its first slot in the frame's words. */
  readonly word: number;
  /** Those of its slot, or of both slots of a v128, unsigned. */
  readonly bits: bigint;
  /** Whether it is sure: machine code may have 0 for what nothing reads any more. */
  readonly sure: boolean;
}

/** The names of the locals of a function. */
export function localNames(func: WasmFunc): ReadonlyMap<number, string> {
  const names: Names = func.instance!.module.names;
  return names.locals.get(func.index) ?? new Map();
}

interface Types {
  readonly locals: Int32Array;
  readonly operands: readonly ValType[];
}
/** By module, function and pc: conditions ask at every hit. */
const KNOWN = new WeakMap<ValidModule, Map<number, Types>>();
const MOST_KNOWN = 1000;

function typesAt({ instance, index }: WasmFunc, pc: number): Types {
  const { valid, module } = instance!;
  let known = KNOWN.get(valid);
  if (known === undefined || known.size >= MOST_KNOWN) KNOWN.set(valid, known = new Map());
  let types = known.get(pc);
  if (types === undefined) {
    const declared = module.funcs[index];
    const { locals, operands } = new BodyValidator(valid.context).typesBefore(declared, declared.body!, pc);
    known.set(pc, types = { locals: locals.slice(), operands });
  }
  return types;
}

/** Locals and operands of a frame, operands topmost first; undefined where its slots cannot be told. */
export function valuesOf(frame: WaitingFrame): { locals: FrameValue[]; operands: FrameValue[] } | undefined {
  const { func, words, at, slots } = frame;
  if (words === undefined) return undefined;
  const { valid, module } = func.instance!;
  const facts = valid.bodies[func.index - module.importedFuncs];
  const types = typesAt(func, frame.pc);
  const names = localNames(func);
  const locals: FrameValue[] = [], operands: FrameValue[] = [];
  let slot = 0;
  const read = (index: number, name: string | undefined, of: ValType): FrameValue => {
    const type = canonicalType(of, module), word = at + 2 * slot, sure = !frame.doubtful?.has(slot);
    slot += slotsOf(of);
    return { index, name, type, word, bits: readBits(words, word, type), sure };
  };
  types.locals.forEach((type, i) => locals.push(read(i, names.get(i), type)));
  slot = facts.localSlots;
  for (const type of types.operands) {
    if (slot + slotsOf(type) > slots) break;
    operands.push(read(operands.length, undefined, type));
  }
  operands.reverse();
  return { locals, operands: operands.map((value, index) => ({ ...value, index })) };
}

/** The bits of a value whose first slot is at `word`. */
export function readBits(words: Int32Array, word: number, type: ValType): bigint {
  const slot = (w: number) => BigInt(words[w] >>> 0) | (BigInt(words[w + 1] >>> 0) << 32n);
  if (type === V128) return slot(word) | (slot(word + 2) << 64n);
  return is64(type) ? slot(word) : BigInt(words[word] >>> 0);
}
/** Writes the bits of a value to its slots. */
export function writeBits(words: Int32Array, word: number, type: ValType, bits: bigint): void {
  for (let i = 0; i < 2 * slotsOf(type); i++) words[word + i] = Number(BigInt.asIntN(32, bits >> BigInt(32 * i)));
}

function is64(type: ValType): boolean {
  return type === I64 || type === F64;
}

const view = new DataView(new ArrayBuffer(8));

/** The number that bits are: a bigint for i64 and v128, a reference as its 32 bits. */
export function numberOf(bits: bigint, type: ValType): number | bigint {
  if (type === I64) return BigInt.asIntN(64, bits);
  if (type === V128) return bits;
  view.setBigUint64(0, bits);
  if (type === F64) return view.getFloat64(0);
  return type === F32 ? view.getFloat32(4) : view.getInt32(4);
}
