// Register code in its place: of a module, shared by its instances, and what the loop looks up of an instance. Translates functions when they are first called.

import { BugError } from "../base/bug.ts";
import { ensureStack } from "../base/js_stack.ts";
import { type FunctionCode, functionCode, type InstanceCode, instanceCode, wantsRegisters } from "../interp/code.ts";
import type { InlinedTrap, RegisterCode } from "../interp/registers.ts";
import { FRAMES, PC } from "../interp/stack.ts";
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
  #places: Map<number, number> | undefined;
  #sites: readonly TrapSite[] | undefined;

  constructor(
    readonly module: ModuleRegisters,
    readonly index: number,
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
const UNUSED = new FinalizationRegistry<{ at: number; words: number }>(({ at, words }) => freeWords(at, words));

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
  readonly #functions: (FunctionRegisters | undefined | null)[] = [];
  #translator: Translator | undefined;

  constructor(readonly valid: ValidModule, readonly options: TranslationOptions) {}

  /** The code of a defined function; undefined if there is no room. */
  code(index: number): FunctionRegisters | undefined {
    const known = this.#functions[index];
    if (known !== undefined) return known ?? undefined;
    // What is half translated must not stay.
    ensureStack();
    const began = performance.now();
    this.#translator ??= new Translator(this.valid, this.options);
    const translation = this.#translator.translate(index);
    const { words, poolWords } = translation;
    const base = allocateWords(words.length);
    if (base < 0) {
      this.#functions[index] = null;
      return undefined;
    }
    WORDS.set(words, base);
    for (const word of poolWords) WORDS[base + word] += base >> 1;
    const code = this.#functions[index] = new FunctionRegisters(this, index, base, translation);
    UNUSED.register(this, { at: base, words: words.length });
    const body = this.valid.module.funcs[index].body!;
    FIGURES.functions++;
    FIGURES.wasmBytes += body.end - body.start;
    FIGURES.codeBytes += words.length * 4;
    FIGURES.ms += performance.now() - began;
    return code;
  }

  /** The code of a function, if it was asked for before. */
  known(index: number): FunctionRegisters | undefined {
    return this.#functions[index] ?? undefined;
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
    UNUSED.register(this, { at: this.cells, words });
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
    const registers = this.#module.code(code.func.index);
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
    const module = this.#chosen();
    if (module === this.#module) return false;
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
  #chosen(): ModuleRegisters {
    const inline = this.options.inline && this.#apart.size === 0;
    return moduleRegisters(this.instance.valid, { ...this.options, inline });
  }

  /** Words in use of the frame of register code at word `top` of FRAMES. */
  heightAt(top: number): number {
    const { index } = this.instance.store.func(~FRAMES[top + 1]), place = FRAMES[top + PC];
    const words = this.codeAt(index, place).heightAt(place);
    return words < 0 ? functionCode(this.instance.funcs[index]).localWords : words;
  }
}
