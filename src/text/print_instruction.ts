// One instruction as text: its mnemonic and immediates, names resolved. Takes an operator cursor that stands behind it.
// Layout of whole bodies is left to print_body.ts.

import { ByteReader } from "../bytecode/byte_reader.ts";
import { type BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import { BugError } from "../base/bug.ts";
import type { Module } from "../wasm/module.ts";
import { Imm } from "../wasm/opcodes.ts";
import { heapName, typeName, type ValType } from "../wasm/types.ts";
import { printF32, printF64 } from "./numbers.ts";
import { type ModuleNames, moduleNames, SpaceNames } from "./print_names.ts";

/** What an instruction can refer to. `labels` are the open blocks' `$ids`, outermost first, without the function's own. */
export interface InstructionScope {
  readonly module: Module;
  readonly names: ModuleNames;
  readonly locals: SpaceNames;
  readonly labels: readonly (string | undefined)[];
}

const NO_NAMES = new SpaceNames(undefined);

/** The scope of function `func` outside of all blocks, or of a constant expression if undefined. */
export function functionScope(module: Module, func: number | undefined): InstructionScope {
  const names = moduleNames(module);
  return { module, names, locals: func === undefined ? NO_NAMES : names.locals(func), labels: [] };
}

/**
 * The instruction that `reader` has just read. With `func`, the locals of that function have their names; labels are depths. Structure opens no line: `block (result i32)`.
 */
export function printInstruction(reader: BytecodeReader, module: Module, func?: number): string {
  return instructionText(reader, functionScope(module, func));
}

/** {@link printInstruction} in a scope. `label` is the `$id` of the block that the instruction opens. */
export function instructionText(r: BytecodeReader, scope: InstructionScope, label?: string): string {
  const { names } = scope;
  const name = r.info.name;
  const others = (first: string, isDefault: boolean, second = "") =>
    name + (isDefault ? "" : " " + first) + (second === "" ? "" : " " + second);
  switch (r.info.imm) {
    case Imm.NONE:
      return name;
    case Imm.BLOCK:
      return name + (label === undefined ? "" : " " + label) + blockTypeText(r, scope);
    case Imm.LABEL:
      return `${name} ${labelRef(r.index, scope.labels)}`;
    case Imm.LABEL_TABLE:
      return `${name} ${r.labels.map((l) => labelRef(l, scope.labels)).join(" ")}`;
    case Imm.FUNC:
      return `${name} ${names.funcs.ref(r.index)}`;
    case Imm.TYPE_TABLE:
      return others(names.tables.ref(r.index2), r.index2 === 0, `(type ${names.types.ref(r.index)})`);
    case Imm.SELECT_TYPES:
      return `${name} (result${typesText(r.types, names)})`;
    case Imm.LOCAL:
      return `${name} ${scope.locals.ref(r.index)}`;
    case Imm.GLOBAL:
      return `${name} ${names.globals.ref(r.index)}`;
    case Imm.TABLE:
      return others(names.tables.ref(r.index), r.index === 0);
    case Imm.MEMORY:
      return others(names.memories.ref(r.index), r.index === 0);
    case Imm.MEMORY_ACCESS: {
      const memory = r.index === 0 ? "" : " " + names.memories.ref(r.index);
      const offset = r.offset === 0 ? "" : ` offset=${exactOffset(r)}`;
      const align = r.align === r.info.accessLog2 ? "" : ` align=${1n << BigInt(r.align)}`;
      return name + memory + offset + align;
    }
    case Imm.I32:
      return `${name} ${r.lo}`;
    case Imm.I64:
      return `${name} ${r.bits64}`;
    case Imm.F32:
      return `${name} ${printF32(r.lo)}`;
    case Imm.F64:
      return `${name} ${printF64(r.bits64)}`;
    case Imm.HEAP_TYPE:
      return `${name} ${heapName(r.heap, names.typeRef)}`;
    case Imm.DATA:
      return `${name} ${names.datas.ref(r.index)}`;
    case Imm.DATA_MEMORY:
      return others(names.memories.ref(r.index2), r.index2 === 0, names.datas.ref(r.index));
    case Imm.ELEM:
      return `${name} ${names.elems.ref(r.index)}`;
    case Imm.ELEM_TABLE:
      return others(names.tables.ref(r.index2), r.index2 === 0, names.elems.ref(r.index));
    case Imm.MEMORY_MEMORY:
      return others(`${names.memories.ref(r.index)} ${names.memories.ref(r.index2)}`, r.index === 0 && r.index2 === 0);
    case Imm.TABLE_TABLE:
      return others(`${names.tables.ref(r.index)} ${names.tables.ref(r.index2)}`, r.index === 0 && r.index2 === 0);
    default:
      throw new BugError(`the immediates of ${name} have no text form`);
  }
}

/** The offset of a memory access. The reader's number is not exact from 2^53 on; then the LEB128 number that ends at `pos` is read again. */
function exactOffset(r: BytecodeReader): bigint {
  if (r.offset < Number.MAX_SAFE_INTEGER) return BigInt(r.offset);
  let at = r.pos - 1;
  while (r.bytes[at - 1] >= 0x80) at--;
  return new ByteReader(r.bytes, at).u64();
}

/** Types with a space before each. */
export function typesText(types: readonly ValType[], names: ModuleNames): string {
  return types.map((t) => " " + typeName(t, names.typeRef)).join("");
}

/** ` (type t) (param …) (result …)`, as far as there is something to say. */
function blockTypeText(r: BytecodeReader, { module, names }: InstructionScope): string {
  if (r.blockIndex === NO_TYPE_INDEX) return r.blockResult === 0 ? "" : ` (result${typesText([r.blockResult], names)})`;
  const type = module.types[r.blockIndex]?.type;
  const named = ` (type ${names.types.ref(r.blockIndex)})`;
  if (type?.kind !== "func") return named;
  const params = type.params.length === 0 ? "" : ` (param${typesText(type.params, names)})`;
  const results = type.results.length === 0 ? "" : ` (result${typesText(type.results, names)})`;
  return named + params + results;
}

/** A label: the `$id`, unless an inner block has the same. */
function labelRef(depth: number, labels: readonly (string | undefined)[]): string {
  const at = labels.length - 1 - depth;
  const label = labels[at];
  return label !== undefined && labels.lastIndexOf(label) === at ? label : String(depth);
}
