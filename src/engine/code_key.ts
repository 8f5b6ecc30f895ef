// Keys of machine code: a hash of all that decides what a function is compiled to, and of nothing else. Takes a module, gives a hash of what its functions share and one per function.
// Canonical ids of types, addresses, names, and where a function stands in its module are not in code, so they are not in its key.

import { Sha256 } from "../base/sha256.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { Module } from "../wasm/module.ts";
import type { ValidModule } from "../validate/validate_module.ts";

/** Ids of the sections that functions refer to: types, imports, functions, tables, memories, globals, tags. */
const SHARED_SECTIONS = new Set([1, 2, 3, 4, 5, 6, 13]);
/** Bytes before the first section. */
const HEADER_BYTES = 8;

/** What code is made with, beyond the module. */
export interface KeyOptions {
  /** The state of Strata itself. */
  readonly build: string;
  readonly tier: string;
  /** What the code may use of the processor, and what it is to be able to do. */
  readonly cpu: object;
  readonly options: object;
}

/** Keys for the functions of modules. */
export class CodeKeys {
  readonly #environments = new WeakMap<ValidModule, string>();
  readonly #options: string;
  /** The function asked for last, since code that is not there is added next. */
  #last:
    | { readonly valid: WeakRef<ValidModule>; readonly index: number; readonly layout: string; readonly key: string }
    | undefined;

  /** `known` gives the hash of a body if that was found out before. */
  constructor(options: KeyOptions, readonly known: (valid: ValidModule, index: number) => string | undefined) {
    this.#options = JSON.stringify(options, (_, value) => isPlain(value) ? sorted(value) : value);
  }

  /** The hash of what all functions of a module share: options and declarations. */
  environment(valid: ValidModule): string {
    let known = this.#environments.get(valid);
    if (known === undefined) this.#environments.set(valid, known = this.#hashEnvironment(valid));
    return known;
  }

  #hashEnvironment({ module, bodies }: ValidModule): string {
    const { bytes } = module;
    const hash = new Sha256().text(this.#options);
    const r = new BytecodeReader(bytes);
    r.pos = HEADER_BYTES;
    while (r.pos < bytes.length) {
      const id = r.u8(), size = r.u32();
      if (SHARED_SECTIONS.has(id)) hash.word(id).word(size).update(bytes.subarray(r.pos, r.pos + size));
      r.pos += size;
    }
    // Whether calls may come back from other instances shows in how any function calls.
    return hash.text(bodies.some((body) => body.leaves) ? "leaves" : "").hex();
  }

  /** The hash of a defined function among those of one environment; `layout`: what else decides about its code. */
  of(valid: ValidModule, index: number, layout = ""): string {
    const last = this.#last;
    if (last !== undefined && last.valid.deref() === valid && last.index === index && last.layout === layout) {
      return last.key;
    }
    const body = this.known(valid, index) ?? bodyHash(valid.module, index);
    const key = layout === "" ? body : new Sha256().text(body).text(layout).hex();
    this.#last = { valid: new WeakRef(valid), index, layout, key };
    return key;
  }
}

/** Digits of a hash. */
export const HASH_DIGITS = 64;

/** The hash of a defined function's signature and body. */
export function bodyHash(module: Module, index: number): string {
  const { typeIndex, body } = module.funcs[index];
  return new Sha256().word(typeIndex).update(module.bytes.subarray(body!.start, body!.end)).hex();
}

/** Bytes of a body that a rough key looks at. */
const ROUGH_BYTES = 64;

/** A key that functions with other bodies may share, but not those with another signature or layout: a body's length and some of its bytes. Takes less than a microsecond. */
export function roughKey({ funcs, bytes }: Module, index: number, layout = ""): string {
  const { typeIndex, body } = funcs[index], { start, end } = body!;
  const step = Math.max(1, Math.floor((end - start) / ROUGH_BYTES));
  let hash = 0;
  for (let at = start; at < end; at += step) hash = (Math.imul(hash, 0x9e3779b1) ^ (hash >>> 15)) + bytes[at] | 0;
  return `${typeIndex},${end - start},${hash},${layout}`;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: object): object {
  return Object.fromEntries(
    Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => a < b ? -1 : 1),
  );
}
