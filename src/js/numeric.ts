// Numeric instructions as expressions of JavaScript: i32 in one number of 32 bits, i64 in two, f32 rounded by Math.fround.
// What is long or rare is a function of library.ts or long.ts, which V8 inlines where it pays.

import { TOLD_BY_DOUBLES } from "./long.ts";
import { type FunctionWriter, type Kind, literal, type Value } from "./state.ts";

const COMPARE: Record<string, string> = { eq: "===", ne: "!==", lt: "<", gt: ">", le: "<=", ge: ">=" };

/** Writes a numeric instruction with signature `signature`. */
export function writeNumeric(w: FunctionWriter, name: string, signature: string): void {
  const [operands, results] = signature.split(":");
  const dot = name.indexOf(".");
  const type = name.slice(0, dot), operation = name.slice(dot + 1);
  if (operands.length === 2) {
    const b = w.pop(), a = w.pop();
    if (type === "i32") binary32(w, operation, a, b);
    else if (type === "i64") binary64(w, operation, a, b);
    else binaryFloat(w, type === "f32" ? "f" : "d", operation, a, b);
    return;
  }
  unary(w, name, operation, w.pop(), results as Kind);
}

function shiftCount(b: Value): number | undefined {
  return b.constant === undefined ? undefined : b.constant[0] & 31;
}

function binary32(w: FunctionWriter, operation: string, a: Value, b: Value): void {
  const ab = [a, b], x = a.lo, y = b.lo;
  const push = (e: string) => w.push("i", e, ab);
  switch (operation) {
    case "add":
      return push(`(${x}+${y}|0)`);
    case "sub":
      return push(`(${x}-${y}|0)`);
    case "mul":
      return push(`${w.use("imul")}(${x},${y})`);
    case "and":
      return push(`(${x}&${y})`);
    case "or":
      return push(`(${x}|${y})`);
    case "xor":
      return push(`(${x}^${y})`);
    case "shl":
      return push(`(${x}<<${y})`);
    case "shr_s":
      return push(`(${x}>>${y})`);
    case "shr_u":
      return push(`(${x}>>>${y}|0)`);
    case "rotl":
    case "rotr": {
      let k = shiftCount(b);
      if (k === undefined || a.size > 0) return push(`${w.use(operation)}(${x},${y})`);
      if (operation === "rotr") k = (32 - k) & 31;
      return push(k === 0 ? x : `(${x}<<${k}|${x}>>>${32 - k})`);
    }
    case "div_s":
    case "div_u":
    case "rem_s":
    case "rem_u": {
      const by = b.constant?.[0];
      if (by === undefined || by === 0 || by === -1) return w.assign("i", `${w.use(`${operation}32`)}(${x},${y})`);
      switch (operation) {
        case "div_s":
          return push(`(${x}/${y}|0)`);
        case "rem_s":
          return push(`(${x}%${y}|0)`);
        case "div_u":
          return push(`((${x}>>>0)/${by >>> 0}|0)`);
        default:
          return push(`((${x}>>>0)%${by >>> 0}|0)`);
      }
    }
  }
  const [compare, sign] = operation.split("_");
  const c = COMPARE[compare];
  w.pushCondition(sign === "u" ? `${x}>>>0${c}${y}>>>0` : `${x}${c}${y}`, ab);
}

function binary64(w: FunctionWriter, operation: string, a: Value, b: Value): void {
  switch (operation) {
    case "and":
    case "or":
    case "xor": {
      const c = operation === "and" ? "&" : operation === "or" ? "|" : "^";
      return w.push("l", bitwise(c, a.lo, b.lo), [a, b], { hi: bitwise(c, a.hi, b.hi) });
    }
    case "add":
    case "sub": {
      const x = w.simple(a, "q2"), y = w.simple(b, "q4"), q = w.scratch("q0"), p = w.scratch("q1");
      const small = b.constant !== undefined && b.constant[0] >= 0;
      const high = y.hi === "0" ? x.hi : `${x.hi}${operation === "add" ? "+" : "-"}${y.hi}`;
      const carry = operation === "add"
        ? small ? `${high}+((${x.lo}&~${q})>>>31)|0` : `${high}+(((${x.lo}&${y.lo})|((${x.lo}|${y.lo})&~${q}))>>>31)|0`
        : small
        ? `${high}-((~${x.lo}&${q})>>>31)|0`
        : `${high}-(((~${x.lo}&${y.lo})|((~${x.lo}|${y.lo})&${q}))>>>31)|0`;
      w.line(`${q}=${x.lo}${operation === "add" ? "+" : "-"}${y.lo}|0;${p}=${carry};`);
      return w.assign("l", q, p);
    }
    case "mul": {
      const x = w.simple(a, "q2"), y = w.simple(b, "q4"), q = w.scratch("q0"), p = w.scratch("q1");
      const imul = w.use("imul");
      if (x.extended && y.extended && x.constant === undefined && y.constant === undefined) {
        w.line(`${q}=${imul}(${x.lo},${y.lo});${p}=${w.use("mulHighSigned")}(${x.lo},${y.lo});`);
        return w.assign("l", q, p);
      }
      let high = `${w.use("mulHigh")}(${x.lo},${y.lo})`;
      if (y.hi !== "0") high += `+${imul}(${x.lo},${y.hi})`;
      if (x.hi !== "0") high += `+${imul}(${x.hi},${y.lo})`;
      w.line(`${q}=${imul}(${x.lo},${y.lo});${p}=${high}|0;`);
      return w.assign("l", q, p);
    }
    case "shl":
    case "shr_s":
    case "shr_u":
    case "rotl":
    case "rotr":
      return shift64(w, operation, a, b);
    case "div_s":
    case "div_u":
    case "rem_s":
    case "rem_u":
      if (b.constant !== undefined && divideByConstant(w, operation, a, b.constant)) return;
      return w.assign("l", `${w.use(`${operation}64`)}(${a.lo},${a.hi},${b.lo},${b.hi})`, `${w.use("RH")}[0]`);
  }
  compare64(w, operation, a, b);
}

/** An operation on bits of 32-bit integers, one of which may be a number that decides it. */
function bitwise(operator: string, a: string, b: string): string {
  if (a === "0" || a === "(-1)") [a, b] = [b, a];
  if (b === "0") return operator === "&" ? "0" : a;
  if (b === "(-1)" && operator !== "^") return operator === "&" ? a : b;
  return `(${a}${operator}${b})`;
}

/** Divisors from here on have rests that an integer cannot tell by its sign. */
const MOST_INVERTED = 2 ** 30;

/** Writes a division by a constant where there is a short way. */
function divideByConstant(
  w: FunctionWriter,
  operation: string,
  a: Value,
  [by, high]: readonly [number, number],
): boolean {
  if (high !== 0 || by <= 0 || by >= MOST_INVERTED) return false;
  const wantsRest = operation.startsWith("rem"), told = by >= TOLD_BY_DOUBLES, inverse = told ? literal(1 / by) : "0";
  if (operation.endsWith("_s")) {
    const call = `${w.use(wantsRest ? "restByConstant" : "quotientByConstant")}(${a.lo},${a.hi},${by},${inverse})`;
    w.assign("l", call, `${w.use("RH")}[0]`);
    return true;
  }
  const x = w.simple(a, "q2");
  if ((by & (by - 1)) === 0) {
    if (wantsRest) w.assign("l", `${x.lo}&${by - 1}`, "0");
    else {
      const k = 31 - Math.clz32(by), q = w.scratch("q0");
      if (k === 0) w.assign("l", x.lo, x.hi);
      else {
        w.line(`${q}=${x.lo}>>>${k}|${x.hi}<<${32 - k};`);
        w.assign("l", q, `${x.hi}>>>${k}`);
      }
    }
    return true;
  }
  const q = w.scratch("q0"), imul = w.use("imul");
  if (!told) {
    const p = w.scratch("q1");
    w.line(`${p}=(${x.hi}>>>0)/${by}|0;${q}=((${x.hi}-${imul}(${p},${by})|0)*4294967296+(${x.lo}>>>0))/${by}|0;`);
    if (wantsRest) w.assign("l", `${x.lo}-${imul}(${q},${by})|0`, "0");
    else w.assign("l", q, p);
  } else if (wantsRest) {
    // As restByInverse() does.
    w.line(
      `${q}=${x.lo}-${imul}(((${x.hi}>>>0)*4294967296+(${x.lo}>>>0))*${inverse}|0,${by})|0;` +
        `if(${q}<0)${q}=${q}+${by}|0;else if(${q}>=${by})${q}=${q}-${by}|0;`,
    );
    w.assign("l", q, "0");
  } else w.assign("l", `${w.use("quotientByInverse")}(${x.lo},${x.hi},${by},${inverse})`, `${w.use("RH")}[0]`);
  return true;
}

function compare64(w: FunctionWriter, operation: string, a: Value, b: Value): void {
  if (operation === "eq" || operation === "ne") {
    const e = bitwise("|", bitwise("^", a.lo, b.lo), bitwise("^", a.hi, b.hi));
    return w.pushCondition(`${e}${operation === "eq" ? "===" : "!=="}0`, [a, b]);
  }
  const x = w.simple(a, "q2"), y = w.simple(b, "q4");
  const [compare, sign] = operation.split("_");
  const strict = compare[0] === "l" ? "<" : ">", c = COMPARE[compare];
  const high = (v: Value) => sign === "u" ? `${v.hi}>>>0` : v.hi;
  const e = `${x.hi}===${y.hi}?${x.lo}>>>0${c}${y.lo}>>>0:${high(x)}${strict}${high(y)}`;
  w.push("i", `((${e})?1:0)`, [x, y], { condition: `(${e})` });
  // Scratch variables do not outlive the instruction.
  if (a.size > 0 || b.size > 0) w.settle(w.stack.length - 1);
}

function shift64(w: FunctionWriter, operation: string, a: Value, b: Value): void {
  if (b.constant === undefined) return shiftByVariable(w, operation, a, b);
  const x = w.simple(a, "q2");
  let k = b.constant[0] & 63, { lo, hi } = x;
  const give = (low: string, high: string) => {
    if (a.size > 0) w.assign("l", low, high);
    else w.push("l", low, [x], { hi: high });
  };
  if (operation === "rotr" || operation === "rotl") {
    if (operation === "rotr") k = (64 - k) & 63;
    if (k >= 32) [lo, hi] = [hi, lo];
    k &= 31;
    if (k === 0) return give(lo, hi);
    return give(`(${lo}<<${k}|${hi}>>>${32 - k})`, `(${hi}<<${k}|${lo}>>>${32 - k})`);
  }
  if (k === 0) return give(lo, hi);
  if (operation === "shl") {
    if (k === 32) return give("0", lo);
    if (k > 32) return give("0", `(${lo}<<${k - 32})`);
    return give(`(${lo}<<${k})`, `(${hi}<<${k}|${lo}>>>${32 - k})`);
  }
  const signed = operation === "shr_s";
  const rest = signed ? `(${hi}>>31)` : "0";
  if (k === 32) return give(hi, rest);
  if (k > 32) return give(signed ? `(${hi}>>${k - 32})` : `(${hi}>>>${k - 32})`, rest);
  give(`(${lo}>>>${k}|${hi}<<${32 - k})`, signed ? `(${hi}>>${k})` : `(${hi}>>>${k})`);
}

/** A shift whose count is not known. A branch is faster than masks, even where nobody could predict it. */
function shiftByVariable(w: FunctionWriter, operation: string, a: Value, b: Value): void {
  const { lo, hi } = w.simple(a, "q2"), q = w.scratch("q0"), p = w.scratch("q1");
  let n = b.lo;
  if (b.size > 0 || operation === "rotr") {
    n = w.scratch("q4");
    w.line(`${n}=${operation === "rotr" ? "0-" : ""}${b.lo}|0;`);
  }
  const far = `if((${n}&32)!==0)`;
  switch (operation) {
    case "shl":
      w.line(`${q}=${lo}<<${n};${far}{${p}=${q};${q}=0;}else ${p}=${hi}<<${n}|${lo}>>>1>>>~${n};`);
      return w.assign("l", q, p);
    case "shr_u":
      w.line(`${p}=${hi}>>>${n}|0;${far}{${q}=${p};${p}=0;}else ${q}=${lo}>>>${n}|${hi}<<1<<~${n};`);
      return w.assign("l", q, p);
    case "shr_s":
      w.line(`${p}=${hi}>>${n};${far}{${q}=${p};${p}=${hi}>>31;}else ${q}=${lo}>>>${n}|${hi}<<1<<~${n};`);
      return w.assign("l", q, p);
  }
  w.line(`${far}{${q}=${hi};${p}=${lo};}else{${q}=${lo};${p}=${hi};}`);
  w.assign("l", `${q}<<${n}|${p}>>>1>>>~${n}`, `${p}<<${n}|${q}>>>1>>>~${n}`);
}

function binaryFloat(w: FunctionWriter, kind: "f" | "d", operation: string, a: Value, b: Value): void {
  const c = COMPARE[operation];
  if (c !== undefined) return w.pushCondition(`${a.lo}${c}${b.lo}`, [a, b]);
  const give = (e: string) => w.push(kind, kind === "f" ? `${w.use("fround")}(${e})` : `(${e})`, [a, b]);
  switch (operation) {
    case "add":
      return give(`${a.lo}+${b.lo}`);
    case "sub":
      return give(`${a.lo}-${b.lo}`);
    case "mul":
      return give(`${a.lo}*${b.lo}`);
    case "div":
      return give(`${a.lo}/${b.lo}`);
    case "min":
    case "max":
      return give(`${w.use(operation)}(${a.lo},${b.lo})`);
    default:
      return give(`${w.use("copysign")}(${a.lo},${b.lo})`);
  }
}

function unary(w: FunctionWriter, name: string, operation: string, a: Value, result: Kind): void {
  const x = a.lo, of = [a];
  const push = (e: string) => w.push(result, e, of);
  const pushFloat = (e: string) => push(result === "f" ? `${w.use("fround")}(${e})` : e);
  switch (name) {
    case "i32.eqz":
      return a.condition === undefined ? w.pushCondition(`${x}===0`, of) : w.pushCondition(`!${a.condition}`, of);
    case "i64.eqz":
      return w.pushCondition(`${bitwise("|", x, a.hi)}===0`, of);
    case "i32.clz":
      return push(`${w.use("clz32")}(${x})`);
    case "i32.ctz":
    case "i32.popcnt":
      return push(`${w.use(operation + "32")}(${x})`);
    case "i64.clz":
    case "i64.ctz":
    case "i64.popcnt":
      return w.push("l", `${w.use(operation + "64")}(${x},${a.hi})`, of, { hi: "0" });
    case "i32.wrap_i64":
      return push(x);
    case "i64.extend_i32_u":
      return w.push("l", x, of, { hi: "0", size: a.size });
    case "i64.extend_i32_s":
    case "i64.extend32_s": {
      const low = w.simple(a.kind === "l" ? { ...a, kind: "i", hi: "" } : a, "q2");
      if (a.size === 0) return w.push("l", low.lo, [low], { hi: `(${low.lo}>>31)`, extended: true });
      w.assign("l", low.lo, `${low.lo}>>31`);
      return w.put({ ...w.pop(), extended: true });
    }
    case "i32.extend8_s":
      return push(`(${x}<<24>>24)`);
    case "i32.extend16_s":
      return push(`(${x}<<16>>16)`);
    case "i64.extend8_s":
    case "i64.extend16_s": {
      const k = operation === "extend8_s" ? 24 : 16;
      const q = w.scratch("q2");
      w.line(`${q}=${x}<<${k}>>${k};`);
      return w.assign("l", q, `${q}>>31`);
    }
    case "f32.convert_i32_s":
    case "f64.convert_i32_s":
      return pushFloat(`(+${x})`);
    case "f32.convert_i32_u":
    case "f64.convert_i32_u":
      return pushFloat(`(${x}>>>0)`);
    case "f64.convert_i64_s":
      return push(`(${a.hi}*4294967296+(${x}>>>0))`);
    case "f64.convert_i64_u":
      return push(`((${a.hi}>>>0)*4294967296+(${x}>>>0))`);
    case "f32.convert_i64_s":
      return pushFloat(`${w.use("i64ForF32")}(${x},${a.hi})`);
    case "f32.convert_i64_u":
      return pushFloat(`${w.use("i64ForF32")}(${x},${a.hi}>>>0)`);
    case "f32.demote_f64":
      return push(`${w.use("fround")}(${x})`);
    case "f64.promote_f32":
      return push(x);
    case "i32.reinterpret_f32":
      return push(`${w.use("bitsF32")}(${x})`);
    case "i64.reinterpret_f64":
      return w.assign("l", `${w.use("bitsF64")}(${x})`, `${w.use("RH")}[0]`);
    case "f32.sqrt":
    case "f64.sqrt":
      return pushFloat(`${w.use("sqrt")}(${x})`);
    case "f32.neg":
    case "f64.neg":
    case "f32.abs":
    case "f64.abs":
      return push(`${w.use(operation)}(${x})`);
  }
  if (operation.startsWith("trunc_")) {
    const call = `${w.use(name.replace(".", "_").replace(/_f(32|64)_/, "_"))}(${x})`;
    if (result === "l") return w.assign("l", call, `${w.use("RH")}[0]`);
    return w.assign("i", call);
  }
  // ceil, floor, trunc, nearest: their results need no rounding.
  push(`${w.use(operation)}(${x})`);
}
