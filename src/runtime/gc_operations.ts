// Instructions on structures and arrays (specification 4.6.6 and 4.6.7), for every tier. Values are moved between objects and slots as bits.
// Indices and counts are unsigned. What allocates may collect, before it reads any slot; it gives a reference, or a trap's code as a negative number.

import type { GcHeap } from "../gc/heap.ts";
import { arrayBytes, HEADER_BYTES, layoutOf, Storage } from "../gc/layout.ts";
import { TrapCode } from "../wasm/traps.ts";
import { OK, type Outcome } from "./bulk.ts";
import type { WasmInstance } from "./instance.ts";

/** Words that a value takes in slots. */
export function slotWords(storage: Storage): number {
  return storage === Storage.V128 ? 4 : 2;
}

/** The length of an array. */
export function arrayLength(heap: GcHeap, array: number): number {
  return heap.i32[(array >> 2) + 1] >>> 0;
}

/** Writes the value in the slot that begins with word `w` to the field at byte `at` of the heap. */
export function writeField(heap: GcHeap, at: number, storage: Storage, words: Int32Array, w: number): void {
  switch (storage) {
    case Storage.I8:
      heap.u8[at] = words[w];
      return;
    case Storage.I16:
      heap.i16[at >> 1] = words[w];
      return;
    case Storage.I64:
      heap.i32[at >> 2] = words[w];
      heap.i32[(at >> 2) + 1] = words[w + 1];
      return;
    case Storage.V128:
      for (let i = 0; i < 4; i++) heap.i32[(at >> 2) + i] = words[w + i];
      return;
    default:
      heap.i32[at >> 2] = words[w];
  }
}

/** Reads the field at byte `at` of the heap into the slot that begins with word `w`. Packed ones are zero-extended unless `signed`. */
export function readField(
  heap: GcHeap,
  at: number,
  storage: Storage,
  words: Int32Array,
  w: number,
  signed: boolean,
): void {
  let low: number;
  switch (storage) {
    case Storage.I8:
      low = heap.u8[at];
      if (signed) low = (low << 24) >> 24;
      break;
    case Storage.I16:
      low = heap.i16[at >> 1];
      if (!signed) low &= 0xffff;
      break;
    case Storage.I64:
      words[w] = heap.i32[at >> 2];
      words[w + 1] = heap.i32[(at >> 2) + 1];
      return;
    case Storage.V128:
      for (let i = 0; i < 4; i++) words[w + i] = heap.i32[(at >> 2) + i];
      return;
    default:
      low = heap.i32[at >> 2];
  }
  words[w] = low;
  words[w + 1] = 0;
}

function allocateStruct(heap: GcHeap, typeId: number): number {
  return heap.allocate(typeId, 0, layoutOf(typeId).bytes) || -TrapCode.HEAP_EXHAUSTED;
}
function allocateArray(heap: GcHeap, typeId: number, length: number): number {
  return heap.allocate(typeId, length, arrayBytes(layoutOf(typeId), length)) || -TrapCode.HEAP_EXHAUSTED;
}

/** `struct.new_default`. */
export const structNewDefault = allocateStruct;
/** `array.new_default`. */
export const arrayNewDefault = allocateArray;

/** `struct.new`: the fields' values are in the slots from word `w` on. */
export function structNew(heap: GcHeap, typeId: number, words: Int32Array, w: number): number {
  const ref = allocateStruct(heap, typeId);
  if (ref < 0) return ref;
  const { offsets, storage } = layoutOf(typeId);
  for (let i = 0; i < offsets.length; i++) {
    const s = storage[i] as Storage;
    writeField(heap, ref + offsets[i], s, words, w);
    w += s === Storage.V128 ? 4 : 2;
  }
  return ref;
}

/** `array.new`: the elements' value is in the slot that begins with word `w`. */
export function arrayNew(heap: GcHeap, typeId: number, length: number, words: Int32Array, w: number): number {
  const ref = allocateArray(heap, typeId, length);
  if (ref > 0) fill(heap, ref, 0, length, words, w);
  return ref;
}

/** `array.new_fixed`: the elements' values are in the slots from word `w` on. */
export function arrayNewFixed(heap: GcHeap, typeId: number, length: number, words: Int32Array, w: number): number {
  const ref = allocateArray(heap, typeId, length);
  if (ref < 0) return ref;
  const { storage: [storage], stride } = layoutOf(typeId);
  for (let i = 0, at = ref + HEADER_BYTES; i < length; i++, at += stride) {
    writeField(heap, at, storage as Storage, words, w);
    w += slotWords(storage as Storage);
  }
  return ref;
}

/** `array.new_data`. */
export function arrayNewData(
  i: WasmInstance,
  typeId: number,
  segment: number,
  source: number,
  length: number,
): number {
  const { heap } = i.store;
  const bytes = length * layoutOf(typeId).stride;
  const data = i.data(segment);
  if (source + bytes > data.length) return -TrapCode.MEMORY_OUT_OF_BOUNDS;
  const ref = allocateArray(heap, typeId, length);
  if (ref > 0) heap.u8.set(data.subarray(source, source + bytes), ref + HEADER_BYTES);
  return ref;
}

/** `array.new_elem`. */
export function arrayNewElem(
  i: WasmInstance,
  typeId: number,
  segment: number,
  source: number,
  length: number,
): number {
  const { heap } = i.store;
  if (source + length > i.elem(segment).length) return -TrapCode.TABLE_OUT_OF_BOUNDS;
  const ref = allocateArray(heap, typeId, length);
  if (ref > 0) heap.i32.set(i.elem(segment).subarray(source, source + length), (ref + HEADER_BYTES) >> 2);
  return ref;
}

/** `array.fill`: the value is in the slot that begins with word `w`. */
export function arrayFill(
  heap: GcHeap,
  array: number,
  at: number,
  count: number,
  words: Int32Array,
  w: number,
): Outcome {
  if (array === 0) return TrapCode.NULL_ARRAY;
  if (at + count > arrayLength(heap, array)) return TrapCode.ARRAY_OUT_OF_BOUNDS;
  fill(heap, array, at, count, words, w);
  return OK;
}

function fill(heap: GcHeap, array: number, at: number, count: number, words: Int32Array, w: number): void {
  const { storage: [storage], stride } = layoutOf(heap.i32[array >> 2]);
  const start = array + HEADER_BYTES + at * stride, end = start + count * stride;
  switch (storage) {
    case Storage.I8:
      heap.u8.fill(words[w], start, end);
      return;
    case Storage.I16:
      heap.i16.fill(words[w], start >> 1, end >> 1);
      return;
    case Storage.I64:
    case Storage.V128:
      for (let p = start; p < end; p += stride) writeField(heap, p, storage, words, w);
      return;
    default:
      heap.i32.fill(words[w], start >> 2, end >> 2);
  }
}

/** `array.copy`. */
export function arrayCopy(
  heap: GcHeap,
  to: number,
  at: number,
  from: number,
  source: number,
  count: number,
): Outcome {
  if (to === 0 || from === 0) return TrapCode.NULL_ARRAY;
  if (at + count > arrayLength(heap, to) || source + count > arrayLength(heap, from)) {
    return TrapCode.ARRAY_OUT_OF_BOUNDS;
  }
  const { stride } = layoutOf(heap.i32[to >> 2]);
  const start = from + HEADER_BYTES + source * stride;
  heap.u8.copyWithin(to + HEADER_BYTES + at * stride, start, start + count * stride);
  return OK;
}

/** `array.init_data`. */
export function arrayInitData(
  i: WasmInstance,
  segment: number,
  array: number,
  at: number,
  source: number,
  count: number,
): Outcome {
  const { heap } = i.store;
  if (array === 0) return TrapCode.NULL_ARRAY;
  if (at + count > arrayLength(heap, array)) return TrapCode.ARRAY_OUT_OF_BOUNDS;
  const { stride } = layoutOf(heap.i32[array >> 2]);
  const data = i.data(segment);
  const end = source + count * stride;
  if (end > data.length) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  heap.u8.set(data.subarray(source, end), array + HEADER_BYTES + at * stride);
  return OK;
}

/** `array.init_elem`. */
export function arrayInitElem(
  i: WasmInstance,
  segment: number,
  array: number,
  at: number,
  source: number,
  count: number,
): Outcome {
  const { heap } = i.store;
  if (array === 0) return TrapCode.NULL_ARRAY;
  if (at + count > arrayLength(heap, array)) return TrapCode.ARRAY_OUT_OF_BOUNDS;
  const refs = i.elem(segment);
  if (source + count > refs.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
  heap.i32.set(refs.subarray(source, source + count), ((array + HEADER_BYTES) >> 2) + at);
  return OK;
}
