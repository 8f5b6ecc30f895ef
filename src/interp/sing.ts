const b = new ArrayBuffer(8 << 20);
export const I32 = new Int32Array(b),
  I64 = new BigInt64Array(b),
  F32 = new Float32Array(b),
  F64 = new Float64Array(b),
  FRAMES = new Int32Array(4 << 16);
