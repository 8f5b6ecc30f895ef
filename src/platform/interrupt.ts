// The interrupt word of this isolate: shared memory, so that any Worker can set it, and at an address that machine code can read.

/** `[0]` is not 0 while running code is to trap at its next loop header or call. */
export const INTERRUPT: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(64), 0, 1);
