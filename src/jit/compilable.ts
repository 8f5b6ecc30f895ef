// Says of a function whether this compiler has code for all of it, and if not, why: such functions stay in the interpreter.
// Takes a ValidModule; bodies are read only where the validator saw something beyond WebAssembly 2.0, and once each.

import { BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { type FuncType, type Limits, V128 } from "../wasm/types.ts";
import { compiledOpcodes } from "./compile_function.ts";

const COMPILED = new Set(compiledOpcodes());
/** log2 of the size of a page that is not custom. */
const PAGE_LOG2 = 16;
/** A function that may be compiled. */
const COMPILABLE = "";

interface Answers {
  /** Whether declarations alone can make an instruction of WebAssembly 2.0 one that there is no code for. */
  readonly unusual: boolean;
  readonly byFunction: Map<number, string>;
}
const MODULES = new WeakMap<ValidModule, Answers>();

/** Why the defined function `index` cannot be compiled; undefined if it can. */
export function refusal(valid: ValidModule, index: number): string | undefined {
  const { module } = valid;
  let answers = MODULES.get(valid);
  if (answers === undefined) MODULES.set(valid, answers = { unusual: isUnusual(module), byFunction: new Map() });
  const facts = valid.bodies[index - module.importedFuncs];
  if (facts.localSlot !== undefined) return "it has a local of type v128";
  if (!answers.unusual && facts.extension < 0) return undefined;
  let answer = answers.byFunction.get(index);
  if (answer === undefined) answers.byFunction.set(index, answer = examine(module, index) ?? COMPILABLE);
  return answer === COMPILABLE ? undefined : answer;
}

function isUnusual(m: Module): boolean {
  return m.types.some(({ type, final }) => type.kind === "func" && (!final || hasVectors(type))) ||
    m.globals.some((g) => g.type.type === V128) ||
    m.tables.some((t) => limitsRefusal(t.type) !== undefined) ||
    m.memories.some((_, i) => memoryRefusal(m, i) !== undefined);
}

function hasVectors(type: FuncType): boolean {
  return type.params.includes(V128) || type.results.includes(V128);
}

function limitsRefusal(l: Limits): string | undefined {
  return l.is64 ? "64-bit addresses" : l.shared ? "shared memory" : undefined;
}
function memoryRefusal(m: Module, index: number): string | undefined {
  const { type } = m.memories[index];
  return limitsRefusal(type) ?? (type.pageSizeLog2 === PAGE_LOG2 ? undefined : "a custom page size");
}

function examine(m: Module, index: number): string | undefined {
  const { type, body } = m.funcs[index];
  if (hasVectors(type)) return "its type has a v128";
  const r = new BytecodeReader(m.bytes, body!.codeStart, body!.end);
  while (r.pos < r.end) {
    const code = r.next();
    if (!COMPILED.has(code)) return `there is no machine code for ${r.info.name}`;
    const why = operandRefusal(m, r);
    if (why !== undefined) return `${r.info.name} with ${why}`;
  }
  return undefined;
}

/** Why there is no code for the instruction with just these immediates. */
function operandRefusal(m: Module, r: BytecodeReader): string | undefined {
  const vectors = (t: FuncType) => hasVectors(t) ? "a v128" : undefined;
  switch (r.info.imm) {
    case op.Imm.BLOCK: {
      if (r.blockIndex === NO_TYPE_INDEX) return r.blockResult === V128 ? "a v128" : undefined;
      const { type } = m.types[r.blockIndex];
      return type.kind === "func" ? vectors(type) : undefined;
    }
    case op.Imm.FUNC:
      return vectors(m.funcs[r.index].type);
    case op.Imm.TYPE_TABLE: {
      const { type, final } = m.types[r.index];
      // Machine code compares canonical ids for equality.
      if (!final) return "a type that may have subtypes";
      return (type.kind === "func" ? vectors(type) : undefined) ?? limitsRefusal(m.tables[r.index2].type);
    }
    case op.Imm.SELECT_TYPES:
      return r.types.includes(V128) ? "a v128" : undefined;
    case op.Imm.GLOBAL:
      return m.globals[r.index].type.type === V128 ? "a v128" : undefined;
    case op.Imm.TABLE:
      return limitsRefusal(m.tables[r.index].type);
    case op.Imm.TABLE_TABLE:
      return limitsRefusal(m.tables[r.index].type) ?? limitsRefusal(m.tables[r.index2].type);
    case op.Imm.ELEM_TABLE:
      return limitsRefusal(m.tables[r.index2].type);
    case op.Imm.MEMORY_ACCESS:
    case op.Imm.MEMORY:
      return memoryRefusal(m, r.index);
    case op.Imm.MEMORY_MEMORY:
      return memoryRefusal(m, r.index) ?? memoryRefusal(m, r.index2);
    case op.Imm.DATA_MEMORY:
      return memoryRefusal(m, r.index2);
  }
  return undefined;
}
