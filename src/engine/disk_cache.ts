// The cache on disk as engines see it: where it is, which state of Strata wrote it, and what validation found out about large modules, which is kept with the modules
// themselves. Machine code is left to code_cache.ts.

import { checksum } from "../base/checksum.ts";
import { sameBytes } from "../base/same_bytes.ts";
import { VERSION } from "../base/version.ts";
import { beforeExit, CacheFolder, type DiskFigures, sourceState } from "../platform/cache_folder.ts";
import { factsFromBytes, factsToBytes } from "../validate/facts_bytes.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { FeatureSet } from "../wasm/features.ts";
import { bodyHash, HASH_DIGITS } from "./code_key.ts";

/** Folders whose files decide what code and facts are. */
const FOLDERS = ["wasm", "bytecode", "binary", "validate", "asm", "abi", "gc", "jit"];
/** Smaller modules are validated sooner than a file is read. */
const SMALLEST_MODULE = 64 * 1024;
/** Bytes of modules that wait to be written, since that takes about as long as validating them; beyond, they are written at once. */
const MOST_WAITING = 32 * 1024 * 1024;

let build: string | undefined;

/** The state of Strata, found out once. Throws Error where its files cannot be looked at. */
function buildState(): string {
  return build ??= [VERSION, ...FOLDERS.map((f) => sourceState(new URL(`../${f}/`, import.meta.url)))].join("; ");
}

/** What there is to write before the process ends. */
const UNSAVED = new Set<Unsaved>();
let watching = false;

/** What can be written to disk. */
export interface Unsaved {
  /** Writes it. */
  save(): void;
}

/** Has something written when the process ends in an orderly way. */
export function saveAtExit(what: Unsaved): void {
  UNSAVED.add(what);
  if (watching) return;
  watching = true;
  beforeExit(() => {
    for (const each of UNSAVED) each.save();
  });
}

/** Takes note that it was written. */
export function saved(what: Unsaved): void {
  UNSAVED.delete(what);
}

/** What a disk cache takes. */
export interface DiskOptions {
  readonly folder: string;
  readonly limit: number;
  readonly note: (text: string) => void;
}

/** What is kept on disk between runs, for all tiers of an engine. */
export class DiskCache implements Unsaved {
  readonly folder: CacheFolder;
  readonly build: string = buildState();
  /** Modules that are not on disk yet, by their names there. */
  readonly #waiting = new Map<string, ValidModule>();
  #waitingBytes = 0;
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
    const name = this.#moduleName(bytes, features), waiting = this.#waiting.get(name);
    // The name is no proof.
    if (waiting !== undefined && sameBytes(waiting.module.bytes, bytes)) return waiting.bodies;
    const contents = this.folder.read(name, bytes);
    if (contents === undefined) return undefined;
    const hashes = contents.subarray(0, HASH_DIGITS * count);
    const facts = factsFromBytes(contents.subarray(hashes.length), count);
    if (facts === undefined) this.folder.discard(name, "it does not fit its module");
    else this.#hashes.set(facts, new TextDecoder().decode(hashes));
    return facts;
  }

  /** Whether there are facts about a module that begins like this one, of which nothing more may be there yet. */
  mayKnow(first: Uint8Array, features: FeatureSet): boolean {
    return first.length >= FIRST_BYTES && this.folder.has(this.#beginning(first, features));
  }

  /** Keeps them; they are written by `save()`, which is done at the end of the process, too. */
  addFacts(valid: ValidModule): void {
    const { bytes, features } = valid.module;
    if (bytes.length < SMALLEST_MODULE) return;
    const name = this.#moduleName(bytes, features);
    this.#waitingBytes += bytes.length - (this.#waiting.get(name)?.module.bytes.length ?? 0);
    this.#waiting.set(name, valid);
    if (this.#waitingBytes > MOST_WAITING) this.save();
    else saveAtExit(this);
  }

  /** Writes what is not on disk yet. */
  save(): void {
    for (const [name, valid] of this.#waiting) this.#write(name, valid);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    saved(this);
  }

  /** With the hashes of the bodies. */
  #write(name: string, { module, bodies }: ValidModule): void {
    const hashes = bodies.map((_, i) => bodyHash(module, module.importedFuncs + i)).join("");
    this.#hashes.set(bodies, hashes);
    const facts = factsToBytes(bodies);
    const contents = new Uint8Array(hashes.length + facts.length);
    contents.set(new TextEncoder().encode(hashes));
    contents.set(facts, hashes.length);
    this.folder.write(name, contents, module.bytes);
  }

  /** The hash of a body, as it is known from before. */
  hashOf({ module, bodies }: ValidModule, index: number): string | undefined {
    const at = HASH_DIGITS * (index - module.importedFuncs);
    return this.#hashes.get(bodies)?.slice(at, at + HASH_DIGITS);
  }

  #moduleName(bytes: Uint8Array, features: FeatureSet): string {
    return this.#beginning(bytes, features) + checksum(sample(bytes));
  }

  /** How the name of a module begins: by its first bytes, and by what else decides about the facts. */
  #beginning(bytes: Uint8Array, features: FeatureSet): string {
    const how = checksum(new TextEncoder().encode([...features].sort().join() + this.build));
    return `module-${how}-${checksum(bytes.slice(0, FIRST_BYTES))}-`;
  }
}

/** Some of a large module's bytes, from everywhere in it, and its length: enough for a name. */
function sample(bytes: Uint8Array): Uint8Array {
  const made = new Uint8Array((SAMPLES + 1) * SAMPLE_BYTES + 4), step = Math.floor(bytes.length / SAMPLES);
  for (let i = 0; i < SAMPLES; i++) made.set(bytes.subarray(i * step, i * step + SAMPLE_BYTES), i * SAMPLE_BYTES);
  made.set(bytes.subarray(-SAMPLE_BYTES), SAMPLES * SAMPLE_BYTES);
  new DataView(made.buffer).setUint32(made.length - 4, bytes.length);
  return made;
}
const SAMPLES = 256, SAMPLE_BYTES = 256;
/** Bytes at the beginning that nearly tell which module it is. */
const FIRST_BYTES = 1024;
