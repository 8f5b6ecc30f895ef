// Services that machine code asks for by an exit HELPER: finds arguments in the stack block, runs the instruction, puts results there.

import { readAddress } from "../abi/native.ts";
import { Helper, HELPERS } from "../abi/helpers.ts";
import { STACK } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import { TrapCode } from "../wasm/traps.ts";
import { memoryCopy, memoryFill, memoryInit, OK, type Outcome, tableCopy, tableFill, tableInit } from "./bulk.ts";
import type { WasmInstance } from "./instance.ts";
import type { Store } from "./store.ts";

const ARGS = STACK.args >> 2;

/** Runs the helper that the block `words` asks for. Calls `trap` when the instruction traps. */
export function runHelper(store: Store, words: Int32Array, trap: (code: TrapCode) => never): void {
  const id = words[STACK.helper >> 2] as Helper;
  const instance = store.instanceAt(readAddress(words, STACK.vmctx));
  if (instance === undefined) throw new BugError(`helper ${HELPERS[id]?.name} was asked for by no instance`);
  const outcome = serve(id, instance, (k) => words[ARGS + 2 * k] >>> 0, (value) => {
    words[ARGS] = value;
    words[ARGS + 1] = 0;
  });
  if (outcome !== OK) trap(outcome);
}

function serve(id: Helper, i: WasmInstance, arg: (k: number) => number, give: (value: number) => void): Outcome {
  switch (id) {
    case Helper.MEMORY_GROW:
      give(i.memories[arg(0)].grow(arg(1)));
      return OK;
    case Helper.MEMORY_COPY:
      return memoryCopy(i.memories[arg(0)], i.memories[arg(1)], arg(2), arg(3), arg(4));
    case Helper.MEMORY_FILL:
      return memoryFill(i.memories[arg(0)], arg(1), arg(2), arg(3));
    case Helper.MEMORY_INIT:
      return memoryInit(i, arg(0), arg(1), arg(2), arg(3), arg(4));
    case Helper.DATA_DROP:
      i.dropData(arg(0));
      return OK;
    case Helper.TABLE_GET: {
      const table = i.tables[arg(0)];
      if (arg(1) >= table.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
      give(table.get(arg(1)));
      return OK;
    }
    case Helper.TABLE_SET: {
      const table = i.tables[arg(0)];
      if (arg(1) >= table.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
      table.set(arg(1), arg(2));
      return OK;
    }
    case Helper.TABLE_GROW:
      give(i.tables[arg(0)].grow(arg(2), arg(1)));
      return OK;
    case Helper.TABLE_FILL:
      return tableFill(i.tables[arg(0)], arg(1), arg(2), arg(3));
    case Helper.TABLE_COPY:
      return tableCopy(i.tables[arg(0)], i.tables[arg(1)], arg(2), arg(3), arg(4));
    case Helper.TABLE_INIT:
      return tableInit(i, arg(0), arg(1), arg(2), arg(3), arg(4));
    case Helper.ELEM_DROP:
      i.dropElem(arg(0));
      return OK;
    case Helper.TABLE_SIZE:
      give(i.tables[arg(0)].length);
      return OK;
    case Helper.REF_FUNC:
      give(i.funcs[arg(0)].ref);
      return OK;
    default:
      throw new BugError(`there is no helper ${id}`);
  }
}
