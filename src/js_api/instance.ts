// The Instance interface (JS API, "Instances"): imports are read from an object, an instance is made and started, its exports become an object.

import type { Callee } from "./errors.ts";
import type { HostFunction, WasmFunc } from "../runtime/func.ts";
import type { Extern, WasmInstance } from "../runtime/instance.ts";
import { LinkError } from "../wasm/errors.ts";
import { ExternKind, type Import } from "../wasm/module.ts";
import { F32, F64, I32, I64, V128 } from "../wasm/types.ts";
import { builtinOf, globalType, makeBuiltin } from "./builtins.ts";
import type { InstanceState, Keeper, ModuleState, Realm } from "./realm.ts";
import { defineInterface, isObject, required } from "./webidl.ts";

/** Checks what was given as import object. Throws TypeError for what is neither undefined nor an object. */
export function checkImportObject(value: unknown, what: string): object | undefined {
  if (value !== undefined && !isObject(value)) throw new TypeError(`${what}: argument 1 must be an object`);
  return value as object | undefined;
}

/** What an import gives, made when the instance is. */
type Supply = () => Extern;

/** Reads a module's imports ("read the imports"). Throws TypeError and LinkError as the JS API has them. */
function readImports(realm: Realm, state: ModuleState, importObject: object | undefined, what: string): Supply[] {
  const { module: m } = state.valid;
  return m.imports.map((i, n) => {
    const place = `${what}: Import #${n} "${i.module}"`;
    if (i.module === state.stringModule) {
      return () => realm.context.makeGlobal(globalType(state, i.index), false, i.name);
    }
    const builtin = builtinOf(state, i);
    if (builtin !== undefined) return () => makeBuiltin(realm, builtin, i.name);
    if (importObject === undefined) {
      throw new TypeError(`${what}: Imports argument must be present and must be an object`);
    }
    const o = (importObject as Record<string, unknown>)[i.module];
    if (!isObject(o)) throw new TypeError(`${place}: module is not an object or function`);
    return readImport(realm, state, i, (o as Record<string, unknown>)[i.name], `${place} "${i.name}"`);
  });
}

function readImport(realm: Realm, state: ModuleState, i: Import, v: unknown, place: string): Supply {
  const refuse = (reason: string): never => {
    throw new realm.errors.LinkError(`${place}: ${reason}`);
  };
  const { context } = realm;
  switch (i.kind) {
    case ExternKind.FUNC: {
      const suspending = realm.suspending.find(v);
      if (suspending !== undefined) return () => hostFunction(realm, state, i, suspending, true);
      if (typeof v !== "function") return refuse("function import requires a callable");
      return () => context.store.funcOf(v) ?? hostFunction(realm, state, i, v as HostFunction, false);
    }
    case ExternKind.GLOBAL: {
      const known = realm.globals.find(v);
      if (known !== undefined) return () => known;
      const type = globalType(state, i.index);
      if (type === I64 && typeof v !== "bigint") refuse("global import must be a BigInt");
      if ((type === I32 || type === F32 || type === F64) && typeof v !== "number") {
        refuse("global import must be a number, valid Wasm reference, or WebAssembly.Global object");
      }
      if (type === V128) refuse("global import must be a WebAssembly.Global object");
      if (state.valid.module.globals[i.index].type.mutable) {
        refuse("imported mutable global must be a WebAssembly.Global object");
      }
      try {
        const made = context.makeGlobal(type, false, v);
        return () => made;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        return refuse(error.message);
      }
    }
    case ExternKind.MEMORY: {
      const known = realm.memories.find(v)?.inner ?? refuse("memory import must be a WebAssembly.Memory object");
      return () => known;
    }
    case ExternKind.TABLE: {
      const known = realm.tables.find(v) ?? refuse("table import requires a WebAssembly.Table");
      return () => known;
    }
    case ExternKind.TAG: {
      const known = realm.tags.find(v) ?? refuse("tag import requires a WebAssembly.Tag");
      return () => known;
    }
  }
}

function hostFunction(realm: Realm, state: ModuleState, i: Import, host: HostFunction, suspending: boolean): WasmFunc {
  const { module: m } = state.valid;
  const typeId = m.canonical[m.funcs[i.index].typeIndex];
  return realm.context.store.addHostFunc(typeId, host, `${i.module}.${i.name}`, suspending);
}

/** Reads the imports of an instance; gives what makes it. Both throw the namespace's errors; the second also what the start function threw. */
export function prepare(
  realm: Realm,
  state: ModuleState,
  importObject: object | undefined,
  what: string,
  below: Callee,
): () => InstanceState {
  const supplies = readImports(realm, state, importObject, what);
  return () => instantiate(realm, state, supplies, what, below);
}

function instantiate(
  realm: Realm,
  state: ModuleState,
  supplies: Supply[],
  what: string,
  below: Callee,
): InstanceState {
  let reading = -1;
  let inner: WasmInstance;
  // Holds the instance while its start function runs; if that fails, what it gave away to JavaScript does.
  let keeper: Keeper;
  try {
    inner = realm.context.instantiate(state.valid, () => supplies[++reading](), (instance) => {
      keeper = realm.keeperOf(instance);
      realm.own(instance);
    }, () => {});
  } catch (error) {
    if (!(error instanceof LinkError)) throw realm.outward(error, what, below);
    const { module, field, message } = error;
    const reason = message.replace(`: import "${module}" "${field}"`, "");
    throw new realm.errors.LinkError(`${what}: Import #${reading} "${module}" "${field}": ${reason}`);
  }
  const exports = Object.create(null);
  for (const [name, x] of inner.exports) exports[name] = realm.objectFor(x);
  return { exports: Object.freeze(exports), keeper: keeper! };
}

/** Makes the class for a namespace; `objectFor` gives an Instance object for an instance that was made. */
export function makeInstance(realm: Realm): {
  // deno-lint-ignore no-explicit-any
  Instance: new (module: any, importObject?: any) => object;
  objectFor(state: InstanceState): object;
} {
  const { instances } = realm;

  class Instance {
    constructor(module: unknown, ...importObject: unknown[]) {
      const what = "WebAssembly.Instance()";
      required(arguments, 1, what);
      const state = realm.modules.find(module);
      if (state === undefined) throw new TypeError(`${what}: Argument 0 must be a WebAssembly.Module`);
      const imports = checkImportObject(importObject[0], what);
      instances.set(this, prepare(realm, state, imports, what, Instance)());
    }

    get exports(): object {
      return instances.get(this, "exports").exports;
    }
  }

  defineInterface(Instance, "Instance");
  return {
    Instance,
    objectFor: (state) => {
      const object = Object.create(Instance.prototype);
      instances.set(object, state);
      return object;
    },
  };
}
