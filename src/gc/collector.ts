// Marking: from references given by whoever knows the roots, through the objects of the heap. Says which handles and functions objects refer to; leaves sweeping to heap.ts.

import { type GcHeap, LARGE_BYTES, LINE_LOG2 } from "./heap.ts";
import { HEADER_BYTES, layoutOf, OBJECT_ALIGN, Storage } from "./layout.ts";

// What marking needs of layouts, in one array of words, so that its loop follows no pointers. Canonical types belong to the isolate, and so does this.
// A structure: its bytes, how many references, how many function references, then their offsets in words. An array: minus its stride, its storage.
let plans = new Int32Array(1024);
let planned = 1;
/** Where a type's plan begins, by its id; 0 if there is none yet. */
let planAt = new Int32Array(256);

function makePlan(typeId: number): number {
  const { isArray, stride, storage, bytes, refs, funcs } = layoutOf(typeId);
  const plan = isArray ? [-stride, storage[0]] : [bytes, refs.length, funcs.length, ...refs, ...funcs];
  if (planned + plan.length > plans.length) plans = longer(plans, planned + plan.length);
  if (typeId >= planAt.length) planAt = longer(planAt, typeId + 1);
  const at = planned;
  plans.set(plan, at);
  planned += plan.length;
  return planAt[typeId] = at;
}

function longer(words: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(2 * least);
  copy.set(words);
  return copy;
}

/** Marks objects of one heap in one collection. */
export class Marker {
  /** Objects that are marked and whose fields were not looked at yet. */
  #stack: Int32Array<ArrayBuffer> = new Int32Array(1024);
  #depth = 0;
  /** Objects and bytes that were reached. */
  objects = 0;
  bytes = 0;

  /** `handle` and `func` are told the handles and function references found in objects; also of those told before. */
  constructor(readonly heap: GcHeap, readonly handle: (ref: number) => void, readonly func: (ref: number) => void) {}

  /** Marks what a reference of no function refers to, by its bits. */
  mark(ref: number): void {
    if ((ref & 7) === 0) {
      if (ref !== 0) this.#object(ref);
    } else if ((ref & 3) === 2) this.handle(ref);
  }

  #object(ref: number): void {
    const { marks } = this.heap;
    const word = ref >> 8, bit = 1 << (ref >> 3);
    if ((marks[word] & bit) !== 0) return;
    marks[word] |= bit;
    if (this.#depth === this.#stack.length) this.#stack = longer(this.#stack, this.#depth);
    this.#stack[this.#depth++] = ref;
  }

  /** Follows references until all objects that can be reached from marked ones are marked. Gives whether there was anything to do. */
  drain(): boolean {
    if (this.#depth === 0) return false;
    const { i32, lines, marks } = this.heap;
    let stack = this.#stack, depth = this.#depth;
    let objects = 0, total = 0;
    let places = planAt, plan = plans;
    // Callbacks may push, so the depth is written back before them.
    while (depth > 0) {
      const ref = stack[--depth];
      const at = ref >> 2;
      const id = i32[at];
      let p = id < places.length ? places[id] : 0;
      if (p === 0) {
        p = makePlan(id);
        places = planAt;
        plan = plans;
      }
      let bytes = plan[p];
      // Where references lie one after the other, or offsets that say where.
      let from: number, to: number;
      const isArray = bytes < 0;
      if (isArray) {
        const length = i32[at + 1] >>> 0;
        // As arrayBytes() has it.
        bytes = Math.ceil((HEADER_BYTES - length * bytes) / OBJECT_ALIGN) * OBJECT_ALIGN;
        const storage = plan[p + 1];
        from = at + (HEADER_BYTES >> 2);
        to = storage === Storage.REF ? from + length : from;
        if (storage === Storage.FUNC) {
          this.#depth = depth;
          for (let i = from; i < from + length; i++) this.#func(i32[i]);
          stack = this.#stack;
          depth = this.#depth;
        }
      } else {
        from = p + 3;
        to = from + plan[p + 1];
        if (plan[p + 2] !== 0) {
          this.#depth = depth;
          for (let i = to, end = to + plan[p + 2]; i < end; i++) this.#func(i32[at + plan[i]]);
          stack = this.#stack;
          depth = this.#depth;
        }
      }
      for (let i = from; i < to; i++) {
        const r = i32[isArray ? i : at + plan[i]];
        if (r === 0) continue;
        if ((r & 7) !== 0) {
          if ((r & 3) === 2) {
            this.#depth = depth;
            this.handle(r);
            stack = this.#stack;
            depth = this.#depth;
          }
          continue;
        }
        const word = r >> 8, bit = 1 << (r >> 3), m = marks[word];
        if ((m & bit) !== 0) continue;
        marks[word] = m | bit;
        if (depth === stack.length) this.#stack = stack = longer(stack, depth);
        stack[depth++] = r;
      }
      objects++;
      total += bytes;
      if (bytes <= LARGE_BYTES) {
        for (let l = ref >> LINE_LOG2, last = (ref + bytes - 1) >> LINE_LOG2; l <= last; l++) lines[l] = 1;
      }
    }
    this.#depth = 0;
    this.objects += objects;
    this.bytes += total;
    return true;
  }

  #func(ref: number): void {
    if (ref !== 0) this.func(ref);
  }
}
