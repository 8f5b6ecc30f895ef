// What an instruction that a function of TypeScript runs comes to.

import type { TrapCode } from "../wasm/traps.ts";

/** No trap. */
export const OK = -1;
/** OK or a trap code. */
export type Outcome = typeof OK | TrapCode;
