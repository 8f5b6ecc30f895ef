// Module → ValidModule (specification 3.5): checks everything but the bodies, which body.ts does, and collects their side tables.

import { CompileError } from "../wasm/errors.ts";
import { type Feature, featureOfType, SUPPORTED } from "../wasm/features.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID } from "../wasm/messages.ts";
import { EXTERN_NAMES, ExternKind, type Module } from "../wasm/module.ts";
import {
  type CompositeType,
  heapOf,
  I32,
  I64,
  isDefaultable,
  isRef,
  type Limits,
  matches,
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
}

/** Validates a decoded module. Throws a CompileError with the byte offset of the first fault. */
export function validateModule(module: Module): ValidModule {
  const context = new Context(module);
  const validator = new BodyValidator(context);
  checkTypes(context);
  for (const t of module.tables) checkTable(t.type, t.offset, context);
  for (const m of module.memories) checkMemory(m.type, m.offset);
  if (module.memories.length > LIMITS.memories) {
    throw new CompileError(
      `too many memories: ${module.memories.length}, the limit is ${LIMITS.memories}`,
      module.memories[LIMITS.memories].offset,
    );
  }
  if (module.memories.length > 1) need("multi-memory", module.memories[1].offset);
  for (const t of module.tags) {
    need("exceptions", t.offset);
  }
  for (const e of module.exports) checkExport(e.kind, e.index, e.offset, context);
  checkDuplicateExports(module);
  checkInitializers(context, validator);
  if (module.start !== undefined) checkStart(module, module.start);
  const bodies: BodyFacts[] = [];
  for (let i = module.importedFuncs; i < module.funcs.length; i++) {
    const f = module.funcs[i];
    bodies.push(validator.validateBody(f, f.body!));
  }
  return { module, bodies };
}

class Context implements ModuleContext {
  readonly declaredRefs = new Set<number>();
  constructor(readonly module: Module) {}

  checkType(t: ValType, at: number): void {
    if (isRef(t) && heapOf(t) >= this.module.types.length) {
      throw new CompileError(`${INVALID.unknownType} ${heapOf(t)}`, at);
    }
    const feature = featureOfType(t);
    if (feature !== undefined) need(feature, at, typeName(t));
  }
}

/** Throws if a feature is off. */
function need(feature: Feature, at: number, what = ""): void {
  if (!SUPPORTED.has(feature)) {
    throw new CompileError(`feature ${feature} is not supported yet${what === "" ? "" : ` (${what})`}`, at);
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
    if (def.type.kind !== "func") return need("gc", at, `type ${i} is a ${def.type.kind}`);
    for (const t of def.type.params) c.checkType(t, at);
    for (const t of def.type.results) c.checkType(t, at);
  });
}

/** Specification 3.3.8; of structures and arrays, which are refused anyway, the kind alone. */
function compositeMatches(a: CompositeType, b: CompositeType, m: Module): boolean {
  if (a.kind !== "func" || b.kind !== "func") return a.kind === b.kind;
  const lists = (from: readonly ValType[], to: readonly ValType[]) =>
    from.length === to.length && from.every((t, i) => matches(t, to[i], m));
  return lists(b.params, a.params) && lists(a.results, b.results);
}

function checkLimits(l: Limits, at: number, bound: bigint, message: string): void {
  if (l.is64) need("memory64", at);
  if (l.shared) need("threads", at);
  if (l.min > bound || (l.max !== undefined && l.max > bound)) throw new CompileError(message, at);
  if (l.max !== undefined && l.min > l.max) throw new CompileError(INVALID.limits, at);
}

function checkMemory(l: Limits, at: number): void {
  const pages = BigInt(LIMITS.memory32Pages);
  checkLimits(l, at, pages, `${INVALID.memorySize} ${pages} pages (4 GiB)`);
}

function checkTable(t: Limits & { element: ValType }, at: number, c: Context): void {
  c.checkType(t.element, at);
  checkLimits(t, at, 0xffffffffn, `${INVALID.tableSize} 2^32-1`);
  if (t.min > BigInt(LIMITS.tableEntries)) {
    throw new CompileError(`table of ${t.min} entries, the limit is ${LIMITS.tableEntries}`, at);
  }
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

/** Everything with constant expressions: tables, globals, element and data segments. */
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
    c.checkType(g.type.type, g.offset);
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
  for (const d of m.datas) {
    if (d.mode === "passive") continue;
    const memory = m.memories[d.memory];
    if (memory === undefined) throw new CompileError(`${INVALID.unknownMemory} ${d.memory}`, d.offset);
    v.validateConstant(d.offsetExpr!.start, d.offsetExpr!.end, memory.type.is64 ? I64 : I32, all);
  }
}

function checkStart(m: Module, index: number): void {
  const f = m.funcs[index];
  if (f === undefined) throw new CompileError(`${INVALID.unknownFunction} ${index}`, m.startOffset);
  if (f.type.params.length > 0 || f.type.results.length > 0) {
    throw new CompileError(`${INVALID.startFunction} has type ${signatureName(f.type)}, not [] -> []`, m.startOffset);
  }
}
