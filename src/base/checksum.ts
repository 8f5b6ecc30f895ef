// A fast checksum against damage and for names of files: 128 bits in 32 hexadecimal digits. It withstands accidents, not people: who must not be deceived compares, or takes sha256.ts.

/** Odd multipliers, one per lane. */
const M0 = 0x9e3779b1, M1 = 0x85ebca77, M2 = 0xc2b2ae3d, M3 = 0x27d4eb2f;

/** The checksum of bytes. Each step is one-to-one, so that a change within one word is always seen. */
export function checksum(bytes: Uint8Array): string {
  const aligned = (bytes.byteOffset & 3) === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let a = bytes.length, b = M1, c = M2, d = M3;
  let i = 0;
  for (const end = words.length & ~3; i < end; i += 4) {
    a = Math.imul(((a << 7) | (a >>> 25)) ^ words[i], M0);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ words[i + 1], M1);
    c = Math.imul(((c << 7) | (c >>> 25)) ^ words[i + 2], M2);
    d = Math.imul(((d << 7) | (d >>> 25)) ^ words[i + 3], M3);
  }
  for (; i < words.length; i++) a = Math.imul(((a << 7) | (a >>> 25)) ^ words[i], M0);
  for (i *= 4; i < aligned.length; i++) b = Math.imul(((b << 7) | (b >>> 25)) ^ aligned[i], M1);
  return [a, b, c, d].map(hex).join("");
}

function hex(word: number): string {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, M1);
  h ^= h >>> 13;
  h = Math.imul(h, M2);
  return ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, "0");
}
