// Regions of a memory with less than full rights, and places that are watched. Takes ranges of bytes, gives what is forbidden or watched in a range.
// Which pages the system is to close for that is told here too; closing them, and doing what is allowed there, is memory.ts's and fault.ts's affair.

import type { WasmFrame } from "../wasm/errors.ts";
import { Right, rightsName } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";

/** Bytes from `start` up to `end`, which is not in it, with the rights that they have. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly rights: number;
}

/** An access to a watched place, which is about to be made. */
export interface WatchedAccess {
  /** The first byte accessed. */
  readonly address: number;
  /** Bytes accessed. */
  readonly size: number;
  /** Whether it reads. */
  readonly read: boolean;
  /** Whether it writes; atomic modifications do both. */
  readonly write: boolean;
  /** Where the program is: function, byte offset, tier; undefined when no function made the access. */
  readonly frame: WasmFrame | undefined;
}

/** A place that is watched. */
export interface Watch {
  readonly start: number;
  readonly end: number;
  /** Of READ and WRITE, what is reported. */
  readonly rights: number;
  readonly report: (access: WatchedAccess) => void;
}

/** Bytes whose pages must be closed: for writing, or for everything. */
export interface Closed {
  readonly start: number;
  readonly end: number;
  readonly readable: boolean;
}

/** What was wrong with the access that gave the last MEMORY_PROTECTION in this isolate. */
let violation = "";

/** What a trap of this code has to say beyond the table of traps; asked right after the instruction gave the code. */
export function trapDetail(code: TrapCode): string {
  return code === TrapCode.MEMORY_PROTECTION ? violation : "";
}

const READ_WRITE = Right.READ | Right.WRITE;
const NO_WATCHES: Watch[] = [];

const hex = (n: number) => `0x${n.toString(16)}`;

/** The regions and watched places of one memory. */
export class Protection {
  /** Ascending, apart from one another, none with all rights. */
  #regions: Region[] = [];
  readonly #watches = new Set<Watch>();

  /** One that has the same. */
  copy(): Protection {
    const copy = new Protection();
    copy.#regions = this.#regions;
    for (const watch of this.#watches) copy.#watches.add(watch);
    return copy;
  }

  get regions(): readonly Region[] {
    return this.#regions;
  }
  get watches(): ReadonlySet<Watch> {
    return this.#watches;
  }
  /** Nothing is forbidden or watched. */
  get empty(): boolean {
    return this.#regions.length === 0 && this.#watches.size === 0;
  }

  /** Gives a range exactly these rights. */
  setRights(start: number, end: number, rights: number): void {
    if (end <= start) return;
    const parts: Region[] = [];
    for (const r of this.#regions) {
      if (r.end <= start || r.start >= end) parts.push(r);
      else {
        if (r.start < start) parts.push({ ...r, end: start });
        if (r.end > end) parts.push({ ...r, start: end });
      }
    }
    if (rights !== Right.ALL) parts.push({ start, end, rights });
    parts.sort((a, b) => a.start - b.start);
    this.#regions = [];
    for (const part of parts) {
      const last = this.#regions.at(-1);
      if (last !== undefined && last.end === part.start && last.rights === part.rights) {
        this.#regions[this.#regions.length - 1] = { ...last, end: part.end };
      } else this.#regions.push(part);
    }
  }

  watch(watch: Watch): void {
    this.#watches.add(watch);
  }
  unwatch(watch: Watch): void {
    this.#watches.delete(watch);
  }

  /** The first region that denies one of the rights in the range; undefined if there is none. */
  denies(at: number, size: number, rights: number): Region | undefined {
    const list = this.#regions, end = at + size;
    for (let i = this.#firstEndingAfter(at); i < list.length && list[i].start < end; i++) {
      if ((list[i].rights & rights) !== rights) return list[i];
    }
    return undefined;
  }

  /** Whether the range may be used so; if not, `trapDetail()` says why. */
  allows(at: number, size: number, rights: number): boolean {
    const region = this.denies(at, size, rights);
    if (region !== undefined) violation = describe(at, size, rights, region);
    return region === undefined;
  }

  /** The watches that want to know of an access. */
  watching(at: number, size: number, rights: number): Watch[] {
    if (this.#watches.size === 0) return NO_WATCHES;
    const found: Watch[] = [];
    for (const w of this.#watches) {
      if (w.start < at + size && at < w.end && (w.rights & rights) !== 0) found.push(w);
    }
    return found;
  }

  /** What has to be closed from `from` up to `to` so that no access that is forbidden or watched goes through unseen; ranges may overlap. */
  closed(from: number, to: number): Closed[] {
    const found: Closed[] = [];
    const add = (start: number, end: number, readable: boolean) => {
      if (start < to && end > from) found.push({ start: Math.max(start, from), end: Math.min(end, to), readable });
    };
    for (let i = this.#firstEndingAfter(from); i < this.#regions.length && this.#regions[i].start < to; i++) {
      const { start, end, rights } = this.#regions[i];
      if ((rights & Right.READ) === 0) add(start, end, false);
      else if ((rights & Right.WRITE) === 0) add(start, end, true);
    }
    for (const { start, end, rights } of this.#watches) add(start, end, (rights & Right.READ) === 0);
    return found;
  }

  /** Whether anything has to be closed from `from` up to `to`. */
  closes(from: number, to: number): boolean {
    for (let i = this.#firstEndingAfter(from); i < this.#regions.length && this.#regions[i].start < to; i++) {
      if ((this.#regions[i].rights & READ_WRITE) !== READ_WRITE) return true;
    }
    for (const { start, end } of this.#watches) if (start < to && end > from) return true;
    return false;
  }

  /** Index of the first region that ends behind `at`. */
  #firstEndingAfter(at: number): number {
    let low = 0, high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#regions[middle].end <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Why an access is forbidden, in words. */
export function describe(at: number, size: number, rights: number, region: Region): string {
  const bytes = size === 1 ? "1 byte" : `${size} bytes`;
  const may = region.rights === 0 ? "gives no access" : `is for ${rightsName(region.rights)} only`;
  return `${rightsName(rights)} of ${bytes} at ${hex(at)}, but the region ${hex(region.start)} to ${
    hex(region.end)
  } ${may}`;
}
