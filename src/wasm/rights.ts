// What parts of a linear memory may be used for, and which of these rights an instruction needs.
// Takes rows of the instruction table, gives sums of rights; regions that have them are runtime/'s affair.

import {
  LOADS,
  MEMORY_ATOMIC_NOTIFY,
  MEMORY_ATOMIC_WAIT32,
  MEMORY_ATOMIC_WAIT64,
  type OpInfo,
  STORES,
} from "./opcodes.ts";

/** Rights to a byte of memory, which can be added. */
export const Right = { NONE: 0, READ: 1, WRITE: 2, EXECUTE: 4, ALL: 7 } as const;

/** The rights that the instruction needs to the bytes it accesses. */
export function rightsOf({ code, properties }: OpInfo): number {
  // Waiting changes nothing; notifying does not even look, but where nobody may read, nobody waits.
  if (code === MEMORY_ATOMIC_NOTIFY || code === MEMORY_ATOMIC_WAIT32 || code === MEMORY_ATOMIC_WAIT64) {
    return Right.READ;
  }
  return ((properties & LOADS) !== 0 ? Right.READ : 0) | ((properties & STORES) !== 0 ? Right.WRITE : 0);
}

/** Rights in words: `read`, `read and write`. */
export function rightsName(rights: number): string {
  const names = [];
  if ((rights & Right.READ) !== 0) names.push("read");
  if ((rights & Right.WRITE) !== 0) names.push("write");
  if ((rights & Right.EXECUTE) !== 0) names.push("execute");
  return names.length === 0 ? "no access" : names.join(names.length === 2 ? " and " : ", ");
}
