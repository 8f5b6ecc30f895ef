// The buffers that Memory objects show. Takes the runtime's memory; gives ArrayBuffers that are detached when it grows, or, of shared memories, frozen SharedArrayBuffers that say how
// long the memory was when they were asked for.

import { PAGE_BYTES } from "../wasm/limits.ts";
import type { MemoryState } from "./realm.ts";

/** The buffer of a memory as it is now: the same object until the memory grows. */
export function currentBuffer(state: MemoryState): ArrayBufferLike {
  const { inner } = state;
  if (!inner.type.shared) return inner.buffer;
  const { shown } = state;
  if (shown !== undefined && (state.resizable || shown.byteLength === inner.byteLength)) return shown;
  return state.resizable ? growing(state) : fixed(state);
}

/**
 * A SharedArrayBuffer of its own over the memory's bytes. One that can grow cannot be had at a fixed length, so its properties say what they were at the time; views made without
 * a length follow the memory all the same.
 */
function fixed({ inner }: MemoryState): ArrayBufferLike {
  const { buffer } = inner.shared!;
  const { byteLength } = inner;
  if (!buffer.growable) return Object.freeze(buffer);
  const own = structuredClone(buffer);
  Object.defineProperties(own, {
    byteLength: { value: byteLength },
    maxByteLength: { value: byteLength },
    growable: { value: false },
    grow: {
      value: () => {
        throw new TypeError("SharedArrayBuffer.grow: the buffer has a fixed length");
      },
    },
  });
  return Object.freeze(own);
}

/** A SharedArrayBuffer that grows with the memory, and whose `grow` grows the memory, by whole pages. */
function growing({ inner }: MemoryState): ArrayBufferLike {
  const own = structuredClone(inner.shared!.buffer);
  const grow = (byteLength: number) => {
    const pages = (byteLength - inner.byteLength) / PAGE_BYTES;
    if (!Number.isInteger(pages) || inner.grow(pages) < 0) {
      throw new RangeError(`SharedArrayBuffer.grow: ${byteLength} is not a length that the memory can have`);
    }
  };
  Object.defineProperty(own, "grow", { value: grow });
  return Object.freeze(own);
}

/** Makes a memory show buffers of fixed length, or such that follow it; gives the buffer. Throws TypeError where that is not possible. */
export function changeBuffer(state: MemoryState, resizable: boolean, what: string): ArrayBufferLike {
  const { inner } = state;
  if (resizable) {
    if (inner.type.max === undefined) throw new TypeError(`${what}: the memory must have a maximum`);
    if (!inner.type.shared) throw new TypeError(`${what}: only shared memories have buffers that can be resized here`);
  }
  if (state.resizable !== resizable) {
    state.resizable = resizable;
    state.shown = undefined;
  }
  return state.shown = currentBuffer(state);
}
