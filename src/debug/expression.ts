// Expressions over a stopped frame, for conditions and for looking: `i >= 10 && i32[$head + 4] == 0`. Takes text, gives what computes them.
//
//   expression   C's operators and their order: || && | ^ & == != < <= > >= << >> >>> + - * / % and before an operand - ! ~
//   operand      5  0x2a  1.5  null  (expression)
//                name  $name            a local of the frame, else a global of its instance
//                local[0]  global[0]  operand[0]   by index; operand[0] is the topmost
//                u8[a] i8[a] u16[a] i16[a] i32[a] u32[a] i64[a] u64[a] f32[a] f64[a]   memory at address a
//
// An i64 makes whatever it is combined with one, whole numbers alone; comparisons give 1 or 0.

/** An expression is not well formed, or not about what is there. `column` counts from 1. */
export class ExpressionError extends Error {
  override name = "ExpressionError";
  constructor(message: string, readonly column: number) {
    super(`${message} (at column ${column})`);
  }
}

/** What names and places mean; undefined where there is none. */
export interface Scope {
  named(name: string): number | bigint | undefined;
  local(index: number): number | bigint | undefined;
  global(index: number): number | bigint | undefined;
  operand(index: number): number | bigint | undefined;
  /** Bytes of the first memory; undefined if they are not all within it. */
  memory(address: number, size: number): DataView | undefined;
}

type Value = number | bigint;
type Evaluate = (scope: Scope) => Value;

/** An expression that is ready. Throws ExpressionError when it is about something that is not there. */
export interface Expression {
  readonly text: string;
  /** The names in it, with their columns. */
  readonly names: readonly { readonly name: string; readonly column: number }[];
  evaluate(scope: Scope): Value;
}

interface Token {
  readonly text: string;
  readonly kind: "number" | "name" | "operator" | "end";
  readonly column: number;
}

const PATTERN =
  /\s*(?:(0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|(\$?[A-Za-z_][\w$.:-]*(?<![.:-])|\$"[^"]*")|(>>>|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>!~&|^()[\]]))/y;

function tokens(text: string): Token[] {
  const list: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (match === null) {
      const column = at + (/\S/.exec(text.slice(at))!.index) + 1;
      throw new ExpressionError(`${text[column - 1]} has no meaning here`, column);
    }
    const [whole, number, name, operator] = match;
    const kind = number !== undefined ? "number" : name !== undefined ? "name" : "operator";
    const word = number ?? name ?? operator;
    list.push({ text: word, kind, column: at + whole.length - word.length + 1 });
    at = PATTERN.lastIndex;
  }
  list.push({ text: "", kind: "end", column: text.trimEnd().length + 1 });
  return list;
}

/** Binary operators, those that bind least first. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>", ">>>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const MEMORY_READERS: Readonly<Record<string, [size: number, read: (v: DataView) => Value]>> = {
  u8: [1, (v) => v.getUint8(0)],
  i8: [1, (v) => v.getInt8(0)],
  u16: [2, (v) => v.getUint16(0, true)],
  i16: [2, (v) => v.getInt16(0, true)],
  u32: [4, (v) => v.getUint32(0, true)],
  i32: [4, (v) => v.getInt32(0, true)],
  u64: [8, (v) => v.getBigUint64(0, true)],
  i64: [8, (v) => v.getBigInt64(0, true)],
  f32: [4, (v) => v.getFloat32(0, true)],
  f64: [8, (v) => v.getFloat64(0, true)],
};
/** Parentheses and operators within one another. */
const MAX_DEPTH = 200;

/** Reads an expression. Throws ExpressionError. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(tokens(text));
  const evaluate = parser.whole();
  return { text: text.trim(), names: parser.names, evaluate };
}

class Parser {
  readonly names: { name: string; column: number }[] = [];
  #at = 0;
  #depth = 0;
  constructor(readonly tokens: readonly Token[]) {}

  get #next(): Token {
    return this.tokens[this.#at];
  }
  #take(text: string): boolean {
    if (this.#next.kind !== "operator" || this.#next.text !== text) return false;
    this.#at++;
    return true;
  }
  #need(text: string): void {
    if (this.#take(text)) return;
    const { kind, text: found, column } = this.#next;
    throw new ExpressionError(`expected ${text}, found ${kind === "end" ? "the end" : found}`, column);
  }

  whole(): Evaluate {
    const evaluate = this.#binary(0);
    const { kind, text, column } = this.#next;
    if (kind !== "end") throw new ExpressionError(`expected an operator, found ${text}`, column);
    return evaluate;
  }

  #binary(level: number): Evaluate {
    if (level === LEVELS.length) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const token = this.#next;
      if (token.kind !== "operator" || !LEVELS[level].includes(token.text)) return left;
      this.#at++;
      const a = left, b = this.#binary(level + 1);
      if (token.text === "&&") left = (s) => truth(a(s)) && truth(b(s)) ? 1 : 0;
      else if (token.text === "||") left = (s) => truth(a(s)) || truth(b(s)) ? 1 : 0;
      else left = (s) => combine(token, a(s), b(s));
    }
  }

  #unary(): Evaluate {
    const { column } = this.#next;
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError("too many operators within one another", column);
    try {
      if (this.#take("-")) {
        const of = this.#unary();
        return (s) => -of(s);
      }
      if (this.#take("!")) {
        const of = this.#unary();
        return (s) => truth(of(s)) ? 0 : 1;
      }
      if (this.#take("~")) {
        const of = this.#unary();
        return (s) => {
          const value = of(s);
          return typeof value === "bigint" ? ~value : ~value;
        };
      }
      return this.#operand();
    } finally {
      this.#depth--;
    }
  }

  #operand(): Evaluate {
    const token = this.#next, { column } = token;
    if (this.#take("(")) {
      const inner = this.#binary(0);
      this.#need(")");
      return inner;
    }
    if (token.kind === "number") {
      this.#at++;
      const value = Number(token.text.replaceAll("_", ""));
      // A larger one is exact as an i64 alone.
      if (!Number.isSafeInteger(value) && !/[.eE]/.test(token.text.replace(/^0x.*/i, ""))) {
        const exact = BigInt(token.text.replaceAll("_", ""));
        return () => exact;
      }
      return () => value;
    }
    if (token.kind !== "name") {
      const found = token.kind === "end" ? "the end" : token.text;
      throw new ExpressionError(`expected a number, a name or (, found ${found}`, column);
    }
    this.#at++;
    const name = token.text;
    if (this.#take("[")) {
      const index = this.#binary(0);
      this.#need("]");
      return place(name, index, column);
    }
    if (name === "null") return () => 0;
    const plain = name.replace(/^\$"(.*)"$/, "$1").replace(/^\$/, "");
    this.names.push({ name: plain, column });
    return (s) => {
      const value = s.named(plain);
      if (value === undefined) throw new ExpressionError(`there is no local or global ${name} here`, column);
      return value;
    };
  }
}

function place(name: string, index: Evaluate, column: number): Evaluate {
  const reader = Object.hasOwn(MEMORY_READERS, name) ? MEMORY_READERS[name] : undefined;
  if (reader !== undefined) {
    const [size, read] = reader;
    return (s) => {
      // Addresses are unsigned.
      const value = index(s), address = typeof value === "number" && value < 0 ? value >>> 0 : Number(value);
      const view = s.memory(address, size);
      if (view === undefined) throw new ExpressionError(`address ${address} is not within memory`, column);
      return read(view);
    };
  }
  if (name !== "local" && name !== "global" && name !== "operand") {
    const known = ["local", "global", "operand", ...Object.keys(MEMORY_READERS)].join(", ");
    throw new ExpressionError(`${name} has no elements: there are ${known}`, column);
  }
  return (s) => {
    const i = Number(index(s)), value = s[name](i);
    if (value === undefined) throw new ExpressionError(`there is no ${name} ${i} here`, column);
    return value;
  };
}

function truth(value: Value): boolean {
  return typeof value === "bigint" ? value !== 0n : value !== 0;
}

function combine({ text: op, column }: Token, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return withNumbers(op, a, b);
  if (isWhole(a) && isWhole(b)) return withIntegers(op, BigInt(a), BigInt(b), column);
  return withNumbers(op, Number(a), Number(b));
}
function isWhole(value: Value): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

function withNumbers(op: string, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return a << b;
    case ">>":
      return a >> b;
    case ">>>":
      return a >>> b;
  }
  return compare(op, a, b);
}

function withIntegers(op: string, a: bigint, b: bigint, column: number): Value {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return BigInt.asIntN(64, a << (b & 63n));
    case ">>":
      return a >> (b & 63n);
    case ">>>":
      return BigInt.asUintN(64, a) >> (b & 63n);
  }
  if (op !== "/" && op !== "%") return compare(op, a, b);
  if (b === 0n) throw new ExpressionError("division by zero", column);
  return op === "/" ? a / b : a % b;
}

function compare(op: string, a: Value, b: Value): number {
  const result = op === "=="
    ? a === b
    : op === "!="
    ? a !== b
    : op === "<"
    ? a < b
    : op === "<="
    ? a <= b
    : op === ">"
    ? a > b
    : a >= b;
  return result ? 1 : 0;
}
