// The linear memories of one store: what they take together, how much they may, and which of them have protected or watched places.
// Takes notes from memories as they come, change and go; gives figures, and tells the tiers when accesses must be checked.

import { ResourceError } from "../wasm/errors.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import type { WasmMemory } from "./memory.ts";

/** Limits on linear memories, in bytes. */
export interface MemoryLimits {
  /** For one memory. */
  readonly maxBytes: number;
  /** For all memories of a store together. */
  readonly maxTotalBytes: number;
}

/** No limits but those of the specification and the system. */
export const NO_MEMORY_LIMITS: MemoryLimits = { maxBytes: Infinity, maxTotalBytes: Infinity };

/** What linear memories of one engine take and did. Bytes and pages are those of live memories, unless it says "so far". */
export interface MemoryFigures {
  /** Live memories. */
  memories: number;
  /** Bytes of address space. */
  reservedBytes: number;
  /** Bytes that can be accessed: the lengths of all memories. */
  committedBytes: number;
  /** The most that `committedBytes` was so far. */
  highWaterBytes: number;
  /** Successful grows so far. */
  grows: number;
  /** Creations and grows so far that a limit of the engine did not allow. */
  refusals: number;
}

/** What one memory counts for, also when it is forgotten. */
export interface Share {
  reserved: number;
  committed: number;
}

/** The memories of one store. */
export class MemoryManager {
  readonly figures: MemoryFigures = {
    memories: 0,
    reservedBytes: 0,
    committedBytes: 0,
    highWaterBytes: 0,
    grows: 0,
    refusals: 0,
  };
  /** Memories in which something is forbidden or watched. They may be forgotten, like all others. */
  readonly #protected = new Map<Share, WeakRef<WasmMemory>>();
  /** Called when the first such place of a memory comes or the last goes. */
  onProtection: (memory: WasmMemory) => void = () => {};
  /** Called when `committedBytes` has changed, while Wasm may be running. */
  onChange: () => void = () => {};
  /** Where the program is, for reports of watched accesses. */
  frame: () => WasmFrame | undefined = () => undefined;
  readonly #forgotten = new FinalizationRegistry<Share>((share) => this.#drop(share));

  constructor(readonly limits: MemoryLimits = NO_MEMORY_LIMITS) {}

  /** Whether a memory may get `more` bytes, having `before`; if not, it is counted. */
  allows(before: number, more: number): boolean {
    const { maxBytes, maxTotalBytes } = this.limits;
    const allowed = before + more <= maxBytes && this.figures.committedBytes + more <= maxTotalBytes;
    if (!allowed) this.figures.refusals++;
    return allowed;
  }

  /** Throws ResourceError if a new memory of so many bytes is beyond a limit. */
  check(bytes: number): void {
    if (this.allows(0, bytes)) return;
    const { maxBytes, maxTotalBytes } = this.limits;
    throw new ResourceError(
      bytes > maxBytes
        ? `a memory of ${bytes} bytes is beyond the engine's limit of ${maxBytes} per memory`
        : `a memory of ${bytes} bytes is beyond the engine's limit of ${maxTotalBytes} in all, of which ${this.figures.committedBytes} are in use`,
    );
  }

  /** Counts a new memory. */
  add(memory: WasmMemory, share: Share): void {
    this.figures.memories++;
    this.figures.reservedBytes += share.reserved;
    this.#commit(share.committed);
    this.#forgotten.register(memory, share, memory);
  }
  /** Counts that its length changed. */
  resized(share: Share, committed: number): void {
    this.#commit(committed - share.committed);
    share.committed = committed;
  }
  /** Counts that it is gone. */
  remove(memory: WasmMemory, share: Share): void {
    this.#forgotten.unregister(memory);
    this.#drop(share);
  }

  #commit(bytes: number): void {
    const { figures } = this;
    figures.committedBytes += bytes;
    figures.highWaterBytes = Math.max(figures.highWaterBytes, figures.committedBytes);
    this.onChange();
  }
  #drop(share: Share): void {
    this.#protected.delete(share);
    this.figures.memories--;
    this.figures.reservedBytes -= share.reserved;
    this.figures.committedBytes -= share.committed;
    this.onChange();
  }

  /** Takes note that a memory has protected or watched places, or has none any more. */
  setProtected(memory: WasmMemory, share: Share, on: boolean): void {
    if (on) this.#protected.set(share, new WeakRef(memory));
    else this.#protected.delete(share);
    this.onProtection(memory);
  }

  /** The memory with closed pages that has a byte at an address of the process; undefined if there is none. */
  closedAt(address: number): WasmMemory | undefined {
    for (const reference of this.#protected.values()) {
      const m = reference.deref();
      if (m === undefined || m.type.shared) continue;
      if (address >= m.address && address < m.address + m.byteLength) return m;
    }
    return undefined;
  }
}
