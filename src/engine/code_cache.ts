// The caches of what was compiled: machine code by key in memory, shared by equal functions of whatever modules, and on disk between runs; likewise on disk what validation
// found out about large modules.

import { codeFromBytes, codeToBytes, codeWeight, movedCode } from "../asm/code_bytes.ts";
import type { Code } from "../asm/code.ts";
import { checksum } from "../base/checksum.ts";
import { type CacheFigures, LruCache } from "../base/lru_cache.ts";
import { sameBytes } from "../base/same_bytes.ts";
import { VERSION } from "../base/version.ts";
import { beforeExit, CacheFolder, type DiskFigures, sourceState } from "../platform/cache_folder.ts";
import { factsFromBytes, factsToBytes } from "../validate/facts_bytes.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { FeatureSet } from "../wasm/features.ts";
import { functionName } from "../wasm/module.ts";
import { bodyHash, CodeKeys, HASH_DIGITS, type KeyOptions, roughKey } from "./code_key.ts";
import { CodePack } from "./code_pack.ts";

/** Folders whose files decide what code and facts are. */
const FOLDERS = ["wasm", "bytecode", "binary", "validate", "asm", "abi", "gc", "jit"];
/** Smaller modules are validated sooner than a file is read. */
const SMALLEST_MODULE = 64 * 1024;
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

let build: string | undefined;

/** The state of Strata, found out once. Throws Error where its files cannot be looked at. */
function buildState(): string {
  return build ??= [VERSION, ...FOLDERS.map((f) => sourceState(new URL(`../${f}/`, import.meta.url)))].join("; ");
}

/** Packs with code that is not on disk: written before the process ends. */
const UNSAVED = new Set<CodePack>();
let watching = false;

function saveAtExit(pack: CodePack): void {
  UNSAVED.add(pack);
  if (watching) return;
  watching = true;
  beforeExit(() => {
    for (const each of UNSAVED) each.save();
  });
}

/** What a disk cache takes. */
export interface DiskOptions {
  readonly folder: string;
  readonly limit: number;
  readonly note: (text: string) => void;
}

/** What is kept on disk between runs, for all tiers of an engine. */
export class DiskCache {
  readonly folder: CacheFolder;
  readonly build: string = buildState();
  /** Of modules that were found, or added, one after the other. */
  readonly #hashes = new WeakMap<readonly BodyFacts[], string>();

  /** Throws Error where the folder cannot be used. */
  constructor({ folder, limit, note }: DiskOptions) {
    this.folder = new CacheFolder(folder, limit, note);
  }

  get figures(): DiskFigures {
    return this.folder.figures;
  }

  /** What was found out about the bodies of this very module before; undefined if nothing was, or it is not worth it. `count`: its defined functions. */
  facts(bytes: Uint8Array, features: FeatureSet, count: number): readonly BodyFacts[] | undefined {
    if (bytes.length < SMALLEST_MODULE) return undefined;
    const name = this.#moduleName(bytes, features);
    // The name is no proof.
    const contents = this.folder.read(name, bytes);
    if (contents === undefined) return undefined;
    const hashes = contents.subarray(0, HASH_DIGITS * count);
    const facts = factsFromBytes(contents.subarray(hashes.length), count);
    if (facts === undefined) this.folder.discard(name, "it does not fit its module");
    else this.#hashes.set(facts, new TextDecoder().decode(hashes));
    return facts;
  }

  /** Keeps them, with the hashes of the bodies. */
  addFacts({ module, bodies }: ValidModule): void {
    const { bytes } = module;
    if (bytes.length < SMALLEST_MODULE) return;
    const hashes = bodies.map((_, i) => bodyHash(module, module.importedFuncs + i)).join("");
    this.#hashes.set(bodies, hashes);
    const facts = factsToBytes(bodies);
    const contents = new Uint8Array(hashes.length + facts.length);
    contents.set(new TextEncoder().encode(hashes));
    contents.set(facts, hashes.length);
    this.folder.write(this.#moduleName(bytes, module.features), contents, bytes);
  }

  /** The hash of a body, as it is known from before. */
  hashOf({ module, bodies }: ValidModule, index: number): string | undefined {
    const at = HASH_DIGITS * (index - module.importedFuncs);
    return this.#hashes.get(bodies)?.slice(at, at + HASH_DIGITS);
  }

  #moduleName(bytes: Uint8Array, features: FeatureSet): string {
    const how = checksum(new TextEncoder().encode([...features].sort().join() + this.build));
    return `module-${checksum(sample(bytes))}-${how}`;
  }
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
    else UNSAVED.delete(pack);
  }

  /** Writes what is not on disk yet; it is done at the end of the process, too. */
  save(): void {
    for (const [, pack] of this.#packs.entries()) {
      pack.save();
      UNSAVED.delete(pack);
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

/** About a sixteenth of a large module, with its ends: enough for a name. */
function sample(bytes: Uint8Array): Uint8Array {
  const pieces = Math.max(1, Math.floor(bytes.length / (16 * SAMPLE_BYTES)));
  const made = new Uint8Array((pieces + 1) * SAMPLE_BYTES + 4);
  for (let i = 0; i < pieces; i++) {
    const at = i * 16 * SAMPLE_BYTES;
    made.set(bytes.subarray(at, at + SAMPLE_BYTES), i * SAMPLE_BYTES);
  }
  made.set(bytes.subarray(-SAMPLE_BYTES), pieces * SAMPLE_BYTES);
  new DataView(made.buffer).setUint32(made.length - 4, bytes.length);
  return made;
}
const SAMPLE_BYTES = 256;
