// The namespace object (JS API, "The WebAssembly Namespace" and the Web API's streaming forms): takes the options of an engine, gives `WebAssembly`.

import type { Callee } from "./errors.ts";
import type { EngineOptions } from "../engine/config.ts";
import { makeException, makeTag } from "./exception.ts";
import { makeGlobal } from "./global.ts";
import { checkImportObject, makeInstance, prepare } from "./instance.ts";
import { makeMemory } from "./memory.ts";
import { compileBytes, type CompileSettings, compileSettings, makeModule } from "./module.ts";
import { makePromising, makeSuspending } from "./promising.ts";
import { type ModuleState, Realm } from "./realm.ts";
import { compileResponse } from "./streaming.ts";
import { makeTable } from "./table.ts";
import type { WebAssemblyNamespace } from "./types.ts";
import { copyOfBytes, required } from "./webidl.ts";

/**
 * Makes a WebAssembly namespace with an engine of its own, which is made when first used; objects of different namespaces do not mix. Threads are on, as in V8, unless
 * switched off. Throws TypeError when first used with options that make no sense, Error for a tier that cannot run here.
 */
export function createWebAssembly(options: EngineOptions = {}): WebAssemblyNamespace {
  const realm = new Realm(options);
  const { Module, objectFor: moduleObject } = makeModule(realm);
  const { Instance, objectFor: instanceObject } = makeInstance(realm);

  /** What an asynchronous operation gives: what is thrown before it begins rejects, too. */
  const promise = <T>(begin: () => T | Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      try {
        resolve(begin());
      } catch (error) {
        reject(error);
      }
    });
  const compileLater = async (bytes: Uint8Array, settings: CompileSettings, what: string, below: Callee) => {
    await undefined;
    return compileBytes(realm, bytes, settings, what, below);
  };
  const instantiateCompiled = (state: ModuleState, imports: object | undefined, what: string, below: Callee) => ({
    module: moduleObject(state),
    instance: instanceObject(prepare(realm, state, imports, what, below)()),
  });

  const operations = {
    compile(bytes: unknown, ...options: unknown[]): Promise<object> {
      const what = "WebAssembly.compile()";
      return promise(async () => {
        required(arguments, 1, what);
        const copy = copyOfBytes(bytes, what);
        const settings = compileSettings(options[0], what);
        return moduleObject(await compileLater(copy, settings, what, operations.compile));
      });
    },
    validate(bytes: unknown, ...options: unknown[]): boolean {
      const what = "WebAssembly.validate()";
      required(arguments, 1, what);
      const copy = copyOfBytes(bytes, what);
      const settings = compileSettings(options[0], what);
      try {
        compileBytes(realm, copy, settings, what, operations.validate);
        return true;
      } catch (error) {
        if (error instanceof realm.errors.CompileError) return false;
        throw error;
      }
    },
    instantiate(source: unknown, ...rest: unknown[]): Promise<object> {
      const what = "WebAssembly.instantiate()";
      return promise(async () => {
        required(arguments, 1, what);
        const known = realm.modules.find(source);
        const [importObject, options] = rest;
        if (known !== undefined) {
          const make = prepare(realm, known, checkImportObject(importObject, what), what, operations.instantiate);
          await undefined;
          return instanceObject(make());
        }
        const copy = copyOfBytes(source, what);
        const imports = checkImportObject(importObject, what);
        const settings = compileSettings(options, what);
        const state = await compileLater(copy, settings, what, operations.instantiate);
        return instantiateCompiled(state, imports, what, operations.instantiate);
      });
    },
    compileStreaming(source: unknown, ...options: unknown[]): Promise<object> {
      const what = "WebAssembly.compileStreaming()";
      return promise(async () => {
        required(arguments, 1, what);
        const settings = compileSettings(options[0], what);
        const bytes = await compileResponse(realm.context, source, what);
        return moduleObject(compileBytes(realm, bytes, settings, what, operations.compileStreaming));
      });
    },
    instantiateStreaming(source: unknown, ...rest: unknown[]): Promise<object> {
      const what = "WebAssembly.instantiateStreaming()";
      return promise(async () => {
        required(arguments, 1, what);
        const imports = checkImportObject(rest[0], what);
        const settings = compileSettings(rest[1], what);
        const bytes = await compileResponse(realm.context, source, what);
        const state = compileBytes(realm, bytes, settings, what, operations.instantiateStreaming);
        return instantiateCompiled(state, imports, what, operations.instantiateStreaming);
      });
    },
    promising(exported: unknown): (...args: unknown[]) => Promise<unknown> {
      return makePromising(realm, exported);
    },
  };

  const namespace = operations as unknown as Record<string, unknown>;
  const classes = {
    Module,
    Instance,
    Memory: makeMemory(realm),
    Table: makeTable(realm),
    Global: makeGlobal(realm),
    Tag: makeTag(realm),
    Exception: makeException(realm),
    Suspending: makeSuspending(realm),
    ...realm.errors,
  };
  for (const [name, value] of Object.entries(classes)) {
    Object.defineProperty(namespace, name, { value, writable: true, enumerable: false, configurable: true });
  }
  Object.defineProperty(namespace, "JSTag", {
    get: () => jsTag ??= realm.objectFor(realm.context.store.exceptions.jsTag),
    enumerable: true,
    configurable: true,
  });
  let jsTag: object | undefined;
  Object.defineProperty(namespace, Symbol.toStringTag, { value: "WebAssembly", configurable: true });
  return namespace as unknown as WebAssemblyNamespace;
}

/** The WebAssembly namespace of Strata, with the best tier that can run here: use it as you would use the global one. Its engine is made when first used. */
export const WebAssembly: WebAssemblyNamespace = createWebAssembly();
