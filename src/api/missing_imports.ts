// Imports that nobody gives: found all at once, with what a person is told of them, or given by functions that trap or trace when they are called.
// Takes what a module wants and who offers what; instantiation itself is the engine's.

import { LinkError, Uncatchable } from "../wasm/errors.ts";
import type { Imports } from "./engine.ts";
import type { ImportDescriptor, Module } from "./module.ts";
import { externText } from "./type_text.ts";
import type { FuncDescriptor } from "./types.ts";

/** Missing imports that are named. */
const SHOWN = 8;

/** A function that was imported, given by nobody, and called. No handler of Wasm catches it. */
export class MissingImport extends Uncatchable {
  /** The class's name. */
  override name = "MissingImport";
  /** Takes the two names of the import, and what there is to say of it. */
  constructor(readonly module: string, readonly field: string, detail: string) {
    super(`import "${module}" "${field}" is missing: ${detail}`);
  }
}

/**
 * What to do about imported functions that are missing: give one that throws a MissingImport when it is called (`trap`), or one that tells of its calls and gives zeros
 * and nulls (`trace`); or a function that gives what stands for an import, undefined for nothing.
 */
export type Fallback = "trap" | "trace" | ((wanted: ImportDescriptor) => unknown);

/** What a fallback gives for an import; undefined if nothing, as for all but functions where it is `trap` or `trace`. `log` receives the lines of `trace`. */
export function fallbackFor(fallback: Fallback, wanted: ImportDescriptor, log: (line: string) => void): unknown {
  if (typeof fallback === "function") return fallback(wanted);
  if (fallback !== "trap" && fallback !== "trace") throw new TypeError(`a fallback is trap or trace, not ${fallback}`);
  const { module, name, type } = wanted;
  if (type.kind !== "func") return undefined;
  const missing = (args: readonly unknown[], why: string) =>
    new MissingImport(module, name, `${externText(type)}, called with (${listed(args)})${why}`);
  if (fallback === "trap") {
    return (...args: unknown[]) => {
      throw missing(args, "");
    };
  }
  return (...args: unknown[]) => {
    const results = zeros(type);
    if (results === undefined) throw missing(args, ", and there is no zero for its results");
    log(`${module}.${name}(${listed(args)})${results.length === 0 ? "" : ` => ${listed(results)}`}`);
    return results.length > 1 ? results : results[0];
  };
}

/** Zeros and nulls for the results; undefined where a result can be neither. */
function zeros(type: FuncDescriptor): unknown[] | undefined {
  if (type.results.some((t) => t === "v128" || /^\(ref (?!null)/.test(t))) return undefined;
  return type.results.map((t) => t === "i64" ? 0n : /^[if]\d/.test(t) ? 0 : null);
}

function listed(values: readonly unknown[]): string {
  return values.map((v) => {
    if (typeof v === "string") return JSON.stringify(v);
    if (Object.is(v, -0)) return "-0";
    return typeof v === "object" && v !== null ? "object" : typeof v === "function" ? "function" : String(v);
  }).join(", ");
}

/** Asks `offer` for each import of a module. Throws a LinkError that lists all for which it gives undefined, and says what to do about them: `hint`. */
export function gatherImports(module: Module, offer: (wanted: ImportDescriptor) => unknown, hint?: Hint): Imports {
  // A module may have any name for its imports, `__proto__` too.
  const found: Imports = Object.create(null);
  const missing: ImportDescriptor[] = [];
  for (const wanted of module.imports) {
    const value = offer(wanted);
    if (value === undefined) missing.push(wanted);
    else (found[wanted.module] ??= Object.create(null))[wanted.name] = value;
  }
  if (missing.length === 0) return found;
  throw new LinkError(missingText(missing, hint?.(missing)));
}

/** What to do about missing imports. */
export type Hint = (missing: readonly ImportDescriptor[]) => string;

/** The missing imports with their types, a line each, and `hint`, unless they are of WASI. */
export function missingText(missing: readonly ImportDescriptor[], hint = ""): string {
  const lines = [missing.length === 1 ? "1 import is missing:" : `${missing.length} imports are missing:`];
  for (const { module, name, type } of missing.slice(0, SHOWN)) lines.push(`  ${module}.${name}: ${externText(type)}`);
  if (missing.length > SHOWN) lines.push(`  … ${missing.length - SHOWN} more`);
  const wasi = missing.some((i) => i.module.startsWith("wasi"));
  const last = wasi ? "of WASI, Strata offers preview 1: wasi_snapshot_preview1" : hint;
  return [...lines, ...(last === "" ? [] : [last])].join("\n");
}
