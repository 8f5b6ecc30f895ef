// The builtin set `wasm:js-string` and imported string constants (JS API, "Builtins"). Takes a compiled module with its options; gives host functions and globals.

import { HEADER_BYTES } from "../gc/layout.ts";
import type { HostFunction, WasmFunc } from "../runtime/func.ts";
import { arrayLength } from "../runtime/gc_operations.ts";
import { readSlot } from "../runtime/values.ts";
import { ExternKind, type Import } from "../wasm/module.ts";
import {
  canonicalType,
  EXTERNREF,
  Heap,
  I16,
  I32,
  matches,
  refType,
  signatureName,
  TYPES,
  type ValType,
} from "../wasm/types.ts";
import type { ModuleState, Realm } from "./realm.ts";

/** Arrays of UTF-16 code units: `(array (mut i16))`, nullable. */
const CODE_UNITS: ValType = refType(
  TYPES.addGroup(
    [{
      final: true,
      supers: [],
      type: { kind: "array", field: { type: I16, mutable: true } },
      groupStart: 0,
      groupSize: 1,
      explicitGroup: false,
    }],
    Infinity,
    TYPES.canonical,
  ),
  true,
);
const STRING: ValType = refType(Heap.EXTERN, false);

/** A builtin: its types, and what makes its function for a namespace. */
interface Builtin {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  /** Whether its function takes slots (`WasmFunc.raw`), so that arrays need no JavaScript object. */
  readonly raw?: true;
  make(realm: Realm): HostFunction;
}

/** A trap with V8's message. */
function trap(realm: Realm, message: string): never {
  throw realm.asTrap(new realm.errors.RuntimeError(message));
}
const ILLEGAL_CAST = "illegal cast", NULL = "dereferencing a null pointer";
const OUT_OF_ARRAY = "array element access out of bounds", OUT_OF_STRING = "string offset out of bounds";

function unwrap(realm: Realm, value: unknown): string {
  return typeof value === "string" ? value : trap(realm, ILLEGAL_CAST);
}
function at(realm: Realm, value: unknown, index: unknown): { s: string; i: number } {
  const s = unwrap(realm, value), i = (index as number) >>> 0;
  return i < s.length ? { s, i } : trap(realm, OUT_OF_STRING);
}

/** The code units of the array that a reference refers to; valid until the heap grows. */
function codeUnits(realm: Realm, ref: number): Uint16Array {
  if (ref === 0) trap(realm, NULL);
  const { heap } = realm.context.store;
  return new Uint16Array(heap.u8.buffer, ref + HEADER_BYTES, arrayLength(heap, ref));
}
/** The 32 bits of a slot, signed. */
const bits = (words: unknown, slot: unknown, offset: number) => (words as Int32Array)[2 * ((slot as number) + offset)];

/** Units that one call of String.fromCharCode takes: more would fill JavaScript's stack. */
const UNITS_AT_ONCE = 4096;

const JS_STRING: Readonly<Record<string, Builtin>> = {
  cast: { params: [EXTERNREF], results: [STRING], make: (r) => (v) => unwrap(r, v) },
  test: { params: [EXTERNREF], results: [I32], make: () => (v) => typeof v === "string" ? 1 : 0 },
  fromCharCodeArray: {
    params: [CODE_UNITS, I32, I32],
    results: [STRING],
    raw: true,
    make: (r) => (words, slot) => {
      const units = codeUnits(r, bits(words, slot, 0));
      const start = bits(words, slot, 1) >>> 0, end = bits(words, slot, 2) >>> 0;
      if (start > end || end > units.length) trap(r, OUT_OF_ARRAY);
      let result = "";
      for (let i = start; i < end; i += UNITS_AT_ONCE) {
        const part = units.subarray(i, Math.min(end, i + UNITS_AT_ONCE)) as ArrayLike<number> as number[];
        result += String.fromCharCode.apply(undefined, part);
      }
      return result;
    },
  },
  intoCharCodeArray: {
    params: [EXTERNREF, CODE_UNITS, I32],
    results: [I32],
    raw: true,
    make: (r) => (words, slot) => {
      const units = codeUnits(r, bits(words, slot, 1)), start = bits(words, slot, 2) >>> 0;
      const s = unwrap(r, readSlot(r.context.store, words as Int32Array, slot as number, EXTERNREF));
      if (start + s.length > units.length) trap(r, OUT_OF_ARRAY);
      for (let i = 0; i < s.length; i++) units[start + i] = s.charCodeAt(i);
      return s.length;
    },
  },
  fromCharCode: { params: [I32], results: [STRING], make: () => (v) => String.fromCharCode(v as number) },
  fromCodePoint: {
    params: [I32],
    results: [STRING],
    make: (r) => (v) => {
      const point = (v as number) >>> 0;
      return point > 0x10ffff ? trap(r, "invalid code point") : String.fromCodePoint(point);
    },
  },
  charCodeAt: {
    params: [EXTERNREF, I32],
    results: [I32],
    make: (r) => (v, index) => {
      const { s, i } = at(r, v, index);
      return s.charCodeAt(i);
    },
  },
  codePointAt: {
    params: [EXTERNREF, I32],
    results: [I32],
    make: (r) => (v, index) => {
      const { s, i } = at(r, v, index);
      return s.codePointAt(i);
    },
  },
  length: { params: [EXTERNREF], results: [I32], make: (r) => (v) => unwrap(r, v).length },
  concat: { params: [EXTERNREF, EXTERNREF], results: [STRING], make: (r) => (a, b) => unwrap(r, a) + unwrap(r, b) },
  substring: {
    params: [EXTERNREF, I32, I32],
    results: [STRING],
    make: (r) => (v, from, to) => {
      const s = unwrap(r, v), start = (from as number) >>> 0, end = (to as number) >>> 0;
      return start > end || start > s.length ? "" : s.substring(start, end);
    },
  },
  equals: {
    params: [EXTERNREF, EXTERNREF],
    results: [I32],
    make: (r) => (a, b) => (a === null ? a : unwrap(r, a)) === (b === null ? b : unwrap(r, b)) ? 1 : 0,
  },
  compare: {
    params: [EXTERNREF, EXTERNREF],
    results: [I32],
    make: (r) => (a, b) => {
      const x = unwrap(r, a), y = unwrap(r, b);
      return x === y ? 0 : x < y ? -1 : 1;
    },
  },
};

/** Builtin sets by the names that options use. */
const SETS: Readonly<Record<string, Readonly<Record<string, Builtin>>>> = { "js-string": JS_STRING };

/** The builtin that an import of a module names; undefined if it is none that its options switch on. */
export function builtinOf({ builtins }: ModuleState, { module, name }: Import): Builtin | undefined {
  if (!module.startsWith("wasm:")) return undefined;
  const set = module.slice("wasm:".length);
  if (!builtins.has(set) || !Object.hasOwn(SETS, set) || !Object.hasOwn(SETS[set], name)) return undefined;
  return SETS[set][name];
}

/** What is wrong with a module's imports of builtins and string constants; undefined if nothing is. */
export function checkBuiltins(state: ModuleState): string | undefined {
  const { module: m } = state.valid;
  for (const [n, i] of m.imports.entries()) {
    const place = `import #${n} "${i.module}" "${i.name}"`;
    if (i.module === state.stringModule) {
      const type = i.kind === ExternKind.GLOBAL ? m.globals[i.index].type : undefined;
      const fits = type !== undefined && !type.mutable && matches(STRING, type.type, m);
      if (!fits) return `${place}: a string constant is an immutable global of type externref`;
      continue;
    }
    const builtin = builtinOf(state, i);
    if (builtin === undefined) continue;
    const id = TYPES.funcType(builtin.params, builtin.results);
    const fits = i.kind === ExternKind.FUNC && TYPES.isSubtype(id, m.canonical[m.funcs[i.index].typeIndex]);
    if (!fits) return `${place}: the builtin is a function of type ${signatureName(TYPES.func(id)!)}`;
  }
  return undefined;
}

/** The function of a builtin for one instance. */
export function makeBuiltin(realm: Realm, builtin: Builtin, name: string): WasmFunc {
  const type = TYPES.funcType(builtin.params, builtin.results);
  const func = realm.context.store.addHostFunc(type, builtin.make(realm), name);
  func.raw = builtin.raw ?? false;
  return func;
}

/** The type of a global of a module, with canonical references. */
export function globalType(state: ModuleState, index: number): ValType {
  const { module } = state.valid;
  return canonicalType(module.globals[index].type.type, module);
}
