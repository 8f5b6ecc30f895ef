// The supertypes of types of objects where machine code finds them: a row of words per canonical type, which holds at index d its supertype of depth d.
// Takes types as instances declare them; an object's type was declared by the instance that made it.

import { NativeRegion } from "../platform/native_memory.ts";
import { TYPES } from "../wasm/types.ts";
import { ROW_LOG2 } from "./layout.ts";

const ROW_WORDS = 1 << (ROW_LOG2 - 2);
/** Rows that address space is reserved for. */
const MAX_ROWS = 1 << 22;
const FIRST_BYTES = 1 << 16;
/** No type. */
const NONE = -1;

// Canonical types belong to the isolate, and so do their rows.
let region: NativeRegion | undefined;
let words = new Int32Array(0);
const written = new Set<number>();

/** Makes sure that there are the rows of the canonical types `ids`; gives the address of row 0. Throws ResourceError when there is no room. */
export function typeRows(ids: Iterable<number>): number {
  if (region === undefined) {
    region = new NativeRegion(MAX_ROWS << ROW_LOG2, FIRST_BYTES);
    words = new Int32Array(region.buffer);
  }
  for (const id of ids) {
    if (written.has(id)) continue;
    const end = (id + 1) * ROW_WORDS * 4;
    if (end > region.committed && region.commit(Math.max(end, Math.min(2 * region.committed, region.reserved)))) {
      words = new Int32Array(region.buffer);
    }
    words.fill(NONE, id * ROW_WORDS, (id + 1) * ROW_WORDS);
    words.set(TYPES.supertypes(id), id * ROW_WORDS);
    written.add(id);
  }
  return region.address;
}
