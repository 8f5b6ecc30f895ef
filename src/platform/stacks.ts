// Native stacks: a guard without access rights, the usable part, and above it the stack block through which TypeScript and machine code talk.
// Takes sizes, gives stacks from a pool. What stands in a block is abi/vmctx.ts's table.

import { BugError } from "../base/bug.ts";
import { ResourceError } from "../wasm/errors.ts";
import { bufferAt, type NativePointer, pointerTo } from "./ffi.ts";
import {
  Access,
  clearMemory,
  forEachResident,
  keepMemory,
  mapMemory,
  protectMemory,
  roundToPages,
  unmapMemory,
  unmapWhenForgotten,
} from "./native_memory.ts";

/** Bytes below the usable part that fault when touched. Frames larger than this must be probed by the code that makes them. */
export const STACK_GUARD_BYTES = 65536;
/** Usable bytes of a stack unless configured otherwise. */
export const DEFAULT_STACK_BYTES = 1024 * 1024;

/**
 * Stacks that an isolate may have in use. Each takes two of the process's mappings, of which Linux allows 65,530 unless configured otherwise; when there are none
 * left, Deno itself ends. Workers get less, since there may be many.
 */
const IS_WORKER = "WorkerGlobalScope" in globalThis;
const MAX_STACKS = IS_WORKER ? 2000 : 8000;

/** A stack that machine code runs on. */
export class NativeStack {
  /** Lowest address of the guard. */
  readonly guard: number;
  /** Lowest usable address. */
  readonly limit: number;
  /** Address just above the usable part, which is also the address of the stack block. */
  readonly top: number;
  /** The stack block as the argument of `enter` and `resume`. */
  readonly pointer: NativePointer;
  /** The stack block's bytes. */
  readonly block: ArrayBuffer;
  /** The block as 32-bit words. */
  readonly i32: Int32Array<ArrayBuffer>;
  /** The block as 64-bit words. */
  readonly i64: BigInt64Array<ArrayBuffer>;
  /** The usable part, for the stack walker. */
  #words: Int32Array<ArrayBuffer> | undefined;
  readonly #total: number;
  /** Its memory was given back. */
  released = false;
  /** For the pool: whether it is taken. An object of its own, which outlives the stack. */
  readonly use: { taken: boolean } = { taken: false };

  /** Maps a stack. Throws ResourceError when there is no room. */
  constructor(stackBytes: number, blockBytes: number) {
    const usable = roundToPages(stackBytes);
    this.#total = STACK_GUARD_BYTES + usable + roundToPages(blockBytes);
    this.guard = mapMemory(this.#total, Access.READ_WRITE);
    unmapWhenForgotten(this, this.guard, this.#total);
    protectMemory(this.guard, STACK_GUARD_BYTES, Access.NONE);
    this.limit = this.guard + STACK_GUARD_BYTES;
    this.top = this.limit + usable;
    this.pointer = pointerTo(this.top);
    this.block = bufferAt(this.top, roundToPages(blockBytes));
    this.i32 = new Int32Array(this.block);
    this.i64 = new BigInt64Array(this.block);
  }

  /** Whether a fault at `address` means that the stack is exhausted. */
  isGuard(address: number): boolean {
    return address >= this.guard && address < this.limit;
  }

  /** The 8 bytes at `address` in the usable part, as a number; 0 outside of it. Slots above 2^53 lose their low bits. */
  readAddress(address: number): number {
    if (address < this.limit || address > this.top - 8 || address % 8 !== 0) return 0;
    const { words } = this;
    const at = (address - this.limit) >> 2;
    return (words[at] >>> 0) + (words[at + 1] >>> 0) * 2 ** 32;
  }

  /** The usable part as 32-bit words, from `limit` on, for whoever makes frames. */
  get words(): Int32Array<ArrayBuffer> {
    return this.#words ??= new Int32Array(bufferAt(this.limit, this.top - this.limit));
  }

  /** Visits the halves of every 8-byte word from `address` to the top: the low one may be a reference, both an address. */
  scan(address: number, visit: (low: number, high: number) => void): void {
    const { words } = this;
    for (let i = Math.max(0, (address - this.limit) >> 2); i < words.length; i += 2) visit(words[i], words[i + 1]);
  }

  /** Bytes of the usable part. */
  get usableBytes(): number {
    return this.top - this.limit;
  }

  /** The most bytes that were in use at once so far, to whole pages: what lies below was never touched. */
  get highWaterBytes(): number {
    let lowest = this.usableBytes;
    forEachResident(this.limit, lowest, (at) => {
      if (at < lowest) lowest = at;
    });
    return this.usableBytes - lowest;
  }

  /** Gives the memory back that deep calls took, while nothing is on it. */
  trim(): void {
    if (this.usableBytes > KEPT_BYTES) clearMemory(this.limit, this.usableBytes - KEPT_BYTES);
  }

  /** Gives the memory back. */
  release(): void {
    this.released = true;
    this.block.transfer(0);
    this.#words?.buffer.transfer(0);
    keepMemory(this);
    unmapMemory(this.guard, this.#total);
  }
}

/** What native stacks of one thread take and did so far. */
export interface NativeStackFigures {
  /** Usable bytes of a stack, unless an engine wants other ones. */
  readonly stackBytes: number;
  /** Bytes without access rights below each. */
  readonly guardBytes: number;
  /** Stacks in use, and those that engines keep for their next call. */
  readonly live: number;
  /** Stacks in the pool. */
  readonly idle: number;
  /** Bytes of address space. */
  readonly reservedBytes: number;
  /** Stacks that were made so far. */
  readonly made: number;
  /** Times that one was taken from the pool so far. */
  readonly reused: number;
  /** The most bytes that one of the stacks there are had in use, to whole pages. */
  readonly highWaterBytes: number;
}

/**
 * Idle stacks that are kept: but in Workers more than host functions call back in at once unless configured otherwise, since making one and giving it back takes 30 µs.
 * Of those beyond the first, the memory of deep calls is given back, but not where calls begin.
 */
const KEPT_WHOLE = 64;
const KEPT = IS_WORKER ? KEPT_WHOLE : 512;
const KEPT_BYTES = 8192;

/** After so many new stacks, those that are gone are forgotten. */
const PRUNED = 64;

/** A pool of stacks, which are kept by their size. */
export class StackPool {
  /** Oldest first. */
  #idle: NativeStack[] = [];
  #live = 0;
  /** All that were made and not given back to the system: engines that are forgotten take theirs along. */
  readonly #stacks = new Set<WeakRef<NativeStack>>();
  /** What was taken and then forgotten, with whatever waited on it, is not in use any more. */
  readonly #forgotten = new FinalizationRegistry<NativeStack["use"]>(({ taken }) => {
    if (taken) this.#live--;
  });
  #made = 0;
  #reused = 0;

  /**
   * `prepare` writes what every stack's block holds; it runs whenever a stack is taken. At most `keep` idle stacks are kept, `whole` of them with all the memory that
   * they took, and `most` may be in use.
   */
  constructor(
    readonly stackBytes: number,
    readonly blockBytes: number,
    readonly prepare: (stack: NativeStack) => void,
    readonly keep = KEPT,
    readonly most = MAX_STACKS,
    readonly whole = KEPT_WHOLE,
  ) {}

  /** Stacks that are taken and neither given back nor forgotten. */
  get live(): number {
    return this.#live;
  }

  #all(): NativeStack[] {
    const all: NativeStack[] = [];
    for (const reference of this.#stacks) {
      const stack = reference.deref();
      if (stack === undefined || stack.released) this.#stacks.delete(reference);
      else all.push(stack);
    }
    return all;
  }

  /** What the stacks take and did. */
  get figures(): NativeStackFigures {
    const all = this.#all();
    return {
      stackBytes: this.stackBytes,
      guardBytes: STACK_GUARD_BYTES,
      live: all.length - this.#idle.length,
      idle: this.#idle.length,
      reservedBytes: all.reduce((n, s) => n + STACK_GUARD_BYTES + s.usableBytes + s.block.byteLength, 0),
      made: this.#made,
      reused: this.#reused,
      highWaterBytes: all.reduce((n, s) => Math.max(n, s.highWaterBytes), 0),
    };
  }

  /** A prepared stack with so many usable bytes, rounded up. Throws ResourceError when there is no room for a new one, or when too many are in use. */
  take(stackBytes = this.stackBytes): NativeStack {
    if (this.#live >= this.most) throw new ResourceError(`more than ${this.most} native stacks are in use`);
    const stack = this.#takeIdle(roundToPages(stackBytes)) ?? this.#make(stackBytes);
    this.prepare(stack);
    stack.use.taken = true;
    this.#live++;
    return stack;
  }

  #takeIdle(usable: number): NativeStack | undefined {
    let at = this.#idle.length - 1;
    while (at >= 0 && this.#idle[at].usableBytes !== usable) at--;
    if (at < 0) return undefined;
    this.#reused++;
    return this.#idle.splice(at, 1)[0];
  }

  #make(stackBytes: number): NativeStack {
    const stack = new NativeStack(stackBytes, this.blockBytes);
    this.#forgotten.register(stack, stack.use);
    this.#stacks.add(new WeakRef(stack));
    if (++this.#made % PRUNED === 0) this.#all();
    return stack;
  }

  /** Takes a stack back; whatever is parked on it is dropped, but results in its block stay readable until others are given back. */
  giveBack(stack: NativeStack): void {
    if (!stack.use.taken) throw new BugError("a stack was given back twice");
    stack.use.taken = false;
    this.#live--;
    this.#idle.push(stack);
    if (this.#idle.length > this.keep) this.#idle.shift()!.release();
    if (this.#idle.length > this.whole) stack.trim();
  }
}
