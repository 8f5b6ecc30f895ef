// Puts Code into executable memory: applies relocations, keeps the sorted map from pc to code and owner, frees a module's code.
// Takes inert Code and a resolver of symbols, gives addresses. What an owner is only its maker knows.

import type { Code, Relocation, RelocationTarget } from "../asm/code.ts";
import { BugError } from "../base/bug.ts";
import type { CodeChunk, ExecutableMemory } from "../platform/executable_memory.ts";
import { roundToPages } from "../platform/native_memory.ts";
import { ResourceError } from "../wasm/errors.ts";

/** Code that is in place. */
export interface Installed<Owner> {
  /** Address of the first byte. */
  readonly start: number;
  /** Address behind the last byte. */
  readonly end: number;
  /** Address at which callers enter. */
  readonly entry: number;
  readonly code: Code;
  readonly owner: Owner;
}

/** What {@link CodeSpace.lookup} finds. */
export interface CodeLocation<Owner> {
  /** Address of the code's first byte. */
  readonly start: number;
  readonly code: Code;
  /** Offset of the pc in the code's bytes. */
  readonly offset: number;
  readonly owner: Owner;
}

/** Who wants to know what machine code there is, such as a debugger. */
export interface CodeListener {
  /** Called with each piece of code that is in place, those too that were before anybody listened. */
  added(name: string, start: number, bytes: number): void;
  /** Called when the code that starts there goes. */
  removed(start: number): void;
}

/** How much executable memory the modules of one engine may take, in bytes. */
export class CodeBudget {
  /** Bytes in use: whole chunks. */
  used = 0;

  constructor(readonly limit: number) {}

  /** Takes note of a chunk to come. Throws ResourceError beyond the limit. */
  take(bytes: number): void {
    if (this.used + bytes > this.limit) {
      const { used, limit } = this;
      throw new ResourceError(
        `machine code would take ${used + bytes} bytes; the engine's limit is ${limit} (maxCodeBytes)`,
      );
    }
    this.used += bytes;
  }
}

/** Gives the address of what a relocation points to. */
export type Resolve = (target: RelocationTarget) => number;

/** A module's first chunk, and the largest size to which further ones double. */
const FIRST_CHUNK_BYTES = 64 * 1024;
const LARGEST_CHUNK_BYTES = 4 * 1024 * 1024;

function noSymbols(target: RelocationTarget): number {
  throw new BugError(`code refers to ${target}, which nobody resolves`);
}

/** Writes one relocated field; `at` is the field's address. Throws BugError when the target is out of reach. */
function relocate(view: DataView, relocation: Relocation, at: number, target: number): void {
  const value = target + relocation.addend;
  if (relocation.kind === "data") {
    view.setBigUint64(relocation.offset, BigInt(value), true);
    return;
  }
  const distance = value - at;
  if (distance !== (distance | 0)) throw new BugError(`${relocation.target} is out of a branch's reach`);
  view.setInt32(relocation.offset, distance, true);
}

/** The machine code of an isolate: which address belongs to what. */
export class CodeSpace<Owner> {
  /** Sorted by start; ranges do not overlap. */
  #installed: Installed<Owner>[] = [];
  /** Changes whenever code goes, so that its addresses may come to mean something else. */
  removals = 0;

  readonly #listeners: CodeListener[] = [];

  constructor(readonly memory: ExecutableMemory) {}

  /** Tells `listener` of all code from now on. */
  listen(listener: CodeListener): void {
    this.#listeners.push(listener);
    for (const { code, start, end } of this.#installed) listener.added(code.name, start, end - start);
  }

  /** A place for one module's code. */
  newModule(budget?: CodeBudget): ModuleCode<Owner> {
    return new ModuleCode(this, budget);
  }

  /** The code that holds `pc`, or undefined. For a return address, ask for the address minus 1: the call is the code's last instruction at times. */
  lookup(pc: number): CodeLocation<Owner> | undefined {
    const found = this.#installed[this.#indexAfter(pc) - 1];
    if (found === undefined || pc >= found.end) return undefined;
    return { start: found.start, code: found.code, offset: pc - found.start, owner: found.owner };
  }

  /** Called by who has put code in place. Shared code may come several times, once for each engine. */
  add(installed: Installed<Owner>): void {
    const { start, end, code } = installed, at = this.#indexAfter(start);
    const isKnown = this.#installed[at - 1]?.start === start;
    this.#installed.splice(at, 0, installed);
    if (!isKnown) { for (const listener of this.#listeners) listener.added(code.name, start, end - start); }
  }

  /** Called by {@link ModuleCode}. */
  remove(chunks: readonly CodeChunk[]): void {
    this.#drop(({ start }) => chunks.some((c) => start >= c.address && start < c.address + c.byteLength));
    for (const chunk of chunks) this.memory.free(chunk);
  }

  /** Called by who does not use shared code any more. */
  withdraw(all: ReadonlySet<Installed<Owner>>): void {
    this.#drop((i) => all.has(i));
  }

  #drop(goes: (installed: Installed<Owner>) => boolean): void {
    const gone = this.#installed.filter(goes);
    this.#installed = this.#installed.filter((i) => !goes(i));
    this.removals++;
    if (this.#listeners.length === 0) return;
    const left = new Set(this.#installed.map((i) => i.start));
    for (const start of new Set(gone.map((i) => i.start))) {
      if (!left.has(start)) { for (const listener of this.#listeners) listener.removed(start); }
    }
  }

  /** Index of the first entry that starts after `pc`. */
  #indexAfter(pc: number): number {
    let low = 0;
    let high = this.#installed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#installed[middle].start <= pc) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The machine code of one module, or of the thunks that all share; freed together. */
export class ModuleCode<Owner> {
  #chunks: CodeChunk[] = [];

  /** Made by {@link CodeSpace.newModule}. */
  constructor(readonly space: CodeSpace<Owner>, readonly budget?: CodeBudget) {}

  /** Bytes of executable memory that the module takes. */
  get byteLength(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /**
   * Copies `code` into place, with relocated fields filled in, and gives where it is. It stays there, unchanged, until the module is freed.
   * Throws ResourceError when executable memory is exhausted, BugError when a target is out of reach.
   */
  install(code: Code, owner: Owner, resolve: Resolve = noSymbols): Installed<Owner> {
    const chunk = this.#chunkFor(code);
    const start = chunk.nextAddress(code.alignment);
    let bytes = code.bytes;
    if (code.relocations.length > 0) {
      bytes = bytes.slice();
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (const relocation of code.relocations) {
        relocate(view, relocation, start + relocation.offset, resolve(relocation.target));
      }
    }
    chunk.append(bytes, code.alignment);
    const installed = { start, end: start + bytes.length, entry: start + code.entry, code, owner };
    this.space.add(installed);
    return installed;
  }

  /** Frees all code of the module. No stack may hold an address in it, no function record may point to it. */
  free(): void {
    if (this.budget !== undefined) this.budget.used -= this.byteLength;
    this.space.remove(this.#chunks);
    this.#chunks = [];
  }

  #chunkFor(code: Code): CodeChunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.fits(code.bytes.length, code.alignment)) return last;
    const wanted = last === undefined ? FIRST_CHUNK_BYTES : Math.min(last.byteLength * 2, LARGEST_CHUNK_BYTES);
    const { budget, space } = this;
    const least = roundToPages(Math.max(1, code.bytes.length));
    // Near the limit as much as is needed, and no more.
    const roomy = roundToPages(Math.max(wanted, least));
    const bytes = budget === undefined || budget.used + roomy <= budget.limit ? roomy : least;
    budget?.take(bytes);
    let chunk: CodeChunk;
    try {
      chunk = space.memory.allocate(bytes);
    } catch (error) {
      if (budget !== undefined) budget.used -= bytes;
      throw error;
    }
    this.#chunks.push(chunk);
    return chunk;
  }
}
