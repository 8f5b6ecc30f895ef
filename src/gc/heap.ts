// The heap of structures and arrays: a non-moving mark-region heap (Immix). Blocks consist of lines; objects are allocated by bumping a pointer through runs of free lines,
// larger ones get blocks of their own. Takes sizes, gives offsets that are references. Which objects live is collector.ts's affair, roots are the runtime's.

import { NativeRegion } from "../platform/native_memory.ts";
import { canRunNative } from "../platform/permissions.ts";
import { ResourceError } from "../wasm/errors.ts";
import { arrayBytes, CURSOR_WORD, layoutOf, LIMIT_WORD } from "./layout.ts";

/** Address space: references stay positive as 32-bit integers. */
export const HEAP_LIMIT: number = 2 ** 31 - 65536;
const FIRST_BYTES = 1 << 20;

export const LINE_LOG2 = 7;
const LINE_BYTES = 1 << LINE_LOG2;
const BLOCK_LOG2 = 15;
const BLOCK_BYTES = 1 << BLOCK_LOG2;
const BLOCK_LINES = BLOCK_BYTES >> LINE_LOG2;
/** Objects above this have blocks of their own: a run that cannot take one would waste more than a quarter of a block. */
export const LARGE_BYTES: number = BLOCK_BYTES / 4;

/** How much of `minimumBytes` the square root in the growth policy is taken of. */
const HEADROOM = 8;

/** What free bytes are filled with for those who collect at every allocation: no type, and as a reference no object. */
const POISON = 0x68;

/** States of blocks. */
const FREE = 0, USED = 1, LARGE = 2;

/** How the heap grows. */
export interface HeapOptions {
  /**
   * The heap is collected when as much was allocated as survived the last collection, times this minus one, and as the square root of that grows: the best
   * division of memory among heaps grows so, and 8 MiB that stay are then marked for each 31 MiB instead of 8 (programs beside 8 to 32 MiB: half the time). At
   * least `minimumBytes`.
   */
  readonly growthFactor: number;
  readonly minimumBytes: number;
  /** What all objects may take together. */
  readonly maxBytes: number;
  /** Collects at every allocation, to find references that are not rooted. */
  readonly zeal: boolean;
  /** Checks the whole heap after each collection. */
  readonly verify: boolean;
}

/** Twice what survived, as most collectors have it: the cost of marking is then at most that of allocating. */
export const DEFAULT_HEAP_OPTIONS: HeapOptions = {
  growthFactor: 2,
  minimumBytes: 8 * 2 ** 20,
  maxBytes: 2 ** 30,
  zeal: false,
  verify: false,
};

/** What collections of a heap did so far. */
export interface HeapFigures {
  /** How many there were. */
  collections: number;
  /** Milliseconds in all. */
  ms: number;
  /** Milliseconds of the longest. */
  longestMs: number;
  /** Bytes in runs and large objects that were handed out. */
  allocatedBytes: number;
  /** The latest collections, oldest first: {@link RECENT_PAUSES} at most. */
  pauses: Pause[];
}

/** One collection. */
export interface Pause {
  /** When it began, as `performance.now()` has it. */
  readonly at: number;
  /** Milliseconds it took. */
  readonly ms: number;
  /** Bytes of objects before. */
  readonly bytesBefore: number;
  /** Bytes of objects after. */
  readonly bytesAfter: number;
}

/** How many collections the figures remember. */
export const RECENT_PAUSES = 1000;

/** Where a heap's memory is. */
export interface HeapFill {
  /** Bytes that are mapped. */
  readonly committedBytes: number;
  /** Bytes of blocks that hold small objects. */
  readonly smallBytes: number;
  /** Bytes of their lines that are in use. */
  readonly lineBytes: number;
  /** Objects with blocks of their own. */
  readonly largeObjects: number;
  /** Bytes of these blocks. */
  readonly largeBytes: number;
  /** Bytes of blocks that are free. */
  readonly freeBytes: number;
  /** What may be allocated until the next collection. */
  readonly budgetBytes: number;
}

/** A heap at some moment, without the bytes of its objects. */
export interface HeapImage {
  /** Offset behind its last block. */
  readonly end: number;
  readonly runs: readonly number[];
  readonly lines: Uint8Array;
  readonly blocks: Uint8Array;
  readonly filled: Int32Array;
  readonly large: ReadonlyMap<number, number>;
}

/** Counts of the objects of one type. */
export interface TypeCount {
  readonly typeId: number;
  kept: number;
  freed: number;
  keptBytes: number;
  freedBytes: number;
}

/** The heap of one store. */
export class GcHeap {
  readonly #region: NativeRegion | undefined;
  /** The bytes as words of several sizes; replaced when the heap grows, so nobody keeps them across an allocation. */
  i32!: Int32Array;
  i64!: BigInt64Array;
  i16!: Int16Array;
  u8!: Uint8Array;
  /** Not 0 for each line that holds something that survived. */
  lines!: Uint8Array;
  /** A bit per 8 bytes: objects found by the running collection, objects known to begin there. */
  marks!: Int32Array;
  #starts!: Int32Array;
  #blocks!: Uint8Array;
  /** Offset behind the last block that was handed out, and behind the last byte ever written to. */
  #top = BLOCK_BYTES;
  #written = BLOCK_BYTES;
  /** Line where the search for the next run begins. */
  #scan = 1;
  /** The run that is being filled: where it began and ends. The cursor is in the heap. */
  #runStart = 0;
  #runEnd = 0;
  /** The run for objects of more than a line that did not fit, so that small runs need not be given up for them. */
  #overflowStart = 0;
  #overflowAt = 0;
  #overflowEnd = 0;
  /** By the line where a run began that was filled since the last collection: where it ends. Objects lie in it without gaps. */
  #filled!: Int32Array;
  /** Blocks of each large object. */
  readonly #large = new Map<number, number>();
  #allocated = 0;
  #budget: number;
  #liveBytes = 0;
  readonly figures: HeapFigures = { collections: 0, ms: 0, longestMs: 0, allocatedBytes: 0, pauses: [] };

  /** `collect` is called by allocations: runs a collection and gives true, or false where roots may be missing. */
  constructor(readonly options: HeapOptions, readonly collect: () => boolean) {
    this.#budget = options.minimumBytes;
    if (canRunNative()) {
      this.#region = new NativeRegion(HEAP_LIMIT, FIRST_BYTES);
      this.#setViews(this.#region.buffer);
    } else {
      this.#setViews(new ArrayBuffer(FIRST_BYTES));
    }
    this.#blocks[0] = USED;
    this.lines[0] = 1;
  }

  /** Address of offset 0; 0 where native code cannot run. */
  get base(): number {
    return this.#region?.address ?? 0;
  }
  /** Bytes of the blocks that hold something. */
  get usedBytes(): number {
    let used = 0;
    for (let b = 0, end = this.#top >> BLOCK_LOG2; b < end; b++) if (this.#blocks[b] !== FREE) used += BLOCK_BYTES;
    return used;
  }
  /** Bytes of the objects that survived the last collection, and what was handed out since. */
  get occupiedBytes(): number {
    const free = this.#runEnd - this.i32[CURSOR_WORD] + this.#overflowEnd - this.#overflowAt;
    return this.#liveBytes + this.#allocated - free;
  }

  #setViews(b: ArrayBuffer): void {
    this.i32 = new Int32Array(b);
    this.i64 = new BigInt64Array(b);
    this.i16 = new Int16Array(b);
    this.u8 = new Uint8Array(b);
    const bytes = b.byteLength;
    this.lines = grown(this.lines, Uint8Array, bytes >> LINE_LOG2);
    this.marks = grown(this.marks, Int32Array, bytes >> 8);
    this.#starts = grown(this.#starts, Int32Array, bytes >> 8);
    this.#blocks = grown(this.#blocks, Uint8Array, bytes >> BLOCK_LOG2);
    this.#filled = grown(this.#filled, Int32Array, bytes >> LINE_LOG2);
  }

  // Allocation

  /**
   * An object of `bytes` (a multiple of 8, header included), zero but for its header. Gives its reference; 0 when the heap is full.
   * May collect, so all references that are needed must be where roots are looked for.
   */
  allocate(typeId: number, length: number, bytes: number): number {
    const { i32 } = this;
    const at = i32[CURSOR_WORD];
    const end = at + bytes;
    // The marker takes whatever is large to have blocks of its own.
    if (end > i32[LIMIT_WORD] || bytes > LARGE_BYTES) return this.#allocateSlowly(typeId, length, bytes);
    i32[CURSOR_WORD] = end;
    i32[at >> 2] = typeId;
    i32[(at >> 2) + 1] = length;
    return at;
  }

  /** Tells `traced` of each allocation from now on, of every tier: none finds room without asking. Undefined ends that. */
  trace(traced: ((typeId: number, bytes: number) => void) | undefined): void {
    this.#traced = traced;
    this.i32[LIMIT_WORD] = 0;
  }
  #traced: ((typeId: number, bytes: number) => void) | undefined = undefined;

  #allocateSlowly(typeId: number, length: number, bytes: number): number {
    const { zeal, maxBytes } = this.options;
    if (bytes > maxBytes) return 0;
    const wanted = bytes > LARGE_BYTES ? bytes : 0;
    const due = zeal || this.#allocated + wanted > this.#budget;
    if (due) this.collect();
    let at = this.#find(bytes);
    if (at === 0 && !due && this.collect()) at = this.#find(bytes);
    this.i32[LIMIT_WORD] = zeal || this.#traced !== undefined ? 0 : this.#runEnd;
    if (at === 0) return 0;
    this.#traced?.(typeId, bytes);
    this.i32[at >> 2] = typeId;
    this.i32[(at >> 2) + 1] = length;
    return at;
  }

  /** Finds room for an object; 0 if there is none. */
  #find(bytes: number): number {
    if (bytes > LARGE_BYTES) return this.#allocateLarge(bytes);
    let at = this.i32[CURSOR_WORD];
    if (at + bytes > this.#runEnd) {
      if (bytes > LINE_BYTES) return this.#allocateOverflow(bytes);
      if (!this.#nextRun()) return 0;
      at = this.i32[CURSOR_WORD];
    }
    this.i32[CURSOR_WORD] = at + bytes;
    return at;
  }

  /** Begins the next run of free lines. False when the heap is full. */
  #nextRun(): boolean {
    const { lines } = this;
    let first = this.#scan;
    const end = this.#top >> LINE_LOG2;
    while (first < end && lines[first] !== 0) first++;
    let last: number;
    if (first < end) {
      last = first + 1;
      const blockEnd = (first | (BLOCK_LINES - 1)) + 1;
      while (last < blockEnd && lines[last] === 0) last++;
      this.#blocks[first / BLOCK_LINES | 0] = USED;
    } else {
      const block = this.#extend(1);
      if (block < 0) return false;
      this.#blocks[block] = USED;
      first = block * BLOCK_LINES;
      last = first + BLOCK_LINES;
    }
    this.#scan = last;
    this.#retire(this.#runStart, this.i32[CURSOR_WORD]);
    this.#runStart = this.i32[CURSOR_WORD] = first << LINE_LOG2;
    this.#runEnd = last << LINE_LOG2;
    this.#hand(this.#runStart, this.#runEnd);
    return true;
  }

  #allocateOverflow(bytes: number): number {
    if (this.#overflowAt + bytes > this.#overflowEnd) {
      const block = this.#takeBlocks(1);
      if (block < 0) return 0;
      this.#blocks[block] = USED;
      this.#retire(this.#overflowStart, this.#overflowAt);
      this.#overflowStart = this.#overflowAt = block << BLOCK_LOG2;
      this.#overflowEnd = this.#overflowStart + BLOCK_BYTES;
      this.#hand(this.#overflowStart, this.#overflowEnd);
    }
    const at = this.#overflowAt;
    this.#overflowAt += bytes;
    return at;
  }

  #allocateLarge(bytes: number): number {
    const count = Math.ceil(bytes / BLOCK_BYTES);
    const block = this.#takeBlocks(count);
    if (block < 0) return 0;
    this.#blocks.fill(LARGE, block, block + count);
    const at = block << BLOCK_LOG2;
    this.#large.set(at, count);
    this.#hand(at, at + count * BLOCK_BYTES);
    return at;
  }

  /** Remembers what was filled of a run. */
  #retire(start: number, end: number): void {
    if (end > start) this.#filled[start >> LINE_LOG2] = end;
  }

  /** Makes what is handed out zero, and counts it. */
  #hand(start: number, end: number): void {
    if (start < this.#written) this.u8.fill(0, start, Math.min(end, this.#written));
    this.#written = Math.max(this.#written, end);
    this.#allocated += end - start;
    this.figures.allocatedBytes += end - start;
  }

  /** Takes neighbouring free blocks that the search for runs has not come to, and closes them to it. Gives the first; -1 when the heap is full. */
  #takeBlocks(count: number): number {
    const end = this.#top >> BLOCK_LOG2;
    let length = 0, block = -1;
    for (let b = Math.ceil(this.#scan / BLOCK_LINES); b < end && length < count; b++) {
      length = this.#blocks[b] === FREE ? length + 1 : 0;
      if (length === count) block = b - count + 1;
    }
    if (block < 0) block = this.#extend(count);
    if (block >= 0) this.lines.fill(1, block * BLOCK_LINES, (block + count) * BLOCK_LINES);
    return block;
  }

  /** Adds blocks at the top. Gives the first; -1 when the heap is full. */
  #extend(count: number): number {
    const top = this.#top + count * BLOCK_BYTES;
    if (top > Math.min(HEAP_LIMIT, this.options.maxBytes + BLOCK_BYTES) || !this.#commit(top)) return -1;
    const first = this.#top >> BLOCK_LOG2;
    this.#top = top;
    return first;
  }

  #commit(bytes: number): boolean {
    const old = this.u8.length;
    if (bytes <= old) return true;
    const wanted = Math.min(HEAP_LIMIT, Math.max(bytes, old * 2));
    try {
      if (this.#region !== undefined) {
        this.#region.commit(wanted);
        this.#setViews(this.#region.buffer);
      } else {
        this.#setViews((this.u8.buffer as ArrayBuffer).transfer(wanted));
      }
      return true;
    } catch (error) {
      if (error instanceof ResourceError || error instanceof RangeError) return false;
      throw error;
    }
  }

  // Collection: begin, then mark, then sweep.

  /** Makes ready for marking. */
  beginCollection(): void {
    this.#retire(this.#runStart, this.i32[CURSOR_WORD]);
    this.#retire(this.#overflowStart, this.#overflowAt);
    this.#runStart =
      this.#runEnd =
      this.i32[CURSOR_WORD] =
      this.i32[LIMIT_WORD] =
        0;
    this.#overflowStart = this.#overflowAt = this.#overflowEnd = 0;
    this.lines.fill(0, 0, this.#top >> LINE_LOG2);
  }

  /** Finds where all objects begin that were allocated since the last collection, for `countTypes()` and `objects()`. Between begin and sweep only. */
  findObjects(): void {
    for (let line = 1, end = this.#top >> LINE_LOG2; line < end; line++) {
      if (this.#filled[line] !== 0) this.#findIn(line);
    }
    for (const at of this.#large.keys()) setBit(this.#starts, at);
  }

  /** Finds where the objects begin of the run that began at a line. */
  #findIn(line: number): void {
    const starts = this.#starts, end = this.#filled[line];
    for (let at = line << LINE_LOG2; at < end; at += this.sizeOf(at)) setBit(starts, at);
    this.#filled[line] = 0;
  }

  /**
   * Whether an object begins at `ref`; any bits may be asked for. Between begin and sweep only. Looks through no more than the run in which it would lie: conservative
   * roots are few, and looking through all that was allocated took half of a collection's time.
   */
  isObject(ref: number): boolean {
    if (!(ref > 0 && ref < this.#top && (ref & 7) === 0)) return false;
    if (hasBit(this.#starts, ref) || this.#large.has(ref)) return true;
    const filled = this.#filled;
    let line = ref >> LINE_LOG2;
    for (const first = line & -BLOCK_LINES; line > first && filled[line] === 0;) line--;
    if (ref >= filled[line]) return false;
    this.#findIn(line);
    return hasBit(this.#starts, ref);
  }

  /** Whether the running collection has found the object at `ref`. */
  isMarked(ref: number): boolean {
    return hasBit(this.marks, ref);
  }

  /** Bytes of the object at `ref`. */
  sizeOf(ref: number): number {
    const layout = layoutOf(this.i32[ref >> 2]);
    return layout.isArray ? arrayBytes(layout, this.i32[(ref >> 2) + 1] >>> 0) : layout.bytes;
  }

  /** After `findObjects()` and marking: how many objects of each type are marked and how many are not. */
  countTypes(): TypeCount[] {
    const counts = new Map<number, TypeCount>();
    const { marks, i32 } = this;
    const starts = this.#starts;
    for (let w = 0, end = this.#top >> 8; w < end; w++) {
      for (let bits = starts[w]; bits !== 0; bits &= bits - 1) {
        const bit = 31 - Math.clz32(bits & -bits);
        const at = (w << 8) + (bit << 3), typeId = i32[at >> 2];
        let count = counts.get(typeId);
        if (count === undefined) {
          counts.set(typeId, count = { typeId, kept: 0, freed: 0, keptBytes: 0, freedBytes: 0 });
        }
        if ((marks[w] >>> bit) & 1) {
          count.kept++;
          count.keptBytes += this.sizeOf(at);
        } else {
          count.freed++;
          count.freedBytes += this.sizeOf(at);
        }
      }
    }
    return [...counts.values()].sort((a, b) => b.kept + b.freed - a.kept - a.freed);
  }

  /** Where objects begin, lowest first: those that survived the last collection, when nothing was allocated since. */
  *objects(): Iterable<number> {
    const starts = this.#starts;
    for (let w = 0, end = this.#top >> 8; w < end; w++) {
      for (let bits = starts[w]; bits !== 0; bits &= bits - 1) yield (w << 8) + ((31 - Math.clz32(bits & -bits)) << 3);
    }
  }

  /** What is wrong with the notes on the room of an object that survived the last collection; undefined if nothing is. */
  checkRoom(start: number, end: number): string | undefined {
    if (end > this.#top) return `ends behind the heap's last block, at 0x${end.toString(16)}`;
    const large = this.#large.has(start), state = large ? LARGE : USED;
    if (large !== end - start > LARGE_BYTES) {
      return `takes ${end - start} bytes, and ${large ? "has" : "lacks"} blocks of its own`;
    }
    if (!large && start >> BLOCK_LOG2 !== (end - 1) >> BLOCK_LOG2) return "lies across blocks";
    for (let l = start >> LINE_LOG2; l <= (end - 1) >> LINE_LOG2; l++) {
      if (this.lines[l] === 0) return `lies in line ${l}, which is free`;
      if (this.#blocks[l / BLOCK_LINES | 0] !== state) {
        return `lies in a block in state ${this.#blocks[l / BLOCK_LINES | 0]}`;
      }
    }
    return undefined;
  }

  /** Where the memory is, in bytes. */
  spaces(): HeapFill {
    let small = 0, lines = 0, free = 0, large = 0;
    for (let b = 0, end = this.#top >> BLOCK_LOG2; b < end; b++) {
      if (this.#blocks[b] === FREE) free += BLOCK_BYTES;
      else if (this.#blocks[b] === LARGE) large += BLOCK_BYTES;
      else {
        small += BLOCK_BYTES;
        for (let l = b * BLOCK_LINES; l < (b + 1) * BLOCK_LINES; l++) if (this.lines[l] !== 0) lines += LINE_BYTES;
      }
    }
    return {
      committedBytes: this.u8.length,
      smallBytes: small,
      lineBytes: lines,
      largeObjects: this.#large.size,
      largeBytes: large,
      freeBytes: free,
      budgetBytes: Math.max(0, this.#budget - this.#allocated),
    };
  }

  /** Frees what is not marked. Takes the bytes of the objects that are. */
  sweep(liveBytes: number): void {
    const { lines, marks } = this;
    for (const [at, count] of this.#large) {
      const block = at >> BLOCK_LOG2;
      if (hasBit(marks, at)) lines.fill(1, block * BLOCK_LINES, (block + count) * BLOCK_LINES);
      else this.#large.delete(at);
    }
    lines[0] = 1;
    let top = 1;
    for (let b = 0, end = this.#top >> BLOCK_LOG2; b < end; b++) {
      const first = b * BLOCK_LINES;
      let used = false;
      for (let l = first; l < first + BLOCK_LINES && !used; l++) used = lines[l] !== 0;
      this.#blocks[b] = used ? USED : FREE;
      if (used) top = b + 1;
    }
    for (const [at, count] of this.#large) this.#blocks.fill(LARGE, at >> BLOCK_LOG2, (at >> BLOCK_LOG2) + count);
    const old = this.#starts;
    old.fill(0, 0, this.#top >> 8);
    this.#starts = marks;
    this.marks = old;
    this.#filled.fill(0, 0, this.#top >> LINE_LOG2);
    this.#top = top << BLOCK_LOG2;
    this.#scan = 1;
    this.#liveBytes = liveBytes;
    this.#allocated = 0;
    const { minimumBytes, growthFactor } = this.options;
    this.#budget = Math.max(
      minimumBytes,
      liveBytes * (growthFactor - 1) + Math.sqrt(liveBytes * HEADROOM * minimumBytes),
    );
    if (this.options.zeal) this.#poison();
  }

  /** Makes sure that nobody gets along with what is free. */
  #poison(): void {
    for (let l = 1, end = this.#written >> LINE_LOG2; l < end; l++) {
      if (this.lines[l] === 0) this.u8.fill(POISON, l << LINE_LOG2, (l + 1) << LINE_LOG2);
    }
  }

  /** What it has but for the bytes of its objects, which are those below `end`; to be taken up by `restore()`. No collection may come in between. */
  image(): HeapImage {
    const end = this.#top, n = end >> LINE_LOG2;
    const runs = [this.#written, this.#scan, this.#runStart, this.#runEnd, this.#overflowStart, this.#overflowAt];
    return {
      end,
      runs: [...runs, this.#overflowEnd, this.#allocated],
      lines: this.lines.slice(0, n),
      blocks: this.#blocks.slice(0, end >> BLOCK_LOG2),
      filled: this.#filled.slice(0, n),
      large: new Map(this.#large),
    };
  }
  /** Makes it what it was; the bytes are the caller's to restore, before this. */
  restore({ end, runs, lines, blocks, filled, large }: HeapImage): void {
    const n = this.#top >> LINE_LOG2, written = Math.max(this.#written, this.#top);
    [this.#written, this.#scan, this.#runStart, this.#runEnd, this.#overflowStart, this.#overflowAt] = runs;
    [this.#overflowEnd, this.#allocated] = runs.slice(6);
    // What was handed out since is not zero.
    this.#written = written;
    this.lines.fill(0, 0, n).set(lines);
    this.#blocks.fill(FREE, 0, this.#top >> BLOCK_LOG2).set(blocks);
    this.#filled.fill(0, 0, n).set(filled);
    this.#large.clear();
    for (const [at, count] of large) this.#large.set(at, count);
    this.#top = end;
  }

  /** Gives the memory back. No reference may be used any more. */
  release(): void {
    this.#region?.release();
  }
}

function grown<T extends Uint8Array | Int32Array>(old: T | undefined, make: new (n: number) => T, length: number): T {
  const array = new make(length);
  if (old !== undefined) array.set(old as never);
  return array;
}
function setBit(bits: Int32Array, ref: number): void {
  bits[ref >> 8] |= 1 << ((ref >> 3) & 31);
}
function hasBit(bits: Int32Array, ref: number): boolean {
  return ((bits[ref >> 8] >>> ((ref >> 3) & 31)) & 1) !== 0;
}
