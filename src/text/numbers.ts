// Numbers of the text format (specification 6.3.1, 6.3.2): integers and floats to exact bits and back.
// Floats are bits throughout, so that NaN payloads survive and f32 is rounded once only.

/** Why a text is not a number of the wanted type: it is none at all, or it is out of range. */
export type NumberFault = "syntax" | "range";

const DEC = "[0-9](?:_?[0-9])*";
const HEX = "[0-9a-fA-F](?:_?[0-9a-fA-F])*";
const INTEGER = new RegExp(`^[+-]?(?:0x${HEX}|${DEC})$`);
const DECIMAL = new RegExp(`^[+-]?${DEC}(?:\\.(?:${DEC})?)?(?:[eE][+-]?${DEC})?$`);
const HEXFLOAT = new RegExp(`^([+-]?)0x(${HEX})(?:\\.(${HEX})?)?(?:[pP]([+-]?${DEC}))?$`);
const SPECIAL = new RegExp(`^([+-]?)(?:(inf)|nan(?::0x(${HEX}))?)$`);

/** Whether `text` is a number of the lexical grammar, of whatever type. */
export function isNumber(text: string): boolean {
  return INTEGER.test(text) || DECIMAL.test(text) || HEXFLOAT.test(text) || SPECIAL.test(text);
}

function bigOf(text: string): bigint {
  const digits = text.replaceAll("_", "");
  if (digits[0] === "-") return -BigInt(digits.slice(1));
  return BigInt(digits[0] === "+" ? digits.slice(1) : digits);
}

/** An integer of `bits` bits, written signed or unsigned; gives the signed value. */
export function parseInteger(text: string, bits: number): bigint | NumberFault {
  if (!INTEGER.test(text)) return "syntax";
  const n = bigOf(text);
  const size = 1n << BigInt(bits);
  if (n >= size || n < -(size >> 1n)) return "range";
  return BigInt.asIntN(bits, n);
}
/** An i32, written signed or unsigned; gives the signed value. */
export function parseI32(text: string): number | NumberFault {
  if (text.length < 9) {
    const n = Number(text);
    if (Number.isInteger(n) && INTEGER.test(text)) return n | 0;
  }
  const n = parseInteger(text, 32);
  return typeof n === "bigint" ? Number(n) : n;
}
/** An i64, written signed or unsigned; gives the signed value. */
export function parseI64(text: string): bigint | NumberFault {
  return parseInteger(text, 64);
}
/** An integer without sign, below 2^`bits`. */
export function parseUnsigned(text: string, bits: number): bigint | NumberFault {
  if (text[0] === "+" || text[0] === "-" || !INTEGER.test(text)) return "syntax";
  const n = bigOf(text);
  return n >> BigInt(bits) === 0n ? n : "range";
}
/** An index or size without sign, below 2^32. */
export function parseU32(text: string): number | NumberFault {
  if (text.length < 10) {
    let n = 0;
    for (let i = 0; i < text.length; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) {
        n = -1;
        break;
      }
      n = n * 10 + digit;
    }
    if (n >= 0 && text !== "") return n;
  }
  const n = parseUnsigned(text, 32);
  return typeof n === "bigint" ? Number(n) : n;
}

/** The shape of a binary float: bits of the stored mantissa and of the exponent. */
interface Format {
  readonly mantissa: number;
  readonly exponent: number;
}
const F32_FORMAT: Format = { mantissa: 23, exponent: 8 };
const F64_FORMAT: Format = { mantissa: 52, exponent: 11 };

/** Bits of infinity, NaN or a NaN with payload; undefined if `text` is another number. */
function parseSpecial(text: string, f: Format): bigint | NumberFault | undefined {
  const match = SPECIAL.exec(text);
  if (match === null) return undefined;
  const m = BigInt(f.mantissa);
  const top = ((1n << BigInt(f.exponent)) - 1n) << m;
  const sign = match[1] === "-" ? 1n << (m + BigInt(f.exponent)) : 0n;
  if (match[2] !== undefined) return sign | top;
  const payload = match[3] === undefined ? 1n << (m - 1n) : BigInt("0x" + match[3].replaceAll("_", ""));
  if (payload === 0n || payload >> m !== 0n) return "range";
  return sign | top | payload;
}

function bitLength(n: bigint): number {
  return n === 0n ? 0 : n.toString(16).length * 4 - Math.clz32(parseInt(n.toString(16)[0], 16)) + 28;
}

/** Bits of `n` * 2^`e`, rounded to nearest, ties to even. */
function roundBinary(n: bigint, e: number, f: Format): bigint | NumberFault {
  if (n === 0n) return 0n;
  const bias = 2 ** (f.exponent - 1) - 1;
  const top = bitLength(n) - 1 + e;
  if (top > bias) return "range";
  // The unit of the last place: that of subnormals at least.
  const unit = Math.max(top, 1 - bias) - f.mantissa;
  const shift = unit - e;
  if (top < unit - 1) return 0n;
  let q: bigint;
  if (shift <= 0) {
    q = n << BigInt(-shift);
  } else {
    const s = BigInt(shift);
    q = n >> s;
    const rest = n & ((1n << s) - 1n), half = 1n << (s - 1n);
    if (rest > half || (rest === half && (q & 1n) === 1n)) q++;
  }
  // A carry out of the mantissa moves on to the exponent by itself.
  const exponent = BigInt(unit + f.mantissa + bias - 1) << BigInt(f.mantissa);
  const bits = q + exponent;
  return bits >> BigInt(f.mantissa) === (1n << BigInt(f.exponent)) - 1n ? "range" : bits;
}

/** Bits of a hexadecimal float; undefined if `text` is none. */
function parseHexFloat(text: string, f: Format): bigint | NumberFault | undefined {
  const match = HEXFLOAT.exec(text);
  if (match === null) return undefined;
  const whole = match[2].replaceAll("_", ""), fraction = (match[3] ?? "").replaceAll("_", "");
  const exponent = match[4] === undefined ? 0 : Number(match[4].replaceAll("_", ""));
  const bits = roundBinary(BigInt("0x" + whole + fraction), exponent - fraction.length * 4, f);
  if (typeof bits !== "bigint") return bits;
  return match[1] === "-" ? bits | (1n << BigInt(f.mantissa + f.exponent)) : bits;
}

const SCRATCH = new DataView(new ArrayBuffer(8));
function bits32(x: number): number {
  SCRATCH.setFloat32(0, x);
  return SCRATCH.getInt32(0);
}
function float32(bits: number): number {
  SCRATCH.setInt32(0, bits);
  return SCRATCH.getFloat32(0);
}

/** Compares the decimal number `text`, without sign and underscores, with `d`, exactly. */
function compareDecimal(text: string, d: number): number {
  const match = /^(\d+)(?:\.(\d*))?(?:[eE](.*))?$/.exec(text)!;
  const fraction = match[2] ?? "";
  let a = BigInt(match[1] + fraction);
  const e10 = Number(match[3] ?? 0) - fraction.length;
  SCRATCH.setFloat64(0, d);
  const bits = SCRATCH.getBigUint64(0);
  const biased = Number(bits >> 52n);
  let b = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
  const e2 = Math.max(biased, 1) - 1075;
  if (e10 >= 0) a *= 10n ** BigInt(e10);
  else b *= 10n ** BigInt(-e10);
  if (e2 >= 0) b <<= BigInt(e2);
  else a <<= BigInt(-e2);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bits of the f32 nearest to a decimal number without sign and underscores. */
function roundDecimal32(text: string): number | NumberFault {
  const d = Number(text);
  const near = Math.fround(d);
  if (near === d && d !== Infinity) return bits32(near);
  if (d >= 2 ** 128) return "range";
  // `d` was rounded already. That decides wrongly only where it fell exactly between two neighbours.
  const below = near < d ? bits32(near) : bits32(near) - 1;
  const low = float32(below), high = below === 0x7f7fffff ? 2 ** 128 : float32(below + 1);
  let bits = bits32(near);
  if (d - low === high - d) {
    const side = compareDecimal(text, d);
    if (side !== 0) bits = below + (side > 0 ? 1 : 0);
  }
  return bits === 0x7f800000 ? "range" : bits;
}

/** An f32; gives its bits as a signed 32-bit number. */
export function parseF32(text: string): number | NumberFault {
  const other = parseSpecial(text, F32_FORMAT) ?? parseHexFloat(text, F32_FORMAT);
  if (other !== undefined) return typeof other === "bigint" ? Number(BigInt.asIntN(32, other)) : other;
  if (!DECIMAL.test(text)) return "syntax";
  const negative = text[0] === "-";
  const bits = roundDecimal32((negative || text[0] === "+" ? text.slice(1) : text).replaceAll("_", ""));
  return typeof bits === "number" && negative ? bits | 0x80000000 : bits;
}

/** An f64; gives its bits as an unsigned 64-bit bigint. */
export function parseF64(text: string): bigint | NumberFault {
  const other = parseSpecial(text, F64_FORMAT) ?? parseHexFloat(text, F64_FORMAT);
  if (other !== undefined) return other;
  if (!DECIMAL.test(text)) return "syntax";
  const d = Number(text.replaceAll("_", ""));
  if (d === Infinity || d === -Infinity) return "range";
  SCRATCH.setFloat64(0, d);
  return SCRATCH.getBigUint64(0);
}

function printSpecial(negative: boolean, payload: bigint, quiet: bigint): string {
  const sign = negative ? "-" : "";
  if (payload === 0n) return sign + "inf";
  return sign + (payload === quiet ? "nan" : `nan:0x${payload.toString(16)}`);
}

/** The shortest decimal text that parses back to the f32 with these bits; `nan:0x…` for NaNs with a payload. */
export function printF32(bits: number): string {
  if ((bits & 0x7f800000) === 0x7f800000) return printSpecial(bits < 0, BigInt(bits & 0x7fffff), 0x400000n);
  const x = float32(bits & 0x7fffffff);
  const sign = (bits | 0) < 0 ? "-" : "";
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(x.toPrecision(digits)));
    if (roundDecimal32(text) === (bits & 0x7fffffff)) return sign + text;
  }
  return sign + String(Number(x.toPrecision(9)));
}

/** The shortest decimal text that parses back to the f64 with these bits; `nan:0x…` for NaNs with a payload. */
export function printF64(bits: bigint): string {
  bits = BigInt.asUintN(64, bits);
  const negative = bits >> 63n === 1n;
  if (((bits >> 52n) & 0x7ffn) === 0x7ffn) return printSpecial(negative, bits & 0xfffffffffffffn, 0x8000000000000n);
  SCRATCH.setBigUint64(0, BigInt.asUintN(63, bits));
  return (negative ? "-" : "") + String(SCRATCH.getFloat64(0));
}
