// CodeBuffer: takes the bytes that an architecture's encoder writes, with labels, relocations, trap sites and source marks,
// and gives Code. How a label's distance is written into an instruction is left to the architecture (`patch`).
import { BugError } from "../base/bug.ts";
import type { Code, FrameMap, LoopEntry, Relocation, RelocationKind, RelocationTarget, TrapSites } from "./code.ts";

/** A place in the code, known or yet to come: an index into the buffer's label tables. */
export type Label = number;

/** Fix-up kind of jump tables: 32 bits, target minus start of the table. Architectures number theirs from 1. */
export const FIXUP_TABLE = 0;

const UNBOUND = -1;
const NO_FIXUP = -1;
/** Words of a fix-up: offset of the field, kind, addend, next fix-up of the same label. */
const FIXUP_WORDS = 4;
/** No single instruction writes more bytes than this. */
const HEADROOM = 32;

const EMPTY = new Uint32Array(0);
const NO_TRAPS: TrapSites = { offsets: EMPTY, codes: new Uint8Array(0), sourceOffsets: EMPTY };

interface PendingTable {
  readonly label: Label;
  readonly targets: readonly Label[];
}

interface PendingConstant {
  readonly label: Label;
  readonly bytes: Uint8Array;
  readonly alignment: number;
}

/** What `finish` wants to know beyond the bytes. */
export interface FinishOptions {
  readonly name: string;
  readonly frameSize?: number;
  /** Where callers enter; the first byte when absent. */
  readonly entry?: Label;
}

/** A growing piece of machine code. One buffer serves any number of functions, one after another: see `reset`. */
export abstract class CodeBuffer {
  /** Written up to `position`; replaced when it grows, so never keep it across an instruction. */
  bytes: Uint8Array = new Uint8Array(4096);
  /** Offset at which the next instruction is written. */
  position = 0;

  #labelOffsets = new Int32Array(256);
  #labelFixups = new Int32Array(256);
  #labelCount = 0;
  #fixups = new Int32Array(256 * FIXUP_WORDS);
  #fixupCount = 0;
  /** Fix-ups whose label is not bound yet. */
  #pending = 0;

  #tables: PendingTable[] = [];
  #constants: PendingConstant[] = [];
  #constantLabels = new Map<string, Label>();
  #relocations: Relocation[] = [];
  #frameMaps: FrameMap[] = [];
  #landingPads: number[] = [];
  #loopEntries: LoopEntry[] = [];
  #alignment = 16;

  #trapOffsets = new Uint32Array(64);
  #trapCodes = new Uint8Array(64);
  #trapSources = new Uint32Array(64);
  #trapCount = 0;
  #sourceMap = new Uint32Array(256);
  #sourceLength = 0;
  /** Whether code that is seldom run is moved behind the rest, and its ranges: pairs of offsets. */
  #moves = false;
  #cold: number[] = [];
  /** When code is moved: label, kind, offset of the field, addend of each fix-up, none of which is applied before. */
  #deferred: number[] = [];
  #moved: ((offset: number) => number) | undefined;
  #movedEnd = 0;

  /** Writes `target - at` (plus `addend`) into the field at `at` as `kind` says; throws BugError when out of its range. */
  protected abstract patch(kind: number, at: number, target: number, addend: number): void;

  /** Writes `count` bytes of instructions without effect. */
  protected abstract nops(count: number): void;

  /** Forgets everything, keeping the allocated space: labels of before are no longer valid. `moves`: ranges may be declared to be cold. */
  reset(moves = false): void {
    this.#moves = moves;
    this.#cold = [];
    this.#deferred = [];
    this.#moved = undefined;
    this.position = 0;
    this.#labelCount = 0;
    this.#fixupCount = 0;
    this.#pending = 0;
    this.#trapCount = 0;
    this.#sourceLength = 0;
    this.#alignment = 16;
    this.#relocations = [];
    this.#frameMaps = [];
    this.#landingPads = [];
    this.#loopEntries = [];
    this.#tables = [];
    this.#constants = [];
    if (this.#constantLabels.size !== 0) this.#constantLabels.clear();
  }

  /** Makes room for one instruction; every encoder calls it before it writes. */
  reserve(): void {
    if (this.position + HEADROOM > this.bytes.length) this.#grow(HEADROOM);
  }

  #grow(count: number): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.position + count));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  /** Appends raw bytes. */
  emitBytes(bytes: Uint8Array): void {
    if (this.position + bytes.length > this.bytes.length) this.#grow(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** Overwrites the 32-bit little-endian field at `at`, for what is known only later, such as the size of a frame. */
  patch32(at: number, value: number): void {
    if (at < 0 || at + 4 > this.position) throw new BugError(`patch32 outside the code: ${at}`);
    const bytes = this.bytes;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
  }

  // Labels

  /** A fresh label, not yet bound. */
  newLabel(): Label {
    const label = this.#labelCount++;
    if (label === this.#labelOffsets.length) {
      this.#labelOffsets = doubled(this.#labelOffsets);
      this.#labelFixups = doubled(this.#labelFixups);
    }
    this.#labelOffsets[label] = UNBOUND;
    this.#labelFixups[label] = NO_FIXUP;
    return label;
  }

  /** A fresh label bound to the present position. */
  here(): Label {
    const label = this.newLabel();
    this.#labelOffsets[label] = this.position;
    return label;
  }

  /** Binds `label` to the present position and patches what refers to it. A label is bound once. */
  bind(label: Label): void {
    this.#bindAt(label, this.position);
  }

  #bindAt(label: Label, offset: number): void {
    if (this.offsetOf(label) !== UNBOUND) throw new BugError(`label ${label} is bound twice`);
    this.#labelOffsets[label] = offset;
    const fixups = this.#fixups;
    for (let at = this.#labelFixups[label]; at !== NO_FIXUP; at = fixups[at + 3]) {
      this.#apply(fixups[at + 1], fixups[at], offset, fixups[at + 2]);
      this.#pending--;
    }
    this.#labelFixups[label] = NO_FIXUP;
  }

  #apply(kind: number, at: number, target: number, addend: number): void {
    // A table's addend is the distance from the table's start to the entry.
    if (kind === FIXUP_TABLE) this.patch32(at, target - (at - addend));
    else this.patch(kind, at, target, addend);
  }

  /** The label's offset, or -1 while it is not bound. */
  offsetOf(label: Label): number {
    if (label >>> 0 >= this.#labelCount) throw new BugError(`no such label: ${label}`);
    return this.#labelOffsets[label];
  }

  /** Whether the label is bound. */
  isBound(label: Label): boolean {
    return this.offsetOf(label) !== UNBOUND;
  }

  /** Declares that the field at `at` depends on `label`: patched at once when bound, otherwise at `bind`. */
  fixup(label: Label, kind: number, at: number, addend: number): void {
    if (this.#moves) {
      this.#deferred.push(label, kind, at, addend);
      return;
    }
    const target = this.offsetOf(label);
    if (target !== UNBOUND) {
      this.#apply(kind, at, target, addend);
      return;
    }
    const entry = this.#fixupCount++ * FIXUP_WORDS;
    if (entry === this.#fixups.length) this.#fixups = doubled(this.#fixups);
    const fixups = this.#fixups;
    fixups[entry] = at;
    fixups[entry + 1] = kind;
    fixups[entry + 2] = addend;
    fixups[entry + 3] = this.#labelFixups[label];
    this.#labelFixups[label] = entry;
    this.#pending++;
  }

  // Code that is seldom run

  /** What is written from here on is moved behind the rest, when it is finished. Nothing may run into it, or out of it, but by jumps to labels; ranges do not overlap. */
  beginCold(): void {
    if (!this.#moves) throw new BugError("code that is not to be moved");
    // A label or return address here belongs to what is before.
    this.reserve();
    this.nops(1);
    this.#cold.push(this.position);
  }
  /** Ends that. */
  endCold(): void {
    this.#cold.push(this.position);
  }
  /** Whether the distance to a bound label is what it will be. */
  protected get distancesStay(): boolean {
    return !this.#moves;
  }
  /** Where a return address stands in the finished code that was at `offset` while it was written. */
  movedReturn(offset: number): number {
    return this.#moved === undefined ? offset : this.#moved(offset - 1) + 1;
  }

  /** The other way: where it was while it was written. */
  writtenReturn(offset: number): number {
    const at = offset - 1, cold = this.#cold, end = this.#movedEnd;
    if (this.#moved === undefined || at >= end) return offset;
    let coldAt = cold.reduce((n, x, i) => i % 2 === 1 ? n - x : n + x, end), shift = 0;
    const inCold = at >= coldAt;
    for (let i = 0; i < cold.length; i += 2) {
      const length = cold[i + 1] - cold[i];
      if (inCold && at < coldAt + length) return cold[i] + at - coldAt + 1;
      if (!inCold && at + shift < cold[i]) break;
      coldAt += length;
      shift += length;
    }
    return at + shift + 1;
  }

  /** Moves what is cold behind the other instructions, and all that is known about places along with it. */
  #move(end: number): void {
    const cold = this.#cold;
    this.#movedEnd = end;
    /** Cold bytes before each range, and in all. */
    const before = [0];
    for (let i = 0; i < cold.length; i += 2) before.push(before[i >> 1] + cold[i + 1] - cold[i]);
    const hotEnd = end - before[before.length - 1];
    const moved = this.#moved = (offset: number): number => {
      if (offset >= end) return offset;
      let low = 0, high = cold.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (cold[middle] <= offset) low = middle + 1;
        else high = middle;
      }
      const range = low >> 1;
      return low % 2 === 1 ? hotEnd + before[range] + offset - cold[low - 1] : offset - before[range];
    };
    this.#moveBytes(end, hotEnd);
    const deferred = this.#deferred;
    for (let i = 0; i < deferred.length; i += 4) {
      const target = this.offsetOf(deferred[i]);
      if (target === UNBOUND) throw new BugError(`label ${deferred[i]} is never bound`);
      this.#apply(deferred[i + 1], moved(deferred[i + 2]), moved(target), deferred[i + 3]);
    }
    this.#moveFacts(moved, end);
  }

  #moveBytes(end: number, hotEnd: number): void {
    const cold = this.#cold, old = this.bytes.slice(0, end);
    let to = 0, from = 0, coldTo = hotEnd;
    for (let i = 0; i < cold.length; i += 2) {
      this.bytes.set(old.subarray(from, cold[i]), to);
      this.bytes.set(old.subarray(cold[i], cold[i + 1]), coldTo);
      to += cold[i] - from;
      coldTo += cold[i + 1] - cold[i];
      from = cold[i + 1];
    }
    this.bytes.set(old.subarray(from, end), to);
  }

  #moveFacts(moved: (offset: number) => number, end: number): void {
    const count = this.#trapCount;
    const order = Array.from({ length: count }, (_, i) => i);
    const offsets = this.#trapOffsets.slice(0, count).map(moved), codes = this.#trapCodes.slice(0, count);
    const sources = this.#trapSources.slice(0, count);
    order.sort((a, b) => offsets[a] - offsets[b]).forEach((from, i) => {
      this.#trapOffsets[i] = offsets[from];
      this.#trapCodes[i] = codes[from];
      this.#trapSources[i] = sources[from];
    });
    this.#frameMaps = this.#frameMaps.map((map) => ({ ...map, offset: this.movedReturn(map.offset) }))
      .sort((a, b) => a.offset - b.offset);
    this.#landingPads = this.#landingPads.map((x, i) => i % 2 === 1 ? moved(x) : x);
    this.#loopEntries = this.#loopEntries.map((entry) => ({ ...entry, offset: moved(entry.offset) }));
    this.#relocations = this.#relocations.map((r) => ({ ...r, offset: moved(r.offset) }));
    this.#moveSourceMap(moved, end);
  }

  /** Each range begins with the mark that holds there. */
  #moveSourceMap(moved: (offset: number) => number, end: number): void {
    const marks: [number, number][] = [];
    const borders = new Set(this.#cold), map = this.#sourceMap;
    let source = -1, i = 0;
    for (const border of [...[...borders].sort((a, b) => a - b), end]) {
      for (; i < this.#sourceLength && map[i] < border; i += 2) {
        source = map[i + 1];
        marks.push([moved(map[i]), source]);
      }
      if (border < end && source >= 0 && map[i] !== border) marks.push([moved(border), source]);
    }
    for (; i < this.#sourceLength; i += 2) marks.push([moved(map[i]), map[i + 1]]);
    marks.sort((a, b) => a[0] - b[0]);
    this.#sourceLength = 0;
    for (const [offset, from] of marks) {
      if (this.#sourceLength + 2 > this.#sourceMap.length) this.#sourceMap = doubled(this.#sourceMap);
      this.#sourceMap[this.#sourceLength++] = offset;
      this.#sourceMap[this.#sourceLength++] = from;
    }
  }

  // Data after the code

  /** Aligns the next instruction to a power of two, at most 64. */
  align(alignment: number): void {
    this.#raiseAlignment(alignment);
    const count = -this.position & (alignment - 1);
    if (count !== 0) this.nops(count);
  }

  #raiseAlignment(alignment: number): void {
    if (alignment < 1 || alignment > 64 || (alignment & (alignment - 1)) !== 0) {
      throw new BugError(`alignment of code must be a power of two up to 64: ${alignment}`);
    }
    if (alignment > this.#alignment) this.#alignment = alignment;
  }

  /**
   * Places a constant behind the code and gives the label of its first byte; equal constants share one place.
   * Its length must be a multiple of `alignment`.
   */
  constant(bytes: Uint8Array, alignment: number = bytes.length): Label {
    this.#raiseAlignment(alignment);
    if (bytes.length % alignment !== 0) throw new BugError(`constant of ${bytes.length} bytes, alignment ${alignment}`);
    const key = `${alignment}:${bytes.join()}`;
    let label = this.#constantLabels.get(key);
    if (label === undefined) {
      label = this.newLabel();
      this.#constantLabels.set(key, label);
      this.#constants.push({ label, bytes: bytes.slice(), alignment });
    }
    return label;
  }

  /** Places a table of signed 32-bit distances, target minus table, behind the code and gives its label. */
  jumpTable(targets: readonly Label[]): Label {
    const label = this.newLabel();
    this.#tables.push({ label, targets });
    return label;
  }

  #emitData(): void {
    for (const { label, bytes, alignment } of this.#constants.sort((a, b) => b.alignment - a.alignment)) {
      this.#padData(alignment);
      this.bind(label);
      this.emitBytes(bytes);
    }
    for (const { label, targets } of this.#tables) {
      this.#padData(4);
      this.bind(label);
      const table = this.position;
      this.emitBytes(new Uint8Array(targets.length * 4));
      for (let i = 0; i < targets.length; i++) this.fixup(targets[i], FIXUP_TABLE, table + i * 4, i * 4);
    }
  }

  #padData(alignment: number): void {
    const count = -this.position & (alignment - 1);
    if (count !== 0) this.emitBytes(new Uint8Array(count));
  }

  // What is known about the code

  /** Records a field to be filled in when the code is installed; `offset` is that of the field. */
  relocate(kind: RelocationKind, offset: number, target: RelocationTarget, addend: number): void {
    this.#relocations.push({ kind, offset, target, addend });
  }

  /** The instruction written next may trap: `code` is the trap's number, `sourceOffset` where it comes from. */
  trapSite(code: number, sourceOffset: number): void {
    const index = this.#trapCount++;
    if (index === this.#trapOffsets.length) {
      this.#trapOffsets = doubled(this.#trapOffsets);
      this.#trapCodes = doubled(this.#trapCodes);
      this.#trapSources = doubled(this.#trapSources);
    }
    this.#trapOffsets[index] = this.position;
    this.#trapCodes[index] = code;
    this.#trapSources[index] = sourceOffset;
  }

  /** What is written from here on comes from `sourceOffset` of the source binary. */
  markSource(sourceOffset: number): void {
    let length = this.#sourceLength;
    if (length !== 0) {
      if (this.#sourceMap[length - 1] === sourceOffset) return;
      if (this.#sourceMap[length - 2] === this.position) length -= 2;
    }
    if (length === this.#sourceMap.length) this.#sourceMap = doubled(this.#sourceMap);
    this.#sourceMap[length] = this.position;
    this.#sourceMap[length + 1] = sourceOffset;
    this.#sourceLength = length + 2;
  }

  /** Records what the frame holds; maps are given in the order of their offsets. */
  addFrameMap(map: FrameMap): void {
    this.#frameMaps.push(map);
  }

  /** What is written from here on is where exceptions go on that the clause with this entry catches. */
  landingPad(entry: number): void {
    this.#landingPads.push(entry, this.position);
  }

  /** What is written from here on is where a frame goes on behind the head of the loop at `source`. */
  loopEntry(source: number, moves: Int32Array): void {
    this.#loopEntries.push({ source, offset: this.position, moves });
  }

  /** Places the data and gives the finished code, a copy; every label that is used must be bound. Call `reset` to go on. */
  finish(options: FinishOptions): Code {
    const instructionLength = this.position;
    this.#emitData();
    if (this.#pending !== 0) throw new BugError(`${options.name}: ${this.#pending} uses of labels never bound`);
    if (this.#moves) this.#move(instructionLength);
    const entry = options.entry === undefined ? 0 : this.offsetOf(options.entry);
    if (entry < 0) throw new BugError(`${options.name}: the entry label was never bound`);
    const { bytes, sourceMap, trapSites } = this.#copies();
    return {
      name: options.name,
      bytes,
      instructionLength,
      alignment: this.#alignment,
      entry,
      frameSize: options.frameSize ?? 0,
      relocations: this.#relocations,
      trapSites,
      sourceMap,
      landingPads: this.#landingPads.length === 0 ? EMPTY : Uint32Array.from(this.#landingPads),
      loopEntries: this.#loopEntries,
      frameMaps: this.#frameMaps,
    };
  }

  /** Copies of the bytes and of what goes along with them, in one piece of memory: pieces take longer to get than to fill. */
  #copies(): Pick<Code, "bytes" | "sourceMap" | "trapSites"> {
    const traps = this.#trapCount, marks = this.#sourceLength, codeBytes = (this.position + 3) & ~3;
    const buffer = new ArrayBuffer(codeBytes + 4 * (marks + 2 * traps) + traps);
    const bytes = new Uint8Array(buffer, 0, this.position);
    bytes.set(this.bytes.subarray(0, this.position));
    const sourceMap = new Uint32Array(buffer, codeBytes, marks);
    for (let i = 0; i < marks; i++) sourceMap[i] = this.#sourceMap[i];
    if (traps === 0) return { bytes, sourceMap, trapSites: NO_TRAPS };
    const trapBytes = codeBytes + 4 * marks;
    const offsets = new Uint32Array(buffer, trapBytes, traps);
    const sourceOffsets = new Uint32Array(buffer, trapBytes + 4 * traps, traps);
    const codes = new Uint8Array(buffer, trapBytes + 8 * traps, traps);
    for (let i = 0; i < traps; i++) {
      offsets[i] = this.#trapOffsets[i];
      sourceOffsets[i] = this.#trapSources[i];
      codes[i] = this.#trapCodes[i];
    }
    return { bytes, sourceMap, trapSites: { offsets, codes, sourceOffsets } };
  }
}

function doubled<T extends Int32Array | Uint32Array | Uint8Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}
