// The public Memory.

import type { MemoryViews, WasmMemory } from "../runtime/memory.ts";
import { OK } from "../runtime/outcome.ts";
import { trapDetail, type WatchedAccess } from "../runtime/protection.ts";
import { Trap } from "../wasm/errors.ts";
import { Right } from "../wasm/rights.ts";
import { describeMemory, type MemoryDescriptor } from "./types.ts";
import { keepLike } from "./keepers.ts";
import { wrapper } from "./wrappers.ts";

/** The runtime's object in a memory. */
export let innerMemory: (of: Memory) => WasmMemory;
/** The memory that stands for the runtime's object; always the same. */
export let publicMemory: (inner: WasmMemory) => Memory;

/** A shared memory as it travels to another Worker with `postMessage`, to be given to `engine.memoryFrom()` there. */
export interface SharedMemory {
  /** Its bytes. */
  readonly buffer: SharedArrayBuffer;
  /** Orders the grows of all Workers, and knows who waits; without it the memory cannot be grown from there. */
  readonly lock?: SharedArrayBuffer;
  /** Bytes of a page; default 65536. */
  readonly pageSize?: number;
}

/** What a part of a memory may be used for. What is left out is not allowed. */
export interface MemoryRights {
  /** Loads, and reading by the host; default no. */
  readonly read?: boolean;
  /** Stores, and writing by the host; default no. */
  readonly write?: boolean;
  /** Compiling Wasm bytes that lie there (`engine.compileFrom()`); default no. */
  readonly execute?: boolean;
}
/** One of the rights. */
export type MemoryRight = "read" | "write" | "execute";

/** A part of a memory with less than all rights: bytes from `start` up to `end`. */
export interface MemoryRegion extends Required<MemoryRights> {
  /** Its first byte. */
  readonly start: number;
  /** The first byte behind it. */
  readonly end: number;
}

/** What may be done to the length of a memory. */
export interface SizeRights {
  /** Whether it may grow, by `memory.grow` too; default yes. */
  readonly grow?: boolean;
  /** Whether the host may make it smaller; default no. */
  readonly shrink?: boolean;
  /** The most pages it may grow to, if that is less than its maximum; default its maximum. */
  readonly growthLimit?: number;
}

/** A part of a memory in which all bytes are treated alike. */
export interface MemoryPart extends MemoryRegion {
  /** Which accesses to it are reported to watchpoints. */
  readonly watched: { readonly read: boolean; readonly write: boolean };
  /** Bytes of its pages (of the system) that take memory, since they were touched; undefined where that cannot be told. */
  readonly touched: number | undefined;
}

/** A place that is watched, until `remove()` or the end of its `using` block. */
export interface Watchpoint extends Disposable {
  /** The first byte watched. */
  readonly start: number;
  /** The first byte behind it. */
  readonly end: number;
  /** How often it was reported. */
  readonly hits: number;
  /** Ends it; a second time does nothing. */
  remove(): void;
}

/** What one memory takes, in bytes, and did so far. */
export interface MemoryUse {
  /** Bytes of address space. */
  readonly reserved: number;
  /** Bytes that can be accessed: its length. */
  readonly committed: number;
  /** Bytes in pages of the system that were touched, and so take memory; undefined where that cannot be told (without native code). */
  readonly touched: number | undefined;
  /** The most that `committed` was. */
  readonly highWater: number;
  /** Successful grows. */
  readonly grows: number;
  /** Successful shrinks. */
  readonly shrinks: number;
}

/** Types of values that `memory.get()` and `memory.set()` know; integers of 64 bits are bigints. */
export type MemoryValueType = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64";

interface Accessor {
  readonly bytes: number;
  readonly get: (view: DataView, at: number) => number | bigint;
  /** Converts a value, which may run anything; gives what sets it. */
  readonly set: (value: number | bigint) => (view: DataView, at: number) => void;
}
const narrow = (bytes: number, get: Accessor["get"], set: (v: DataView, at: number, x: number) => void): Accessor => ({
  bytes,
  get,
  set: (value) => {
    const number = Number(value);
    return (view, at) => set(view, at, number);
  },
});
const wide = (get: Accessor["get"], set: (v: DataView, at: number, x: bigint) => void): Accessor => ({
  bytes: 8,
  get,
  set: (value) => {
    const integer = BigInt(value);
    return (view, at) => set(view, at, integer);
  },
});
const VALUES: Readonly<Record<MemoryValueType, Accessor>> = {
  i8: narrow(1, (v, at) => v.getInt8(at), (v, at, x) => v.setInt8(at, x)),
  u8: narrow(1, (v, at) => v.getUint8(at), (v, at, x) => v.setUint8(at, x)),
  i16: narrow(2, (v, at) => v.getInt16(at, true), (v, at, x) => v.setInt16(at, x, true)),
  u16: narrow(2, (v, at) => v.getUint16(at, true), (v, at, x) => v.setUint16(at, x, true)),
  i32: narrow(4, (v, at) => v.getInt32(at, true), (v, at, x) => v.setInt32(at, x, true)),
  u32: narrow(4, (v, at) => v.getUint32(at, true), (v, at, x) => v.setUint32(at, x, true)),
  f32: narrow(4, (v, at) => v.getFloat32(at, true), (v, at, x) => v.setFloat32(at, x, true)),
  f64: narrow(8, (v, at) => v.getFloat64(at, true), (v, at, x) => v.setFloat64(at, x, true)),
  i64: wide((v, at) => v.getBigInt64(at, true), (v, at, x) => v.setBigInt64(at, x, true)),
  u64: wide((v, at) => v.getBigUint64(at, true), (v, at, x) => v.setBigUint64(at, x, true)),
};

/** Bytes that `find()` looks at in one go. */
const FIND_CHUNK = 1 << 20;

function bitsOf(rights: MemoryRights): number {
  // What has no such properties, "r" for one, would otherwise mean no rights at all.
  if (typeof rights !== "object" || rights === null) {
    throw new TypeError("rights are given as { read, write, execute }");
  }
  const { read, write, execute } = rights;
  return (read ? Right.READ : 0) | (write ? Right.WRITE : 0) | (execute ? Right.EXECUTE : 0);
}
const RIGHTS: Readonly<Record<MemoryRight, number>> = {
  read: Right.READ,
  write: Right.WRITE,
  execute: Right.EXECUTE,
};

/**
 * A linear memory (specification 4.2.8): pages that Wasm and JavaScript share.
 *
 * ```ts
 * import { Engine } from "../../mod.ts";
 *
 * const memory = new Engine().memory({ minimum: 1, maximum: 4 });
 * memory.write(16, new TextEncoder().encode("hello"));
 * memory.set("i32", 32, -7);
 * console.log(memory.find(new TextEncoder().encode("lo")), memory.get("i32", 32)); // 19 -7
 * memory.protect(16, 21, { write: false }); // from now on, for Wasm and JavaScript
 * memory.grow(1);
 * console.log(memory.pages, memory.checkAccess(16, 21, "write")); // 2 false
 * ```
 */
export class Memory {
  readonly #inner: WasmMemory;

  /** Made by `engine.memory()` or an instance. */
  private constructor(inner: WasmMemory) {
    this.#inner = inner;
  }

  static {
    innerMemory = (of) => of.#inner;
    publicMemory = wrapper((inner: WasmMemory) => new Memory(inner));
  }

  /**
   * All bytes. The buffer is detached, and another takes its place, when the memory grows, or its first region or watchpoint comes; that of a shared memory is a
   * SharedArrayBuffer, which stays and is longer. Throws Error while the memory has regions or watchpoints, since nobody could check what is done with the buffer.
   * No asynchronous operation of Deno may be under way in it (reading a connection into it, say) when the memory goes: the bytes may have another owner then.
   * One that was transferred to another Worker must not be touched after this Worker has ended: the bytes are gone with it, and the process would end.
   */
  get buffer(): ArrayBuffer | SharedArrayBuffer {
    return keepLike(this.#inner.buffer, this);
  }
  /** Whether Workers can share it. */
  get shared(): boolean {
    return this.#inner.type.shared;
  }
  /** What to post to another Worker, for `engine.memoryFrom()`. Throws TypeError for a memory that is not shared. */
  share(): SharedMemory {
    const { shared, pageBytes } = this.#inner;
    if (shared === undefined) throw new TypeError("the memory is not shared: make it with `shared: true`");
    return { ...shared, pageSize: pageBytes };
  }
  /** Size in bytes. */
  get byteLength(): number {
    return this.#inner.byteLength;
  }
  /** Size in pages. */
  get pages(): number {
    return this.#inner.pages;
  }
  /** Bytes of a page: 65536, or 1 where the module says so. */
  get pageSize(): number {
    return this.#inner.pageBytes;
  }
  /** The most pages it may have. */
  get maximum(): number {
    return this.#inner.maxPages;
  }
  /** How often it grew. */
  get grows(): number {
    return this.#inner.grows;
  }
  /** Its type. */
  get type(): MemoryDescriptor {
    return describeMemory(this.#inner.type);
  }

  /** Grows by `delta` pages and gives the old number of pages. Throws RangeError when the maximum or the system does not allow it. */
  grow(delta: number): number {
    const old = Number.isInteger(delta) ? this.#inner.grow(delta) : -1;
    if (old < 0) throw new RangeError(`cannot grow by ${delta} pages from ${this.pages} (maximum ${this.maximum})`);
    return old;
  }

  /**
   * Makes it smaller by `delta` pages and gives the old number of pages. Their bytes are lost: they are zero when it grows again. Throws RangeError unless
   * `allow({ shrink: true })` was called, and for less than its type's minimum; a shared memory cannot shrink, nor one whose buffer was transferred.
   */
  shrink(delta: number): number {
    const inner = this.#inner;
    const old = Number.isInteger(delta) ? inner.shrink(delta) : -1;
    if (old >= 0) return old;
    const why = inner.type.shared
      ? "it is shared"
      : inner.taken
      ? "its buffer was transferred"
      : inner.mayShrink
      ? `minimum ${inner.type.min}`
      : "allow({ shrink: true }) was not called";
    throw new RangeError(`cannot shrink by ${delta} pages from ${this.pages} (${why})`);
  }

  // Access

  /** A copy of `length` bytes from `address` on. Throws RangeError beyond the end, Trap (`memory-protection`) where reading is not allowed. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    let bytes = new Uint8Array(0);
    this.#access(address, length, Right.READ, ({ u8 }) => {
      bytes = u8.slice(address, address + length) as Uint8Array<ArrayBuffer>;
    });
    return bytes;
  }

  /** Writes bytes from `address` on. Throws RangeError beyond the end, Trap (`memory-protection`) where writing is not allowed, with nothing written. */
  write(address: number, bytes: ArrayLike<number>): void {
    // Copied first: getters of what is no array of bytes may change rights, while pages are open only for this access.
    const own = Uint8Array.from(bytes);
    this.#access(address, own.length, Right.WRITE, ({ u8 }) => u8.set(own, address));
  }

  /** The value of a type at `address`, little endian. Throws as `read()`, and TypeError for a type that is none. */
  get(type: MemoryValueType, address: number): number | bigint {
    const { bytes, get } = accessor(type);
    let value: number | bigint = 0;
    this.#access(address, bytes, Right.READ, ({ view }) => value = get(view, address));
    return value;
  }

  /** Sets the value of a type at `address`, little endian. Throws as `write()`, and TypeError for a type that is none. */
  set(type: MemoryValueType, address: number, value: number | bigint): void {
    const { bytes, set } = accessor(type);
    const put = set(value);
    this.#access(address, bytes, Right.WRITE, ({ view }) => put(view, address));
  }

  /** The address of the first place from `start` up to `end` where these bytes stand; -1 if there is none. Looks past what may not be read. */
  find(pattern: ArrayLike<number>, start = 0, end: number = this.byteLength): number {
    const inner = this.#inner, n = pattern.length;
    end = Math.min(end, this.byteLength);
    for (let at = start; at + n <= end && n > 0;) {
      const size = Math.min(FIND_CHUNK + n - 1, end - at);
      const denied = inner.protection?.denies(at, size, Right.READ);
      // Up to the region, then from its end on.
      const length = denied === undefined ? size : Math.max(0, denied.start - at);
      if (length >= n) {
        const bytes = this.read(at, length);
        for (let i = bytes.indexOf(pattern[0]); i >= 0 && i + n <= length; i = bytes.indexOf(pattern[0], i + 1)) {
          let k = 1;
          while (k < n && bytes[i + k] === pattern[k]) k++;
          if (k === n) return at + i;
        }
      }
      at = denied === undefined ? at + FIND_CHUNK : denied.end;
    }
    return -1;
  }

  #access(address: number, length: number, rights: number, perform: (views: MemoryViews) => void): void {
    this.#check(address, length);
    const outcome = this.#inner.access(address, length, rights, perform, true);
    if (outcome !== OK) throw new Trap(outcome, [], trapDetail(outcome));
  }

  // Rights

  /**
   * Gives the bytes from `start` up to `end`, which may lie beyond the present length, exactly these rights, in every tier and for the host. An access without its
   * right traps (`memory-protection`), and the message names address, access and region. Whole pages of the system (4 KiB) cost nothing elsewhere; where a
   * region begins or ends within one, allowed accesses in that page take microseconds. The rights of a shared memory hold for this Worker's engine.
   * `memory.buffer` cannot be had while there is a region. Throws RangeError for a range that makes no sense, TypeError for rights that are no object,
   * and Error once a buffer of the memory was transferred, since whoever has it may touch the bytes at any time.
   */
  protect(start: number, end: number, rights: MemoryRights): void {
    this.#checkRange(start, end);
    this.#inner.setRights(start, end, bitsOf(rights));
  }

  /** Gives the bytes from `start` up to `end` all rights again; default everywhere. */
  unprotect(start = 0, end: number = this.#end): void {
    this.protect(start, end, { read: true, write: true, execute: true });
  }

  /** Regions with less than all rights, ascending. */
  get regions(): MemoryRegion[] {
    return (this.#inner.protection?.regions ?? []).map(({ start, end, rights }) => ({
      start,
      end,
      read: (rights & Right.READ) !== 0,
      write: (rights & Right.WRITE) !== 0,
      execute: (rights & Right.EXECUTE) !== 0,
    }));
  }

  /** Whether all bytes from `start` up to `end` may be used so. Throws RangeError beyond the end, TypeError for a right that is none. */
  checkAccess(start: number, end: number, right: MemoryRight): boolean {
    if (!Object.hasOwn(RIGHTS, right)) throw new TypeError(`there is no right "${right}": read, write or execute`);
    this.#check(start, end - start);
    return this.#inner.protection?.denies(start, end - start, RIGHTS[right]) === undefined;
  }

  /** Says what may be done to the length; what is left out stays as it is. `growthLimit: Infinity` takes the limit away. */
  allow({ grow, shrink, growthLimit }: SizeRights): void {
    const inner = this.#inner;
    if (growthLimit !== undefined && !(typeof growthLimit === "number" && growthLimit >= 0)) {
      throw new RangeError(`a growth limit is a number of pages, not ${growthLimit}`);
    }
    inner.mayGrow = grow ?? inner.mayGrow;
    inner.mayShrink = shrink ?? inner.mayShrink;
    inner.growthLimit = growthLimit ?? inner.growthLimit;
  }
  /** What may be done to the length. */
  get allowed(): Required<SizeRights> {
    const { mayGrow: grow, mayShrink: shrink, growthLimit } = this.#inner;
    return { grow, shrink, growthLimit: Math.min(growthLimit, this.maximum) };
  }

  /**
   * Has accesses by Wasm to bytes from `start` up to `end` reported, in every tier, before they are made; then the program goes on. What `report` throws ends
   * the call. Costs as `protect()`: nothing in other pages. Accesses by the host are not reported.
   */
  watch(
    start: number,
    end: number,
    rights: { readonly read?: boolean; readonly write?: boolean },
    report: (access: WatchedAccess) => void,
  ): Watchpoint {
    this.#checkRange(start, end);
    const bits = bitsOf(rights);
    if (bits === 0) throw new TypeError("a watchpoint is for read, write, or both");
    const inner = this.#inner;
    let hits = 0;
    const watch = {
      start,
      end,
      rights: bits,
      report: (access: WatchedAccess) => {
        hits++;
        report(access);
      },
    };
    inner.watch(watch);
    const remove = () => inner.unwatch(watch);
    return {
      start,
      end,
      get hits() {
        return hits;
      },
      remove,
      [Symbol.dispose]: remove,
    };
  }

  /** What it takes and did so far. */
  get use(): MemoryUse {
    const { reservedBytes, byteLength, highWaterBytes, grows, shrinks } = this.#inner;
    return {
      reserved: reservedBytes,
      committed: byteLength,
      touched: this.#inner.residentBytes(),
      highWater: highWaterBytes,
      grows,
      shrinks,
    };
  }

  /** The whole memory in parts, by rights and watchpoints, ascending. */
  map(): MemoryPart[] {
    const inner = this.#inner, length = this.byteLength;
    const regions = this.regions, watches = [...inner.protection?.watches ?? []];
    const borders = new Set([0, length]);
    for (const { start, end } of [...regions, ...watches]) borders.add(start).add(end);
    const places = [...borders].filter((at) => at <= length).sort((a, b) => a - b);
    return places.slice(1).map((end, i) => {
      const start = places[i];
      const { read, write, execute } = regions.find((r) => r.start <= start && start < r.end) ??
        { read: true, write: true, execute: true };
      const rights = watches.reduce((n, w) => w.start <= start && start < w.end ? n | w.rights : n, 0);
      const watched = { read: (rights & Right.READ) !== 0, write: (rights & Right.WRITE) !== 0 };
      return { start, end, read, write, execute, watched, touched: inner.residentBytes(start, end) };
    });
  }

  get #end(): number {
    return this.maximum * this.pageSize;
  }
  #checkRange(start: number, end: number): void {
    if (start > end) throw new RangeError(`the start ${start} is behind the end ${end}`);
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start >= end || end > this.#end) {
      throw new RangeError(`${start} to ${end} is no range of addresses below ${this.#end}`);
    }
  }
  #check(address: number, length: number): void {
    if (
      !Number.isInteger(address) || address < 0 || !Number.isInteger(length) || length < 0 ||
      address + length > this.byteLength
    ) {
      throw new RangeError(
        `bytes ${address} to ${address + length} are not within the memory's ${this.byteLength} bytes` +
          ` (${length} at address 0x${Math.max(0, address).toString(16)})`,
      );
    }
  }
}

function accessor(type: MemoryValueType): Accessor {
  if (Object.hasOwn(VALUES, type)) return VALUES[type];
  throw new TypeError(`there is no type "${type}" of values: ${Object.keys(VALUES).join(", ")}`);
}
