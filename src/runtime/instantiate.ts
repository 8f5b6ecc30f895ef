// Instantiation (specification 4.5.4): imports are matched, index spaces filled, initialisers and segments run, then the start function.
// Takes a ValidModule and a resolver of imports; gives an instance, or throws a LinkError before anything was changed.

import { ByteReader } from "../bytecode/byte_reader.ts";
import { BytecodeReader, constantEnd } from "../bytecode/reader.ts";
import { ensureStack } from "../base/js_stack.ts";
import { BugError } from "../base/bug.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { LinkError, Trap } from "../wasm/errors.ts";
import {
  type ConstExpr,
  type ElemSegment,
  EXTERN_NAMES,
  ExternKind,
  type Import,
  type Module,
  SEGMENT_NUMBERS,
} from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import {
  canonicalType,
  type GlobalType,
  type Limits,
  matches,
  type MemoryType,
  signatureName,
  typeName,
  TYPES,
  V128,
  type ValType,
} from "../wasm/types.ts";
import { memoryInit, OK, type Outcome, tableInit } from "./bulk.ts";
import { evaluateGc } from "./gc_constants.ts";
import { type Extern, WasmInstance } from "./instance.ts";
import { WasmFunc } from "./func.ts";
import { WasmGlobal } from "./global.ts";
import { WasmMemory } from "./memory.ts";
import { trapDetail } from "./protection.ts";
import type { Store } from "./store.ts";
import { WasmTable } from "./table.ts";
import { WasmTag } from "./tag.ts";

/** Finds what satisfies an import; undefined if there is nothing. `typeId` is the canonical type of an imported function. */
export type Resolver = (imported: Import, module: Module) => Extern | undefined;

/**
 * Makes an instance. Throws LinkError when an import is missing or does not fit, Trap when a segment or the start function traps (what they did before that stays,
 * as the specification has it), ResourceError when memory runs out.
 */
export function instantiate(store: Store, valid: ValidModule, resolve: Resolver): WasmInstance {
  const m = valid.module;
  ensureStack();
  store.checkInstances();
  // Resolving may run JavaScript, which may dispose of things and collect.
  const externs: Extern[] = [];
  store.linking.add(externs);
  try {
    for (const i of m.imports) externs.push(matchImport(store, i, m, resolve(i, m)));
    const instance = new WasmInstance(store, valid);
    store.addInstance(instance);
    try {
      fill(instance, externs);
    } catch (error) {
      instance.disposed = true;
      throw error;
    }
    return instance;
  } finally {
    store.linking.delete(externs);
  }
}

function fill(instance: WasmInstance, externs: readonly Extern[]): void {
  const { store, module: m } = instance;
  for (const x of externs) spaceOf(instance, x).push(x);
  instance.funcs.push(...store.addInstanceFuncs(instance, m.funcs.length - m.importedFuncs));
  for (const d of m.memories.slice(m.importedMemories)) {
    instance.memories.push(new WasmMemory(store.arena, d.type, undefined, store.memories));
  }
  for (const d of m.tags.slice(m.importedTags)) instance.tags.push(new WasmTag(m.canonical[d.typeIndex]));
  try {
    store.withoutCollection(() => {
      makeGlobals(instance);
      makeTables(instance);
      m.elems.forEach((e, i) => instance.setElem(i, elemRefs(e, instance)));
    });
  } catch (error) {
    instance.disposed = true;
    throw error;
  }
  instance.writeVmctx();
  for (const e of m.exports) {
    const { funcs, tables, memories, globals, tags } = instance;
    const space = [funcs, tables, memories, globals, tags][e.kind] as Extern[];
    instance.exports.set(e.name, space[e.index]);
  }
}

/** Runs the active segments and the start function of a new instance. */
export function initialize(instance: WasmInstance, call: (start: WasmFunc) => void): void {
  const m = instance.module;
  m.elems.forEach((e, i) => {
    if (e.mode === "active") {
      const at = offset(e.offsetExpr!, instance.tables[e.table].type, instance);
      check(tableInit(instance, i, e.table, at, 0, instance.elem(i).length));
    }
    if (e.mode !== "passive") instance.dropElem(i);
  });
  for (let i = writeUsual(instance); i < m.datas.length; i = writeUsual(instance, i + 1)) {
    const d = m.datas.at(i)!;
    if (d.mode !== "active") continue;
    const at = offset(d.offsetExpr!, instance.memories[d.memory].type, instance);
    check(memoryInit(instance, i, d.memory, at, 0, d.end - d.start));
    instance.dropData(i);
  }
  if (m.start !== undefined) call(instance.funcs[m.start]);
}

/**
 * Writes the data segments from `first` on up to one that is not of the usual form, whose index it gives, or else their number. Usual ones, of which some modules have 100,000,
 * are in the first memory at an `i32.const`.
 */
function writeUsual(instance: WasmInstance, first = 0): number {
  const { bytes, datas: { numbers, length } } = instance.module, memory = instance.memories[0];
  if (memory === undefined || memory.type.is64 || memory.isChecked) return first;
  const { u8, byteLength } = memory;
  for (let i = first, n = first * SEGMENT_NUMBERS; i < length; i++, n += SEGMENT_NUMBERS) {
    const exprEnd = numbers[n + 3], start = numbers[n + 4], end = numbers[n + 5];
    let pos = numbers[n + 2], at = 0, shift = 0;
    // Flags are 0 where it is active and the memory is the first.
    if (numbers[n] !== 0 || constantEnd(bytes, pos, exprEnd) !== exprEnd) return i;
    do {
      at |= (bytes[++pos] & 0x7f) << shift;
      shift += 7;
    } while (bytes[pos] >= 0x80);
    if ((bytes[pos] & 0x40) !== 0) at |= -1 << shift;
    at >>>= 0;
    if (at + end - start > byteLength) return i;
    // Up to so many, a view of them would take longer.
    if (end - start > SHORT_BYTES) u8.set(bytes.subarray(start, end), at);
    else for (let k = start; k < end; k++) u8[at++] = bytes[k];
    instance.dropData(i);
  }
  return length;
}
const SHORT_BYTES = 64;

/** Where an active segment goes: beyond 2^53 not exact, and out of bounds. */
function offset(expr: ConstExpr, { is64 }: Limits, instance: WasmInstance): number {
  const { bytes } = instance.module;
  if (!is64 && constantEnd(bytes, expr.start, expr.end) === expr.end) {
    return new ByteReader(bytes, expr.start + 1, expr.end).s32() >>> 0;
  }
  return Number(BigInt.asUintN(is64 ? 64 : 32, evaluate(expr, instance)));
}

function check(outcome: Outcome): void {
  if (outcome !== OK) throw new Trap(outcome, [], trapDetail(outcome));
}

function spaceOf(i: WasmInstance, x: Extern): Extern[] {
  if (x instanceof WasmFunc) return i.funcs;
  if (x instanceof WasmTable) return i.tables;
  if (x instanceof WasmTag) return i.tags;
  return x instanceof WasmMemory ? i.memories : i.globals;
}

function makeGlobals(instance: WasmInstance): void {
  const m = instance.module;
  for (let i = m.importedGlobals; i < m.globals.length; i++) {
    const d = m.globals[i];
    const type: GlobalType = { type: canonicalType(d.type.type, m), mutable: d.type.mutable };
    const global = new WasmGlobal(instance.store.arena, type, instance.ownGlobalCell(i), instance);
    const value = evaluate(d.init!, instance);
    global.bits = value;
    if (type.type === V128) global.high = value >> 64n;
    instance.globals.push(global);
  }
}

function makeTables(instance: WasmInstance): void {
  const m = instance.module;
  for (const d of m.tables.slice(m.importedTables)) {
    const init = d.init === undefined ? 0 : Number(BigInt.asIntN(32, evaluate(d.init, instance)));
    const type = { ...d.type, element: canonicalType(d.type.element, m) };
    instance.tables.push(new WasmTable(instance.store.arena, type, init, instance.store.limits.tableEntries));
  }
}

function elemRefs(e: ElemSegment, instance: WasmInstance): Int32Array {
  if (e.funcs !== undefined) return Int32Array.from(e.funcs, (f) => instance.funcs[f].ref);
  return Int32Array.from(e.exprs!, (x) => Number(BigInt.asIntN(32, evaluate(x, instance))));
}

/** The value of a global: 64 bits, or the 128 of a v128. */
function globalValue(g: WasmGlobal): bigint {
  const low = BigInt.asUintN(64, g.bits);
  return g.type.type === V128 ? BigInt.asUintN(64, g.high) << 64n | low : low;
}

/** The value of a constant expression: 64 bits, or the 128 of a v128. */
function evaluate(expr: ConstExpr, instance: WasmInstance): bigint {
  const r = new BytecodeReader(instance.module.bytes, expr.start, expr.end);
  const stack: bigint[] = [];
  const binary = (width: number, f: (a: bigint, b: bigint) => bigint) => {
    const b = stack.pop()!, a = stack.pop()!;
    stack.push(BigInt.asUintN(width, f(a, b)));
  };
  for (;;) {
    const code = r.next();
    switch (code) {
      case op.END:
        return stack.pop()!;
      case op.I32_CONST:
      case op.F32_CONST:
        stack.push(BigInt(r.lo >>> 0));
        break;
      case op.I64_CONST:
      case op.F64_CONST:
        stack.push(BigInt.asUintN(64, r.bits64));
        break;
      case op.V128_CONST: {
        const half = (at: number) => new DataView(r.bytes.buffer, r.bytes.byteOffset).getBigUint64(at, true);
        stack.push(half(r.immediateAt + 8) << 64n | half(r.immediateAt));
        break;
      }
      case op.REF_NULL:
        stack.push(0n);
        break;
      case op.REF_FUNC:
        stack.push(BigInt(instance.funcs[r.index].ref));
        break;
      case op.GLOBAL_GET:
        stack.push(globalValue(instance.globals[r.index]));
        break;
      case op.I32_ADD:
      case op.I64_ADD:
        binary(code === op.I32_ADD ? 32 : 64, (a, b) => a + b);
        break;
      case op.I32_SUB:
      case op.I64_SUB:
        binary(code === op.I32_SUB ? 32 : 64, (a, b) => a - b);
        break;
      case op.I32_MUL:
      case op.I64_MUL:
        binary(code === op.I32_MUL ? 32 : 64, (a, b) => a * b);
        break;
      default:
        if (!evaluateGc(r, stack, instance)) throw new BugError(`${r.info.name} in a constant expression`);
    }
  }
}

// Imports

function matchImport(store: Store, i: Import, m: Module, extern: Extern | undefined): Extern {
  if (extern === undefined) throw new LinkError("unknown import", i.module, i.name);
  if (!store.holds(extern)) {
    throw new LinkError("it belongs to another engine, or to an instance that was disposed of", i.module, i.name);
  }
  const wrong = (expected: string, found: string): never => {
    throw new LinkError(`incompatible import type (expected ${expected}, found ${found})`, i.module, i.name);
  };
  const expected = EXTERN_NAMES[i.kind];
  switch (i.kind) {
    case ExternKind.FUNC: {
      const typeId = m.canonical[m.funcs[i.index].typeIndex];
      if (!(extern instanceof WasmFunc)) return wrong(expected, kindOf(extern));
      if (!TYPES.isSubtype(extern.typeId, typeId)) {
        return wrong(signatureName(TYPES.func(typeId)!), signatureName(extern.type));
      }
      return extern;
    }
    case ExternKind.TABLE: {
      const t = m.tables[i.index].type;
      if (!(extern instanceof WasmTable)) return wrong(expected, kindOf(extern));
      if (canonicalType(t.element, m) !== extern.type.element) {
        return wrong(`table of ${typeName(t.element)}`, `table of ${typeName(extern.type.element)}`);
      }
      if (!limitsMatch(extern.length, extern.type, t)) {
        return wrong(limitsName(t), limitsName(extern.type, extern.length));
      }
      return extern;
    }
    case ExternKind.MEMORY: {
      const t = m.memories[i.index].type;
      if (!(extern instanceof WasmMemory)) return wrong(expected, kindOf(extern));
      if (extern.type.pageSizeLog2 !== t.pageSizeLog2 || !limitsMatch(extern.pages, extern.type, t)) {
        return wrong(memoryName(t), memoryName(extern.type, extern.pages));
      }
      return extern;
    }
    case ExternKind.GLOBAL: {
      const t = m.globals[i.index].type;
      if (!(extern instanceof WasmGlobal)) return wrong(expected, kindOf(extern));
      if (!globalMatches(extern.type, { type: canonicalType(t.type, m), mutable: t.mutable })) {
        const name = (g: GlobalType) => g.mutable ? `(mut ${typeName(g.type)})` : typeName(g.type);
        return wrong(`global ${name(t)}`, `global ${name(extern.type)}`);
      }
      return extern;
    }
    case ExternKind.TAG: {
      const typeId = m.canonical[m.tags[i.index].typeIndex];
      if (!(extern instanceof WasmTag)) return wrong(expected, kindOf(extern));
      if (extern.typeId !== typeId) {
        return wrong(`tag ${signatureName(TYPES.func(typeId)!)}`, `tag ${signatureName(extern.type)}`);
      }
      return extern;
    }
  }
}

function kindOf(x: Extern): string {
  return x instanceof WasmFunc
    ? "func"
    : x instanceof WasmTable
    ? "table"
    : x instanceof WasmMemory
    ? "memory"
    : x instanceof WasmTag
    ? "tag"
    : "global";
}

/** Specification 3.3.12: the actual size is what counts as minimum. */
function limitsMatch(size: number, actual: Limits, wanted: Limits): boolean {
  if (actual.is64 !== wanted.is64 || actual.shared !== wanted.shared || BigInt(size) < wanted.min) return false;
  return wanted.max === undefined || (actual.max !== undefined && actual.max <= wanted.max);
}
function limitsName(l: Limits, size?: number): string {
  return `limits ${l.is64 ? "i64 " : ""}${size ?? l.min}${l.max === undefined ? "" : ` ${l.max}`}${
    l.shared ? " shared" : ""
  }`;
}
function memoryName(t: MemoryType, size?: number): string {
  return limitsName(t, size) + (t.pageSizeLog2 === 16 ? "" : ` (pagesize ${2 ** t.pageSizeLog2})`);
}

function globalMatches(actual: GlobalType, wanted: GlobalType): boolean {
  if (actual.mutable !== wanted.mutable) return false;
  const equal: boolean = actual.type === wanted.type;
  return equal || (!wanted.mutable && matches(actual.type, wanted.type as ValType, TYPES));
}
