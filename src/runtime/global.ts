// A global: a type and a cell of 16 bytes in the arena, which machine code reads and writes too.

import { type GlobalType, isRef } from "../wasm/types.ts";
import { GLOBAL_BYTES } from "../abi/vmctx.ts";
import type { Arena, Blocks } from "./arena.ts";
import type { WasmInstance } from "./instance.ts";

/** A global instance. Its type's references are canonical. */
export class WasmGlobal {
  /** Takes the cell's offset in the arena: in the vmctx of `owner`, the instance that defines the global, or a block of its own. */
  constructor(
    readonly arena: Arena,
    readonly type: GlobalType,
    readonly cell: number,
    readonly owner: WasmInstance | undefined,
  ) {}

  /** Its owner is gone, and the cell with it. */
  get disposed(): boolean {
    return this.owner !== undefined && this.owner.freed;
  }
  /** The block of the arena that it takes when it has no owner, for when it is forgotten. */
  get blocks(): Blocks {
    return [{ at: this.cell, bytes: GLOBAL_BYTES }];
  }

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
  /** The value where it is a reference; undefined where it is a number. */
  get reference(): number | undefined {
    return isRef(this.type.type) ? this.arena.i32[this.cell >> 2] : undefined;
  }
  /** Sets the value to that of a slot. */
  setWords(slot: Int32Array): void {
    this.arena.i32.set(slot, this.cell >> 2);
  }
}
