// Exceptions as Wasm sees them: a tag and the slots of the payload. An exnref is the host reference of such an object.
// What stands for one outside, in JavaScript, is made by the library above.

import { BugError } from "../base/bug.ts";
import { type FrameSource, Trap, Uncatchable } from "../wasm/errors.ts";
import type { Catch, Handler } from "../validate/side_table.ts";
import { EXTERNREF, isRef, slotsOf, TYPES, type ValType } from "../wasm/types.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { Store } from "./store.ts";
import { WasmTag } from "./tag.ts";
import { readSlot, writeSlot } from "./values.ts";

/** What exceptions with an exnref may take together, in bytes: they lie in V8's heap, and when that is full, the process ends. */
const MAX_BYTES = 2 ** 28;
/** When they take more than this after a collection, the next one that is thrown traps, so that there is room until another pays. */
const FULL_BYTES = MAX_BYTES * 0.75;
/** Bytes of an exception with its exnref, and of a slot of its payload, about. */
const EXCEPTION_BYTES = 160;
const SLOT_BYTES = 24;

/** An exception instance (specification 4.2.12). */
export class WasmException {
  /** The JavaScript object that stands for it, once it left Wasm. */
  outside: object | undefined = undefined;
  /** Its exnref, which a collection may have freed meanwhile; 0 while none was made. */
  ref = 0;
  /** Where JavaScript made of Wasm threw it, as V8 knows the stack. */
  thrownAt: Error | undefined = undefined;
  #payload: Int32Array | readonly number[] | (() => Int32Array);

  /** Takes the tag and the slots of the payload, two words each, or what makes them when first asked for. */
  constructor(readonly tag: WasmTag, payload: Int32Array | readonly number[] | (() => Int32Array)) {
    this.#payload = payload;
  }

  get payload(): Int32Array {
    if (typeof this.#payload === "function") this.#payload = this.#payload();
    else if (!(this.#payload instanceof Int32Array)) this.#payload = Int32Array.from(this.#payload);
    return this.#payload;
  }
  /** What it takes, about. */
  get bytes(): number {
    return EXCEPTION_BYTES + this.tag.payloadSlots * SLOT_BYTES;
  }
  /** Writes the payload to `to` from word `at` on; gives the number of words. */
  copyPayload(to: Int32Array, at: number): number {
    const words = Array.isArray(this.#payload) ? this.#payload as readonly number[] : this.payload;
    for (let i = 0; i < words.length; i++) to[at + i] = words[i];
    return words.length;
  }

  /** Calls `visit` for each reference of the payload, for the collector. */
  references(visit: (ref: number, type: ValType) => void): void {
    if (!this.tag.hasReferences || typeof this.#payload === "function") return;
    let word = 0;
    for (const type of this.tag.type.params) {
      if (isRef(type)) visit(this.payload[word], type);
      word += 2 * slotsOf(type);
    }
  }
}

/** The payload in `count` words from `at` on; as a list, which takes a tenth of the time to make. */
export function payloadAt(words: Int32Array, at: number, count: number): readonly number[] {
  const payload: number[] = [];
  for (let i = 0; i < count; i++) payload.push(words[at + i]);
  return payload;
}

/** The clause that catches `exception` from the handler with index `from` outwards; undefined if none does. */
export function clauseFrom(
  handlers: readonly Handler[],
  from: number,
  tags: readonly WasmTag[],
  exception: WasmException,
): Catch | undefined {
  for (let i = from; i >= 0; i = handlers[i].outer) {
    for (const clause of handlers[i].catches) {
      if (clause.tag < 0 || tags[clause.tag] === exception.tag) return clause;
    }
  }
  return undefined;
}

/** Makes the JavaScript object that stands for an exception; `frames` is the stack where it was thrown. */
export type MakeOutside = (exception: WasmException, frames: FrameSource) => object;

/** The exceptions of a store, between Wasm and JavaScript. */
export class Exceptions {
  /** The tag of what JavaScript throws: its payload is the value. */
  readonly jsTag: WasmTag = new WasmTag(TYPES.funcType([EXTERNREF], []));
  /** Set by the library above. */
  makeOutside: MakeOutside = () => {
    throw new BugError("nobody shows exceptions to JavaScript");
  };
  /** The exception that a JavaScript object stands for; set by the library above. */
  insideOf: (value: unknown) => WasmException | undefined = () => undefined;
  /** Whether a JavaScript object stands for a trap; set by the library above if it shows traps as objects of its own. */
  isTrap: (value: unknown) => boolean = () => false;
  /** What Wasm and JavaScript see of an error of Strata's own that is no trap; set by the library above if it has errors of its own. */
  outsideError: (error: unknown) => unknown = (error) => error;
  /** Exceptions with references that JavaScript may hold. */
  readonly #outside = new Set<WeakRef<WasmException>>();
  readonly #ended = new FinalizationRegistry<WeakRef<WasmException>>((ref) => this.#outside.delete(ref));

  constructor(readonly store: Store) {}

  /** The exception for what a host function threw; undefined for what Wasm may not catch. */
  enter(error: unknown): WasmException | undefined {
    if (error instanceof Trap || error instanceof BugError || error instanceof Uncatchable) return undefined;
    if (this.isTrap(error)) return undefined;
    const inside = this.insideOf(error);
    if (inside !== undefined) return inside;
    const value = this.outsideError(error);
    // Most are caught by nobody, and then the value needs no reference.
    return new WasmException(this.jsTag, () => {
      const payload = new Int32Array(2);
      writeSlot(this.store, payload, 0, EXTERNREF, value);
      return payload;
    });
  }

  /** What is thrown to JavaScript for an exception. */
  leave(exception: WasmException, frames: () => FrameSource): unknown {
    if (exception.tag === this.jsTag) return readSlot(this.store, exception.payload, 0, EXTERNREF);
    if (exception.outside === undefined) {
      exception.outside = this.makeOutside(exception, frames());
      this.show(exception);
    }
    return exception.outside;
  }

  /** Called when JavaScript may hold the exception from now on. */
  show(exception: WasmException): void {
    if (!exception.tag.hasReferences) return;
    const ref = new WeakRef(exception);
    this.#outside.add(ref);
    this.#ended.register(exception, ref);
  }

  /** Exceptions with references that JavaScript may hold, or that are being thrown, for the collector. */
  *shown(): Iterable<WasmException> {
    if (this.#thrown !== undefined) yield this.#thrown;
    for (const ref of this.#outside) {
      const exception = ref.deref();
      if (exception !== undefined) yield exception;
    }
  }

  /** The exnref of an exception. */
  toRef(exception: WasmException): number {
    const { handles } = this.store;
    const { ref } = exception;
    if (ref !== 0 && handles.isLive(ref) && handles.fromRef(ref) === exception) return ref;
    this.#bytes += exception.bytes;
    return exception.ref = handles.add(exception);
  }

  /** Called by a collection: what the exceptions take that have an exnref still. */
  kept(bytes: number): void {
    this.#bytes = bytes;
  }
  #bytes = 0;

  /**
   * Called when an exception was thrown, before a frame is looked for: collects if there are many references to host values, as exnrefs are, or exceptions take much room.
   * Nothing else would, in a program without objects. Throws Trap when there is no room for more.
   */
  thrown(exception: WasmException): void {
    if (this.listeners.size > 0) { for (const listener of this.listeners) listener(); }
    if (!this.store.handles.crowded && this.#bytes < MAX_BYTES) return;
    const before = this.#thrown;
    this.#thrown = exception;
    try {
      this.store.collectUnlessPaused();
    } finally {
      this.#thrown = before;
    }
    if (this.#bytes >= FULL_BYTES) throw new Trap(TrapCode.HEAP_EXHAUSTED, this.store.activations.trace(false));
  }
  #thrown: WasmException | undefined = undefined;
  /** Told of each exception that is thrown, or comes from a host function, before a frame is looked for. */
  readonly listeners: Set<() => void> = new Set();

  /** The exception of an exnref, which must not be null. */
  ofRef(ref: number): WasmException {
    return this.store.handles.fromRef(ref) as WasmException;
  }
}
