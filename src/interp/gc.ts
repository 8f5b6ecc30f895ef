// The interpreter's instructions with prefix fb: structures, arrays, i31, tests and casts, conversions.
// Takes the operands from the thread's slots and puts results there. What allocates may collect; the operands are then still on the stack, and the frame's pc is within the instruction.

import { BugError } from "../base/bug.ts";
import type { GcHeap } from "../gc/heap.ts";
import { HEADER_BYTES, layoutOf, type ObjectLayout, Storage } from "../gc/layout.ts";
import { OK, type Outcome } from "../runtime/bulk.ts";
import { refMatches } from "../runtime/cast.ts";
import {
  arrayCopy,
  arrayFill,
  arrayInitData,
  arrayInitElem,
  arrayLength,
  arrayNew,
  arrayNewData,
  arrayNewDefault,
  arrayNewElem,
  arrayNewFixed,
  readField,
  slotWords,
  structNew,
  structNewDefault,
  writeField,
} from "../runtime/gc_operations.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { InstanceCode } from "./code.ts";
import { END, readS32, readU32 } from "./leb.ts";
import { SLOTS_I32 } from "./stack.ts";
import type { Thread } from "./thread.ts";

/** A cast branch is to be taken, or not: its side table entry is still to come, or to be skipped. */
export const TAKEN = -2;
export const NOT_TAKEN = -3;
/** What became of an instruction. */
export type Step = Outcome | typeof TAKEN | typeof NOT_TAKEN;

const I32 = SLOTS_I32;
const OUT = new Int32Array(4);

/** What these instructions need of an instance. */
class Objects {
  readonly bytes: Uint8Array;
  readonly canonical: readonly number[];
  readonly heap: GcHeap;
  /** By type index; filled as they are asked for. */
  readonly #layouts: ObjectLayout[] = [];

  constructor(readonly instance: WasmInstance) {
    this.bytes = instance.module.bytes;
    this.canonical = instance.module.canonical;
    this.heap = instance.store.heap;
  }

  layout(index: number): ObjectLayout {
    return this.#layouts[index] ??= layoutOf(this.canonical[index]);
  }
}

/**
 * Runs the instruction `fb sub` whose immediates begin at `pc`; `sp` is the word behind the topmost slot. `thread.sp` and `thread.top` must be right, as must the
 * frame's pc be; `thread.sp` is after it, and `thread.pc` is set to the next instruction.
 */
export function runGc(thread: Thread, view: InstanceCode, sub: number, pc: number, sp: number): Step {
  const objects = (view.objects ??= new Objects(view.instance)) as Objects;
  if (sub > 0x13 || sub === 0x0f) return runReference(thread, objects, sub, pc, sp - 2);
  const { bytes, heap, instance } = objects;
  const top = sp - 2;
  let index = bytes[pc];
  thread.pc = pc + 1;
  if (index > 127) {
    thread.pc = pc;
    index = immediate(thread, bytes);
  }
  const layout = objects.layout(index);
  const type = layout.typeId;
  switch (sub) {
    case 0x00: { // struct.new
      const { storage } = layout;
      let first = sp - 2 * storage.length;
      for (let i = 0; i < storage.length; i++) if (storage[i] === Storage.V128) first -= 2;
      return give(thread, first, structNew(heap, type, I32, first));
    }
    case 0x01: // struct.new_default
      return give(thread, sp, structNewDefault(heap, type));
    case 0x02: // struct.get
    case 0x03: // struct.get_s
    case 0x04: { // struct.get_u
      const field = immediate(thread, bytes);
      const ref = I32[top];
      if (ref === 0) return TrapCode.NULL_STRUCTURE;
      const { offsets, storage } = layout;
      const kind = storage[field] as Storage;
      readField(heap, ref + offsets[field], kind, I32, top, sub === 0x03);
      if (kind === Storage.V128) thread.sp += 1;
      return OK;
    }
    case 0x05: { // struct.set
      const field = immediate(thread, bytes);
      const { offsets, storage } = layout;
      const kind = storage[field] as Storage;
      const value = sp - slotWords(kind);
      const ref = I32[value - 2];
      if (ref === 0) return TrapCode.NULL_STRUCTURE;
      writeField(heap, ref + offsets[field], kind, I32, value);
      thread.sp = (value - 2) >> 1;
      return OK;
    }
    case 0x06: { // array.new
      const value = top - slotWords(layout.storage[0] as Storage);
      return give(thread, value, arrayNew(heap, type, I32[top] >>> 0, I32, value));
    }
    case 0x07: // array.new_default
      return give(thread, top, arrayNewDefault(heap, type, I32[top] >>> 0));
    case 0x08: { // array.new_fixed
      const count = immediate(thread, bytes);
      const first = sp - count * slotWords(layout.storage[0] as Storage);
      return give(thread, first, arrayNewFixed(heap, type, count, I32, first));
    }
    case 0x09: { // array.new_data
      const segment = immediate(thread, bytes);
      return give(thread, top - 2, arrayNewData(instance, type, segment, I32[top - 2] >>> 0, I32[top] >>> 0));
    }
    case 0x0a: { // array.new_elem
      const segment = immediate(thread, bytes);
      return give(thread, top - 2, arrayNewElem(instance, type, segment, I32[top - 2] >>> 0, I32[top] >>> 0));
    }
    case 0x0b: // array.get
    case 0x0c: // array.get_s
    case 0x0d: { // array.get_u
      const array = I32[top - 2], at = I32[top] >>> 0;
      if (array === 0) return TrapCode.NULL_ARRAY;
      if (at >= arrayLength(heap, array)) return TrapCode.ARRAY_OUT_OF_BOUNDS;
      const { storage, stride } = layout;
      const kind = storage[0] as Storage;
      readField(heap, array + HEADER_BYTES + at * stride, kind, I32, top - 2, sub === 0x0c);
      if (kind !== Storage.V128) thread.sp -= 1;
      return OK;
    }
    case 0x0e: { // array.set
      const { storage, stride } = layout;
      const kind = storage[0] as Storage;
      const value = sp - slotWords(kind);
      const array = I32[value - 4], at = I32[value - 2] >>> 0;
      if (array === 0) return TrapCode.NULL_ARRAY;
      if (at >= arrayLength(heap, array)) return TrapCode.ARRAY_OUT_OF_BOUNDS;
      writeField(heap, array + HEADER_BYTES + at * stride, kind, I32, value);
      thread.sp = (value - 4) >> 1;
      return OK;
    }
    case 0x10: { // array.fill
      const value = top - slotWords(layout.storage[0] as Storage);
      thread.sp = (value - 4) >> 1;
      return arrayFill(heap, I32[value - 4], I32[value - 2] >>> 0, I32[top] >>> 0, I32, value);
    }
    case 0x11: // array.copy
      immediate(thread, bytes);
      thread.sp -= 5;
      return arrayCopy(
        heap,
        I32[sp - 10],
        I32[sp - 8] >>> 0,
        I32[sp - 6],
        I32[sp - 4] >>> 0,
        I32[top] >>> 0,
      );
    case 0x12: // array.init_data
    case 0x13: { // array.init_elem
      const segment = immediate(thread, bytes);
      const init = sub === 0x12 ? arrayInitData : arrayInitElem;
      thread.sp -= 4;
      return init(instance, segment, I32[sp - 8], I32[sp - 6] >>> 0, I32[sp - 4] >>> 0, I32[top] >>> 0);
    }
    default:
      throw new BugError(`no handler for opcode fb ${sub.toString(16)}`);
  }
}

/** Runs the instructions that name no type of objects; `top` is the word of the topmost slot. */
function runReference(thread: Thread, objects: Objects, sub: number, pc: number, top: number): Step {
  thread.pc = pc;
  switch (sub) {
    case 0x0f: // array.len
      if (I32[top] === 0) return TrapCode.NULL_ARRAY;
      I32[top] = arrayLength(objects.heap, I32[top]);
      return OK;
    case 0x14: // ref.test
    case 0x15: // ref.test
      I32[top] = isOf(thread, objects, I32[top], sub === 0x15) ? 1 : 0;
      I32[top + 1] = 0;
      return OK;
    case 0x16: // ref.cast
    case 0x17: // ref.cast
      return isOf(thread, objects, I32[top], sub === 0x17) ? OK : TrapCode.CAST_FAILURE;
    case 0x18: // br_on_cast
    case 0x19: { // br_on_cast_fail
      const flags = objects.bytes[thread.pc++];
      immediate(thread, objects.bytes);
      heapType(thread, objects.bytes);
      return isOf(thread, objects, I32[top], (flags & 2) !== 0) === (sub === 0x18) ? TAKEN : NOT_TAKEN;
    }
    case 0x1a: // any.convert_extern
    case 0x1b: // extern.convert_any
      return OK;
    case 0x1c: // ref.i31
      I32[top] = (I32[top] << 1) | 1;
      I32[top + 1] = 0;
      return OK;
    case 0x1d: // i31.get_s
      if (I32[top] === 0) return TrapCode.NULL_I31;
      I32[top] >>= 1;
      return OK;
    case 0x1e: // i31.get_u
      if (I32[top] === 0) return TrapCode.NULL_I31;
      I32[top] >>>= 1;
      return OK;
    default:
      throw new BugError(`no handler for opcode fb ${sub.toString(16)}`);
  }
}

/** Puts a new object's reference into the slot that begins with word `w`, which becomes the topmost; or gives the trap. */
function give(thread: Thread, w: number, ref: number): Outcome {
  if (ref < 0) return -ref as TrapCode;
  I32[w] = ref;
  I32[w + 1] = 0;
  thread.sp = (w >> 1) + 1;
  return OK;
}

/** Reads an index at `thread.pc` and moves behind it. */
function immediate(thread: Thread, bytes: Uint8Array): number {
  const byte = bytes[thread.pc];
  if (byte < 128) {
    thread.pc++;
    return byte;
  }
  const value = readU32(bytes, thread.pc, OUT);
  thread.pc = OUT[END];
  return value;
}

/** Reads a heap type at `thread.pc` and moves behind it. */
function heapType(thread: Thread, bytes: Uint8Array): number {
  const byte = bytes[thread.pc];
  if (byte < 128) {
    thread.pc++;
    return (byte << 25) >> 25;
  }
  const value = readS32(bytes, thread.pc, OUT);
  thread.pc = OUT[END];
  return value;
}

/** Whether a reference is of the heap type at `thread.pc`, or null where null is of the type. */
function isOf(thread: Thread, objects: Objects, ref: number, nullable: boolean): boolean {
  const type = heapType(thread, objects.bytes);
  if (ref === 0) return nullable;
  return refMatches(objects.instance.store, ref, type >= 0 ? objects.canonical[type] : type);
}
