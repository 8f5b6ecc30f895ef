// Writes the loop of tier `fast` (src/fast/loop.ts) and the numbers of its instructions (src/fast/instructions.ts) from one table: the one below.
// `--check` writes nothing and fails when the files are not what the table says. Prints what it did.

import { fromFileUrl } from "@std/path";

/** A register instruction: its name, what its words behind the first are, and what it does. */
interface Form {
  readonly name: string;
  /** A word each: d a register that is written, r one that is read, i an integer, k a constant of the pool, t a distance to jump, p an offset in the module, o others. */
  readonly words: string;
  readonly body: string;
}
const forms: Form[] = [];
/** `body` sees words 1 to 3 as a, b, c, the registers they name as x, y, z, and further words as code[pc], code[pc + 1]; pc is behind word 3, or behind all words if there are more. */
function form(name: string, words: string, body: string): void {
  forms.push({ name, words, body });
}

const more = (n: number) => n === 0 ? "code[pc]" : `code[(pc + ${n}) | 0]`;
/** Steps over `n` words behind word 3. */
const step = (n: number) => `pc = (pc + ${n}) | 0;`;
const register = (word: string) => `((fp + ${word}) | 0)`;
const S = {
  i: (r: string) => `i32[${r}]`,
  l: (r: string) => `i64[${r} >> 1]`,
  f: (r: string) => `f32[${r}]`,
  d: (r: string) => `f64[${r} >> 1]`,
};
const slot = (type: string, r: string) => S[type as keyof typeof S](r);
const i64 = (e: string) => `BigInt.asIntN(64, ${e})`;
const trap = (code: string) => `{ trap = ${code}; break run; }`;
const PASS = "if ((code[2] = (code[2] - 1) | 0) < 0) break run;";

// Moves
form("mov32", "dr", "i32[x] = i32[y];");
form("mov64", "dr", "i64[x >> 1] = i64[y >> 1];");
form("mov128", "dr", "i64[x >> 1] = i64[y >> 1]; i64[(x >> 1) + 1] = i64[(y >> 1) + 1];");
form("const32", "di", "i32[x] = b;");
form("const64", "dk", "i64[x >> 1] = k64[b];");
form("mov32x2", "drdr", `i32[x] = i32[y]; i32[z] = i32[${register("code[pc]")}]; ${step(1)}`);
form(
  "mov32x4",
  "drdrdrdr",
  `i32[x] = i32[y]; i32[z] = i32[${register("code[pc]")}]; i32[${register(more(1))}] = i32[${register(more(2))}]; i32[${
    register(more(3))
  }] = i32[${register(more(4))}]; ${step(5)}`,
);
for (const [w, s] of [["32", "i"], ["64", "l"]]) {
  form(
    `select${w}`,
    "drrr",
    `if (i32[${register("code[pc]")}] === 0) y = z; ${step(1)} ${slot(s, "x")} = ${slot(s, "y")};`,
  );
  form(
    `global.get${w}`,
    "do",
    `t = code[(cells + b)]; ${
      s === "i" ? "i32[x] = globals[t];" : "i32[x] = globals[t]; i32[x + 1] = globals[t + 1];"
    }`,
  );
  form(
    `global.set${w}`,
    "or",
    `t = code[(cells + a)]; ${
      s === "i" ? "globals[t] = i32[y];" : "globals[t] = i32[y]; globals[t + 1] = i32[y + 1];"
    }`,
  );
}
form(
  "select128",
  "drrr",
  `if (i32[${register("code[pc]")}] === 0) y = z; ${
    step(1)
  } i64[x >> 1] = i64[y >> 1]; i64[(x >> 1) + 1] = i64[(y >> 1) + 1];`,
);
form("ref.func", "do", "i32[x] = view.funcs[b].ref; i32[x + 1] = 0;");

// Control
form("br", "t", "pc = (pc + a) | 0;");
form("br back", "t", `pc = (pc + a) | 0; ${PASS}`);
form("br_table", "ro", "t = i32[x]; if ((t >>> 0) > (b >>> 0)) t = b; pc = (pc + code[(pc + t) | 0]) | 0;");
form("unreachable", "p", trap("UNREACHABLE"));
form("pass", "", PASS);
form(
  "count",
  "o",
  `next = functionCode(store.func(~frames[(code[1] + STP)])); t = (next.left[a] - 1) | 0; next.left[a] = t;
  if (t > 0) continue; status = RunStatus.HOT; break run;`,
);
form("trap_if_null", "or", "if (i32[y] === 0) { trap = a; break run; }");

const I32_COMPARE: [string, string][] = [
  ["eq", "P === Q"],
  ["ne", "P !== Q"],
  ["lt_s", "P < Q"],
  ["lt_u", "(P >>> 0) < (Q >>> 0)"],
  ["gt_s", "P > Q"],
  ["gt_u", "(P >>> 0) > (Q >>> 0)"],
  ["le_s", "P <= Q"],
  ["le_u", "(P >>> 0) <= (Q >>> 0)"],
  ["ge_s", "P >= Q"],
  ["ge_u", "(P >>> 0) >= (Q >>> 0)"],
];
const FLOAT_COMPARE: [string, string][] = [["eq", "P === Q"], ["ne", "P !== Q"], ["lt", "P < Q"], ["gt", "P > Q"], [
  "le",
  "P <= Q",
], ["ge", "P >= Q"]];
const fill = (e: string, p: string, q: string) => e.replaceAll("P", p).replaceAll("Q", q);
const fwd = (cond: string, t: string, n = 0) => `if (${cond}) pc = (pc + ${t}) | 0;${n > 0 ? "" : ""}`;
const back = (cond: string, t: string) => `if (${cond}) { pc = (pc + ${t}) | 0; ${PASS} }`;

for (const [kind, branch] of [["", fwd], [" back", back]] as const) {
  form(`br_nz${kind}`, "rt", branch("i32[x] !== 0", "b"));
  form(`br_z${kind}`, "rt", branch("i32[x] === 0", "b"));
  for (const [name, e] of I32_COMPARE) {
    form(`br i32.${name}${kind}`, "rrt", branch(fill(e, "i32[x]", "i32[y]"), "c"));
    form(`br i32.${name} k${kind}`, "rit", branch(fill(e, "i32[x]", "b"), "c"));
  }
}
form("mov32 br back", "drt", `i32[x] = i32[y]; pc = (pc + c) | 0; ${PASS}`);
form("br_and_nz", "rit", fwd("(i32[x] & b) !== 0", "c"));
form("br_and_z", "rit", fwd("(i32[x] & b) === 0", "c"));
// The end of a counted loop: an addition, a comparison of its result, a branch back.
for (const name of ["ne", "lt_s", "lt_u", "gt_s", "gt_u", "eq", "le_s", "le_u", "ge_s", "ge_u"]) {
  const e = I32_COMPARE.find(([n]) => n === name)![1];
  form(
    `add br i32.${name} back`,
    "drirt",
    `t = (i32[y] + c) | 0; i32[x] = t; u = i32[(fp + code[pc])]; if (${
      fill(e, "t", "u")
    }) { pc = (pc + code[pc + 1] + 2) | 0; ${PASS} } else pc = (pc + 2) | 0 | 0;`,
  );
  form(
    `add br i32.${name} k back`,
    "driit",
    `t = (i32[y] + c) | 0; i32[x] = t; u = code[pc]; if (${
      fill(e, "t", "u")
    }) { pc = (pc + code[pc + 1] + 2) | 0; ${PASS} } else pc = (pc + 2) | 0 | 0;`,
  );
}
for (const type of ["l", "d"]) {
  const name = type === "l" ? "i64" : "f64";
  const list = type === "l" ? I32_COMPARE.map(([n]): [string, string] => [n, compare64(n)]) : FLOAT_COMPARE;
  for (const [op, e] of list) {
    const cond = (p: string, q: string) =>
      type === "l" ? e.replaceAll("P", p).replaceAll("Q", q) : fill(e, slot("d", p), q);
    const reg = type === "l" ? cond("x", "y") : cond("x", slot("d", "y"));
    form(`br ${name}.${op}`, "rrt", fwd(reg, "c"));
    if (type === "d") form(`br_unless f64.${op}`, "rrt", fwd(`!(${reg})`, "c"));
  }
}
/** A comparison of the i64 registers P and Q. */
function compare64(n: string): string {
  if (n === "eq") return "((i32[P] ^ i32[Q]) | (i32[P + 1] ^ i32[Q + 1])) === 0";
  if (n === "ne") return "((i32[P] ^ i32[Q]) | (i32[P + 1] ^ i32[Q + 1])) !== 0";
  const sign = n.endsWith("u") ? " >>> 0" : "",
    op = ({ lt: "<", gt: ">", le: "<=", ge: ">=" } as Record<string, string>)[n.slice(0, 2)];
  const h = (r: string) => sign === "" ? `i32[${r} + 1]` : `(i32[${r} + 1] >>> 0)`;
  return `(i32[P + 1] === i32[Q + 1] ? (i32[P] >>> 0) ${op} (i32[Q] >>> 0) : ${h("P")} ${op} ${h("Q")})`;
}

// Calls. The frame's words are written by the caller, what the callee knows by `enter`.
form(
  "call",
  "ro",
  "t = code[cells + b]; if (t === 0) { callee = view.funcs[b]; tail = 0; break calls; } break invoke;",
);
form("call_import", "ro", "callee = view.funcs[b]; tail = 0; break calls;");
form("return_call", "ro", "callee = view.funcs[b]; tail = 1; break calls;");
const INDIRECT = `t = i32[y]; if ((t >>> 0) >= view.instance.tables[c].length) ${trap("UNDEFINED_ELEMENT")}
  t = globals[((view.instance.tables[c].elements >> 2) + t) | 0]; if (t === 0) ${trap("UNINITIALIZED_ELEMENT")}`;
form(
  "call_indirect",
  "rroo",
  `${INDIRECT}
  u = (t - code[3]) | 0;
  if ((u >>> 0) < (code[4] >>> 0)) {
    u = (cells + u + code[5]) | 0;
    if (code[(u + functions)] === ${more(0)}) {
      t2 = code[u];
      if (t2 !== 0) { t = t2; ${step(1)} break invoke; }
    }
  }
  callee = store.func(t); u = callee.signature.typeId; t = ${more(0)};
  if (u !== t && !TYPES.isSubtype(u, t)) ${trap("TYPE_MISMATCH")}
  ${step(1)} tail = 0; break calls;`,
);
form(
  "return_call_indirect",
  "rroo",
  `${INDIRECT}
  callee = store.func(t); u = callee.signature.typeId; t = ${more(0)};
  if (u !== t && !TYPES.isSubtype(u, t)) ${trap("TYPE_MISMATCH")}
  ${step(1)} tail = 1; break calls;`,
);
form("index64", "dr", "i32[x] = i32[y + 1] !== 0 ? -1 : i32[y];");
form(
  "call_ref",
  "rr",
  `if (i32[y] === 0) ${trap("NULL_FUNCTION")} callee = store.func(i32[y]); tail = 0; break calls;`,
);
form(
  "return_call_ref",
  "rr",
  `if (i32[y] === 0) ${trap("NULL_FUNCTION")} callee = store.func(i32[y]); tail = 1; break calls;`,
);
// Callers do its work.
form("enter", "iooo", `throw new BugError("a function's first instruction was run");`);
const RETURN = "u = (u - 4) | 0; code[1] = u; pc = frames[u]; code[6] = frames[u + FP];";
const LEAVE = (words: string) =>
  `u = code[1]; if (frames[u + BASE] !== 0) { sp = (fp + ${words}) | 0; break leaving; } ${RETURN}`;
form("return", "", LEAVE("0"));
form("return32", "r", `i32[fp] = i32[x]; ${LEAVE("2")}`);
form("return64", "r", `i64[(fp) >> 1] = i64[x >> 1]; ${LEAVE("2")}`);
form("return_n", "ri", `i32.copyWithin(fp, x, x + b); ${LEAVE("b")}`);

// i32
const I32_BINARY: [string, string][] = [
  ["add", "(P + Q) | 0"],
  ["sub", "(P - Q) | 0"],
  ["mul", "Math.imul(P, Q)"],
  ["and", "P & Q"],
  ["or", "P | Q"],
  ["xor", "P ^ Q"],
  ["shl", "P << Q"],
  ["shr_s", "P >> Q"],
  ["shr_u", "P >>> Q"],
  ["rotl", "(P << Q) | ((P >>> 1) >>> (31 - (Q & 31)))"],
  ["rotr", "(P >>> Q) | ((P << 1) << (31 - (Q & 31)))"],
];
for (const [name, e] of I32_BINARY) {
  form(`i32.${name}`, "drr", `i32[x] = ${fill(e, "i32[y]", "i32[z]")};`);
  if (name !== "sub") form(`i32.${name} k`, "dri", `i32[x] = ${fill(e, "i32[y]", "c")};`);
}
form("i32.sub kr", "dri", "i32[x] = (c - i32[y]) | 0;");
form("i32.shl kr", "dri", "i32[x] = c << i32[y];");
for (const [name, e] of I32_COMPARE) {
  form(`i32.${name}`, "drr", `i32[x] = ${fill(e, "i32[y]", "i32[z]")} ? 1 : 0;`);
  form(`i32.${name} k`, "dri", `i32[x] = ${fill(e, "i32[y]", "c")} ? 1 : 0;`);
}
form(
  "i32.div_s",
  "drr",
  `t = i32[y]; u = i32[z]; if (u === 0) ${trap("DIVIDE_BY_ZERO")} if (u === -1 && t === -0x80000000) ${
    trap("OVERFLOW")
  } i32[x] = (t / u) | 0;`,
);
form(
  "i32.div_u",
  "drr",
  `u = i32[z]; if (u === 0) ${trap("DIVIDE_BY_ZERO")} i32[x] = ((i32[y] >>> 0) / (u >>> 0)) | 0;`,
);
form("i32.rem_s", "drr", `u = i32[z]; if (u === 0) ${trap("DIVIDE_BY_ZERO")} i32[x] = (i32[y] % u) | 0;`);
form(
  "i32.rem_u",
  "drr",
  `u = i32[z]; if (u === 0) ${trap("DIVIDE_BY_ZERO")} i32[x] = ((i32[y] >>> 0) % (u >>> 0)) | 0;`,
);
form("i32.clz", "dr", "i32[x] = Math.clz32(i32[y]);");
form("i32.ctz", "dr", "i32[x] = ctz32(i32[y]);");
form("i32.popcnt", "dr", "i32[x] = popcnt32(i32[y]);");
form("i32.extend8_s", "dr", "i32[x] = (i32[y] << 24) >> 24;");
form("i32.extend16_s", "dr", "i32[x] = (i32[y] << 16) >> 16;");
// Runs of two that programs are full of.
form("i32.and_shl k", "drii", `i32[x] = (i32[y] & c) << code[pc]; ${step(1)}`);
form("i32.shr_u_and k", "drii", `i32[x] = (i32[y] >>> c) & code[pc]; ${step(1)}`);
form("i32.add3 k", "drri", `i32[x] = (i32[y] + i32[z] + code[pc]) | 0; ${step(1)}`);
form("i32.xor_rotl k", "drri", `t = i32[y] ^ i32[z]; u = code[pc]; i32[x] = (t << u) | (t >>> (32 - u)); ${step(1)}`);

// An operation whose one operand is the result of another; the last word is the other operand.
const P32: [string, string, string][] = [
  ["shl k", "dri", "(i32[y] << c)"],
  ["shr_u k", "dri", "(i32[y] >>> c)"],
  ["shr_s k", "dri", "(i32[y] >> c)"],
  ["rotl k", "dri", "((i32[y] << c) | ((i32[y] >>> 1) >>> (31 - (c & 31))))"],
  ["and k", "dri", "(i32[y] & c)"],
  ["and", "drr", "(i32[y] & i32[z])"],
  ["xor", "drr", "(i32[y] ^ i32[z])"],
  ["or", "drr", "(i32[y] | i32[z])"],
  ["mul", "drr", "Math.imul(i32[y], i32[z])"],
  ["mul k", "dri", "Math.imul(i32[y], c)"],
  ["add", "drr", "(i32[y] + i32[z])"],
];
for (const [first, words, e] of P32) {
  for (const [second, op] of [["add", "+"], ["xor", "^"], ["or", "|"], ["and", "&"]]) {
    form(
      `i32.${first} > ${second}`,
      words + "r",
      `t = ${e}; i32[x] = (t ${op} i32[${register("code[pc]")}])${op === "+" ? " | 0" : ""}; ${step(1)}`,
    );
  }
}

// i64
for (const [name, op] of [["add", "+"], ["sub", "-"], ["mul", "*"], ["and", "&"], ["or", "|"], ["xor", "^"]]) {
  form(`i64.${name}`, "drr", `i64[x >> 1] = ${i64(`i64[y >> 1] ${op} i64[z >> 1]`)};`);
  if (name !== "sub") form(`i64.${name} k`, "drk", `i64[x >> 1] = ${i64(`i64[y >> 1] ${op} k64[c]`)};`);
}
const ZERO64 = `if ((i32[z] | i32[z + 1]) === 0) ${trap("DIVIDE_BY_ZERO")}`;
form(
  "i64.div_s",
  "drr",
  `${ZERO64} if ((i32[z] & i32[z + 1]) === -1 && i32[y] === 0 && i32[y + 1] === -0x80000000) ${
    trap("OVERFLOW")
  } i64[x >> 1] = ${i64("i64[y >> 1] / i64[z >> 1]")};`,
);
form(
  "i64.div_u",
  "drr",
  `${ZERO64} i64[x >> 1] = ${i64("BigInt.asUintN(64, i64[y >> 1]) / BigInt.asUintN(64, i64[z >> 1])")};`,
);
form("i64.rem_s", "drr", `${ZERO64} i64[x >> 1] = ${i64("i64[y >> 1] % i64[z >> 1]")};`);
form(
  "i64.rem_u",
  "drr",
  `${ZERO64} i64[x >> 1] = ${i64("BigInt.asUintN(64, i64[y >> 1]) % BigInt.asUintN(64, i64[z >> 1])")};`,
);
const JOIN = i64(`${i64("BigInt(v) << 32n")} | BigInt(u >>> 0)`);
const SHIFTS: [string, string][] = [
  ["shl", "if (t > 31) { v = u << t; u = 0; } else if (t !== 0) { v = (v << t) | (u >>> (32 - t)); u = u << t; }"],
  [
    "shr_s",
    "if (t > 31) { u = v >> t; v = v >> 31; } else if (t !== 0) { u = (u >>> t) | (v << (32 - t)); v = v >> t; }",
  ],
  [
    "shr_u",
    "if (t > 31) { u = (v >>> t) | 0; v = 0; } else if (t !== 0) { u = (u >>> t) | (v << (32 - t)); v = (v >>> t) | 0; }",
  ],
  [
    "rotl",
    "if (t > 31) { t2 = u; u = v; v = t2; } t = t & 31; t2 = u; u = (u << t) | ((v >>> 1) >>> (31 - t)); v = (v << t) | ((t2 >>> 1) >>> (31 - t));",
  ],
  [
    "rotr",
    "if (t > 31) { t2 = u; u = v; v = t2; } t = t & 31; t2 = u; u = (u >>> t) | ((v << 1) << (31 - t)); v = (v >>> t) | ((t2 << 1) << (31 - t));",
  ],
];
for (const [name, e] of SHIFTS) {
  form(`i64.${name}`, "drr", `u = i32[y]; v = i32[y + 1]; t = i32[z] & 63; ${e} i64[x >> 1] = ${JOIN};`);
  if (name !== "rotr") form(`i64.${name} k`, "dri", `u = i32[y]; v = i32[y + 1]; t = c; ${e} i64[x >> 1] = ${JOIN};`);
}
for (const [name] of I32_COMPARE) {
  form(`i64.${name}`, "drr", `i32[x] = ${compare64(name).replaceAll("P", "y").replaceAll("Q", "z")} ? 1 : 0;`);
}
form("i64.eqz", "dr", "i32[x] = (i32[y] | i32[y + 1]) === 0 ? 1 : 0;");
form("br i64.eqz", "rt", fwd("(i32[x] | i32[x + 1]) === 0", "b"));
form("br i64.nez", "rt", fwd("(i32[x] | i32[x + 1]) !== 0", "b"));
form("i64.clz", "dr", "t = i32[y + 1]; i32[x] = t === 0 ? 32 + Math.clz32(i32[y]) : Math.clz32(t); i32[x + 1] = 0;");
form("i64.ctz", "dr", "t = i32[y]; i32[x] = t === 0 ? 32 + ctz32(i32[y + 1]) : ctz32(t); i32[x + 1] = 0;");
form("i64.popcnt", "dr", "i32[x] = popcnt32(i32[y]) + popcnt32(i32[y + 1]); i32[x + 1] = 0;");
form("i64.extend8_s", "dr", `t = (i32[y] << 24) >> 24; i64[x >> 1] = ${i64("BigInt(t)")};`);
form("i64.extend16_s", "dr", `t = (i32[y] << 16) >> 16; i64[x >> 1] = ${i64("BigInt(t)")};`);
form("i64.extend_i32_s", "dr", `i64[x >> 1] = ${i64("BigInt(i32[y])")};`);
form("i64.extend_i32_u", "dr", `i64[x >> 1] = ${i64("BigInt(i32[y] >>> 0)")};`);

// Floats
for (const [t, type] of [["f", "f32"], ["d", "f64"]]) {
  const P = slot(t, "y"), Q = slot(t, "z"), X = slot(t, "x");
  for (const [name, op] of [["add", "+"], ["sub", "-"], ["mul", "*"], ["div", "/"]]) {
    form(`${type}.${name}`, "drr", `${X} = ${P} ${op} ${Q};`);
    if (t === "d") form(`${type}.${name} k`, "drk", `${X} = ${P} ${op} kf64[c];`);
  }
  if (t === "d") {
    form("f64.sub kr", "drk", `${X} = kf64[c] - ${P};`);
    form("f64.div kr", "drk", `${X} = kf64[c] / ${P};`);
    // Rounded twice, as if they were two instructions.
    form("f64.mul_add", "drrr", `${X} = ${slot("d", register("code[pc]"))} + (${P} * ${Q}); ${step(1)}`);
    form("f64.mul3", "drrr", `${X} = ${P} * ${Q} * f64[((fp + code[pc]) | 0) >> 1]; ${step(1)}`);
    form("f64.mul_sub", "drrr", `${X} = ${slot("d", register("code[pc]"))} - (${P} * ${Q}); ${step(1)}`);
  }
  form(`${type}.min`, "drr", `${X} = minimum(${P}, ${Q});`);
  form(`${type}.max`, "drr", `${X} = maximum(${P}, ${Q});`);
  form(`${type}.ceil`, "dr", `${X} = ceil(${P});`);
  form(`${type}.floor`, "dr", `${X} = floor(${P});`);
  form(`${type}.trunc`, "dr", `${X} = truncate(${P});`);
  form(`${type}.nearest`, "dr", `${X} = nearest(${P});`);
  form(`${type}.sqrt`, "dr", `${X} = Math.sqrt(${P});`);
  for (const [name, e] of FLOAT_COMPARE) form(`${type}.${name}`, "drr", `i32[x] = ${fill(e, P, Q)} ? 1 : 0;`);
}
form("f32.abs", "dr", "i32[x] = i32[y] & 0x7fffffff;");
form("f32.neg", "dr", "i32[x] = i32[y] ^ 0x80000000;");
form("f32.copysign", "drr", "i32[x] = (i32[y] & 0x7fffffff) | (i32[z] & 0x80000000);");
const HALVES = "i64[x >> 1] = " + JOIN + ";";
form("f64.abs", "dr", `u = i32[y]; v = i32[y + 1] & 0x7fffffff; ${HALVES}`);
form("f64.neg", "dr", `u = i32[y]; v = i32[y + 1] ^ 0x80000000; ${HALVES}`);
form("f64.copysign", "drr", `u = i32[y]; v = (i32[y + 1] & 0x7fffffff) | (i32[z + 1] & 0x80000000); ${HALVES}`);
for (const [t, type] of [["f", "f32"], ["d", "f64"]]) {
  const P = slot(t, "y");
  form(
    `i32.trunc_${type}_s`,
    "dr",
    `p = ${P}; if (!(p > -2147483649 && p < 2147483648)) ${trap('truncTrap(p, "i32_s")')} i32[x] = p;`,
  );
  form(
    `i32.trunc_${type}_u`,
    "dr",
    `p = ${P}; if (!(p > -1 && p < 4294967296)) ${trap('truncTrap(p, "i32_u")')} i32[x] = p;`,
  );
  form(
    `i64.trunc_${type}_s`,
    "dr",
    `p = ${P}; if (!(p >= -9223372036854775808 && p < 9223372036854775808)) ${
      trap('truncTrap(p, "i64_s")')
    } p = Math.trunc(p); q = Math.floor(p / 4294967296); i32[x + 1] = q; i32[x] = p - q * 4294967296;`,
  );
  form(
    `i64.trunc_${type}_u`,
    "dr",
    `p = ${P}; if (!(p > -1 && p < 18446744073709551616)) ${
      trap('truncTrap(p, "i64_u")')
    } p = Math.trunc(p); q = Math.floor(p / 4294967296); i32[x + 1] = q; i32[x] = p - q * 4294967296;`,
  );
}
form("f32.convert_i32_s", "dr", "f32[x] = i32[y];");
form("f32.convert_i32_u", "dr", "f32[x] = i32[y] >>> 0;");
form("f32.convert_i64_s", "dr", "f32[x] = i64ForF32(i32[y], i32[y + 1]);");
form("f32.convert_i64_u", "dr", "f32[x] = i64ForF32(i32[y], i32[y + 1] >>> 0);");
form("f32.demote_f64", "dr", "f32[x] = f64[y >> 1];");
form("f64.convert_i32_s", "dr", "f64[x >> 1] = i32[y];");
form("f64.convert_i32_u", "dr", "f64[x >> 1] = i32[y] >>> 0;");
form("f64.convert_i64_s", "dr", "f64[x >> 1] = i32[y + 1] * 4294967296 + (i32[y] >>> 0);");
form("f64.convert_i64_u", "dr", "f64[x >> 1] = (i32[y + 1] >>> 0) * 4294967296 + (i32[y] >>> 0);");
form("f64.promote_f32", "dr", "f64[x >> 1] = f32[y];");

// Memory. `at` is the address; what is beyond `end` is looked at again out of line.
const OUTSIDE = (size: number, n: number) => `if (at + ${size} > end) { t = ${size}; u = ${4 + n}; break outside; }`;
const LOADS: [string, number, string][] = [
  ["i32.load", 4, "i32[x] = memory.getInt32(at, true);"],
  ["i64.load", 8, "i64[x >> 1] = memory.getBigInt64(at, true);"],
  ["i32.load8_s", 1, "i32[x] = memory.getInt8(at);"],
  ["i32.load8_u", 1, "i32[x] = memory.getUint8(at);"],
  ["i32.load16_s", 2, "i32[x] = memory.getInt16(at, true);"],
  ["i32.load16_u", 2, "i32[x] = memory.getUint16(at, true);"],
  ["i64.load8_s", 1, `t = memory.getInt8(at); i64[x >> 1] = ${i64("BigInt(t)")};`],
  ["i64.load8_u", 1, `t = memory.getUint8(at); i64[x >> 1] = ${i64("BigInt(t >>> 0)")};`],
  ["i64.load16_s", 2, `t = memory.getInt16(at, true); i64[x >> 1] = ${i64("BigInt(t)")};`],
  ["i64.load16_u", 2, `t = memory.getUint16(at, true); i64[x >> 1] = ${i64("BigInt(t >>> 0)")};`],
  ["i64.load32_s", 4, `t = memory.getInt32(at, true); i64[x >> 1] = ${i64("BigInt(t)")};`],
  ["i64.load32_u", 4, `t = memory.getInt32(at, true); i64[x >> 1] = ${i64("BigInt(t >>> 0)")};`],
];
const STORES: [string, number, (v: string) => string][] = [
  ["i32.store", 4, (v) => `memory.setInt32(at, i32[${v}], true);`],
  ["i64.store", 8, (v) => `memory.setBigInt64(at, i64[${v} >> 1], true);`],
  ["i32.store8", 1, (v) => `memory.setInt8(at, i32[${v}]);`],
  ["i32.store16", 2, (v) => `memory.setInt16(at, i32[${v}], true);`],
];
for (const [name, size, e] of LOADS) {
  form(name, "dri", `at = (i32[y] >>> 0) + (c >>> 0); ${OUTSIDE(size, 0)} ${e}`);
  if (/^i32.load$|^i64.load$|load8_u|i32.load16_u/.test(name)) {
    form(
      `${name} add`,
      "drri",
      `at = ((i32[y] + i32[z]) >>> 0) + (code[pc] >>> 0); ${step(1)} ${OUTSIDE(size, 1)} ${e}`,
    );
  }
  if (/^i32.load$|^i64.load$/.test(name)) {
    form(
      `${name} shl_add`,
      "drrii",
      `at = (((i32[y] << code[pc + 1]) + i32[z]) >>> 0) + (code[pc] >>> 0); ${step(2)} ${OUTSIDE(size, 2)} ${e}`,
    );
  }
}
// What a load takes from a sum, or gives to an operation.
for (const [name, size, e] of LOADS) {
  if (!/^i32.load$|^i64.load$|load8_u|i32.load16_u/.test(name)) continue;
  form(`${name} sum`, "drii", `at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0); ${step(1)} ${OUTSIDE(size, 1)} ${e}`);
  form(`${name} at`, "di", `at = b; ${OUTSIDE(size, 0)} ${e}`);
  if (/load8_u|load16_u/.test(name)) continue;
  form(
    `${name} add_sum`,
    "drrii",
    `at = ((i32[y] + i32[z] + code[pc]) >>> 0) + (${more(1)} >>> 0); ${step(2)} ${OUTSIDE(size, 2)} ${e}`,
  );
  form(
    `${name} shl_sum`,
    "driii",
    `at = (((i32[y] << c) + code[pc]) >>> 0) + (${more(1)} >>> 0); ${step(2)} ${OUTSIDE(size, 2)} ${e}`,
  );
}
for (const [name, op] of [["add", "+"], ["xor", "^"], ["or", "|"], ["and", "&"]]) {
  form(
    `i32.load > ${name}`,
    "drir",
    `at = (i32[y] >>> 0) + (c >>> 0); ${OUTSIDE(4, 0)} i32[x] = (memory.getInt32(at, true) ${op} i32[${
      register("code[pc]")
    }])${op === "+" ? " | 0" : ""}; ${step(1)}`,
  );
}
for (
  const [sum, words, place, n] of [["", "drir", "(i32[y] >>> 0) + (c >>> 0)", 0], [
    " sum",
    "driir",
    "((i32[y] + c) >>> 0) + (code[pc] >>> 0)",
    1,
  ]] as const
) {
  const other = `f64[${register(n === 0 ? "code[pc]" : more(1))} >> 1]`;
  for (const [name, e] of [["add", "Q + P"], ["mul", "Q * P"], ["sub", "P - Q"], ["sub_from", "Q - P"]]) {
    form(
      `f64.load${sum} > ${name}`,
      words,
      `at = ${place}; ${OUTSIDE(8, 0)} f64[x >> 1] = ${fill(e, "memory.getFloat64(at, true)", other)}; ${step(n + 1)}`,
    );
  }
}
for (const [name, size, e] of STORES) {
  form(`${name} sum`, "rrii", `at = ((i32[x] + c) >>> 0) + (code[pc] >>> 0); ${step(1)} ${OUTSIDE(size, 1)} ${e("y")}`);
  form(`${name} at`, "ir", `at = a; ${OUTSIDE(size, 0)} ${e("y")}`);
  form(name, "rri", `at = (i32[x] >>> 0) + (c >>> 0); ${OUTSIDE(size, 0)} ${e("y")}`);
  if (name !== "i64.store") {
    form(`${name} k`, "rii", `at = (i32[x] >>> 0) + (c >>> 0); ${OUTSIDE(size, 0)} ${e("").replace("i32[]", "b")}`);
  }
  form(
    `${name} add`,
    "rrri",
    `at = ((i32[x] + i32[z]) >>> 0) + (code[pc] >>> 0); ${step(1)} ${OUTSIDE(size, 1)} ${e("y")}`,
  );
}

// What others do: the original instruction at an offset of the module, with its operands in their slots below x.
form("vector", "ro", "runLanes(b, x);");
form(
  "vector_access",
  "rpo",
  `t2 = runSimd(thread, view, bytes, c, b, x, memory); if (t2 < 0) ${trap("OUT_OF_BOUNDS")}`,
);
const OTHERS = `thread.sp = x >> 1; thread.top = code[1]; frames[code[1]] = pc;`;
const RELOAD =
  `globals = store.arena.i32; memory = memories.length > 0 ? memories[0].view : NO_MEMORY; end = memory.byteLength;`;
form("other", "rp", `${OTHERS} t = runOther(thread, view, b); ${RELOAD} if (t >= 0) { trap = t; break run; }`);
form(
  "other br",
  "rpt",
  `${OTHERS} t = runOther(thread, view, b); if (t >= 0) { trap = t; break run; } if (t === TAKEN) pc = (pc + c) | 0;`,
);
form(
  "throw",
  "rpr",
  `thread.sp = x >> 1; t = startThrow(thread, view, bytes[b], (b + 1) | 0, z); sp = x; if (t === NO_TRAP) status = RunStatus.THROW; else trap = t; break run;`,
);

const names = forms.map((f) => f.name);
if (new Set(names).size !== names.length) throw new Error(`twice: ${names.find((n, i) => names.indexOf(n) !== i)}`);
/** Words of an instruction: four, or one more than its operands. */
const length = (f: Form) => Math.max(4, f.words.length + 1);

const template = await Deno.readTextFile(new URL("fast/loop.ts.txt", import.meta.url));
/** What never goes on with the next instruction. */
const LEAVES = /^(unreachable|count|enter|throw|call|return_call)/;
const cases = forms.map((f, i) => `case ${i}: // ${f.name}\n${f.body}${LEAVES.test(f.name) ? "" : " continue;"}\n`)
  .join("");
const header = "// Written by scripts/make_fast_loop.ts: do not edit.\n";
/** Sums of indices as integers: V8 would compute them in more bits otherwise. */
const narrow = (source: string) => source.replace(/\[(pc|u|x|y|z) \+ (\w+)\]/g, "[($1 + $2) | 0]");
const loop = header + narrow(template.replace("/* CASES */", () => cases));
const instructions = header +
  `// The instructions of register code by number: name, words, and what each word is; see the script for the letters.

/** Names, by number. */
export const NAMES: readonly string[] = ${JSON.stringify(names)};
/** What the words behind the first are, by number. */
export const OPERANDS: readonly string[] = ${JSON.stringify(forms.map((f) => f.words))};
/** Words of an instruction, by number. */
export const LENGTHS: Uint8Array = Uint8Array.of(${forms.map(length).join(", ")});
`;
const root = fromFileUrl(new URL("../src/fast/", import.meta.url));
const format = async (source: string) => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ts", "--line-width", "120", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
};
for (const [name, source] of [["loop.ts", loop], ["instructions.ts", instructions]]) {
  // Twice: what the first turn breaks into lines, the second writes as if it had been there.
  const text = await format(await format(source));
  if (Deno.args.includes("--check")) {
    if (await Deno.readTextFile(root + name) !== text) {
      throw new Error(`src/fast/${name} is not what scripts/make_fast_loop.ts writes`);
    }
  } else await Deno.writeTextFile(root + name, text);
  console.log(`${name}: ${forms.length} instructions, ${text.length} characters`);
}
