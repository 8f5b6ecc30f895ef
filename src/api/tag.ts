// The public Tag.

import type { WasmTag } from "../runtime/tag.ts";
import type { Context } from "../engine/context.ts";
import { describeTag, type TagDescriptor } from "./types.ts";
import { wrapper } from "./wrappers.ts";

/** The runtime's object in a tag. */
export let innerTag: (of: Tag) => WasmTag;
/** The inner side of a tag's engine. */
export let contextOfTag: (of: Tag) => Context;
/** The tag that stands for the runtime's object; always the same. */
export let publicTag: (inner: WasmTag, context: Context) => Tag;

/** A kind of exceptions (specification 4.2.11), which are told apart by the identity of their tags; `P` names the types of what they carry, where TypeScript knows them. */
export class Tag<P extends readonly string[] = readonly string[]> {
  readonly #inner: WasmTag;
  readonly #context: Context;

  private constructor(inner: WasmTag, context: Context) {
    this.#context = context;
    this.#inner = inner;
  }

  static {
    innerTag = (of) => of.#inner;
    contextOfTag = (of) => of.#context;
    publicTag = wrapper((inner: WasmTag, context: Context) => new Tag(inner, context));
  }

  /** Its type: what an exception carries. */
  get type(): TagDescriptor & { readonly parameters: P } {
    return describeTag(this.#inner.type) as TagDescriptor & { readonly parameters: P };
  }
}
