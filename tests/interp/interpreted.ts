// A module instantiated for the interpreter alone, below the public classes.

import { decodeModule } from "../../src/binary/decode_module.ts";
import { InterpreterTier, Thread } from "../../src/interp/thread.ts";
import { Activation } from "../../src/runtime/activation.ts";
import type { WasmFunc } from "../../src/runtime/func.ts";
import type { Extern, WasmInstance } from "../../src/runtime/instance.ts";
import { initialize, instantiate } from "../../src/runtime/instantiate.ts";
import { Store } from "../../src/runtime/store.ts";
import { readSlot, writeSlot } from "../../src/runtime/values.ts";
import { assembleText } from "../../src/text/parser.ts";
import { validateModule } from "../../src/validate/validate_module.ts";

/** An instance whose functions run in the interpreter. */
export class Interpreted {
  readonly store: Store;
  readonly instance: WasmInstance;

  /** Takes bytes or text, and what satisfies imports by their field name. Instances given the same store can be linked. */
  constructor(
    source: Uint8Array | string,
    imports: (store: Store) => Record<string, Extern> = () => ({}),
    store?: Store,
  ) {
    this.store = store ?? new Store(100);
    this.store.interp ??= new InterpreterTier(this.store);
    const valid = validateModule(decodeModule(typeof source === "string" ? assembleText(source) : source));
    const externs = imports(this.store);
    this.instance = instantiate(this.store, valid, (i) => externs[i.name]);
    initialize(this.instance, (f) => void new Activation(this.store).call(f, { words: new Int32Array(0), at: 0 }));
  }

  /** A thread of its own, for steps. */
  thread(): Thread {
    return new Thread(this.store, this.store.interp as InterpreterTier);
  }

  /** An exported function. */
  func(name: string): WasmFunc {
    return this.instance.exports.get(name) as WasmFunc;
  }

  /** Calls an export with JavaScript values; gives its results. */
  call(name: string, ...args: unknown[]): unknown[] {
    const func = this.func(name);
    const { params, results } = func.type;
    const words = new Int32Array(2 * params.length);
    params.forEach((t, i) => writeSlot(this.store, words, i, t, args[i]));
    const out = new Activation(this.store).call(func, { words, at: 0 });
    return results.map((t, i) => readSlot(this.store, out.words, out.at + i, t));
  }

  /** Calls an export with the bits of slots; gives the bits of its first result's slot. */
  callBits(name: string, args: bigint[]): bigint {
    const words = new Int32Array(2 * args.length);
    new BigUint64Array(words.buffer).set(args);
    const out = new Activation(this.store).call(this.func(name), { words, at: 0 });
    return new BigUint64Array(out.words.buffer, out.words.byteOffset)[out.at];
  }
}
