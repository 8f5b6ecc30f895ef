// A program while it is made: its types, definitions and segments, then the bodies. Takes decisions, gives the declarations of a module.

import { emptyModuleDecl, type ImportDecl } from "../../../src/bytecode/module_writer.ts";
import { ExternKind } from "../../../src/wasm/module.ts";
import { END } from "../../../src/wasm/opcodes.ts";
import {
  EXTERNREF,
  FUNCREF,
  type GlobalType,
  Heap,
  I32,
  I64,
  isNullable,
  type MemoryType,
  refType,
  type TableType,
  type ValType,
} from "../../../src/wasm/types.ts";
import { Body } from "./body.ts";
import type { Choices } from "./choices.ts";
import { constantExpression } from "./constant_expression.ts";
import { DIGEST_LOCALS, writeDigest, writeObserver } from "./observers.ts";
import { PaddedWriter } from "./padded_writer.ts";
import { type Profile, Types } from "./types.ts";

import { givenByJs, seenByJs } from "./calls.ts";

/** A function of a program: its type, and whether it calls nothing and loops never, so that it burns no fuel. */
export interface FuncPlan {
  readonly type: number;
  readonly leaf: boolean;
}
/** A table; `init` gives its entries where null does not. */
export interface TablePlan {
  readonly type: TableType;
  readonly init: Uint8Array | undefined;
}
/** A global. */
export interface GlobalPlan {
  readonly type: GlobalType;
  /** Undefined for an imported one. */
  readonly init: Uint8Array | undefined;
}
/** An element segment; its length is 0 if it is dropped at the start. */
export interface ElemPlan {
  readonly type: ValType;
  readonly length: number;
}

/** Index of the global that holds the fuel, and of the imported function that names host values. */
export const FUEL = 0;
export const HOST_ID = 0;

/** A program while it is made. */
export class Builder {
  readonly types: Types;
  readonly imports: ImportDecl[] = [];
  readonly funcs: FuncPlan[] = [];
  readonly importedFuncs: number;
  readonly tags: number[] = [];
  readonly memories: MemoryType[] = [];
  readonly tables: TablePlan[] = [];
  readonly globals: GlobalPlan[] = [];
  readonly elems: ElemPlan[] = [];
  /** Lengths of the data segments. */
  readonly datas: number[] = [];
  /** Function index of the digest of references; -1 if the program has none. */
  readonly digest: number;
  /** What is written. */
  readonly module = emptyModuleDecl();
  /** Functions that were generated, imported ones among them: behind them come those that observe. */
  last = 0;

  constructor(readonly c: Choices, readonly padding: Choices, readonly profile: Profile) {
    this.types = new Types(c, profile);
    const { types, module } = this;
    this.#planImports();
    this.importedFuncs = this.funcs.length;
    for (const type of types.funcs()) this.funcs.push({ type, leaf: c.oneIn(4) });
    for (let n = c.below(3); n > 0; n--) this.funcs.push({ type: c.pick(types.funcs()), leaf: false });
    const last = this.funcs.length;
    this.digest = profile.gc && profile.observed
      ? this.funcs.push({ type: types.func([refType(Heap.ANY, true), I32], [I64]), leaf: true }) - 1
      : -1;
    const observer = profile.observed ? this.funcs.push({ type: types.func([], [I64]), leaf: true }) - 1 : -1;
    this.#planDefinitions();
    this.#planSegments();
    for (let i = this.importedFuncs; i < last; i++) {
      const body = new Body(this, i);
      body.write();
      module.funcs.push({ type: this.funcs[i].type, groups: body.groups(), code: body.w.slice() });
    }
    if (this.digest >= 0) {
      module.funcs.push({ type: this.funcs[this.digest].type, groups: DIGEST_LOCALS, code: writeDigest(this) });
    }
    if (observer >= 0) {
      module.funcs.push({ type: this.funcs[observer].type, groups: DIGEST_LOCALS, code: writeObserver(this) });
    }
    if (c.oneIn(8)) module.start = c.oneIn(2) ? this.#startFunction() : undefined;
    this.last = last;
    this.#exports(observer);
  }

  writer(): PaddedWriter {
    return new PaddedWriter(this.padding, this.profile.overlong);
  }
  /** An expression with its `end`. */
  expression(write: (w: PaddedWriter) => void): Uint8Array {
    const w = this.writer();
    write(w);
    w.opcode(END);
    return w.slice();
  }
  /** The functions whose type is `type` or below. */
  functionsOf(type: number): number[] {
    return this.funcs.flatMap((f, i) => this.types.heapBelow(f.type, type) && i !== this.digest ? [i] : []);
  }

  #planImports(): void {
    const { c, types, imports, profile } = this;
    const add = (type: number, name: string) => {
      imports.push({ module: "h", name, kind: ExternKind.FUNC, type });
      this.funcs.push({ type, leaf: true });
    };
    add(types.func([EXTERNREF], [I32]), "id");
    for (let n = c.below(4); n > 0; n--) {
      const type = c.pick(
        types.funcs().filter((x) => {
          const { params, results } = types.signature(x);
          return types.defs[x].groupSize === 1 && params.every(seenByJs) && results.every(givenByJs);
        }).concat(types.func([], [])),
      );
      add(type, `f${this.funcs.length}`);
    }
    imports.push({ module: "h", name: "fuel", kind: ExternKind.GLOBAL, type: { type: I32, mutable: true } });
    this.globals.push({ type: { type: I32, mutable: true }, init: undefined });
    for (let n = c.below(3); n > 0; n--) {
      const type = { type: c.pick([I32, I64, EXTERNREF]), mutable: c.oneIn(2) };
      imports.push({ module: "h", name: `g${this.globals.length}`, kind: ExternKind.GLOBAL, type });
      this.globals.push({ type, init: undefined });
    }
    if (c.oneIn(4)) {
      const type = this.#memoryType();
      imports.push({ module: "h", name: "memory", kind: ExternKind.MEMORY, type });
      this.memories.push(type);
    }
    if (profile.exceptions !== "none" && c.oneIn(3)) {
      const type = types.func([EXTERNREF], []);
      imports.push({ module: "h", name: "tag", kind: ExternKind.TAG, type });
      this.tags.push(type);
    }
  }

  #memoryType(): MemoryType {
    const { c, profile } = this;
    const pageSizeLog2 = profile.proposals && c.oneIn(3) ? 0 : 16;
    const shared = profile.atomics && c.oneIn(2);
    const min = pageSizeLog2 === 0 ? c.pick([100, 300, 0, 65536, 70001]) : c.pick([1, 1, 1, 1, 1, 2, 2, 0]);
    const max = min + c.below(3);
    return { min: BigInt(min), max: BigInt(max), is64: c.oneIn(3), shared, pageSizeLog2 };
  }

  #planDefinitions(): void {
    const { c, types, module, profile } = this;
    const tags = this.tags.length;
    if (profile.exceptions !== "none") {
      for (let n = c.between(1, 3); n > 0; n--) this.tags.push(types.func(types.values(c.below(4)), []));
    }
    module.tags.push(...this.tags.slice(tags));
    const imported = this.memories.length;
    for (let n = c.weighted([[6, 1], [2, 2], [1, 3], [1, 0]]); n > imported; n--) {
      this.memories.push(this.#memoryType());
    }
    module.memories.push(...this.memories.slice(imported));
    for (let n = c.between(1, 3); n > 0; n--) {
      // The first has all functions in order at first, so that calls through it can succeed.
      const first = this.tables.length === 0;
      const element = first ? FUNCREF : types.reference();
      const min = first ? this.funcs.length : c.weighted([[9, c.between(3, 14)], [1, 0]]);
      const type = { min: BigInt(min), max: BigInt(min + c.below(8)), is64: c.oneIn(4), shared: false, element };
      const init = !isNullable(element) || c.oneIn(4)
        ? this.expression((w) => constantExpression(this, w, element, 2, false))
        : undefined;
      this.tables.push({ type, init });
    }
    module.tables.push(...this.tables);
    const globals = this.globals.length;
    for (let n = c.between(1, 7); n > 0; n--) {
      const type = { type: types.value(), mutable: !c.oneIn(4) };
      const init = this.expression((w) => constantExpression(this, w, type.type, 3, true));
      this.globals.push({ type, init });
      module.globals.push({ type, init });
    }
    if (this.globals.length === globals) throw new RangeError("there is a global at least");
  }

  #planSegments(): void {
    const { c, types, module } = this;
    const all = this.functionsOf(Heap.FUNC);
    // What a body names by ref.func must stand somewhere outside.
    module.elems.push({
      mode: "declarative",
      table: 0,
      offset: undefined,
      type: refType(Heap.FUNC, false),
      funcs: all,
      exprs: undefined,
    });
    this.elems.push({ type: refType(Heap.FUNC, false), length: 0 });
    if (c.weighted([[1, false], [8, true]])) {
      const offset = this.#offset(this.tables[0].type.is64, 0);
      module.elems.push({
        mode: "active",
        table: 0,
        offset,
        type: refType(Heap.FUNC, false),
        funcs: this.funcs.map((_, i) => i === this.digest ? 0 : i),
        exprs: undefined,
      });
      this.elems.push({ type: refType(Heap.FUNC, false), length: 0 });
    }
    for (let n = c.between(1, 4); n > 0; n--) {
      const active = c.oneIn(2), table = active && this.tables.length > 1 ? c.between(1, this.tables.length - 1) : 0;
      const type = active ? this.tables[table].type.element : types.reference();
      const room = active ? Number(this.tables[table].type.min) : 8;
      const length = c.below(room + 1);
      const plain = type === FUNCREF && c.oneIn(2);
      const { is64 } = this.tables[table].type;
      const at = c.oneIn(40) ? room + 1 - length + c.below(3) : c.below(room - length + 1);
      module.elems.push({
        mode: active ? "active" : c.oneIn(6) ? "declarative" : "passive",
        table,
        offset: active ? this.#offset(is64, at) : undefined,
        type: plain ? refType(Heap.FUNC, false) : type,
        funcs: plain ? Array.from({ length }, () => c.pick(all)) : undefined,
        exprs: plain
          ? undefined
          : Array.from({ length }, () => this.expression((w) => constantExpression(this, w, type, 2, true))),
      });
      const usable = module.elems.at(-1)!.mode === "passive";
      this.elems.push({ type: module.elems.at(-1)!.type, length: usable ? length : 0 });
    }
    for (let n = c.below(4); n > 0; n--) {
      const memory = this.memories.length === 0 || c.oneIn(2) ? -1 : c.below(this.memories.length);
      const m = this.memories[memory];
      const room = memory >= 0 ? Number(m.min) << m.pageSizeLog2 : 40;
      const bytes = Uint8Array.from({ length: c.below(Math.min(room, 40) + 1) }, () => c.below(256));
      const last = room - bytes.length;
      const at = c.oneIn(60) ? last + 1 : c.oneIn(4) ? last : Math.min(last, c.below(200));
      module.datas.push({
        memory: Math.max(0, memory),
        offset: memory < 0 ? undefined : this.#offset(m.is64, at),
        bytes,
      });
      this.datas.push(memory < 0 ? bytes.length : 0);
    }
    module.needsDataCount = this.datas.length > 0;
  }
  #offset(is64: boolean, at: number): Uint8Array {
    return this.expression((w) => {
      if (is64) {
        w.u8(0x42);
        w.s64(BigInt(at));
      } else {
        w.u8(0x41);
        w.s32(at | 0);
      }
    });
  }

  /** A start function, which calls the first of the own functions that needs nothing, or is one. */
  #startFunction(): number | undefined {
    const found = this.funcs.findIndex((f, i) => {
      const { params, results } = this.types.signature(f.type);
      return i >= this.importedFuncs && i !== this.digest && params.length + results.length === 0;
    });
    return found < 0 ? undefined : found;
  }

  #exports(observer: number): void {
    const { module } = this;
    this.funcs.forEach((_, i) => {
      if (i < this.last) module.exports.push({ name: `f${i}`, kind: ExternKind.FUNC, index: i });
    });
    if (this.digest >= 0) module.exports.push({ name: "digest", kind: ExternKind.FUNC, index: this.digest });
    if (observer >= 0) module.exports.push({ name: "observe", kind: ExternKind.FUNC, index: observer });
    this.memories.forEach((_, i) => module.exports.push({ name: `m${i}`, kind: ExternKind.MEMORY, index: i }));
    this.tables.forEach((_, i) => module.exports.push({ name: `t${i}`, kind: ExternKind.TABLE, index: i }));
    this.globals.forEach((_, i) => module.exports.push({ name: `g${i}`, kind: ExternKind.GLOBAL, index: i }));
    this.tags.forEach((_, i) => module.exports.push({ name: `e${i}`, kind: ExternKind.TAG, index: i }));
  }
}
