// Bytes that arrive piece by piece → Module: decodes each section, and each body of a function, once it is there as a whole. Takes the bytes so far, tells a listener.
// What is wrong with a module is left to decode_module.ts, to be asked when all bytes are there: errors depend on what comes later.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { FeatureSet } from "../wasm/features.ts";
import { MALFORMED } from "../wasm/messages.ts";
import type { FuncDecl, Module } from "../wasm/module.ts";
import { decodeNames } from "./decode_names.ts";
import {
  beginSection,
  bodyCount,
  checkWhole,
  Draft,
  endSection,
  funcBody,
  funcDecl,
  header,
  moduleOf,
  SECTION,
  section,
} from "./decode_module.ts";

/** Who is told what is there. The bytes that the module has are those so far, as far as the listener may look. */
export interface PartsListener {
  /** All functions are known, without their bodies, and everything that stands before them. Called once. */
  declared(module: Module): void;
  /** The next body is there. */
  body(func: FuncDecl): void;
}

/** Bytes of the longest number that gives a length. */
const LENGTH_BYTES = 5;
const HEADER_BYTES = 8;

/** Decodes a module of which more and more is there. Any method throws a CompileError for one that is malformed, not always the error that decodeModule() would throw. */
export class PartsDecoder {
  readonly #draft: Draft;
  readonly #listener: PartsListener;
  #pos = 0;
  #module: { -readonly [K in keyof Module]: Module[K] } | undefined;
  /** Where the code section ends whose bodies are read, -1 outside it, and how many it has. */
  #codeEnd = -1;
  #bodies = 0;

  /** Takes who is told. */
  constructor(features: FeatureSet, listener: PartsListener) {
    this.#draft = new Draft(features);
    this.#listener = listener;
  }

  /** Decodes what is complete within the first `length` of `bytes`, which begin with those of the call before. */
  decode(bytes: Uint8Array, length: number): void {
    if (this.#module !== undefined) this.#module.bytes = bytes;
    const r = new BytecodeReader(bytes, this.#pos, length);
    while (this.#step(r, length)) this.#pos = r.pos;
  }

  /** The module, all of whose bytes these are. */
  finish(bytes: Uint8Array): Module {
    this.decode(bytes, bytes.length);
    const r = new BytecodeReader(bytes, this.#pos);
    if (this.#pos < HEADER_BYTES) header(r);
    if (this.#codeEnd >= 0 || this.#pos < bytes.length) r.malformed(MALFORMED.unexpectedEnd);
    checkWhole(r, this.#draft);
    const module = this.#declare(r);
    Object.assign(module, moduleOf(this.#draft, bytes), { funcs: module.funcs });
    decodeNames(module);
    return module;
  }

  /** Decodes the next part; false if it is not there as a whole. */
  #step(r: BytecodeReader, length: number): boolean {
    const at = r.pos, { bytes } = r;
    if (at === 0) {
      if (length < HEADER_BYTES) return false;
      header(r);
      return true;
    }
    if (this.#codeEnd >= 0) return this.#body(r, length);
    const end = partEnd(bytes, at + 1, length);
    if (bytes[at] === SECTION.CODE) {
      // Its two numbers are enough: bodies follow one by one.
      if (length < Math.min(end, at + 1 + 2 * LENGTH_BYTES)) return false;
      this.#beginCode(r);
      return true;
    }
    if (end > length) return false;
    const id = beginSection(r, this.#draft, length);
    section(id, r, this.#draft);
    endSection(id, r, end, length);
    return true;
  }

  #beginCode(r: BytecodeReader): void {
    beginSection(r, this.#draft, Infinity);
    this.#codeEnd = r.end;
    this.#bodies = bodyCount(r, this.#draft);
    this.#declare(r);
  }

  #body(r: BytecodeReader, length: number): boolean {
    const d = this.#draft;
    if (d.bodies === this.#bodies) {
      endSection(SECTION.CODE, r, this.#codeEnd, length);
      this.#codeEnd = -1;
      return true;
    }
    if (partEnd(r.bytes, r.pos, length) > length) return false;
    const index = d.importedFuncs + d.bodies;
    const func = funcBody(r, d, this.#codeEnd);
    r.end = length;
    d.funcs[index] = func;
    this.#listener.body(func);
    return true;
  }

  /** The module as far as it is known, with all its functions. */
  #declare(r: BytecodeReader): { -readonly [K in keyof Module]: Module[K] } {
    if (this.#module !== undefined) return this.#module;
    const d = this.#draft;
    for (const typeIndex of d.declared) d.funcs.push(funcDecl(r, d, typeIndex));
    this.#module = moduleOf(d, r.bytes);
    this.#listener.declared(this.#module);
    return this.#module;
  }
}

/** Where a part ends that begins with its length; Infinity if that is not there as a whole. */
function partEnd(bytes: Uint8Array, at: number, length: number): number {
  let size = 0;
  for (let i = 0; i < LENGTH_BYTES && at + i < length; i++) {
    const byte = bytes[at + i];
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return at + i + 1 + size;
  }
  // Longer ones are malformed, as whoever reads them finds out.
  return at + LENGTH_BYTES <= length ? at + LENGTH_BYTES : Infinity;
}
