// The Tag and Exception interfaces (JS API, "Tags" and "Exceptions"). Take types and payloads, give the classes; what is thrown inside is runtime/'s.

import type { Callee } from "./errors.ts";
import { WasmException } from "../runtime/exception.ts";
import { WasmTag } from "../runtime/tag.ts";
import { isExnType, readSlot, writeSlots } from "../runtime/values.ts";
import { slotsOf, TYPES, V128 } from "../wasm/types.ts";
import type { Realm } from "./realm.ts";
import { toValueType } from "./value_types.ts";
import { defineInterface, dictionary, required, sequence, unsignedLong } from "./webidl.ts";

/** Makes the class Tag for a namespace. */
// deno-lint-ignore no-explicit-any
export function makeTag(realm: Realm): new (type: any) => object {
  class Tag {
    constructor(type: unknown) {
      const what = "WebAssembly.Tag()";
      required(arguments, 1, what);
      const { parameters } = dictionary(type, what);
      if (parameters === undefined) throw new TypeError(`${what}: the property 'parameters' is required`);
      const types = sequence(parameters, `${what}: 'parameters'`).map((p) => toValueType(p, what));
      const inner = new WasmTag(TYPES.funcType(types, []));
      realm.tags.set(this, inner);
      realm.register(inner, this);
    }
  }
  defineInterface(Tag, "Tag");
  realm.prototypes.Tag = Tag.prototype;
  return Tag;
}

/** Makes the class Exception for a namespace. */
// deno-lint-ignore no-explicit-any
export function makeException(realm: Realm): new (tag: any, payload: any, options?: any) => object {
  const { exceptions } = realm;

  const tagOf = (value: unknown, what: string): WasmTag => {
    const tag = realm.tags.find(value);
    if (tag === undefined) throw new TypeError(`${what}: argument 0 must be a WebAssembly.Tag`);
    return tag;
  };

  class Exception {
    constructor(tag: unknown, payload: unknown, ...options: unknown[]) {
      const what = "WebAssembly.Exception()";
      required(arguments, 2, what);
      const kind = tagOf(tag, what);
      const values = sequence(payload, what);
      const traced = Boolean(dictionary(options[0], what).traceStack);
      const { store } = realm.context;
      if (kind === store.exceptions.jsTag) throw new TypeError(`${what}: JSTag is for what JavaScript throws itself`);
      const { params } = kind.type;
      if (values.length !== params.length) {
        throw new TypeError(`${what}: the tag has ${params.length} parameters, not ${values.length}`);
      }
      if (params.some((t) => t === V128 || isExnType(t))) {
        throw new TypeError(`${what}: a parameter has no value in JavaScript`);
      }
      const words = new Int32Array(2 * kind.payloadSlots);
      writeSlots(store, words, 0, params, values);
      const inner = new WasmException(kind, words);
      inner.outside = this;
      store.exceptions.show(inner);
      exceptions.set(this, { inner, stack: traced ? stackBelow(Exception) : undefined });
    }

    getArg(tag: unknown, index: unknown): unknown {
      const what = "WebAssembly.Exception.getArg()";
      const { inner } = exceptions.get(this, "getArg()");
      required(arguments, 2, what);
      const kind = tagOf(tag, what);
      const at = unsignedLong(index, what);
      if (kind !== inner.tag) throw new TypeError(`${what}: the exception has another tag`);
      const { params } = kind.type;
      if (at >= params.length) throw new RangeError(`${what}: there is no parameter ${at}`);
      const slot = params.slice(0, at).reduce((n, t) => n + slotsOf(t), 0);
      return readSlot(realm.context.store, inner.payload, slot, params[at]);
    }

    is(tag: unknown): boolean {
      const { inner } = exceptions.get(this, "is()");
      required(arguments, 1, "WebAssembly.Exception.is()");
      return tagOf(tag, "WebAssembly.Exception.is()") === inner.tag;
    }

    get stack(): string | undefined {
      return exceptions.get(this, "stack").stack;
    }
  }

  defineInterface(Exception, "Exception");
  realm.prototypes.Exception = Exception.prototype;
  return Exception;
}

function stackBelow(below: Callee): string | undefined {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, below);
  return place.stack;
}
