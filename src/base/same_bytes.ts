// Bytes compared with bytes.

/** Whether two runs of bytes are equal: by words where both are aligned to 4. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const aligned = ((a.byteOffset | b.byteOffset) & 3) === 0, words = aligned ? a.length >> 2 : 0;
  const x = new Int32Array(a.buffer, aligned ? a.byteOffset : 0, words);
  const y = new Int32Array(b.buffer, aligned ? b.byteOffset : 0, words);
  let i = 0;
  for (; i + 4 <= words; i += 4) {
    if (((x[i] ^ y[i]) | (x[i + 1] ^ y[i + 1]) | (x[i + 2] ^ y[i + 2]) | (x[i + 3] ^ y[i + 3])) !== 0) return false;
  }
  for (; i < words; i++) if (x[i] !== y[i]) return false;
  for (let i = 4 * words; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
