// Which native memory this isolate has, kept in native memory, so that another isolate can give it back when this one's thread has ended.
// Takes places of mappings; the only reader of another's ledger is isolates.ts.

import { BugError } from "../base/bug.ts";
import { bufferAt } from "./ffi.ts";

/** Bytes of a block of the ledger: the address of the next block (0 if there is none), 8 bytes unused, then entries. */
export const LEDGER_BLOCK_BYTES = 65536;
const HEADER_WORDS = 2;
const WORDS = LEDGER_BLOCK_BYTES / 8;
const PER_BLOCK = (WORDS - HEADER_WORDS) / 2;

/** A list of mappings. */
export class Ledger {
  readonly #blocks: BigUint64Array[] = [];
  #first = 0;
  readonly #places = new Map<number, number>();
  /** Places that were used, and how many were. */
  readonly #free: number[] = [];
  #used = 0;

  /** `map` gives the addresses of new blocks, zeroed. */
  constructor(readonly map: (bytes: number) => number) {}

  /** Where it begins. */
  get address(): number {
    if (this.#first === 0) this.#extend();
    return this.#first;
  }

  #extend(): void {
    const address = this.map(LEDGER_BLOCK_BYTES);
    const last = this.#blocks.at(-1);
    if (last === undefined) this.#first = address;
    else last[0] = BigInt(address);
    this.#blocks.push(new BigUint64Array(bufferAt(address, LEDGER_BLOCK_BYTES)));
  }

  /** Notes a mapping. The thread may end at any time: an entry counts once its length is there. */
  add(address: number, bytes: number): void {
    if (this.#free.length === 0 && this.#used === this.#blocks.length * PER_BLOCK) this.#extend();
    const place = this.#free.pop() ?? this.#used++, block = this.#blocks[Math.floor(place / PER_BLOCK)];
    const at = HEADER_WORDS + 2 * (place % PER_BLOCK);
    this.#places.set(address, place);
    block[at] = BigInt(address);
    block[at + 1] = BigInt(bytes);
  }

  /** Strikes out a mapping, which has to happen before it goes: its place may be another isolate's at once. */
  remove(address: number): void {
    const place = this.#places.get(address);
    if (place === undefined) throw new BugError(`no mapping was noted at 0x${address.toString(16)}`);
    this.#places.delete(address);
    this.#blocks[Math.floor(place / PER_BLOCK)][HEADER_WORDS + 2 * (place % PER_BLOCK) + 1] = 0n;
    this.#free.push(place);
  }
}

/**
 * Gives all back that stands in the ledger at `address`, and the ledger but for its first block, by `unmap`. Only for one whose thread has ended. Can be begun
 * again where it was left in the middle.
 */
export function settleLedger(address: number, unmap: (address: number, bytes: number) => void): void {
  const first = settleBlock(address, unmap);
  while (first[0] !== 0n) {
    const next = Number(first[0]);
    // From now on the first leads to the one behind.
    first[0] = settleBlock(next, unmap)[0];
    unmap(next, LEDGER_BLOCK_BYTES);
  }
}

function settleBlock(address: number, unmap: (address: number, bytes: number) => void): BigUint64Array {
  const block = new BigUint64Array(bufferAt(address, LEDGER_BLOCK_BYTES));
  for (let at = HEADER_WORDS; at < WORDS; at += 2) {
    const bytes = block[at + 1];
    if (bytes === 0n) continue;
    block[at + 1] = 0n;
    unmap(Number(block[at]), Number(bytes));
  }
  return block;
}
