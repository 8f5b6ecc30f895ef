// The public Func: a function with its tier and its code.

import type { Code } from "../asm/code.ts";
import { compiler } from "../engine/pipeline.ts";
import { listFunction, type Listing, makeListing } from "../engine/listing.ts";
import { fastText, jsText } from "../engine/tier_text.ts";
import { listTranslation, type TranslationListing } from "../engine/translation.ts";
import { refusal } from "../jit/compilable.ts";
import { BASELINE_CPU } from "../platform/cpu.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import { isNative, type TierName } from "../runtime/tier.ts";
import { F64, I64, slotsOf, V128 } from "../wasm/types.ts";
import type { JitCompiler } from "../jit/compile_function.ts";
import { bind } from "../runtime/bind.ts";
import { callPromising } from "../runtime/promising.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { type Context, resolveTier } from "../engine/context.ts";
import { type Execution, startExecution } from "./execution.ts";
import { describeFunc, type FuncDescriptor } from "./types.ts";
import { wrapper } from "./wrappers.ts";
import type { TierChoice } from "../engine/config.ts";

/** The runtime's object in a function. */
export let innerFunc: (of: Func) => WasmFunc;
/** The function that stands for the runtime's object; always the same. */
export let publicFunc: (inner: WasmFunc, context: Context) => Func;

/**
 * Calls a function with slots as they are: the bits of each argument and of each result, unsigned, so that NaN payloads stay exact (a v128 takes two). References are
 * trusted to be those of the engine's store, so this is not for users. Throws as Func.call() does.
 */
export let callBits: (of: Func, args: readonly bigint[]) => bigint[];

/** A function instance (specification 4.2.6). */
export class Func {
  readonly #inner: WasmFunc;
  readonly #context: Context;

  private constructor(inner: WasmFunc, context: Context) {
    this.#context = context;
    this.#inner = inner;
  }

  static {
    innerFunc = (of) => of.#inner;
    callBits = (of, args) => of.#callBits(args);
    const known = wrapper((inner: WasmFunc, context: Context) => new Func(inner, context));
    publicFunc = (inner, context) =>
      inner.bound === undefined
        ? known(inner, context)
        : context.store.boundObjects.shown(inner, () => new Func(inner, context)) as Func;
  }

  /** Its name in the name section, else its first export, else `func[N]`. */
  get name(): string {
    return this.#inner.name;
  }
  /** Index in its module's function index space; -1 for a host function. */
  get index(): number {
    return this.#inner.index;
  }
  /** Its type. */
  get type(): FuncDescriptor {
    return describeFunc(this.#inner.type);
  }
  /** Whether it is a function of the host. */
  get isHost(): boolean {
    return this.#inner.mode === Mode.HOST;
  }

  /** Bytes of its body in the module, locals included; 0 for a host function. */
  get bodyBytes(): number {
    const body = this.#inner.instance?.module.funcs[this.#inner.index].body;
    return body === undefined ? 0 : body.end - body.start;
  }
  /** Bytes of the machine code that is installed for it; 0 if there is none. */
  get codeBytes(): number {
    const { instance, index } = this.#inner;
    if (instance === undefined) return 0;
    return this.#context.jit?.peek(instance.valid, index)?.code.bytes.length ?? 0;
  }

  /**
   * The tier that its next call runs in. Setting it moves running frames, too: those of machine code go on in `interp` as soon as what they called returns. Set to
   * `auto`, the engine decides, if its own tier is `auto`; otherwise it is the fastest that can run here. A function that the tier cannot compile stays in `interp`,
   * and `tierReason` says why. Throws Error where a tier cannot run.
   */
  get tier(): TierName {
    return (this.#inner.bound?.target ?? this.#inner).tier;
  }
  set tier(choice: TierChoice) {
    this.#context.setTier(this.#inner, resolveTier(choice));
  }
  /** Why it runs in `interp` although the tier that was asked for is another; undefined if that is not so. */
  get tierReason(): string | undefined {
    return this.#inner.refusal;
  }

  /** Why it cannot run in a tier; undefined if it can. */
  refusal(tier: TierName): string | undefined {
    const { instance, index } = this.#inner;
    if (instance === undefined) return "it is a function of the host";
    if (tier === "js") {
      const text = jsText(instance.valid, index);
      return typeof text === "string" ? text : undefined;
    }
    return isNative(tier) ? refusal(instance.valid, index) : undefined;
  }

  /**
   * Calls it: numbers for i32, f32 and f64, bigint for i64, any value for externref. Several results come as an array. Throws
   * TypeError for an argument that does not fit, Trap, Exception, and what host functions throw.
   */
  call(...args: unknown[]): unknown {
    return this.#context.caller.call(this.#inner, args);
  }

  /**
   * Calls it on stacks of its own, so that it can wait in imports that are {@link Suspending}; meanwhile others may run. The promise is rejected with what call()
   * throws, and with a ResourceError when too many calls wait. It goes on after the instance was disposed of, which stays until then.
   */
  callAsync(...args: unknown[]): Promise<unknown> {
    try {
      return callPromising(this.#context.store, this.#inner, args);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * A function of the rest of its parameters, which calls this one with `values` first (any references among them are traced by collections). Wasm may have it in tables and objects,
   * and call it in every tier; it lives as long as JavaScript or Wasm can reach it. Throws TypeError for too many values, and for those that do not fit.
   */
  bind(...values: unknown[]): Func {
    return publicFunc(bind(this.#context.store, this.#inner, values), this.#context);
  }

  /** Prepares a call that goes on in slices: see {@link Execution}. Throws TypeError for arguments that do not fit, and for host functions. */
  start(...args: unknown[]): Execution {
    return startExecution(this.#context, this.#inner, args);
  }

  #callBits(args: readonly bigint[]): bigint[] {
    const inner = this.#inner;
    const slots = BigUint64Array.from(args);
    const { words, at } = this.#context.caller.callSlots(inner, { words: new Int32Array(slots.buffer), at: 0 });
    const bits: bigint[] = [];
    for (const type of inner.type.results) {
      for (let n = slotsOf(type); n > 0; n--) {
        const word = 2 * (at + bits.length);
        // The upper half of a slot means nothing where the value has 32 bits.
        const high = type === I64 || type === F64 || type === V128 ? words[word + 1] >>> 0 : 0;
        bits.push(BigInt(high) << 32n | BigInt(words[word] >>> 0));
      }
    }
    return bits;
  }

  /** The JavaScript function that stands for it; always the same, as in the JS API. */
  get exported(): (...args: unknown[]) => unknown {
    return this.#context.store.exportFunc(this.#inner) as (...args: unknown[]) => unknown;
  }

  /**
   * Machine code of the tier `jit` as inert data. Compiles without installing, and needs no permission. Throws TypeError for a host function, and for
   * one that the tier has no code for, with the reason.
   */
  compile(): Code {
    const { instance, index } = this.#inner;
    if (instance === undefined) throw new TypeError(`${this.name} is a host function and has no code`);
    const why = refusal(instance.valid, index);
    if (why !== undefined) throw new TypeError(`${this.name} cannot be compiled: ${why}`);
    // Never what is installed: the runtime relies on that, and whoever gets this may change it.
    return this.#compiler(instance.valid).compile(index, undefined, this.#context.layouts.of(instance.valid, index));
  }

  #compiler(valid: ValidModule): JitCompiler {
    const { jit, store } = this.#context;
    return compiler(valid, jit?.native.cpu ?? BASELINE_CPU, jit?.options ?? { metered: store.meter !== undefined });
  }

  /**
   * Its register code, as tier `fast` runs it, with the Wasm instructions that went into each instruction. Translates it for this; nothing moves. Rejects with a TypeError for a host function.
   */
  async translation(): Promise<TranslationListing> {
    const { instance, index } = this.#inner;
    if (instance === undefined) throw new TypeError(`${this.name} is a host function and has no code`);
    return await listTranslation(instance.valid, index, this.#context.fast.translation);
  }

  /**
   * Its code as a listing: each Wasm instruction with its offset and what was made of it: machine code in tier `jit`, register code in `fast`, lines of JavaScript in
   * `js`. `tier` is the function's own if not given.
   * Machine code is taken apart by a library from npm that is loaded by the first call.
   * Rejects with a TypeError as compile() throws it, and with an Error when the library cannot be loaded.
   */
  disassemble(tier: TierName = this.tier): Promise<Listing> {
    const { instance, index } = this.#inner;
    if (instance === undefined) throw new TypeError(`${this.name} is a host function and has no code`);
    if (tier === "fast" || tier === "js") return Promise.resolve(this.#listText(instance.valid, tier));
    const installed = this.#context.jit?.peek(instance.valid, index);
    return listFunction(instance.module, index, tier === "jit" ? this.compile() : undefined, installed?.start);
  }

  #listText(valid: ValidModule, tier: "fast" | "js"): Listing {
    const { index, name } = this.#inner, { store, config } = this.#context;
    const options = { metered: store.meter !== undefined, fast: config.fast };
    const text = tier === "js" ? jsText(valid, index, options) : fastText(valid, index, options);
    if (typeof text === "string") throw new TypeError(`${name} cannot be compiled: ${text}`);
    return makeListing(valid.module, index, tier, text);
  }
}
