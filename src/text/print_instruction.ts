// One instruction as text: its mnemonic and immediates, names resolved. Takes an operator cursor that stands behind it.
// Layout of whole bodies is left to print_body.ts.

import { ByteReader } from "../bytecode/byte_reader.ts";
import { type BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import type { Module } from "../wasm/module.ts";
import { Imm, REF_CAST_NULL, REF_NULL, REF_TEST_NULL } from "../wasm/opcodes.ts";
import { heapName, refType, typeName, type ValType } from "../wasm/types.ts";
import { CATCH_WORDS } from "./immediates.ts";
import { printF32, printF64 } from "./numbers.ts";
import { type ModuleNames, moduleNames, SpaceNames } from "./print_names.ts";
import { v128Text } from "./vectors.ts";

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
    case Imm.MEMORY_ACCESS:
      return name + memoryAccessText(r, names, r.pos);
    case Imm.MEMORY_LANE:
      return `${name}${memoryAccessText(r, names, r.pos - 1)} ${r.lane}`;
    case Imm.I32:
      return `${name} ${r.lo}`;
    case Imm.I64:
      return `${name} ${r.bits64}`;
    case Imm.F32:
      return `${name} ${printF32(r.lo)}`;
    case Imm.F64:
      return `${name} ${printF64(r.bits64)}`;
    case Imm.HEAP_TYPE:
      if (r.op === REF_NULL) return `${name} ${heapName(r.heap, names.typeRef)}`;
      return name + typesText([refType(r.heap, r.op === REF_TEST_NULL || r.op === REF_CAST_NULL)], names);
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
    case Imm.TYPE:
      return `${name} ${names.types.ref(r.index)}`;
    case Imm.TYPE_FIELD:
      return `${name} ${names.types.ref(r.index)} ${names.fields(r.index).ref(r.index2)}`;
    case Imm.TYPE_COUNT:
      return `${name} ${names.types.ref(r.index)} ${r.index2}`;
    case Imm.TYPE_DATA:
      return `${name} ${names.types.ref(r.index)} ${names.datas.ref(r.index2)}`;
    case Imm.TYPE_ELEM:
      return `${name} ${names.types.ref(r.index)} ${names.elems.ref(r.index2)}`;
    case Imm.TYPE_TYPE:
      return `${name} ${names.types.ref(r.index)} ${names.types.ref(r.index2)}`;
    case Imm.CAST: {
      const types = [refType(r.heap, (r.flags & 1) !== 0), refType(r.heap2, (r.flags & 2) !== 0)];
      return `${name} ${labelRef(r.index, scope.labels)}${typesText(types, names)}`;
    }
    case Imm.TAG:
      return `${name} ${names.tags.ref(r.index)}`;
    case Imm.TRY_TABLE: {
      const clauses = r.catches.map(({ kind, tag, label }) =>
        ` (${CATCH_WORDS[kind]}${tag < 0 ? "" : " " + names.tags.ref(tag)} ${labelRef(label, scope.labels)})`
      );
      return name + (label === undefined ? "" : " " + label) + blockTypeText(r, scope) + clauses.join("");
    }
    case Imm.V128:
      return `${name} ${v128Text(r.bytes.subarray(r.immediateAt, r.immediateAt + 16))}`;
    case Imm.SHUFFLE:
      return `${name} ${r.bytes.subarray(r.immediateAt, r.immediateAt + 16).join(" ")}`;
    case Imm.LANE:
      return `${name} ${r.lane}`;
    case Imm.ZERO:
      return name;
  }
}

/** `memory? offset=n? align=n?` with a space before each; the alignment is left out if it is the natural one. */
function memoryAccessText(r: BytecodeReader, names: ModuleNames, offsetEnd: number): string {
  const memory = r.index === 0 ? "" : " " + names.memories.ref(r.index);
  const offset = r.offset === 0 ? "" : ` offset=${exactOffset(r, offsetEnd)}`;
  const align = r.align === r.info.accessLog2 ? "" : ` align=${1n << BigInt(r.align)}`;
  return memory + offset + align;
}

/** The offset of a memory access. The reader's number is not exact from 2^53 on; then the LEB128 number that ends at `end` is read again. */
function exactOffset(r: BytecodeReader, end: number): bigint {
  if (r.offset < Number.MAX_SAFE_INTEGER) return BigInt(r.offset);
  let at = end - 1;
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
