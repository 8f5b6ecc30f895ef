// The Memory interface (JS API, "Memories"). Takes descriptors, gives a class; the memory itself is runtime/'s.

import { LIMITS } from "../wasm/limits.ts";
import { changeBuffer, currentBuffer } from "./buffers.ts";
import type { Realm } from "./realm.ts";
import { addressType, limits } from "./limits.ts";
import { addressValue, defineInterface, dictionary, fromAddress, required } from "./webidl.ts";

/** Makes the class for a namespace. */
// deno-lint-ignore no-explicit-any
export function makeMemory(realm: Realm): new (descriptor: any) => object {
  const { memories } = realm;

  class Memory {
    constructor(descriptor: unknown) {
      const what = "WebAssembly.Memory()";
      required(arguments, 1, what);
      const members = dictionary(descriptor, what);
      const is64 = addressType(members, what);
      const most = BigInt(is64 ? 2 ** 48 : LIMITS.memory32Pages);
      const { initial, maximum } = limits(members, is64, most, what);
      const shared = Boolean(members.shared);
      if (shared && maximum === undefined) throw new TypeError(`${what}: a shared memory needs a maximum`);
      if (is64 && initial > BigInt(LIMITS.memory64Pages)) {
        throw new RangeError(`${what}: cannot allocate ${initial} pages`);
      }
      const { context } = realm;
      try {
        const inner = context.makeMemory({ min: initial, max: maximum, is64, shared, pageSizeLog2: 16 });
        memories.set(this, { inner, shown: undefined, resizable: false });
        realm.register(inner, this);
      } catch (error) {
        throw realm.outward(error, what, Memory);
      }
    }

    grow(delta: unknown): number | bigint {
      const what = "WebAssembly.Memory.grow()";
      const { inner } = memories.get(this, "grow()");
      required(arguments, 1, what);
      const { is64 } = inner.type;
      const pages = addressValue(delta, is64, what);
      const old = inner.grow(Number(pages));
      if (old < 0) throw new RangeError(`${what}: cannot grow by ${pages} pages from ${inner.pages}`);
      return fromAddress(old, is64);
    }

    toFixedLengthBuffer(): ArrayBufferLike {
      const what = "WebAssembly.Memory.toFixedLengthBuffer()";
      return show(realm, this, changeBuffer(memories.get(this, "toFixedLengthBuffer()"), false, what));
    }

    toResizableBuffer(): ArrayBufferLike {
      const what = "WebAssembly.Memory.toResizableBuffer()";
      return show(realm, this, changeBuffer(memories.get(this, "toResizableBuffer()"), true, what));
    }

    get buffer(): ArrayBufferLike {
      const state = memories.get(this, "buffer");
      const buffer = currentBuffer(state);
      return buffer === state.shown ? buffer : show(realm, this, state.shown = buffer);
    }
  }

  defineInterface(Memory, "Memory");
  realm.prototypes.Memory = Memory.prototype;
  return Memory;
}

/** Makes a buffer keep what it is a view of, and gives it. */
function show(realm: Realm, memory: object, buffer: ArrayBufferLike): ArrayBufferLike {
  realm.keepAlive(buffer, memory);
  return buffer;
}
