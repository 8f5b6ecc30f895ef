import { assertEquals, assertThrows } from "@std/assert";
import { decodeSource, decodeString, lineColumn, Tok, tokenize } from "../../src/text/lexer.ts";
import { TextError } from "../../src/wasm/errors.ts";

const KIND_NAMES = Object.fromEntries(Object.entries(Tok).map(([name, kind]) => [kind, name]));
/** Tokens as `KIND text`, without the last. */
function lex(source: string): string[] {
  const t = tokenize(source);
  return Array.from(
    { length: t.count - 1 },
    (_, i) => `${KIND_NAMES[t.kinds[i]]} ${source.slice(t.starts[i], t.ends[i])}`,
  );
}
function fails(source: string, message: string): void {
  const e = assertThrows(() => tokenize(source), TextError) as TextError;
  assertEquals(e.message, message);
}

Deno.test("tokenize() separates words, numbers, names, strings and parentheses", () => {
  assertEquals(lex(`(i32.const -0x1f)$x"a\\"b"`.replace(")$", ") $").replace(`x"`, `x "`)), [
    "LPAREN (",
    "ATOM i32.const",
    "ATOM -0x1f",
    "RPAREN )",
    "ID $x",
    `STRING "a\\"b"`,
  ]);
  assertEquals(lex(`(func(nop);;bla\n)`), ["LPAREN (", "ATOM func", "LPAREN (", "ATOM nop", "RPAREN )", "RPAREN )"]);
});

Deno.test("tokenize() keeps together what no space separates, as reserved tokens", () => {
  for (const word of [`0$x`, `"a"x`, `$"l"0`, `"a""b"`, `a,b`, `@x`, `_1`, `[`, `a;b`]) {
    const [token, ...rest] = lex(word);
    assertEquals([rest.length, token.replace(/ .*/, "")], [0, word === "0$x" ? "ATOM" : "RESERVED"], word);
  }
  assertEquals(lex(`$l$l`), ["ID $l$l"]);
  assertEquals(lex(`$"a b"`), [`ID $"a b"`]);
});

Deno.test("tokenize() leaves out comments and annotations, nested too", () => {
  assertEquals(lex(`(; a (; b ;) c ;) x ;; y ( "\n z`), ["ATOM x", "ATOM z"]);
  assertEquals(lex(`(@a (b ")" (@c) ; ]) x) (@"q r") y`), ["ATOM y"]);
});

Deno.test("tokenize() says where the lexical grammar is violated", () => {
  fails(`(func\n  "abc\n")`, "unclosed string (at 2:3)");
  fails(`a (; b (; c ;)`, "unclosed comment (at 1:3)");
  fails(`\n\n (@x (y)`, "unclosed annotation (at 3:2)");
  fails(`(@ x)`, "empty annotation id (at 1:1)");
  fails(`(func $ x)`, "empty identifier (at 1:7)");
  fails(`(func $"")`, "empty identifier (at 1:7)");
  fails(`x \u00e9`, "illegal character (at 1:3)");
  fails(`"a\\q"`, "illegal escape (at 1:3)");
  fails(`"\\u{d800}"`, "illegal escape (at 1:2)");
  fails(`"a\tb"`, "illegal control character in string (at 1:3)");
});

Deno.test("decodeString() takes all escapes and checks names for UTF-8", () => {
  const decode = (text: string) => decodeString(tokenize(text), 0, text.length, false);
  assertEquals([...decode(`"\\t\\n\\r\\"\\'\\\\\\00\\fF\\u{20_AC}\u00e9"`)], [
    9,
    10,
    13,
    34,
    39,
    92,
    0,
    255,
    0xe2,
    0x82,
    0xac,
    0xc3,
    0xa9,
  ]);
  const name = (text: string) => decodeString(tokenize(text), 0, text.length, true);
  assertEquals(name(`"\\e2\\82\\ac"`), "\u20ac");
  const e = assertThrows(() => name(`"\\ff"`), TextError) as TextError;
  assertEquals(e.message, "malformed UTF-8 encoding (at 1:1)");
});

Deno.test("decodeSource() says where bytes are no UTF-8", () => {
  const e = assertThrows(() => decodeSource(Uint8Array.of(0x61, 0x0a, 0x62, 0xff)), TextError) as TextError;
  assertEquals([e.line, e.column], [2, 2]);
  assertEquals(decodeSource(Uint8Array.of(0xc3, 0xa9)), "\u00e9");
});

Deno.test("lineColumn() counts both from 1", () => {
  assertEquals(lineColumn("a\nbc\n", 0), { line: 1, column: 1 });
  assertEquals(lineColumn("a\nbc\n", 3), { line: 2, column: 2 });
  assertEquals(lineColumn("a\nbc\n", 5), { line: 3, column: 1 });
  const t = tokenize("a\nb\nc");
  assertEquals([4, 0, 2, 4].map((o) => t.line(o)), [3, 1, 2, 3]);
});
