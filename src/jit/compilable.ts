// Says of a function whether this compiler has code for all of it, and if not, why: such functions stay in the interpreter.
// Takes a ValidModule; bodies are read only where the validator saw something beyond WebAssembly 2.0, and once each.

import { signaturePlaces, slotKind } from "../abi/signature.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { hasObjectTypes, type Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { type FuncType, Heap, type HeapType, V128 } from "../wasm/types.ts";
import { compiledOpcodes } from "./compile_function.ts";
import type { X64Features } from "./x64/emit_context.ts";

const COMPILED = new Set(compiledOpcodes());
/** What is assumed of a processor that is not named. */
const ALL: X64Features = { sse41: true, popcnt: true, lzcnt: true, bmi1: true, bmi2: true };
/** A function that may be compiled. */
const COMPILABLE = "";

interface Answers {
  /** Whether declarations alone can make an instruction of WebAssembly 2.0 one that there is no code for. */
  readonly unusual: boolean;
  /** By index and whether the processor has SSE4.1. */
  readonly byFunction: Map<number, string>;
}
const MODULES = new WeakMap<ValidModule, Answers>();

/** Why the defined function `index` cannot be compiled for a processor with these features; undefined if it can. */
export function refusal(valid: ValidModule, index: number, cpu = ALL): string | undefined {
  const { module } = valid;
  let answers = MODULES.get(valid);
  if (answers === undefined) MODULES.set(valid, answers = { unusual: isUnusual(module), byFunction: new Map() });
  const facts = valid.bodies[index - module.importedFuncs];
  if (!answers.unusual && facts.extension < 0) return undefined;
  const key = 2 * index + (cpu.sse41 ? 1 : 0);
  let answer = answers.byFunction.get(key);
  if (answer === undefined) answers.byFunction.set(key, answer = examine(module, index, cpu) ?? COMPILABLE);
  return answer === COMPILABLE ? undefined : answer;
}

function isUnusual(m: Module): boolean {
  return m.types.some(({ type }) => type.kind === "func" && hasVectors(type)) ||
    m.globals.some((g) => g.type.type === V128);
}

/** Instances of modules without types of objects do not know the heap. */
function noObjects(heap: HeapType): string | undefined {
  return heap === Heap.STRUCT || heap === Heap.ARRAY ? "objects of another module" : undefined;
}

function hasVectors(type: FuncType): boolean {
  return type.params.includes(V128) || type.results.includes(V128);
}

function examine(m: Module, index: number, cpu: X64Features): string | undefined {
  const { type, body } = m.funcs[index];
  const r = new BytecodeReader(m.bytes, body!.codeStart, body!.end);
  while (r.pos < r.end) {
    const code = r.next();
    if (code >>> 12 === op.V128_LOAD >>> 12 && !cpu.sse41) return `${r.info.name} needs a processor with SSE4.1`;
    if (!COMPILED.has(code)) return `there is no machine code for ${r.info.name}`;
    const why = operandRefusal(m, r) ?? tailCallRefusal(m, type, r);
    if (why !== undefined) return `${r.info.name} with ${why}`;
  }
  return undefined;
}

/** A tail call puts its stack arguments where those of its own function were: its caller has made room for no more. */
function tailCallRefusal(m: Module, caller: FuncType, r: BytecodeReader): string | undefined {
  if (r.op !== op.RETURN_CALL && r.op !== op.RETURN_CALL_INDIRECT && r.op !== op.RETURN_CALL_REF) return undefined;
  const type = r.op === op.RETURN_CALL ? m.funcs[r.index].type : m.types[r.index].type;
  if (type.kind !== "func" || areaSlots(type) <= areaSlots(caller)) return undefined;
  return "more arguments on the stack than its own function has";
}

function areaSlots(type: FuncType): number {
  return signaturePlaces(type.params.map(slotKind), type.results.map(slotKind)).areaSlots;
}

/** Why there is no code for the instruction with just these immediates. */
function operandRefusal(m: Module, r: BytecodeReader): string | undefined {
  if (r.op === op.ARRAY_LEN && !hasObjectTypes(m)) return noObjects(Heap.ARRAY);
  switch (r.info.imm) {
    case op.Imm.TYPE:
    case op.Imm.TYPE_FIELD:
    case op.Imm.TYPE_COUNT:
    case op.Imm.TYPE_DATA:
    case op.Imm.TYPE_ELEM:
    case op.Imm.TYPE_TYPE: {
      // Of these only operands of helpers take one slot each.
      if (r.op !== op.ARRAY_NEW && r.op !== op.ARRAY_FILL) return undefined;
      const { type } = m.types[r.index];
      return type.kind === "array" && type.field.type === V128 ? "a v128" : undefined;
    }
    case op.Imm.HEAP_TYPE:
    case op.Imm.CAST:
      return hasObjectTypes(m) ? undefined : noObjects(r.info.imm === op.Imm.CAST ? r.heap2 : r.heap);
  }
  return undefined;
}
