// Calls from JavaScript: the function that stands for a Wasm function, and the short way into machine code, on which a call needs no activation.

import { Exit } from "../abi/exits.ts";
import { type Native, startNative } from "../abi/native.ts";
import { STACK } from "../abi/vmctx.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { Activation } from "./activation.ts";
import { callHost, type SlotRange } from "./host_call.ts";
import { Mode, type WasmFunc } from "./func.ts";
import { CALL_WORDS, nativeCall } from "./native_call.ts";
import { LIMITS } from "../wasm/limits.ts";
import { I32, type ValType } from "../wasm/types.ts";
import type { Store } from "./store.ts";
import { readSlot, writeSlots } from "./values.ts";

const ARGS_SLOT = STACK.args >> 3;

/** Words for as many arguments as a function may have, were they all vectors. */
const SCRATCH_WORDS = LIMITS.params * 4;

/** Enters machine code directly as long as it comes back done; everything else is an activation's. */
export class Caller {
  #native: Native | undefined;
  /** A prepared stack that nobody runs on. */
  #idle: NativeStack | undefined;
  /** The function whose call stands in that stack's block already; undefined if that is not known. */
  #loaded: WasmFunc | undefined;

  /** Words for the arguments of a call that needs an activation; undefined while they are converted. */
  #scratch: Int32Array | undefined;

  constructor(readonly store: Store) {}

  /** Calls with JavaScript values. Throws TypeError for what cannot be converted, Trap, or what a host function threw. */
  call(func: WasmFunc, args: ArrayLike<unknown>): unknown {
    if (func.closed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
    if (func.signature.vectors) {
      throw new TypeError(`${func.name} has a v128 or an exnref in its type, so JavaScript cannot call it`);
    }
    const { store } = this;
    if (store.handles.crowded) store.collectUnlessPaused();
    const { params, results } = func.signature.type;
    if (func.mode === Mode.NATIVE && func.nativeEntry !== 0 && store.meter === undefined) {
      const stack = this.#idle ?? this.#take();
      const { i32 } = stack;
      // A conversion may call back in, which must not find this stack idle.
      this.#idle = undefined;
      let status: number;
      try {
        if (!writePlain(i32, params, args)) {
          writeSlots(store, i32, ARGS_SLOT, params, args);
          // It may have disposed of the function, too.
          if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
          this.#loaded = undefined;
        }
        if (this.#loaded !== func) {
          const entry = func.nativeCall ??= nativeCall(store, func);
          for (let i = 0; i < entry.length; i++) i32[CALL_WORDS + i] = entry[i];
        }
        this.#loaded = undefined;
        status = this.#native!.enter(stack.pointer);
      } catch (error) {
        this.#keep(stack);
        throw error;
      }
      if (status !== Exit.DONE) {
        return readResults(store, results, new Activation(store).adopt(func, this.#native!, stack, status));
      }
      if (this.#idle === undefined) this.#loaded = func;
      this.#keep(stack);
      if (results.length === 1) return readSlot(store, i32, ARGS_SLOT, results[0]);
      return readResults(store, results, { words: i32, at: ARGS_SLOT });
    }
    if (func.mode === Mode.JS) {
      const entry = store.js!.entryOf(func);
      if (entry?.fits(args)) {
        const range = new Activation(store).callJs(func, entry, args);
        return range === undefined ? store.js!.value : readResults(store, results, range);
      }
    }
    // As with the stack: a conversion that calls back in must not find these words. What is called copies them at once.
    const words = this.#scratch ?? new Int32Array(SCRATCH_WORDS);
    this.#scratch = undefined;
    try {
      writeSlots(store, words, 0, params, args);
    } finally {
      this.#scratch = words;
    }
    return readResults(store, results, this.callSlots(func, { words, at: 0 }));
  }

  /** Calls with slots; gives where the results stand until the next call. */
  callSlots(func: WasmFunc, args: SlotRange): SlotRange {
    if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
    if (func.mode !== Mode.HOST) return new Activation(this.store).call(func, args);
    const words = new Int32Array(Math.max(func.paramSlots, func.resultSlots) * 2);
    for (let i = 0; i < func.paramSlots * 2; i++) words[i] = args.words[args.at * 2 + i];
    callHost(this.store, func, { words, at: 0 });
    return { words, at: 0 };
  }

  /** Keeps a stack for the next call, unless a call from within a conversion left one. */
  #keep(stack: NativeStack): void {
    if (this.#idle === undefined) this.#idle = stack;
    else this.#native!.stacks.giveBack(stack);
  }

  #take(): NativeStack {
    this.#native ??= startNative();
    this.#loaded = undefined;
    return this.#native.stacks.take(this.store.stackBytes);
  }
}

/** First word of a stack block's arguments. */
const ARGS_WORD = STACK.args >> 2;

/** Writes arguments that are integers already, for parameters of type i32; false, with some of them written, where one is anything else. */
function writePlain(words: Int32Array, params: readonly ValType[], args: ArrayLike<unknown>): boolean {
  for (let i = 0, at = ARGS_WORD; i < params.length; i++, at += 2) {
    const value = args[i];
    if (params[i] !== I32 || typeof value !== "number") return false;
    words[at] = value;
    words[at + 1] = 0;
  }
  return true;
}

/** The JavaScript value of results that stand in slots: none, one, or an array. */
export function readResults(store: Store, types: readonly ValType[], from: SlotRange): unknown {
  if (types.length === 0) return undefined;
  if (types.length === 1) return readSlot(store, from.words, from.at, types[0]);
  return types.map((t, i) => readSlot(store, from.words, from.at + i, t));
}
