// The Module interface (JS API, "Modules"), and how bytes become what a Module holds: options read, bytes decoded and validated, builtins checked.

import type { Callee } from "./errors.ts";
import { StreamCompiler } from "../engine/stream_compiler.ts";
import { ExternKind } from "../wasm/module.ts";
import { builtinOf, checkBuiltins } from "./builtins.ts";
import type { ModuleState, Realm } from "./realm.ts";
import { copyOfBytes, defineInterface, dictionary, required, sequence, text, usvString } from "./webidl.ts";

/** Options of a compilation (WebAssemblyCompileOptions). */
export interface CompileSettings {
  /** Names of builtin sets, without duplicates; undefined if there were some. */
  readonly builtins: ReadonlySet<string> | undefined;
  readonly stringModule: string | undefined;
}

/** Reads options. Throws TypeError for values that do not convert. */
export function compileSettings(options: unknown, what: string): CompileSettings {
  const { builtins, importedStringConstants } = dictionary(options, what);
  const names = builtins === undefined ? [] : sequence(builtins, `${what}: 'builtins'`).map(usvString);
  const set = new Set(names);
  const unset = importedStringConstants === undefined || importedStringConstants === null;
  return {
    builtins: set.size === names.length ? set : undefined,
    stringModule: unset ? undefined : usvString(importedStringConstants),
  };
}

/** Compiles bytes, which belong to the module from now on, or have arrived piece by piece. Throws the namespace's CompileError. */
export function compileBytes(
  realm: Realm,
  bytes: Uint8Array | StreamCompiler,
  settings: CompileSettings,
  what: string,
  below: Callee,
): ModuleState {
  const { CompileError } = realm.errors;
  if (bytes.length === 0) throw new CompileError(`${what}: the buffer source is empty`);
  try {
    const valid = bytes instanceof StreamCompiler ? bytes.finish() : realm.context.compile(bytes);
    if (settings.builtins === undefined) throw new CompileError(`${what}: a builtin set is named twice`);
    const state: ModuleState = { valid, builtins: settings.builtins, stringModule: settings.stringModule };
    const wrong = checkBuiltins(state);
    if (wrong !== undefined) throw new CompileError(`${what}: ${wrong}`);
    return state;
  } catch (error) {
    throw realm.outward(error, what, below);
  }
}

/** Words of the JS API for kinds of imports and exports. */
const KINDS = {
  [ExternKind.FUNC]: "function",
  [ExternKind.TABLE]: "table",
  [ExternKind.MEMORY]: "memory",
  [ExternKind.GLOBAL]: "global",
  [ExternKind.TAG]: "tag",
};

/** Makes the class for a namespace; `objectFor` gives a Module object for a compiled module. */
export function makeModule(realm: Realm): {
  // deno-lint-ignore no-explicit-any
  Module: new (bytes: any, options?: any) => object;
  objectFor(state: ModuleState): object;
} {
  const { modules } = realm;
  const stateOf = (value: unknown, what: string): ModuleState => {
    const state = modules.find(value);
    if (state === undefined) throw new TypeError(`${what}: argument 0 must be a WebAssembly.Module`);
    return state;
  };

  class Module {
    constructor(bytes: unknown, ...options: unknown[]) {
      const what = "WebAssembly.Module()";
      required(arguments, 1, what);
      const copy = copyOfBytes(bytes, what);
      modules.set(this, compileBytes(realm, copy, compileSettings(options[0], what), what, Module));
    }

    static exports(moduleObject: unknown): object[] {
      const what = "WebAssembly.Module.exports()";
      required(arguments, 1, what);
      const { module } = stateOf(moduleObject, what).valid;
      return module.exports.map(({ name, kind }) => ({ name, kind: KINDS[kind] }));
    }

    static imports(moduleObject: unknown): object[] {
      const what = "WebAssembly.Module.imports()";
      required(arguments, 1, what);
      const state = stateOf(moduleObject, what);
      return state.valid.module.imports
        .filter((i) => i.module !== state.stringModule && builtinOf(state, i) === undefined)
        .map(({ module, name, kind }) => ({ module, name, kind: KINDS[kind] }));
    }

    static customSections(moduleObject: unknown, sectionName: unknown): ArrayBuffer[] {
      const what = "WebAssembly.Module.customSections()";
      required(arguments, 2, what);
      const { module: m } = stateOf(moduleObject, what).valid;
      if (sectionName === undefined) throw new TypeError(`${what}: argument 1 is required`);
      const name = text(sectionName);
      return m.customs.filter((c) => c.name === name).map((c) => m.bytes.slice(c.start, c.end).buffer as ArrayBuffer);
    }
  }

  defineInterface(Module, "Module");
  return {
    Module,
    objectFor: (state) => {
      const object = Object.create(Module.prototype);
      modules.set(object, state);
      return object;
    },
  };
}
