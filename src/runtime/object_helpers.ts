// Services on objects of the heap that machine code asks for: arguments and results in the slots of a stack block from word `at` on.
// References among the arguments are in the frame that asks, too, where the collector finds them.

import { Helper } from "../abi/helpers.ts";
import { BugError } from "../base/bug.ts";
import { TrapCode } from "../wasm/traps.ts";
import { OK, type Outcome } from "./bulk.ts";
import { refMatches } from "./cast.ts";
import * as gc from "./gc_operations.ts";
import type { WasmInstance } from "./instance.ts";

/** Runs the helper `id`; gives OK or the trap. */
export function serveObjects(id: Helper, i: WasmInstance, words: Int32Array, at: number): Outcome {
  const { heap } = i.store, { canonical } = i.module;
  const arg = (k: number) => words[at + 2 * k] >>> 0;
  const slot = (k: number) => at + 2 * k;
  const give = (ref: number): Outcome => {
    if (ref < 0) return -ref as TrapCode;
    words[at] = ref;
    words[at + 1] = 0;
    return OK;
  };
  const matches = () => {
    const type = arg(0) | 0, ref = arg(1) | 0;
    return refMatches(i.store, ref, type >= 0 ? canonical[type] : type);
  };
  switch (id) {
    case Helper.STRUCT_NEW_DEFAULT:
      return give(gc.structNewDefault(heap, canonical[arg(0)]));
    case Helper.ARRAY_NEW_DEFAULT:
      return give(gc.arrayNewDefault(heap, canonical[arg(0)], arg(1)));
    case Helper.ARRAY_NEW:
      return give(gc.arrayNew(heap, canonical[arg(0)], arg(2), words, slot(1)));
    case Helper.ARRAY_NEW_DATA:
      return give(gc.arrayNewData(i, canonical[arg(0)], arg(1), arg(2), arg(3)));
    case Helper.ARRAY_NEW_ELEM:
      return give(gc.arrayNewElem(i, canonical[arg(0)], arg(1), arg(2), arg(3)));
    case Helper.ARRAY_FILL:
      return gc.arrayFill(heap, arg(0), arg(1), arg(3), words, slot(2));
    case Helper.ARRAY_COPY:
      return gc.arrayCopy(heap, arg(0), arg(1), arg(2), arg(3), arg(4));
    case Helper.ARRAY_INIT_DATA:
      return gc.arrayInitData(i, arg(0), arg(1), arg(2), arg(3), arg(4));
    case Helper.ARRAY_INIT_ELEM:
      return gc.arrayInitElem(i, arg(0), arg(1), arg(2), arg(3), arg(4));
    case Helper.REF_TEST:
      return give(matches() ? 1 : 0);
    case Helper.REF_CAST:
      return matches() ? OK : TrapCode.CAST_FAILURE;
    default:
      throw new BugError(`there is no helper ${id}`);
  }
}
