// The public Exception: what stands in JavaScript for an exception of Wasm. Host functions throw one, and Wasm that nobody catches does.

import { WasmException } from "../runtime/exception.ts";
import { readSlot, writeSlots } from "../runtime/values.ts";
import { type FrameSource, type WasmFrame, wasmStackOf } from "../wasm/errors.ts";
import { slotsOf } from "../wasm/types.ts";
import type { Payload } from "./host_func.ts";
import { contextOfTag, innerTag, type Tag } from "./tag.ts";

/** The runtime's object in an exception. */
export let innerException: (of: Exception) => WasmException;
/** The public exception for one that leaves Wasm. */
export let publicException: (inner: WasmException, tag: Tag, frames: FrameSource) => Exception;

/** An exception of Wasm with its tag and payload (specification 4.2.12); `P` names the types of what it carries, where TypeScript knows them. */
export class Exception<P extends readonly string[] = readonly string[]> extends Error {
  /** Tells it from other errors. */
  override name = "Exception";
  readonly #inner: WasmException;
  #frames: FrameSource;

  /** Takes a tag and a value for each of its parameters. Throws TypeError when they do not fit. */
  constructor(tag: Tag<P>, payload?: Readonly<Payload<P>>);
  constructor(
    /** What kind it is of. */
    readonly tag: Tag<P>,
    payload: readonly unknown[] | WasmException = [],
    frames: FrameSource = [],
  ) {
    super(`Wasm exception with tag (${tag.type.parameters.join(" ")})`);
    this.#frames = frames;
    this.#inner = payload instanceof WasmException ? payload : makeInner(tag, payload);
    if (payload instanceof WasmException) return;
    this.#inner.outside = this;
    contextOfTag(tag).store.exceptions.show(this.#inner);
  }
  static {
    innerException = (of) => of.#inner;
    // By a signature of the constructor that is not public.
    publicException = (inner, tag, frames) => Reflect.construct(Exception, [tag, inner, frames]);
  }

  /** The frames where it was thrown, innermost first, host functions in between included; empty for one that JavaScript made. */
  get frames(): readonly WasmFrame[] {
    if (typeof this.#frames === "function") this.#frames = this.#frames();
    return this.#frames;
  }
  /** Whether it has this tag. */
  is<Q extends readonly string[]>(tag: Tag<Q>): this is Exception<Q> {
    return this.#inner.tag === innerTag(tag);
  }
  /** The values it carries. Throws TypeError for those that JavaScript cannot see (v128, exnref). */
  get payload(): Payload<P> {
    const { tag, payload } = this.#inner;
    const { store } = contextOfTag(this.tag);
    let slot = 0;
    return tag.type.params.map((t) => {
      const value = readSlot(store, payload, slot, t);
      slot += slotsOf(t);
      return value;
    }) as Payload<P>;
  }
  /** The Wasm stack trace as text, one frame per line. */
  get wasmStack(): string {
    return wasmStackOf(this.frames);
  }
}

function makeInner(tag: Tag, payload: readonly unknown[]): WasmException {
  const { store } = contextOfTag(tag);
  const kind = innerTag(tag);
  if (kind === store.exceptions.jsTag) throw new TypeError("what JavaScript throws needs no Exception");
  const { type, payloadSlots } = kind;
  if (payload.length !== type.params.length) {
    throw new TypeError(`the tag has ${type.params.length} parameters, not ${payload.length}`);
  }
  const words = new Int32Array(2 * payloadSlots);
  // A v128 is refused there, so that each value takes one slot.
  writeSlots(store, words, 0, type.params, payload);
  return new WasmException(kind, words);
}
