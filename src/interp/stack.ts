// The one stack of slots and frames that all interpreter threads of this isolate share: threads are nested strictly, so each begins where the one below it ends.
// One buffer that never changes lets V8 take addresses and lengths in the loop for constants.

import type { FunctionCode } from "./code.ts";

/** Bytes of slots. */
const STACK_BYTES = 8 * 2 ** 20;
/** Words of slots. */
export const STACK_WORDS: number = STACK_BYTES / 4;
/** Most frames. */
const MAX_FRAMES = 1 << 16;
/** Words of a frame: where it goes on, its side table cursor, the word where its locals begin, and 1 if it is a base frame. */
export const FRAME_WORDS = 4;
export const PC = 0;
export const STP = 1;
export const FP = 2;
export const BASE = 3;
/** Word where the last frame that there is room for begins. */
export const LAST_FRAME: number = (MAX_FRAMES - 1) * FRAME_WORDS;

const BUFFER = new ArrayBuffer(STACK_BYTES);
/** The slots, two words each. */
export const SLOTS_I32: Int32Array = new Int32Array(BUFFER);
export const SLOTS_I8: Int8Array = new Int8Array(BUFFER);
export const SLOTS_U8: Uint8Array = new Uint8Array(BUFFER);
export const SLOTS_I16: Int16Array = new Int16Array(BUFFER);
export const SLOTS_U16: Uint16Array = new Uint16Array(BUFFER);
export const SLOTS_U32: Uint32Array = new Uint32Array(BUFFER);
export const SLOTS_I64: BigInt64Array = new BigInt64Array(BUFFER);
export const SLOTS_F32: Float32Array = new Float32Array(BUFFER);
export const SLOTS_F64: Float64Array = new Float64Array(BUFFER);
/** FRAME_WORDS for each frame. */
export const FRAMES: Int32Array = new Int32Array(MAX_FRAMES * FRAME_WORDS);
/** The function of each frame; stale entries above the top. */
export const CODES: FunctionCode[] = [];

/** Entries of CODES that are kept while nothing runs. */
const KEPT_CODES = 64;

/** Drops stale functions; called when nothing runs. */
export function forgetCodes(): void {
  if (CODES.length > KEPT_CODES) CODES.length = 0;
  else CODES.fill(undefined as unknown as FunctionCode);
}
