// Bytes that arrive piece by piece → ValidModule: what is there is decoded and validated while the rest is on its way. The result, and the error for a module that is
// not valid, are those of compiling all bytes at once.

import { PartsDecoder } from "../binary/decode_parts.ts";
import { BugError } from "../base/bug.ts";
import { ModuleValidation, type ValidModule } from "../validate/validate_module.ts";
import { CompileError } from "../wasm/errors.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { FeatureSet } from "../wasm/features.ts";
import type { Module } from "../wasm/module.ts";

/** Bytes of the first buffer where nobody knows how many will come, and the most that is made because somebody says so. */
const FIRST_BYTES = 65_536, MOST_EXPECTED = 2 ** 26;

/** What compiles when the way of parts is not to be gone. */
export interface WholeCompiler {
  readonly features: FeatureSet;
  /** Bytes that a module may have. */
  readonly maxBytes: number;
  /** Throws CompileError for a module that has passed, but is beyond another limit. */
  check(valid: ValidModule): void;
  /** Compiles all bytes. Throws CompileError. */
  compile(bytes: Uint8Array): ValidModule;
  /** Whether bodies are likely known from an earlier run, of a module that begins like this. */
  mayKnow(first: Uint8Array): boolean;
  /** What is known of them. */
  known(module: Module): readonly BodyFacts[] | undefined;
  /** Told what is valid and was not known. */
  keep(valid: ValidModule): void;
  /** The error for a module of more bytes than it may have. */
  tooLong(bytes: number): CompileError;
}

/** Compiles one module. */
export class StreamCompiler {
  readonly #whole: WholeCompiler;
  readonly #decoder: PartsDecoder;
  #validation: ModuleValidation | undefined;
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** Something is wrong, or too long: all is looked at once more when it is there. */
  #failed = false;
  /** Bodies are not looked at before all bytes are there, since they are likely known. */
  #waits = false;

  /** `expected`: how many bytes will come, as far as one knows; with the right number they are kept once. */
  constructor(whole: WholeCompiler, expected = 0) {
    this.#whole = whole;
    const first = Math.max(Math.min(expected, MOST_EXPECTED), FIRST_BYTES);
    this.#buffer = new Uint8Array(Math.min(whole.maxBytes, first));
    this.#decoder = new PartsDecoder(whole.features, {
      declared: (module) => {
        this.#validation = new ModuleValidation(module);
        this.#validation.declarations();
        this.#waits = whole.mayKnow(this.#buffer.subarray(0, this.#length));
      },
      body: (func) => {
        if (!this.#waits) this.#validation!.body(func);
      },
    });
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes, which are copied. Throws nothing for what is wrong with them. */
  push(chunk: Uint8Array): void {
    const from = this.#length;
    this.#length += chunk.length;
    if (this.#length > this.#whole.maxBytes) {
      this.#failed = true;
      this.#buffer = new Uint8Array(0);
      return;
    }
    if (this.#length > this.#buffer.length) {
      this.#resize(Math.min(this.#whole.maxBytes, Math.max(this.#length, 2 * this.#buffer.length)));
    }
    this.#buffer.set(chunk, from);
    this.#attempt(() => this.#decoder.decode(this.#buffer, this.#length));
  }

  /** The module, all bytes being there. Throws CompileError. */
  finish(): ValidModule {
    if (this.#length > this.#whole.maxBytes) throw this.#whole.tooLong(this.#length);
    if (this.#length < this.#buffer.length) this.#resize(this.#length);
    const bytes = this.#buffer;
    const valid = this.#attempt(() => this.#end(bytes));
    if (valid === undefined) {
      this.#whole.compile(bytes);
      throw new BugError("a module is valid as a whole, but not in parts");
    }
    this.#whole.check(valid);
    return valid;
  }

  #end(bytes: Uint8Array): ValidModule {
    const module = this.#decoder.finish(bytes), validation = this.#validation!;
    if (this.#waits) {
      const bodies = this.#whole.known(module);
      return bodies === undefined ? this.#whole.compile(bytes) : { ...validation.valid, bodies };
    }
    validation.dataSegments();
    validation.start();
    this.#whole.keep(validation.valid);
    return validation.valid;
  }

  /** Detaches the old buffer, whose memory goes at once. */
  #resize(length: number): void {
    this.#buffer = new Uint8Array(this.#buffer.buffer.transfer(length));
  }

  /** Undefined where something is wrong, or was before: the error that counts is that of the whole. */
  #attempt<T>(step: () => T): T | undefined {
    if (this.#failed) return undefined;
    try {
      return step();
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      this.#failed = true;
      return undefined;
    }
  }
}

/** How many bytes the headers of a response promise; 0 if they do not, or only of an encoded body. */
export function expectedBytes({ headers }: Response): number {
  const length = headers.has("content-encoding") ? "" : headers.get("content-length") ?? "";
  return /^[0-9]{1,10}$/.test(length) ? Number(length) : 0;
}
