// What an isolate notes for the report of a fault outside of generated code: which machine code has which name, and what ran last. The signal handler reads it.
// Takes addresses and names. Names stay when their code goes: the newest of several at one address holds.

import { addressOfBuffer } from "./ffi.ts";
import { NativeRegion } from "./native_memory.ts";

/** Fields of the notes. */
export const NOTES = {
  /** u64: the stack block that machine code was entered or resumed on last; 0 if it never was. */
  block: 0,
  /** u32: 1 + the number of the name of the interpreted function that ran last; 0 if machine code ran since. */
  interpreted: 8,
  /** u32: how many names were noted so far. */
  count: 12,
  /** u64: address of the last `capacity` names: number n stands at place n % capacity. */
  names: 16,
  capacity: 65536,
} as const;

/** The notes of this isolate but for the names, as words: not moved by V8, and known to it as a constant, so that a note costs one store. */
export const NOTED: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(64));

/** A name: of the machine code at an address, or of none (0 bytes). */
export const NAME = {
  /** u64: address of the first byte of code. */
  start: 0,
  /** u64: bytes of code. */
  bytes: 8,
  /** u32: bytes of the text. */
  length: 16,
  /** UTF-8. */
  text: 20,
  /** Bytes of a name. */
  sizeLog2: 7,
} as const;
const NAME_BYTES = 1 << NAME.sizeLog2;

const encoder = new TextEncoder();

/** Most names, which need no closer look. */
const PLAIN = /^[ -~]*$/;

/** The names of this isolate. They are never given back: a signal handler may look at them for as long as the process lives. */
export class Notes {
  readonly #region = new NativeRegion(NOTES.capacity * NAME_BYTES, 1 << 16);
  #words = new Int32Array(this.#region.buffer);
  #bytes = new Uint8Array(this.#region.buffer);

  /** Where the notes stand, for ever. */
  readonly address: number = addressOfBuffer(NOTED.buffer);

  /** Begins with no names. */
  constructor() {
    NOTED[NOTES.count >> 2] = 0;
    NOTED[NOTES.names >> 2] = this.#region.address | 0;
    NOTED[(NOTES.names >> 2) + 1] = Math.floor(this.#region.address / 2 ** 32);
  }

  /** Notes a name, cut where it is too long, without control characters; gives its number. `start` is 0 for what has no machine code. */
  add(name: string, start = 0, bytes = 0): number {
    const number = NOTED[NOTES.count >> 2];
    const at = (number % NOTES.capacity) * NAME_BYTES;
    if (this.#region.commit(Math.min(this.#region.reserved, 2 * (at + NAME_BYTES)))) {
      this.#words = new Int32Array(this.#region.buffer);
      this.#bytes = new Uint8Array(this.#region.buffer);
    }
    const words = this.#words;
    const text = this.#bytes.subarray(at + NAME.text, at + NAME_BYTES);
    const shown = PLAIN.test(name) ? name : name.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, "?");
    const { written } = encoder.encodeInto(shown, text);
    words[(at + NAME.start) >> 2] = start | 0;
    words[(at + NAME.start + 4) >> 2] = Math.floor(start / 2 ** 32);
    words[(at + NAME.bytes) >> 2] = bytes;
    words[(at + NAME.bytes + 4) >> 2] = 0;
    words[(at + NAME.length) >> 2] = written;
    NOTED[NOTES.count >> 2] = number + 1;
    return number;
  }
}
