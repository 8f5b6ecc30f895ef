// Module → ValidModule (specification 3.5): checks everything but the bodies, which body.ts does, and collects their side tables.

import { constantEnd } from "../bytecode/reader.ts";
import { CompileError } from "../wasm/errors.ts";
import { type Feature, featureOfType, type FeatureSet } from "../wasm/features.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID } from "../wasm/messages.ts";
import {
  EXTERN_NAMES,
  ExternKind,
  type FuncDecl,
  functionName,
  type Module,
  SEGMENT_NUMBERS,
  type TagDecl,
} from "../wasm/module.ts";
import {
  type CompositeType,
  type FieldType,
  heapOf,
  I32,
  I64,
  isDefaultable,
  isPacked,
  isRef,
  type Limits,
  matches,
  type MemoryType,
  signatureName,
  typeName,
  type ValType,
} from "../wasm/types.ts";
import { BodyValidator, type ModuleContext } from "./body.ts";
import type { BodyFacts } from "./side_table.ts";

/** A module that may be instantiated, with facts about each body. */
export interface ValidModule {
  readonly module: Module;
  /** By function index, from the first defined function on: `bodies[index - module.importedFuncs]`. */
  readonly bodies: readonly BodyFacts[];
  /** What bodies were validated with. */
  readonly context: ModuleContext;
}

/** Told how much of a module's bytes is done, from 0 to 1, every few hundred functions. */
export type ProgressListener = (part: number) => void;
/** Functions between two times. */
const PROGRESS_STEP = 256;

/**
 * Validates a decoded module. Throws a CompileError with the byte offset of the first fault. `known`: what was found out about the bodies of this very module before, when it
 * was valid; of the module only declarations are looked at then.
 */
export function validateModule(
  module: Module,
  progress?: ProgressListener,
  known?: readonly BodyFacts[],
): ValidModule {
  const v = new ModuleValidation(module);
  v.declarations();
  if (known !== undefined) return { ...v.valid, bodies: known };
  v.dataSegments();
  v.start();
  for (let i = module.importedFuncs; i < module.funcs.length; i++) {
    const f = module.funcs[i];
    v.body(f);
    if (v.bodies.length % PROGRESS_STEP === 0) progress?.(f.body!.end / module.bytes.length);
  }
  return v.valid;
}

/** The steps of validation: all are to be made, in this order if the first fault is to be found. Each throws a CompileError with its byte offset. */
export class ModuleValidation {
  readonly #context: Context;
  readonly #validator: BodyValidator;
  readonly #module: Module;
  /** Facts about the bodies so far. */
  readonly bodies: BodyFacts[] = [];

  /** Takes a module, whose bodies and data segments may come later. */
  constructor(module: Module) {
    this.#module = module;
    this.#context = new Context(module);
    this.#validator = new BodyValidator(this.#context);
  }

  /** Everything that stands before the bodies. */
  declarations(): void {
    checkDeclarations(this.#context, this.#validator);
  }
  /** The data segments. */
  dataSegments(): void {
    this.#validator.read(this.#module.bytes);
    checkDataSegments(this.#context, this.#validator);
  }
  /** The start function. */
  start(): void {
    if (this.#module.start !== undefined) checkStart(this.#module, this.#module.start);
  }
  /** The body of the next function. */
  body(func: FuncDecl): void {
    this.#validator.read(this.#module.bytes);
    try {
      this.bodies.push(this.#validator.validateBody(func, func.body!));
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      const index = this.#module.importedFuncs + this.bodies.length;
      throw error.locate({ func: functionName(this.#module, index) });
    }
  }
  /** What is valid after all steps. */
  get valid(): ValidModule {
    return { module: this.#module, bodies: this.bodies, context: this.#context };
  }
}

function checkDeclarations(context: Context, validator: BodyValidator): void {
  const { module } = context;
  checkTypes(context);
  for (const t of module.tables) checkTable(t.type, t.offset, context);
  for (const m of module.memories) checkMemory(m.type, m.offset, context);
  if (module.memories.length > LIMITS.memories) {
    throw new CompileError(
      `too many memories: ${module.memories.length}, the limit is ${LIMITS.memories}`,
      module.memories[LIMITS.memories].offset,
    );
  }
  if (module.memories.length > 1 && !context.features.has("multi-memory")) {
    throw new CompileError(`${INVALID.multipleMemories}: feature multi-memory is off`, module.memories[1].offset);
  }
  for (const g of module.globals) context.checkType(g.type.type, g.offset);
  for (const t of module.tags) checkTag(t, context);
  for (const e of module.exports) checkExport(e.kind, e.index, e.offset, context);
  checkDuplicateExports(module);
  checkInitializers(context, validator);
}

class Context implements ModuleContext {
  readonly declaredRefs = new Set<number>();
  readonly features: FeatureSet;
  constructor(readonly module: Module) {
    this.features = module.features;
  }

  checkType(t: ValType, at: number): void {
    if (isRef(t) && heapOf(t) >= this.module.types.length) {
      throw new CompileError(`${INVALID.unknownType} ${heapOf(t)}`, at);
    }
    const feature = featureOfType(t);
    if (feature !== undefined) this.need(feature, at, typeName(t));
  }

  /** Throws if a feature is off. */
  need(feature: Feature, at: number, what = ""): void {
    if (!this.features.has(feature)) {
      throw new CompileError(`feature ${feature} is off${what === "" ? "" : ` (${what})`}`, at);
    }
  }
}

function checkTypes(c: Context): void {
  const { types, typeOffsets } = c.module;
  types.forEach((def, i) => {
    const at = typeOffsets[i];
    const [sup] = def.supers;
    if (def.supers.length > 1 || (sup !== undefined && sup >= i)) {
      throw new CompileError(`${INVALID.subType} ${i}: one supertype, declared before it`, at);
    }
    if (sup !== undefined && (types[sup].final || !compositeMatches(def.type, types[sup].type, c.module))) {
      throw new CompileError(`${INVALID.subType} ${i} does not match its supertype ${sup}`, at);
    }
    if (def.type.kind !== "func" || !def.final || sup !== undefined || def.explicitGroup) c.need("gc", at, `type ${i}`);
    for (const t of valueTypes(def.type)) if (!isPacked(t)) c.checkType(t, at);
  });
}

/** All value types that stand in a composite type. */
function valueTypes(c: CompositeType): readonly ValType[] {
  switch (c.kind) {
    case "func":
      return [...c.params, ...c.results];
    case "struct":
      return c.fields.map((f) => f.type);
    case "array":
      return [c.field.type];
  }
}

/** Specification 3.3.8. */
function compositeMatches(a: CompositeType, b: CompositeType, m: Module): boolean {
  const lists = (from: readonly ValType[], to: readonly ValType[]) =>
    from.length === to.length && from.every((t, i) => matches(t, to[i], m));
  if (a.kind === "func" && b.kind === "func") return lists(b.params, a.params) && lists(a.results, b.results);
  if (a.kind === "array" && b.kind === "array") return fieldMatches(a.field, b.field, m);
  if (a.kind !== "struct" || b.kind !== "struct") return false;
  return a.fields.length >= b.fields.length && b.fields.every((f, i) => fieldMatches(a.fields[i], f, m));
}

/** Specification 3.3.7: what can be written must be the same, what can only be read may be more special. */
function fieldMatches(a: FieldType, b: FieldType, m: Module): boolean {
  if (a.mutable !== b.mutable) return false;
  return matches(a.type, b.type, m) && (!a.mutable || matches(b.type, a.type, m));
}

function checkTag(t: TagDecl, c: Context): void {
  c.need("exceptions", t.offset);
  const def = c.module.types[t.typeIndex];
  if (def === undefined) throw new CompileError(`${INVALID.unknownType} ${t.typeIndex}`, t.offset);
  if (def.type.kind !== "func") throw new CompileError(`${INVALID.notFunctionType}: type ${t.typeIndex}`, t.offset);
  if (def.type.results.length > 0) throw new CompileError(INVALID.tagResults, t.offset);
}

function checkLimits(l: Limits, at: number, bound: bigint, message: string, c: Context): void {
  if (l.is64) c.need("memory64", at);
  if (l.shared) c.need("threads", at);
  if (l.min > bound || (l.max !== undefined && l.max > bound)) throw new CompileError(message, at);
  if (l.max !== undefined && l.min > l.max) throw new CompileError(INVALID.limits, at);
}

function checkMemory(t: MemoryType, at: number, c: Context): void {
  if (t.pageSizeLog2 !== 16 && t.pageSizeLog2 !== 0) throw new CompileError(INVALID.pageSize, at);
  const addressBits = t.is64 ? 64 : 32;
  const pages = 1n << BigInt(addressBits - t.pageSizeLog2);
  const bound = t.pageSizeLog2 === 0 ? pages - 1n : pages;
  const size = t.is64 ? "2^48 pages" : `${pages} pages (4GiB)`;
  checkLimits(t, at, bound, `${INVALID.memorySize} ${size}`, c);
  if (t.shared && t.max === undefined) throw new CompileError(INVALID.sharedMaximum, at);
}

function checkTable(t: Limits & { element: ValType }, at: number, c: Context): void {
  c.checkType(t.element, at);
  const bits = t.is64 ? 64n : 32n;
  checkLimits(t, at, (1n << bits) - 1n, `${INVALID.tableSize} 2^${bits}-1`, c);
}

function checkExport(kind: ExternKind, index: number, at: number, c: Context): void {
  const m = c.module;
  const [space, message] = [
    [m.funcs, INVALID.unknownFunction],
    [m.tables, INVALID.unknownTable],
    [m.memories, INVALID.unknownMemory],
    [m.globals, INVALID.unknownGlobal],
    [m.tags, INVALID.unknownTag],
  ][kind] as [readonly unknown[], string];
  if (index >= space.length) throw new CompileError(`${message} ${index}`, at);
  if (kind === ExternKind.FUNC) c.declaredRefs.add(index);
}

function checkDuplicateExports(m: Module): void {
  const seen = new Set<string>();
  for (const e of m.exports) {
    if (seen.has(e.name)) {
      throw new CompileError(`${INVALID.duplicateExport} "${e.name}" (${EXTERN_NAMES[e.kind]})`, e.offset);
    }
    seen.add(e.name);
  }
}

/** What has constant expressions: tables, globals and element segments. */
function checkInitializers(c: Context, v: BodyValidator): void {
  const m = c.module;
  for (const t of m.tables.slice(m.importedTables)) {
    if (t.init !== undefined) {
      v.validateConstant(t.init.start, t.init.end, t.type.element, m.importedGlobals);
    } else if (!isDefaultable(t.type.element)) {
      throw new CompileError(
        `${INVALID.typeMismatch}: a table of ${typeName(t.type.element)} needs an initial value`,
        t.offset,
      );
    }
  }
  m.globals.forEach((g, i) => {
    if (g.init !== undefined) v.validateConstant(g.init.start, g.init.end, g.type.type, i);
  });
  const all = m.globals.length;
  for (const e of m.elems) {
    if (e.funcs === undefined) c.checkType(e.type, e.offset);
    if (e.mode === "active") {
      const table = m.tables[e.table];
      if (table === undefined) throw new CompileError(`${INVALID.unknownTable} ${e.table}`, e.offset);
      if (!matches(e.type, table.type.element, m)) {
        throw new CompileError(
          `${INVALID.typeMismatch}: segment of ${typeName(e.type)} for a table of ${typeName(table.type.element)}`,
          e.offset,
        );
      }
      v.validateConstant(e.offsetExpr!.start, e.offsetExpr!.end, table.type.is64 ? I64 : I32, all);
    }
    for (const f of e.funcs ?? []) {
      if (f >= m.funcs.length) throw new CompileError(`${INVALID.unknownFunction} ${f}`, e.offset);
      c.declaredRefs.add(f);
    }
    for (const x of e.exprs ?? []) v.validateConstant(x.start, x.end, e.type, all);
  }
}

function checkDataSegments(c: Context, v: BodyValidator): void {
  const m = c.module, { datas: { numbers, length }, bytes } = m;
  const first = m.memories[0]?.type, isUsual = first !== undefined && !first.is64;
  for (let i = 0, n = 0; i < length; i++, n += SEGMENT_NUMBERS) {
    // Flags are 0 for an active segment of the first memory: nearly all are, and begin at an `i32.const`.
    if (isUsual && numbers[n] === 0 && constantEnd(bytes, numbers[n + 2], numbers[n + 3]) === numbers[n + 3]) continue;
    const d = m.datas.at(i)!;
    if (d.mode === "passive") continue;
    const memory = m.memories[d.memory];
    if (memory === undefined) throw new CompileError(`${INVALID.unknownMemory} ${d.memory}`, d.offset);
    v.validateConstant(d.offsetExpr!.start, d.offsetExpr!.end, memory.type.is64 ? I64 : I32, m.globals.length);
  }
}

function checkStart(m: Module, index: number): void {
  const f = m.funcs[index];
  if (f === undefined) throw new CompileError(`${INVALID.unknownFunction} ${index}`, m.startOffset);
  if (f.type.params.length > 0 || f.type.results.length > 0) {
    throw new CompileError(`${INVALID.startFunction} has type ${signatureName(f.type)}, not [] -> []`, m.startOffset);
  }
}
