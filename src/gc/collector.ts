// Marking: from references given by whoever knows the roots, through the objects of the heap. Says which handles and functions objects refer to; leaves sweeping to heap.ts.

import { type GcHeap, LARGE_BYTES, LINE_LOG2 } from "./heap.ts";
import { arrayBytes, layoutOf, type ObjectLayout, Storage } from "./layout.ts";

/** Marks objects of one heap in one collection. */
export class Marker {
  /** Objects that are marked and whose fields were not looked at yet. */
  #stack: Int32Array = new Int32Array(1024);
  #depth = 0;
  readonly #layouts: ObjectLayout[] = [];
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
    if (this.#depth === this.#stack.length) this.#grow();
    this.#stack[this.#depth++] = ref;
  }

  #grow(): Int32Array {
    const stack = new Int32Array(2 * this.#stack.length);
    stack.set(this.#stack);
    return this.#stack = stack;
  }

  /** Follows references until all objects that can be reached from marked ones are marked. Gives whether there was anything to do. */
  drain(): boolean {
    const { i32, lines, marks } = this.heap;
    const layouts = this.#layouts;
    const before = this.objects;
    let stack: Int32Array = this.#stack;
    while (this.#depth > 0) {
      const ref = stack[--this.#depth];
      const at = ref >> 2;
      const id = i32[at];
      const layout = layouts[id] ??= layoutOf(id);
      let { bytes } = layout;
      if (layout.isArray) {
        const length = i32[at + 1] >>> 0;
        bytes = arrayBytes(layout, length);
        const storage = layout.storage[0];
        if (storage >= Storage.REF) this.#elements(at + 2, at + 2 + length, storage === Storage.FUNC);
      } else {
        const { refs, funcs } = layout;
        for (let i = 0; i < refs.length; i++) {
          const r = i32[at + refs[i]];
          if (r === 0) continue;
          if ((r & 7) !== 0) {
            this.mark(r);
            continue;
          }
          // As #object(), which is not inlined here.
          const word = r >> 8, bit = 1 << (r >> 3), m = marks[word];
          if ((m & bit) !== 0) continue;
          marks[word] = m | bit;
          if (this.#depth === stack.length) stack = this.#grow();
          stack[this.#depth++] = r;
        }
        for (let i = 0; i < funcs.length; i++) this.#func(i32[at + funcs[i]]);
      }
      stack = this.#stack;
      this.objects++;
      this.bytes += bytes;
      if (bytes <= LARGE_BYTES) {
        for (let l = ref >> LINE_LOG2, last = (ref + bytes - 1) >> LINE_LOG2; l <= last; l++) lines[l] = 1;
      }
    }
    return this.objects !== before;
  }

  #elements(from: number, to: number, funcs: boolean): void {
    const { i32 } = this.heap;
    if (funcs) {
      for (let i = from; i < to; i++) this.#func(i32[i]);
    } else {
      for (let i = from; i < to; i++) this.mark(i32[i]);
    }
  }

  #func(ref: number): void {
    if (ref !== 0) this.func(ref);
  }
}
