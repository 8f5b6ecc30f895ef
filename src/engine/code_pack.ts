// The code of functions that share their declarations, as one entry of the cache on disk: keys, then bytes. What was made by several processes is joined.

import { HASH_DIGITS } from "./code_key.ts";
import type { CacheFolder } from "../platform/cache_folder.ts";

/** Codes of one environment by key. */
export class CodePack {
  readonly #name: string;
  #stored: Map<string, Uint8Array> | undefined;
  /** What is not on disk yet. */
  readonly #fresh = new Map<string, () => Uint8Array>();
  /** About how many bytes that is. */
  freshBytes = 0;
  #storedBytes = 0;

  constructor(readonly folder: CacheFolder, environment: string) {
    this.#name = `code-${environment}`;
  }

  /** Bytes on disk, as far as is known. */
  get storedBytes(): number {
    return this.#storedBytes;
  }
  /** Whether anything is not on disk yet. */
  get isFresh(): boolean {
    return this.#fresh.size > 0;
  }

  /** The bytes of a key; undefined if they are not on disk. */
  get(key: string): Uint8Array | undefined {
    return (this.#stored ??= this.#read()).get(key);
  }

  /** Adds bytes, which are made when they are saved. */
  add(key: string, bytes: number, make: () => Uint8Array): void {
    this.#fresh.set(key, make);
    this.freshBytes += bytes;
  }

  /** Writes what is not on disk yet, together with what is, also by now from other processes. */
  save(): void {
    if (!this.isFresh) return;
    const all = this.#read();
    for (const [key, make] of this.#fresh) if (!all.has(key)) all.set(key, make());
    this.#fresh.clear();
    this.freshBytes = 0;
    const contents = packToBytes(all);
    this.#storedBytes = contents.length;
    this.folder.write(this.#name, contents);
    this.#stored = all;
  }

  #read(): Map<string, Uint8Array> {
    const contents = this.folder.read(this.#name);
    if (contents === undefined) return new Map();
    this.#storedBytes = contents.length;
    const stored = packFromBytes(contents);
    if (stored === undefined) this.folder.discard(this.#name, "it does not have the form of a pack of code");
    return stored ?? new Map();
  }
}

/** The number of codes; where each begins and its bytes; their keys; themselves. */
function packToBytes(codes: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const head = 4 * (1 + 2 * codes.size) + HASH_DIGITS * codes.size;
  const bytes = new Uint8Array([...codes.values()].reduce((n, code) => n + code.length, head));
  const words = new Int32Array(bytes.buffer, 0, 1 + 2 * codes.size);
  words[0] = codes.size;
  bytes.set(new TextEncoder().encode([...codes.keys()].join("")), words.byteLength);
  let at = head, i = 1;
  for (const code of codes.values()) {
    words[i++] = at;
    words[i++] = code.length;
    bytes.set(code, at);
    at += code.length;
  }
  return bytes;
}

function packFromBytes(bytes: Uint8Array): Map<string, Uint8Array> | undefined {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const count = words[0], keysAt = 4 * (1 + 2 * count);
  if (count < 0 || keysAt + HASH_DIGITS * count > bytes.length) return undefined;
  const keys = new TextDecoder().decode(bytes.subarray(keysAt, keysAt + HASH_DIGITS * count));
  const codes = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const at = words[1 + 2 * i], length = words[2 + 2 * i];
    codes.set(keys.slice(HASH_DIGITS * i, HASH_DIGITS * (i + 1)), bytes.subarray(at, at + length));
  }
  return codes;
}
