// The one stack of slots and frames that all interpreter threads of this isolate share: threads are nested strictly, so each begins where the one below it ends.
// One buffer that never changes lets V8 take addresses and lengths in the loop for constants.

import type { FunctionCode } from "./code.ts";
import { ValueStack } from "./value_stack.ts";

/** Slots that the stack holds: 8 MiB. */
const STACK_SLOTS = 2 ** 20;
/** The slots of all threads. Their heights are the threads', so that the loop need not ask it for each push: a call checks the room for all that its frame may take. */
export const STACK: ValueStack = new ValueStack(STACK_SLOTS);
/** Words of slots. */
export const STACK_WORDS: number = STACK.capacity * 2;
/** Most frames. */
export const MAX_FRAMES: number = 1 << 16;
/**
 * Words of a frame: where it goes on; its side table cursor, or for a frame of register code the complement of its function's record; the word where its locals begin; and what it is to who
 * called it: RETURN_DONE if it is a base frame, RETURN_SWITCHES if the frame below is run by another loop.
 */
export const FRAME_WORDS = 4;
export const PC = 0;
export const STP = 1;
export const FP = 2;
export const BASE = 3;
export const RETURN_DONE = 1;
export const RETURN_SWITCHES = 2;
/** Word where the last frame that there is room for begins. */
export const LAST_FRAME: number = (MAX_FRAMES - 1) * FRAME_WORDS;

const BUFFER = STACK.i32.buffer;
/** The slots, two words each. */
export const SLOTS_I32: Int32Array = STACK.i32;
export const SLOTS_I8: Int8Array = new Int8Array(BUFFER);
export const SLOTS_U8: Uint8Array = new Uint8Array(BUFFER);
export const SLOTS_I16: Int16Array = new Int16Array(BUFFER);
export const SLOTS_U16: Uint16Array = new Uint16Array(BUFFER);
export const SLOTS_U32: Uint32Array = new Uint32Array(BUFFER);
export const SLOTS_I64: BigInt64Array = STACK.i64;
export const SLOTS_F32: Float32Array = STACK.f32;
export const SLOTS_F64: Float64Array = STACK.f64;
/** FRAME_WORDS for each frame. */
export const FRAMES: Int32Array = new Int32Array(MAX_FRAMES * FRAME_WORDS);
/** The function of each frame; stale entries above the top. */
export const CODES: FunctionCode[] = [];

/** The most frames that were in use at once: what is above them was never written. */
export function highestFrame(): number {
  let at = FRAMES.length;
  while (at > 0 && FRAMES[at - 1] === 0 && FRAMES[at - 3] === 0 && FRAMES[at - 4] === 0) at -= FRAME_WORDS;
  // The lowest frame is not used.
  return Math.max(0, at / FRAME_WORDS - 1);
}

/** Entries of CODES that are kept while nothing runs. */
const KEPT_CODES = 64;

/** Drops stale functions; called when nothing runs. */
export function forgetCodes(): void {
  if (CODES.length > KEPT_CODES) CODES.length = 0;
  // Quicker than `fill()`: mostly there are one or two.
  else for (let i = 0; i < CODES.length; i++) CODES[i] = undefined as unknown as FunctionCode;
}
