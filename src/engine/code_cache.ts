// The caches of machine code by key: in memory, shared by equal functions of whatever modules, and on disk between runs.

import { codeFromBytes, codeToBytes, codeWeight, movedCode } from "../asm/code_bytes.ts";
import type { Code } from "../asm/code.ts";
import { type CacheFigures, LruCache } from "../base/lru_cache.ts";
import { sameBytes } from "../base/same_bytes.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { functionName } from "../wasm/module.ts";
import { CodeKeys, type KeyOptions, roughKey } from "./code_key.ts";
import { CodePack } from "./code_pack.ts";
import { type DiskCache, saveAtExit, saved } from "./disk_cache.ts";

/** Code that waits to be written: as much as is there already, and at least this. */
const FRESH_BYTES = 1024 * 1024;
/** Packs that stay in memory. */
const MAX_PACKS = 64;

/** A function's code with where its body begins in the module that it was compiled in. */
interface Kept {
  readonly code: Code;
  readonly base: number;
  /** A copy of the body, where the key does not prove it. */
  readonly body: Uint8Array | undefined;
}

/** Machine code by key. */
export class CodeCache {
  readonly #keys: CodeKeys;
  readonly #memory: LruCache<string, Kept>;
  readonly #packs = new LruCache<string, CodePack>(MAX_PACKS, { mayEvict: (_, pack) => !pack.isFresh });

  /** Takes what code is made with, the most bytes of code that stay in memory for further modules, and the cache on disk if there is one. */
  constructor(options: Omit<KeyOptions, "build">, memoryBytes: number, readonly disk: DiskCache | undefined) {
    this.#keys = new CodeKeys({ build: disk?.build ?? "", ...options }, (valid, index) => disk?.hashOf(valid, index));
    this.#memory = new LruCache(memoryBytes);
  }

  /** What the part in memory holds and did. */
  get figures(): CacheFigures {
    return this.#memory.figures;
  }
  get memoryLimit(): number {
    return this.#memory.limit;
  }
  set memoryLimit(bytes: number) {
    this.#memory.limit = bytes;
  }
  /** Whether it can hold anything. */
  get isUsed(): boolean {
    return this.disk !== undefined || this.#memory.limit > 0;
  }

  /** The code of a function, as it would be compiled; undefined if no equal one was. `layout`: what else decides about it. */
  get(valid: ValidModule, index: number, layout?: string): Code | undefined {
    if (!this.isUsed) return undefined;
    const key = this.#key(valid, index, layout), { module } = valid, { start, end } = module.funcs[index].body!;
    const kept = this.#memory.get(this.#keys.environment(valid) + key);
    if (kept !== undefined && (kept.body === undefined || sameBytes(kept.body, module.bytes.subarray(start, end)))) {
      return movedCode(kept.code, functionName(module, index), start - kept.base);
    }
    // What comes from there stays there.
    const bytes = this.#pack(valid)?.get(key);
    return bytes && codeFromBytes(bytes, functionName(module, index), start);
  }

  /** Keeps the code of a function. */
  add(valid: ValidModule, index: number, code: Code, layout?: string): void {
    if (!this.isUsed) return;
    const key = this.#key(valid, index, layout), { module } = valid;
    const { start: base, end } = module.funcs[index].body!, weight = codeWeight(code);
    const body = this.disk === undefined ? module.bytes.slice(base, end) : undefined;
    const kept: Kept = { code, base, body };
    this.#memory.set(this.#keys.environment(valid) + key, kept, weight + (body?.length ?? 0));
    const pack = this.#pack(valid);
    if (pack === undefined) return;
    pack.add(key, weight, () => codeToBytes(code, base));
    if (pack.freshBytes > Math.max(FRESH_BYTES, pack.storedBytes)) pack.save();
    if (pack.isFresh) saveAtExit(pack);
    else saved(pack);
  }

  /** Writes what is not on disk yet; it is done at the end of the process, too. */
  save(): void {
    for (const [, pack] of this.#packs.entries()) {
      pack.save();
      saved(pack);
    }
  }

  /** Among those of one environment. Without a disk, where bodies are compared, no hash of the whole is worth its time. */
  #key(valid: ValidModule, index: number, layout: string | undefined): string {
    if (this.disk !== undefined) return this.#keys.of(valid, index, layout);
    return roughKey(valid.module, index, layout);
  }

  #pack(valid: ValidModule): CodePack | undefined {
    if (this.disk === undefined) return undefined;
    const environment = this.#keys.environment(valid);
    let pack = this.#packs.get(environment);
    if (pack === undefined) {
      pack = new CodePack(this.disk.folder, environment);
      this.#packs.set(environment, pack, 1);
    }
    return pack;
  }
}
