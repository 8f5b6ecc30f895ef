// A linear memory: its bytes, its type, and the record that machine code reads. Pages and maximum are known here; the mapping itself is platform's.

import { MEMORY, MEMORY_BYTES } from "../abi/vmctx.ts";
import { ensureStack } from "../base/js_stack.ts";
import { LinearMemory } from "../platform/linear_memory.ts";
import { type SharedBytes, SharedLinearMemory } from "../platform/shared_memory.ts";
import { Access, hostPageBytes } from "../platform/native_memory.ts";
import type { Waiters } from "../platform/waiters.ts";
import { LIMITS, PAGE_BYTES } from "../wasm/limits.ts";
import { Right } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { MemoryType } from "../wasm/types.ts";
import type { Arena, Blocks } from "./arena.ts";
import { MemoryManager, type Share } from "./memory_manager.ts";
import { OK, type Outcome } from "./outcome.ts";
import { Protection, type Watch } from "./protection.ts";

/** Aligned elements of a memory for atomic accesses, by width. */
export interface AtomicViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  /** Who waits in it; undefined where that is not known of a shared memory, and for one that is not shared. */
  readonly waiters?: Waiters | undefined;
}

/** All bytes of a memory, as they can be accessed. */
export interface MemoryViews {
  readonly view: DataView;
  readonly u8: Uint8Array;
  readonly atomics: AtomicViews;
}

/** Told of `size` bytes from `at` on, and what is to be done with them, of READ and WRITE. */
export type AccessObserver = (at: number, size: number, rights: number) => void;

const NOTHING = new ArrayBuffer(0);
const NO_VIEW = new DataView(NOTHING);
const NO_BYTES = new Uint8Array(NOTHING);
const NO_ATOMICS: AtomicViews = {
  u8: NO_BYTES,
  u16: new Uint16Array(NOTHING),
  i32: new Int32Array(NOTHING),
  i64: new BigInt64Array(NOTHING),
};

/**
 * A memory instance. A shared one may have grown without being told: `byteLength` and `pages` look, and renew the views.
 *
 * While something in it is forbidden or watched (`protection`), `view`, `u8` and `atomics` are empty, so that whoever does not know of rights fails instead of
 * touching pages that are closed: then bytes are reached through `access()`.
 */
export class WasmMemory {
  readonly #linear: LinearMemory | SharedLinearMemory;
  readonly #arena: Arena;
  readonly #manager: MemoryManager;
  readonly #share: Share;
  /** Offset of the memory record in the arena. */
  readonly record: number;
  /** Bytes of a page: 64 KiB, or 1. */
  readonly pageBytes: number;
  /** The whole memory; replaced when it grows. */
  view: DataView = NO_VIEW;
  u8: Uint8Array = NO_BYTES;
  #length = 0;
  #open: MemoryViews = { view: NO_VIEW, u8: NO_BYTES, atomics: NO_ATOMICS };
  #atomics: AtomicViews | undefined;
  #disposed = false;
  /** What is forbidden or watched; undefined when nothing is. */
  protection: Protection | undefined = undefined;
  /** Told of each access that the interpreter checks (`Store.checkAccesses`), before it is made, while somebody debugs. */
  observer: AccessObserver | undefined = undefined;
  /** Whether each access of the interpreter is to be checked or told. */
  get isChecked(): boolean {
    return this.protection !== undefined || this.observer !== undefined;
  }
  /** Successful grows so far. */
  grows = 0;
  /** Successful shrinks so far. */
  shrinks = 0;
  /** The most bytes it had so far. */
  highWaterBytes = 0;
  /** Whether it may grow, and whether it may shrink. */
  mayGrow = true;
  mayShrink = false;
  /** The most pages that it may grow to for now, if that is less than its maximum. */
  growthLimit = Infinity;

  /** Allocates the minimum, zeroed, or takes shared bytes that exist. Throws ResourceError when there is no room, or `manager` does not allow it. */
  constructor(
    arena: Arena,
    readonly type: MemoryType,
    shared?: SharedBytes,
    manager: MemoryManager = new MemoryManager(),
  ) {
    this.pageBytes = 2 ** type.pageSizeLog2;
    const byteLength = Number(type.min) * this.pageBytes;
    this.#manager = manager;
    manager.check(byteLength);
    if (shared !== undefined) this.#linear = new SharedLinearMemory(shared);
    else if (type.shared) this.#linear = SharedLinearMemory.allocate(byteLength, this.maxPages * this.pageBytes);
    else if (type.is64) this.#linear = new LinearMemory(byteLength, Math.max(1, this.maxPages * this.pageBytes));
    else this.#linear = new LinearMemory(byteLength);
    this.#arena = arena;
    this.record = arena.allocate(MEMORY_BYTES);
    this.#share = { reserved: this.#linear.reservedBytes, committed: this.#linear.byteLength };
    manager.add(this, this.#share);
    this.#refresh();
  }

  #refresh(): void {
    const { byteLength } = this.#linear;
    const buffer = this.#linear instanceof LinearMemory ? this.#linear.bytes : this.#linear.buffer;
    // Of fixed length, also over a growable buffer: views that follow its length are many times slower.
    const atomics = () => this.#allAtomics();
    this.#open = {
      view: new DataView(buffer, 0, byteLength),
      u8: new Uint8Array(buffer, 0, byteLength),
      get atomics() {
        return atomics();
      },
    };
    this.#atomics = undefined;
    this.#length = byteLength;
    if (byteLength > this.highWaterBytes) this.highWaterBytes = byteLength;
    if (!this.#disposed) this.#manager.resized(this.#share, byteLength);
    this.#show();
    this.#arena.setAddress(this.record + MEMORY.base, this.address);
    this.#arena.setAddress(this.record + MEMORY.byteLength, byteLength);
    this.#arena.setAddress(this.record + MEMORY.pages, byteLength / this.pageBytes);
  }

  #show(): void {
    const shown = this.protection === undefined;
    this.view = shown ? this.#open.view : NO_VIEW;
    this.u8 = shown ? this.#open.u8 : NO_BYTES;
  }

  /** Address of byte 0; 0 where native code cannot run. That of a shared memory without bytes may not be known yet. */
  get address(): number {
    return this.#linear.address;
  }
  /** Whether somebody else has the bytes for good, since he transferred the buffer: then nothing can be protected, watched or shrunk any more. */
  get taken(): boolean {
    return this.#linear instanceof LinearMemory && this.#linear.taken;
  }
  /** All bytes. Throws Error while something is forbidden or watched, since nobody could check what is done with the buffer. */
  get buffer(): ArrayBuffer | SharedArrayBuffer {
    if (this.protection !== undefined) {
      throw new Error(
        "the memory has protected or watched places, so its buffer cannot be had: use read() and write()",
      );
    }
    return this.#linear.buffer;
  }
  /** What another Worker needs to share the memory; undefined if it is not shared. */
  get shared(): SharedBytes | undefined {
    return this.#linear instanceof SharedLinearMemory ? this.#linear.bytes : undefined;
  }
  get byteLength(): number {
    const n = this.#linear.byteLength;
    if (n !== this.#length && !this.#disposed) this.#refresh();
    return n;
  }
  /** Bytes of address space. */
  get reservedBytes(): number {
    return this.#linear.reservedBytes;
  }
  /** Bytes of the system's pages from `start` up to `end` that take memory, since they were touched; undefined where that cannot be told. */
  residentBytes(start = 0, end: number = this.byteLength): number | undefined {
    return this.#disposed ? 0 : this.#linear.residentBytes(start, end);
  }
  get pages(): number {
    return this.byteLength / this.pageBytes;
  }
  /** The most pages it may have. */
  get maxPages(): number {
    const bytes = (this.type.is64 ? LIMITS.memory64Pages : LIMITS.memory32Pages) * PAGE_BYTES;
    // A 32-bit memory of 2^32 pages of 1 byte could not tell its size.
    const limit = Math.min(bytes / this.pageBytes, this.type.is64 ? Infinity : 2 ** 32 - 1);
    return this.type.max === undefined ? limit : Math.min(limit, Number(this.type.max));
  }
  get disposed(): boolean {
    return this.#disposed;
  }
  /** The arena that holds its record: that of its store. */
  get arena(): Arena {
    return this.#arena;
  }
  /** The blocks of the arena that it takes, for when it is forgotten instead of disposed of. */
  get blocks(): Blocks {
    return [{ at: this.record, bytes: MEMORY_BYTES }];
  }

  /** Views for atomic accesses, as long as the memory is now. */
  get atomics(): AtomicViews {
    return this.protection === undefined ? this.#allAtomics() : NO_ATOMICS;
  }
  /** The same of a shared memory, whose pages are never closed, for who has checked the rights. */
  get sharedAtomics(): AtomicViews {
    return this.#allAtomics();
  }
  #allAtomics(): AtomicViews {
    const { byteLength: n } = this;
    const { u8 } = this.#open, { buffer } = u8;
    return this.#atomics ??= {
      u8,
      u16: new Uint16Array(buffer, 0, Math.floor(n / 2)),
      i32: new Int32Array(buffer, 0, Math.floor(n / 4)),
      i64: new BigInt64Array(buffer, 0, Math.floor(n / 8)),
      waiters: this.#linear instanceof SharedLinearMemory ? this.#linear.waiters : undefined,
    };
  }

  /** Grows by `delta` pages; gives the old number of pages, or -1 with nothing changed (`memory.grow`, specification 4.6.11). */
  grow(delta: number): number {
    ensureStack();
    const old = this.pages;
    if (this.#disposed || !(delta >= 0) || old + delta > this.maxPages) return -1;
    const bytes = delta * this.pageBytes;
    let before = old * this.pageBytes;
    if (delta > 0) {
      if (!this.mayGrow || old + delta > this.growthLimit || !this.#manager.allows(before, bytes)) return -1;
    }
    if (this.#linear instanceof SharedLinearMemory) {
      before = this.#linear.grow(bytes, Math.min(this.maxPages, this.growthLimit) * this.pageBytes);
      if (before < 0) return -1;
    } else if (!this.#linear.resize(before + bytes)) return -1;
    this.grows++;
    this.#manager.figures.grows++;
    this.#refresh();
    this.#closeAll();
    return before / this.pageBytes;
  }

  /**
   * Shrinks by `delta` pages, whose bytes are lost: they are zero if it grows again. Gives the old number of pages, or -1 with nothing changed: when that is not
   * allowed, when the memory is shared or taken, or when fewer pages than its type's minimum would be left.
   */
  shrink(delta: number): number {
    const old = this.pages;
    if (this.#disposed || !this.mayShrink || !(delta >= 0) || old - delta < Number(this.type.min)) return -1;
    if (!(this.#linear instanceof LinearMemory) || this.taken) return -1;
    this.#openAll();
    const shrunk = this.#linear.resize((old - delta) * this.pageBytes);
    if (shrunk) {
      this.shrinks++;
      this.#refresh();
    }
    this.#closeAll();
    return shrunk ? old : -1;
  }

  /** Makes it as long as it was at some earlier moment; bytes that come anew are zero. For whoever restores it; false where that cannot be done. */
  setLength(byteLength: number): boolean {
    if (byteLength === this.byteLength) return true;
    if (!(this.#linear instanceof LinearMemory) || this.taken) return false;
    this.#openAll();
    const done = this.#linear.resize(byteLength);
    this.#refresh();
    this.#closeAll();
    return done;
  }

  // Rights

  /** Gives bytes from `start` up to `end` exactly these rights. */
  setRights(start: number, end: number, rights: number): void {
    this.#change(start, end, (p) => p.setRights(start, end, rights));
  }
  watch(watch: Watch): void {
    this.#change(watch.start, watch.end, (p) => p.watch(watch));
  }
  unwatch(watch: Watch): void {
    if (this.protection !== undefined) this.#change(watch.start, watch.end, (p) => p.unwatch(watch));
  }

  /** Throws ResourceError, with nothing changed, when the system cannot give so many pages rights of their own. */
  #change(start: number, end: number, change: (protection: Protection) => void): void {
    if (this.#disposed) throw new Error("the memory was disposed of");
    ensureStack();
    const before = this.protection, after = before?.copy() ?? new Protection();
    change(after);
    if (!after.empty && this.taken) {
      throw new Error("the memory's buffer was transferred, so whoever has it could pass by its rights");
    }
    try {
      this.#setProtection(after.empty ? undefined : after, start, end);
    } catch (error) {
      this.#setProtection(before, start, end);
      throw error;
    }
  }

  #setProtection(protection: Protection | undefined, start: number, end: number): void {
    const before = this.protection;
    if (before !== undefined) this.open(start, end - start);
    this.protection = protection;
    if ((protection === undefined) !== (before === undefined)) {
      // Whoever still has the old views finds them detached.
      if (this.#linear instanceof LinearMemory) this.#linear.renew();
      this.#refresh();
      this.#manager.setProtected(this, this.#share, protection !== undefined);
    }
    this.close(start, end - start);
  }

  /**
   * Makes an access that machine code does not make itself, to bytes within the memory: `perform` gets the views, if the bytes may be used so. Watched places are
   * reported first, unless `silent`. Gives OK, or a trap with nothing done.
   */
  access(at: number, size: number, rights: number, perform: (views: MemoryViews) => void, silent = false): Outcome {
    const outcome = this.prepare(at, size, rights, silent);
    if (outcome !== OK) return outcome;
    if (!this.#isClosed(at, size)) {
      perform(this.#open);
      return OK;
    }
    ensureStack();
    this.open(at, size);
    try {
      perform(this.#open);
    } finally {
      this.close(at, size);
    }
    return OK;
  }

  /** What comes before an access: the check of the rights, then reports of watched places, which may change everything. Gives OK, or the code of a trap. `offset`: that of the instruction, if the frames do not tell. */
  prepare(at: number, size: number, rights: number, silent = false, offset?: number): Outcome {
    if (size === 0) return OK;
    const { protection } = this;
    if (protection === undefined) return OK;
    if (!protection.allows(at, size, rights)) return TrapCode.MEMORY_PROTECTION;
    if (silent) return OK;
    const watches = protection.watching(at, size, rights);
    if (watches.length === 0) return OK;
    const top = this.#manager.frame();
    const frame = top === undefined || offset === undefined ? top : { ...top, offset };
    const read = (rights & Right.READ) !== 0, write = (rights & Right.WRITE) !== 0;
    for (const w of watches) w.report({ address: at, size, read, write, frame });
    if (at + size > this.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
    return this.protection === undefined || this.protection.allows(at, size, rights) ? OK : TrapCode.MEMORY_PROTECTION;
  }

  // Pages that the system closes. A page with a border in it is closed as far as its strictest byte wants; what is allowed there is done while it is open.

  /** Opens the pages of a range until `close()`. */
  open(at: number, size: number): void {
    const linear = this.#closable;
    if (linear === undefined || at >= this.#length) return;
    linear.protect(at, Math.min(at + size, this.#length), Access.READ_WRITE);
  }
  /** Closes again what has to be closed in the pages of a range. */
  close(at: number, size: number): void {
    const linear = this.#closable;
    if (linear === undefined || this.protection === undefined) return;
    const page = hostPageBytes();
    const end = Math.min(Math.ceil((at + size) / page) * page, this.#length);
    const closed = this.protection.closed(Math.floor(at / page) * page, end);
    // What is closed entirely comes last, since ranges may share a page.
    for (const c of closed) if (c.readable) linear.protect(c.start, c.end, Access.READ);
    for (const c of closed) if (!c.readable) linear.protect(c.start, c.end, Access.NONE);
  }
  get #closable(): LinearMemory | undefined {
    return this.#linear instanceof LinearMemory && this.#linear.protectable ? this.#linear : undefined;
  }
  /** Whether a page of a range is closed. */
  #isClosed(at: number, size: number): boolean {
    if (this.protection === undefined || this.#closable === undefined) return false;
    const page = hostPageBytes();
    return this.protection.closes(Math.floor(at / page) * page, Math.ceil((at + size) / page) * page);
  }
  #openAll(): void {
    if (this.protection !== undefined) this.open(0, this.#length);
  }
  #closeAll(): void {
    this.close(0, this.#length);
  }

  /** Gives the memory back; views are detached, unless it is shared. No instance that uses it may run any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#openAll();
    if (this.protection !== undefined) {
      this.protection = undefined;
      this.#manager.setProtected(this, this.#share, false);
    }
    this.#disposed = true;
    this.#manager.remove(this, this.#share);
    if (this.#linear instanceof LinearMemory) {
      this.#linear.dispose();
      this.#refresh();
    }
    this.#arena.free(this.record, MEMORY_BYTES);
  }
}
