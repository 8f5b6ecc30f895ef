// Calls for clocks: clock_*. Which clocks there are is the host's affair; one that is not there is EINVAL, as the specification says.

import { Errno, fail } from "./errno.ts";
import type { Program } from "./program.ts";

/** Resolution of a clock, in nanoseconds. */
export function clockResGet(p: Program, id: number, result: number): void {
  p.memory.check(result, 8);
  p.memory.setU64(result, p.host.resolution(id) ?? fail(Errno.INVAL));
}

/** Time of a clock, in nanoseconds. It is always as exact as it can be. */
export function clockTimeGet(p: Program, id: number, _precision: bigint, result: number): void {
  p.memory.check(result, 8);
  p.memory.setU64(result, p.host.now(id) ?? fail(Errno.INVAL));
}
