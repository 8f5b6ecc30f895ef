// The error classes a caller of Strata can meet. Each says where the fault lies: a byte offset, a line and column, or a Wasm stack trace.
// The texts of the specification stand in messages.ts and traps.ts.

import { type TrapCode, TRAPS } from "./traps.ts";

/**
 * A module was malformed (binary format) or invalid (validation). `offset` is the byte offset in the module, -1 if the fault has no place.
 *
 * ```ts
 * import { CompileError, Engine } from "../../mod.ts";
 *
 * try {
 *   new Engine().compile("(module\n  (func $f (result i32)))");
 * } catch (error) {
 *   // type mismatch: end expects i32, but the stack is empty (in f, at 2:24, byte offset 0x18)
 *   if (error instanceof CompileError) console.log(error.message, error.func, error.line, error.column, error.offset);
 * }
 * ```
 */
export class CompileError extends Error {
  /** The class's name. */
  override name = "CompileError";
  readonly #what: string;
  #func: string | undefined;
  #line: number | undefined;
  #column: number | undefined;
  /** Takes the message without its place, and the byte offset in the module. `malformed` tells the binary format's errors from validation's. */
  constructor(message: string, readonly offset: number, readonly malformed = false) {
    super(message);
    this.#what = message;
    this.#write();
  }

  /** What is wrong, without the place. */
  get what(): string {
    return this.#what;
  }
  /** The function whose body is at fault; undefined outside of bodies. */
  get func(): string | undefined {
    return this.#func;
  }
  /** The line in the text that the module was assembled from, from 1; undefined without one. */
  get line(): number | undefined {
    return this.#line;
  }
  /** The column there, from 1. */
  get column(): number | undefined {
    return this.#column;
  }

  /** Adds where the fault is, for people: the function's name, a place in the text. Gives the error. */
  locate(place: { readonly func?: string; readonly line?: number; readonly column?: number }): this {
    this.#func = place.func ?? this.#func;
    this.#line = place.line ?? this.#line;
    this.#column = place.column ?? this.#column;
    this.#write();
    return this;
  }

  #write(): void {
    const place = [];
    if (this.#func !== undefined) place.push(`in ${this.#func}`);
    if (this.#line !== undefined) place.push(`at ${this.#line}:${this.#column}`);
    if (this.offset >= 0) {
      place.push(`${this.#line === undefined ? "at " : ""}byte offset 0x${this.offset.toString(16)}`);
    }
    this.message = this.#what + (place.length === 0 ? "" : ` (${place.join(", ")})`);
  }
}

/** The text format was violated. `line` and `column` count from 1. */
export class TextError extends Error {
  /** The class's name. */
  override name = "TextError";
  /** Takes the message without its place (`what`), and the place. */
  constructor(readonly what: string, readonly line: number, readonly column: number) {
    super(`${what} (at ${line}:${column})`);
  }
}

/** Instantiation failed: an import is missing or has the wrong type. `module` and `field` name the import. */
export class LinkError extends Error {
  /** The class's name. */
  override name = "LinkError";
  /** Takes the message and the two names of the import. */
  constructor(message: string, readonly module = "", readonly field = "") {
    super(field === "" && module === "" ? message : `${message}: import "${module}" "${field}"`);
  }
}

/** One frame of a stack trace, of a Wasm function or of a host function that Wasm called. */
export interface WasmFrame {
  /** The function's name from the name section or an export, or `func[N]`; of a host function, what it was imported as. */
  readonly name: string;
  /** Index in the module's function index space; -1 for a host function. */
  readonly index: number;
  /** Byte offset in the module of the instruction that was running; -1 if not known. */
  readonly offset: number;
  /** The tier the frame ran in; `host` for a host function. */
  readonly tier: string;
}

/** Frames that a stack trace lists at most: the innermost ones. */
export const MAX_FRAMES = 10_000;

/** The frames of an error, innermost first, or what makes them when somebody asks: most errors are caught and forgotten. */
export type FrameSource = readonly WasmFrame[] | (() => readonly WasmFrame[]);

/** A Wasm stack trace as text, one frame per line. */
export function wasmStackOf(frames: readonly WasmFrame[]): string {
  return frames.map((f) =>
    `  at ${f.name}` + (f.offset >= 0 ? ` (wasm offset 0x${f.offset.toString(16)}, ${f.tier})` : ` (${f.tier})`)
  ).join("\n");
}

/** A fault of the Wasm program (specification, section 4: execution). Not catchable by Wasm. */
export class Trap extends Error {
  /** The class's name. */
  override name = "Trap";
  #frames: FrameSource;
  /** Takes the code from the trap table and the frames; `detail` is appended to the message. */
  constructor(readonly code: TrapCode, frames: FrameSource = [], detail = "") {
    super(TRAPS[code].message + (detail === "" ? "" : `: ${detail}`));
    this.#frames = frames;
  }

  /** The frames that were live, innermost first: those of calls from JavaScript that had not ended, too, with the host functions that made them. */
  get frames(): readonly WasmFrame[] {
    if (typeof this.#frames === "function") this.#frames = this.#frames();
    return this.#frames;
  }
  /** Byte offset in the module of the instruction that trapped; -1 if not known. */
  get offset(): number {
    return this.frames[0]?.offset ?? -1;
  }

  /** The kind as a short word, e.g. `integer-divide-by-zero`. */
  get kind(): string {
    return TRAPS[this.code].name;
  }

  /** The Wasm stack trace as text, one frame per line. */
  get wasmStack(): string {
    return wasmStackOf(this.frames);
  }
}

/** What leaves Wasm for good when a host function throws it, although it is no trap: no handler of Wasm catches it. */
export class Uncatchable extends Error {
  /** The class's name. */
  override name = "Uncatchable";
}

/** A limit of the embedder was reached (memory, table or code could not be allocated, too many instances). */
export class ResourceError extends Error {
  /** The class's name. */
  override name = "ResourceError";
}

/** A suspending import was called where no promising call can be parked: none is under way, or JavaScript lies in between (JS Promise Integration). */
export class SuspendError extends Error {
  /** The class's name. */
  override name = "SuspendError";
}
