// Register code in its place: of a module, shared by its instances, and what the loop looks up of an instance. Translates functions when they are first called.

import { BugError } from "../base/bug.ts";
import { ensureStack } from "../base/js_stack.ts";
import { type CacheFigures, LruCache } from "../base/lru_cache.ts";
import { type FunctionCode, functionCode, type InstanceCode, instanceCode, wantsRegisters } from "../interp/code.ts";
import type { InlinedTrap, RegisterCode } from "../interp/registers.ts";
import { FRAMES, PC } from "../interp/stack.ts";
import { visitRegisterFrames } from "../interp/frames.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { allocateWords, ARENA_WORDS, freeWords, WORDS, wordsInUse } from "./arena.ts";
import { Explanation, type TrapSite } from "./explanation.ts";
import { isInlinable } from "./inline.ts";
import { POINT_WORDS, type TranslationOptions } from "./state.ts";
import { type Translation, Translator } from "./translate.ts";

/** The code of one function in its place. */
export class FunctionRegisters implements RegisterCode {
  parked = 0;
  #places: Map<number, number> | undefined;
  #sites: readonly TrapSite[] | undefined;

  constructor(
    readonly module: ModuleRegisters,
    readonly index: number,
    /** By which the cache knows it. */
    readonly number: number,
    /** Where the code begins. */
    readonly base: number,
    readonly translation: Translation,
  ) {}

  get entry(): number {
    return this.base + this.translation.points[0];
  }
  placeAt(pc: number): number {
    if (this.#places === undefined) {
      this.#places = new Map();
      const { points } = this.translation;
      // The last of several: behind what counts.
      for (let i = 0; i < points.length; i += POINT_WORDS) this.#places.set(points[i + 1], points[i]);
    }
    const place = this.#places.get(pc);
    return place === undefined ? -1 : this.base + place;
  }

  /** Index of the first point at a place or, failing that, behind it. */
  #find(place: number): number {
    const { points } = this.translation, at = place - this.base;
    let low = 0, high = points.length / POINT_WORDS;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle * POINT_WORDS] < at) low = middle + 1;
      else high = middle;
    }
    return low * POINT_WORDS;
  }

  pcAt(place: number): number {
    const { points } = this.translation, i = this.#find(place);
    if (points[i] !== place - this.base) throw new BugError(`a frame stands where none stops: ${place - this.base}`);
    return points[i + 1];
  }
  /** Words of the frame in use at a place; -1 where frames do not stop. */
  heightAt(place: number): number {
    const { points } = this.translation, at = place - this.base;
    const i = this.#find(place);
    return points[i] === at ? points[i + 2] : -1;
  }

  trapAt(place: number): number {
    return this.#siteBefore(place).pc;
  }
  #siteBefore(place: number): TrapSite {
    const sites = this.#sites ??= this.module.explain(this.index).sites();
    const at = place - this.base;
    const site = sites.findLast((s) => s.place < at);
    if (site === undefined) throw new BugError(`nothing traps before ${at}`);
    return site;
  }

  inlinedTrapAt(place: number): InlinedTrap | undefined {
    if (!this.translation.inlinedTraps) return undefined;
    const { pc, inlined } = this.#siteBefore(place);
    return inlined && { callee: inlined.index, pc, end: inlined.end };
  }

  /** Whether a place is in it, or behind its last instruction. */
  holds(place: number): boolean {
    const at = place - this.base;
    return at > 0 && at <= this.translation.words.length;
  }
}

/** Gives words back when what they belong to is gone. */
const UNUSED = new FinalizationRegistry<() => void>((free) => free());

/** Code in its place, by a number of its own, with the module that it is of: a cache keeps none alive. */
interface Kept {
  readonly module: WeakRef<ModuleRegisters>;
  readonly index: number;
  readonly at: number;
  readonly words: number;
}
/** The most bytes of register code by default; beside it, what the loop looks up of instances needs room. */
const DEFAULT_CACHE_BYTES = 24 * 1024 * 1024;
let lastNumber = 0;
/** How often room was given back: what found none before may find some. */
let freed = 0;
/** What a turn of the cache may not evict: what it was made room for, and functions that have frames. */
let newest = 0;
let running: ReadonlyMap<ValidModule, ReadonlySet<number>> | undefined;
const CACHE = new LruCache<number, Kept>(DEFAULT_CACHE_BYTES, {
  mayEvict: (number, { module, index }) =>
    number !== newest && !(module.deref()?.isRunning(index, running ??= runningFunctions()) ?? false),
  evicted: (_, { module, index, at, words }) => {
    module.deref()?.evict(index);
    release(at, words);
  },
});
function release(at: number, words: number): void {
  freeWords(at, words);
  freed++;
}

function runningFunctions(): ReadonlyMap<ValidModule, ReadonlySet<number>> {
  const functions = new Map<ValidModule, Set<number>>();
  visitRegisterFrames(({ instance, index }) => {
    const { valid } = instance!;
    if (!functions.has(valid)) functions.set(valid, new Set());
    functions.get(valid)!.add(index);
  });
  return functions;
}

/** Changes the cache, which may evict then all but what is new. */
function changeCache(change: () => void, number = 0): void {
  newest = number;
  running = undefined;
  change();
  running = undefined;
}

/** What the cache of register code holds and did, for all engines of a thread. */
export function translationCache(): CacheFigures {
  return CACHE.figures;
}
/** Sets the most bytes of register code of a thread; what was asked for longest ago goes, unless a frame is in it. Throws RangeError for what is no size. */
export function setTranslationCacheBytes(bytes: number): void {
  changeCache(() => CACHE.limit = bytes);
  freed++;
}

/** Room for `words`, for which others go if need be; -1 if there is none. */
function makeRoom(words: number): number {
  const at = allocateWords(words);
  if (at >= 0) return at;
  changeCache(() => {
    const { limit } = CACHE;
    CACHE.limit = Math.max(0, CACHE.figures.bytes - 4 * words);
    CACHE.limit = limit;
  });
  return allocateWords(words);
}

/** What was translated to register code, by all engines of a thread. */
export interface TranslationFigures {
  /** Functions translated so far. */
  readonly functions: number;
  /** Bytes of their bodies. */
  readonly wasmBytes: number;
  /** Bytes of their code and constants. */
  readonly codeBytes: number;
  /** Milliseconds that took. */
  readonly ms: number;
  /** Bytes in use of the room that all engines of a thread have for register code, and of what they look up of instances. */
  readonly usedBytes: number;
  /** Bytes of that room; a function that finds none left stays in `interp`. */
  readonly roomBytes: number;
}
const FIGURES = { functions: 0, wasmBytes: 0, codeBytes: 0, ms: 0 };

/** The figures of this isolate. */
export function translationFigures(): TranslationFigures {
  return { ...FIGURES, usedBytes: wordsInUse() * 4, roomBytes: ARENA_WORDS * 4 };
}

/** The register code of a module. */
export class ModuleRegisters {
  readonly #functions: (FunctionRegisters | undefined)[] = [];
  /** Functions that found no room, with `freed` then. */
  readonly #refused = new Map<number, number>();
  #translator: Translator | undefined;
  /** Whose calls may lead to its code. */
  readonly users: Set<WeakRef<InstanceRegisters>> = new Set();

  constructor(readonly valid: ValidModule, readonly options: TranslationOptions) {}

  /** The code of a defined function; undefined if there is no room. */
  code(index: number): FunctionRegisters | undefined {
    const known = this.#functions[index];
    const kept = CACHE.get(known?.number ?? 0);
    if (known !== undefined && kept !== undefined) return known;
    if (this.#refused.get(index) === freed) return undefined;
    // What is half translated must not stay.
    ensureStack();
    const began = performance.now();
    this.#translator ??= new Translator(this.valid, this.options);
    const translation = this.#translator.translate(index);
    const { words: { length }, poolWords } = translation;
    const base = 4 * length > CACHE.limit ? -1 : makeRoom(length);
    if (base < 0) {
      this.#refused.set(index, freed);
      return undefined;
    }
    WORDS.set(translation.words, base);
    for (const word of poolWords) WORDS[base + word] += base >> 1;
    const number = ++lastNumber;
    const code = this.#functions[index] = new FunctionRegisters(this, index, number, base, translation);
    const module = new WeakRef<ModuleRegisters>(this), value = { module, index, at: base, words: length };
    changeCache(() => CACHE.set(number, value, 4 * length), number);
    UNUSED.register(this, () => {
      if (CACHE.delete(number)) release(base, length);
    });
    const body = this.valid.module.funcs[index].body!;
    FIGURES.functions++;
    FIGURES.wasmBytes += body.end - body.start;
    FIGURES.codeBytes += length * 4;
    FIGURES.ms += performance.now() - began;
    return code;
  }

  /** Whether a frame is in the code of a function, running or parked. */
  isRunning(index: number, running: ReadonlyMap<ValidModule, ReadonlySet<number>>): boolean {
    return (this.#functions[index]?.parked ?? 0) > 0 || (running.get(this.valid)?.has(index) ?? false);
  }
  /** Forgets the code of a function, which has no frames. */
  evict(index: number): void {
    this.#functions[index] = undefined;
    for (const user of this.users) user.deref()?.evicted(this, index);
  }

  /** The code of a function, if it was asked for before. */
  known(index: number): FunctionRegisters | undefined {
    return this.#functions[index];
  }

  /** What became of the instructions of a function. */
  explain(index: number): Explanation {
    const explanation = new Explanation();
    new Translator(this.valid, this.options, explanation).translate(index);
    return explanation;
  }
}

const MODULES = new WeakMap<ValidModule, Map<string, ModuleRegisters>>();
/** The one of a module for some options. */
export function moduleRegisters(valid: ValidModule, options: TranslationOptions): ModuleRegisters {
  let known = MODULES.get(valid);
  if (known === undefined) MODULES.set(valid, known = new Map());
  const key = JSON.stringify(options);
  let module = known.get(key);
  if (module === undefined) known.set(key, module = new ModuleRegisters(valid, options));
  return module;
}

/** What the loop looks up of an instance: by function where its code begins, or 0, and its type; by global its cell. */
export class InstanceRegisters {
  readonly view: InstanceCode;
  /** Word where that begins; -1 if there is no room. */
  readonly cells: number;
  /** Functions of the module, and those that are imported and defined. */
  readonly count: number;
  readonly imported: number;
  readonly defined: number;
  /** The record of the first function that it defines. */
  readonly firstRef: number;
  readonly #ref: WeakRef<InstanceRegisters> = new WeakRef(this);
  /** Where that stands. */
  readonly #sets: Set<WeakRef<InstanceRegisters>>[] = [];
  /** Functions that callers may not inline. */
  readonly #apart = new Set<WasmFunc>();
  /** The code that calls run, and the other: without inlined bodies, or with them. */
  #module: ModuleRegisters;
  #other: ModuleRegisters | undefined;

  constructor(readonly instance: WasmInstance, readonly options: TranslationOptions) {
    for (const func of instance.funcs) if (this.#isApart(func)) this.#apart.add(func);
    this.#module = this.#chosen();
    const { funcs, globals } = instance, { importedFuncs } = instance.module;
    this.view = instanceCode(instance);
    this.count = funcs.length;
    this.imported = importedFuncs;
    this.defined = funcs.length - importedFuncs;
    this.firstRef = funcs[importedFuncs].ref;
    const words = 2 * funcs.length + globals.length;
    this.cells = allocateWords(words);
    if (this.cells < 0) return;
    for (let i = 0; i < funcs.length; i++) {
      WORDS[this.cells + i] = 0;
      WORDS[this.cells + funcs.length + i] = funcs[i].signature.typeId;
    }
    for (let i = 0; i < globals.length; i++) WORDS[this.cells + 2 * funcs.length + i] = this.view.globals[i];
    const { cells } = this, sets = this.#sets, ref = this.#ref;
    UNUSED.register(this, () => {
      for (const users of sets) users.delete(ref);
      release(cells, words);
    });
  }

  /** The code of a function of a module is gone. */
  evicted(module: ModuleRegisters, index: number): void {
    if (module === this.#module && this.cells >= 0) WORDS[this.cells + index] = 0;
  }

  /** Where the code of one of its functions begins, if it is to run so; 0 otherwise. */
  entry(func: WasmFunc): number {
    const code = functionCode(func);
    if (!code.wantsRegisters) return 0;
    const registers = this.prepare(code);
    if (registers === undefined) return 0;
    return registers.base;
  }

  /** The code of one of its functions; undefined if there is no room. */
  prepare(code: FunctionCode): FunctionRegisters | undefined {
    if (this.cells < 0) return undefined;
    const { index } = code.func, linked = this.#module.known(index);
    if (linked !== undefined && WORDS[this.cells + index] === linked.base) return linked;
    const registers = this.#module.code(index);
    if (registers !== undefined && code.wantsRegisters) WORDS[this.cells + code.func.index] = registers.base;
    if (registers !== undefined) code.frameWords = Math.max(code.frameWords, registers.translation.frameWords);
    return registers;
  }

  /** Lets calls of a function ask again. */
  forget(func: WasmFunc): void {
    if (this.cells >= 0) WORDS[this.cells + func.index] = 0;
  }

  /** The code of a function that a place is in. */
  codeAt(index: number, place: number): FunctionRegisters {
    for (const module of [this.#module, this.#other]) {
      const code = module?.known(index);
      if (code?.holds(place)) return code;
    }
    throw new BugError(`no code of function ${index} is at ${place}`);
  }
  /** Whether that is what calls run. */
  isCurrent(index: number, place: number): boolean {
    return this.#module.known(index)?.holds(place) ?? false;
  }

  /** Somebody has set the tier of a function; gives whether others run other code by that. */
  moved(func: WasmFunc): boolean {
    if (!this.#isApart(func)) this.#apart.delete(func);
    else this.#apart.add(func);
    if (this.#inlines === this.#module.options.inline) return false;
    const module = this.#chosen();
    this.#other = this.#module;
    this.#module = module;
    if (this.cells >= 0) WORDS.fill(0, this.cells, this.cells + this.count);
    return true;
  }

  /** Whether a function is to be called, since it is to run in some tier: where tiers are live, the engine may as well run its body with the caller's. */
  #isApart(func: WasmFunc): boolean {
    if (!this.options.inline || func.instance !== this.instance || !isInlinable(this.instance.valid, func.index)) {
      return false;
    }
    return (func.tier !== "fast" && !func.live) || !(func.live || wantsRegisters(func));
  }
  get #inlines(): boolean {
    return this.options.inline && this.#apart.size === 0;
  }
  #chosen(): ModuleRegisters {
    const module = moduleRegisters(this.instance.valid, { ...this.options, inline: this.#inlines });
    module.users.add(this.#ref);
    if (!this.#sets.includes(module.users)) this.#sets.push(module.users);
    return module;
  }

  /** Words in use of the frame of register code at word `top` of FRAMES. */
  heightAt(top: number): number {
    const { index } = this.instance.store.func(~FRAMES[top + 1]), place = FRAMES[top + PC];
    const words = this.codeAt(index, place).heightAt(place);
    return words < 0 ? functionCode(this.instance.funcs[index]).localWords : words;
  }
}
