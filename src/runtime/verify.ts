// Verification of a heap after a collection: what the collector and every tier rely on is checked by plain walks that share no code with them.

import { BugError } from "../base/bug.ts";
import { layoutOf, Storage } from "../gc/layout.ts";
import { TYPES } from "../wasm/types.ts";
import type { Store } from "./store.ts";

/** Checks the heap of a store right after a collection; gives how many objects there are. Throws BugError for the first thing that is wrong. */
export function verifyHeap(store: Store): number {
  const heap = store.heapInUse;
  if (heap === undefined) return 0;
  const { i32 } = heap;
  let objects = 0, end = 0;
  const wrong = (ref: number, what: string): never => {
    throw new BugError(`the object at 0x${ref.toString(16)} ${what}`);
  };
  for (const ref of heap.objects()) {
    objects++;
    if (ref < end) wrong(ref, `begins before the one below it ends, at 0x${end.toString(16)}`);
    const typeId = i32[ref >> 2];
    const kind = TYPES.types[typeId]?.type.kind;
    if (kind !== "struct" && kind !== "array") wrong(ref, `has ${typeId} for a type`);
    const layout = layoutOf(typeId);
    const length = i32[(ref >> 2) + 1] >>> 0;
    if (!layout.isArray && length !== 0) wrong(ref, `is a structure with ${length} for a length`);
    end = ref + heap.sizeOf(ref);
    const hole = heap.checkRoom(ref, end);
    if (hole !== undefined) wrong(ref, hole);
    const check = (at: number, storage: number, what: string) => {
      const to = i32[at >> 2];
      if (to === 0 || storage < Storage.REF) return;
      const valid = storage === Storage.FUNC
        ? store.isFunc(to)
        : (to & 7) === 0
        ? heap.isObject(to)
        : (to & 1) === 1 || store.handles.isLive(to);
      if (!valid) wrong(ref, `has 0x${(to >>> 0).toString(16)} in ${what}, which refers to nothing`);
    };
    if (layout.isArray) {
      const [storage] = layout.storage;
      if (storage < Storage.REF) continue;
      for (let i = 0; i < length; i++) check(ref + layout.offsets[0] + i * layout.stride, storage, `element ${i}`);
    } else layout.storage.forEach((storage, i) => check(ref + layout.offsets[i], storage, `field ${i}`));
  }
  return objects;
}
