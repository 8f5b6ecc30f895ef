// Instructions that register code leaves to the interpreter's functions. Takes the original instruction by its offset, with its operands in their slots, and leaves the results there.

import { runAtomic } from "../interp/atomics.ts";
import type { InstanceCode } from "../interp/code.ts";
import * as gc from "../interp/gc.ts";
import { END, readU32 } from "../interp/leb.ts";
import { runPrefixed } from "../interp/prefixed.ts";
import { SLOTS_I32 } from "../interp/stack.ts";
import type { Thread } from "../interp/thread.ts";
import { runElsewhere } from "../interp/wide_memory.ts";
import { OK } from "../runtime/bulk.ts";
import { GLOBAL_GET, GLOBAL_SET } from "../wasm/opcodes.ts";

const OUT = new Int32Array(4);

/** Runs the instruction at `pc`; `thread.sp` and the frame must be right, and `thread.sp` is after it. Gives the code of a trap, or a negative number (see interp/gc.ts). */
export function runOther(thread: Thread, view: InstanceCode, pc: number): gc.Step {
  const bytes = view.code.original;
  switch (bytes[pc]) {
    case 0xfb: {
      const sub = readU32(bytes, pc + 1, OUT);
      return gc.runGc(thread, view, sub, OUT[END], thread.sp << 1);
    }
    case 0xfc: {
      const sub = readU32(bytes, pc + 1, OUT);
      return runPrefixed(thread, view, sub, OUT[END]);
    }
    case 0xfe:
      return runAtomic(thread, view, pc + 1);
    case GLOBAL_GET:
    case GLOBAL_SET: {
      // Vectors: the loop has those of one slot.
      const cell = view.globals[readU32(bytes, pc + 1, OUT)], cells = thread.store.arena.i32;
      const gets = bytes[pc] === GLOBAL_GET, at = (thread.sp << 1) - (gets ? 0 : 4);
      for (let i = 0; i < 4; i++) {
        if (gets) SLOTS_I32[at + i] = cells[cell + i];
        else cells[cell + i] = SLOTS_I32[at + i];
      }
      return OK;
    }
    default:
      return runElsewhere(thread, view, pc);
  }
}
