// The public Tag.

import type { WasmTag } from "../runtime/tag.ts";
import type { Context } from "./context.ts";
import { describeTag, type TagDescriptor } from "./types.ts";

const BY_INNER = new WeakMap<WasmTag, Tag>();

/** A kind of exceptions (specification 4.2.11). Exceptions are told apart by the identity of their tags. */
export class Tag {
  /** The runtime's object; not for users. */
  readonly inner: WasmTag;
  /** The engine's inner side; not for users. */
  readonly context: Context;

  private constructor(context: Context, inner: WasmTag) {
    this.context = context;
    this.inner = inner;
  }

  /** The public object of a runtime tag; always the same. */
  static of(context: Context, inner: WasmTag): Tag {
    let t = BY_INNER.get(inner);
    if (t === undefined) BY_INNER.set(inner, t = new Tag(context, inner));
    return t;
  }

  /** Its type: what an exception carries. */
  get type(): TagDescriptor {
    return describeTag(this.inner.type);
  }
}
