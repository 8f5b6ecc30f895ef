// The public Exception: what stands in JavaScript for an exception of Wasm. Host functions throw one, and Wasm that nobody catches does.

import { WasmException } from "../runtime/exception.ts";
import { readSlot, writeSlots } from "../runtime/values.ts";
import { type WasmFrame, wasmStackOf } from "../wasm/errors.ts";
import { slotsOf } from "../wasm/types.ts";
import type { Tag } from "./tag.ts";

/** An exception of Wasm with its tag and payload. */
export class Exception extends Error {
  override name = "Exception";
  /** The runtime's object; not for users. */
  readonly inner: WasmException;
  /** The Wasm frames where it was thrown, innermost first; empty for one that JavaScript made. */
  readonly frames: readonly WasmFrame[];

  /** Takes a tag and a value for each of its parameters. Throws TypeError when they do not fit. */
  constructor(tag: Tag, payload?: readonly unknown[]);
  /** Made by the engine when an exception leaves Wasm. */
  constructor(tag: Tag, inner: WasmException, frames: readonly WasmFrame[]);
  constructor(
    /** Its tag. */
    readonly tag: Tag,
    payload: readonly unknown[] | WasmException = [],
    frames: readonly WasmFrame[] = [],
  ) {
    super(`Wasm exception with tag (${tag.type.parameters.join(" ")})`);
    this.frames = frames;
    this.inner = payload instanceof WasmException ? payload : makeInner(tag, payload);
    if (payload instanceof WasmException) return;
    this.inner.outside = this;
    tag.context.store.exceptions.show(this.inner);
  }

  /** Whether it has this tag. */
  is(tag: Tag): boolean {
    return this.inner.tag === tag.inner;
  }
  /** The values it carries. Throws TypeError for those that JavaScript cannot see (v128, exnref). */
  get payload(): unknown[] {
    const { tag, payload } = this.inner;
    const { store } = this.tag.context;
    let slot = 0;
    return tag.type.params.map((t) => {
      const value = readSlot(store, payload, slot, t);
      slot += slotsOf(t);
      return value;
    });
  }
  /** The Wasm stack trace as text, one frame per line. */
  get wasmStack(): string {
    return wasmStackOf(this.frames);
  }
}

function makeInner(tag: Tag, payload: readonly unknown[]): WasmException {
  const { store } = tag.context;
  if (tag.inner === store.exceptions.jsTag) throw new TypeError("what JavaScript throws needs no Exception");
  const { type, payloadSlots } = tag.inner;
  if (payload.length !== type.params.length) {
    throw new TypeError(`the tag has ${type.params.length} parameters, not ${payload.length}`);
  }
  const words = new Int32Array(2 * payloadSlots);
  // A v128 is refused there, so that each value takes one slot.
  writeSlots(store, words, 0, type.params, payload);
  return new WasmException(tag.inner, words);
}
