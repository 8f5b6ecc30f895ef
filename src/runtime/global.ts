// A global: a type and a cell of 16 bytes in the arena, which machine code reads and writes too.

import type { GlobalType } from "../wasm/types.ts";
import type { Arena } from "./arena.ts";

/** A global instance. Its type's references are canonical. */
export class WasmGlobal {
  /** Takes the cell's offset in the arena: in the vmctx of the instance that defines the global, or a block of its own. */
  constructor(readonly arena: Arena, readonly type: GlobalType, readonly cell: number) {}

  /** The low 64 bits of the value, as a signed number. */
  get bits(): bigint {
    return this.arena.i64[this.cell >> 3];
  }
  set bits(value: bigint) {
    this.arena.i64[this.cell >> 3] = value;
  }
  /** The high 64 bits of a v128, as a signed number. */
  get high(): bigint {
    return this.arena.i64[(this.cell >> 3) + 1];
  }
  set high(value: bigint) {
    this.arena.i64[(this.cell >> 3) + 1] = value;
  }
}
