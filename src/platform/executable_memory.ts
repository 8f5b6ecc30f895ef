// Executable memory: one reserved range per isolate, small enough for any branch inside it to reach; chunks in it are mapped twice, never writable and executable at one address.
// Takes bytes, gives addresses. What the bytes mean, and which code an address belongs to, is link/'s affair.

import { BugError } from "../base/bug.ts";
import { ResourceError } from "../wasm/errors.ts";
import { bufferAt } from "./ffi.ts";
import {
  Access,
  mapForProcess,
  mapTwice,
  mapTwiceForDebugger,
  REGION_ALIGN,
  roundToPages,
  unmapForProcess,
  unmapMemory,
  unmapToReserve,
} from "./native_memory.ts";

/** Bytes of the range: an AArch64 branch reaches 128 MiB either way, an x86-64 one 2 GiB. */
export const CODE_RANGE_BYTES = 128 * 1024 * 1024;

const PAGE_BYTES = 4096;

/** A piece of executable memory that is filled from its start on and never rewritten. */
export class CodeChunk {
  #used = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #freed = false;

  /** Takes the two addresses of one mapping. Made by {@link ExecutableMemory.allocate}. */
  constructor(
    /** Where the code runs. */
    readonly address: number,
    /** Where it is written. */
    readonly writableAddress: number,
    readonly byteLength: number,
    /** Every piece of code begins at a multiple of this, at least: a power of two. */
    readonly alignment = 1,
  ) {
    this.#bytes = new Uint8Array(bufferAt(writableAddress, byteLength));
  }

  /** Bytes still free, before alignment. */
  get available(): number {
    return this.byteLength - this.#used;
  }

  /** Address that {@link append} will give for the same alignment (a power of two). */
  nextAddress(alignment: number): number {
    return this.address + this.#aligned(alignment);
  }

  /** Whether `bytes` fit at `alignment`. */
  fits(bytes: number, alignment: number): boolean {
    return this.#aligned(alignment) + bytes <= this.byteLength;
  }

  /** Copies final machine code, already relocated for {@link nextAddress}, and gives its address. Throws BugError if it does not fit. */
  append(code: Uint8Array, alignment: number): number {
    if (this.#freed || !this.fits(code.length, alignment)) throw new BugError("code does not fit its chunk");
    const at = this.#aligned(alignment);
    this.#bytes.set(code, at);
    this.#used = at + code.length;
    return this.address + at;
  }

  /** Called by {@link ExecutableMemory.free}: drops the writable view. */
  drop(): void {
    if (this.#freed) throw new BugError("a code chunk was freed twice");
    this.#freed = true;
    this.#bytes.buffer.transfer(0);
    unmapMemory(this.writableAddress, this.byteLength);
  }

  #aligned(wanted: number): number {
    const alignment = Math.max(wanted, this.alignment);
    return Math.ceil(this.#used / alignment) * alignment;
  }
}

/** Reserves a range for code, which is never given back: a signal handler may look at it for as long as the process lives. Throws ResourceError when there is no room. */
export function reserveCodeRange(): number {
  // Slightly more is mapped and the ends are cut off, so that chunks are aligned whatever the page size.
  const mapped = mapForProcess(CODE_RANGE_BYTES + REGION_ALIGN, Access.NONE);
  const address = roundToPages(mapped);
  const head = address - mapped;
  if (head > 0) unmapForProcess(mapped, head);
  if (head < REGION_ALIGN) unmapForProcess(address + CODE_RANGE_BYTES, REGION_ALIGN - head);
  return address;
}

/** The executable range of this isolate. */
export class ExecutableMemory {
  readonly byteLength: number = CODE_RANGE_BYTES;
  /** Whether a debugger is to write breakpoints into code: each piece then has pages of its own. Holds for chunks made from then on. */
  debuggable = false;
  /** Free places as [offset, bytes], sorted by offset, never adjacent. */
  #free: [offset: number, bytes: number][] = [[0, CODE_RANGE_BYTES]];

  /** Takes the first address of a range in which nothing is mapped. */
  constructor(readonly address: number = reserveCodeRange()) {}

  /** Whether `address` lies in the range. */
  contains(address: number): boolean {
    return address >= this.address && address < this.address + this.byteLength;
  }

  /** Bytes that no chunk takes. */
  get available(): number {
    return this.#free.reduce((sum, [, bytes]) => sum + bytes, 0);
  }

  /** A fresh chunk of at least `bytes`. Throws ResourceError when the range has no such place. */
  allocate(bytes: number): CodeChunk {
    const wanted = roundToPages(Math.max(1, bytes));
    const k = this.#free.findIndex(([, free]) => free >= wanted);
    if (k < 0) throw new ResourceError(`no room for ${bytes} bytes of machine code`);
    const [offset, free] = this.#free[k];
    const writable = (this.debuggable ? mapTwiceForDebugger : mapTwice)(this.address + offset, wanted);
    if (free === wanted) this.#free.splice(k, 1);
    else this.#free[k] = [offset + wanted, free - wanted];
    return new CodeChunk(this.address + offset, writable, wanted, this.debuggable ? PAGE_BYTES : 1);
  }

  /** Takes a chunk back. No stack may hold an address in it any more; its place is reused by a fresh mapping only. */
  free(chunk: CodeChunk): void {
    chunk.drop();
    unmapToReserve(chunk.address, chunk.byteLength);
    const offset = chunk.address - this.address;
    let k = this.#free.findIndex(([start]) => start > offset);
    if (k < 0) k = this.#free.length;
    this.#free.splice(k, 0, [offset, chunk.byteLength]);
    for (const i of [k, k - 1]) {
      const here = this.#free[i];
      const next = this.#free[i + 1];
      if (here !== undefined && next !== undefined && here[0] + here[1] === next[0]) {
        here[1] += next[1];
        this.#free.splice(i + 1, 1);
      }
    }
  }
}
