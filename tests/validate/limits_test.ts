// The implementation limits at which V8's verdict turns, and modules that would be costly to check without them.

import { assertEquals } from "@std/assert";
import { LIMITS } from "../../src/wasm/limits.ts";
import { leb } from "../fuzz/mutator.ts";
import { strataError, v8Error, wrongVerdict } from "../fuzz/verdict.ts";

type Part = ArrayLike<number>;
function bytes(...parts: Part[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
function section(id: number, ...parts: Part[]): Uint8Array {
  const content = bytes(...parts);
  return bytes([id], leb(content.length), content);
}
/** `n` times the same, with the count in front. */
function list(n: number, item: Part): Uint8Array {
  return bytes(leb(n), Uint8Array.from({ length: n * item.length }, (_, i) => item[i % item.length]));
}
const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const NO_PARAMS = [0x60, 0, 0];
/** A module with one function of type 0. */
function oneBody(type: Part, ...body: Part[]): Uint8Array<ArrayBuffer> {
  const code = bytes(...body, [0x0b]);
  return bytes(HEADER, section(1, [1], type), section(3, [1, 0]), section(10, [1], leb(code.length), code));
}

/** Checks that a module with `limit` of something is accepted, and one with more refused, by V8 and by Strata. */
function turnsAt(limit: number, make: (n: number) => Uint8Array<ArrayBuffer>): void {
  for (const [n, valid] of [[limit, true], [limit + 1, false]] as const) {
    const module = make(n);
    assertEquals(v8Error(module) === undefined, valid, `V8 with ${n}`);
    assertEquals(wrongVerdict(module), undefined, `Strata with ${n}`);
  }
}

Deno.test("the number of parameters, results and locals is limited as by V8", () => {
  const { params, results, functionLocals } = LIMITS;
  turnsAt(params, (n) => bytes(HEADER, section(1, [1, 0x60], list(n, [0x7f]), [0])));
  turnsAt(results, (n) => bytes(HEADER, section(1, [1, 0x60, 0], list(n, [0x7f]))));
  turnsAt(functionLocals, (n) => oneBody(NO_PARAMS, [1], leb(n), [0x7f]));
  turnsAt(functionLocals, (n) => oneBody([0x60, 2, 0x7f, 0x7f, 0], [2, 1, 0x7e], leb(n - 3), [0x7f]));
});

Deno.test("the number of targets of a br_table is limited as by V8", () => {
  turnsAt(LIMITS.brTableTargets, (n) => oneBody(NO_PARAMS, [0, 0x41, 0, 0x0e], list(n, [0]), [0]));
});

Deno.test("a br_table whose many targets carry many values is checked once per label", () => {
  const results = bytes([0x60, 0], list(1000, [0x7f]));
  const targets = list(LIMITS.brTableTargets, [0]);
  const body = bytes([0], list(1000, [0x41, 0]).subarray(2), [0x41, 0, 0x0e], targets, [0]);
  assertEquals(wrongVerdict(oneBody(results, body)), undefined);
});

Deno.test("the depth of a chain of supertypes is limited as by V8", () => {
  const chain = (n: number) => {
    const types = Array.from({ length: n }, (_, i) => bytes([0x50, 1], leb(i), NO_PARAMS));
    return bytes(HEADER, section(1, leb(n + 1), [0x50, 0], NO_PARAMS, ...types));
  };
  turnsAt(LIMITS.subtypingDepth, chain);
  assertEquals(wrongVerdict(chain(30_000)), undefined);
});

Deno.test("imported and defined memories are limited together, as by V8", () => {
  const half = LIMITS.memories / 2;
  turnsAt(
    LIMITS.memories,
    (n) => bytes(HEADER, section(2, list(half, [0, 0, 2, 0, 0])), section(5, list(n - half, [0, 0]))),
  );
  turnsAt(LIMITS.memories, (n) => bytes(HEADER, section(2, list(n, [0, 0, 2, 0, 0]))));
});

Deno.test("the sizes of memories are limited as by V8", () => {
  turnsAt(LIMITS.memory32Pages, (n) => bytes(HEADER, section(5, [1, 0], leb(n))));
  turnsAt(LIMITS.memory32Pages, (n) => bytes(HEADER, section(5, [1, 1, 0], leb(n))));
});

Deno.test("a recursion group of very many types is decoded", () => {
  assertEquals(strataError(bytes(HEADER, section(1, [1, 0x4e], list(200_000, NO_PARAMS)))), undefined);
});

Deno.test("blocks are nested very deeply without trouble", () => {
  const n = 500_000;
  const body = bytes([0], list(n, [0x02, 0x40]).subarray(leb(n).length), new Uint8Array(n).fill(0x0b));
  assertEquals(wrongVerdict(oneBody(NO_PARAMS, body)), undefined);
});

Deno.test("many functions with as many locals as allowed are validated in little memory", () => {
  const n = 50_000;
  const body = [6, 1, ...leb(LIMITS.functionLocals), 0x7f, 0x0b];
  const module = bytes(HEADER, section(1, [1], NO_PARAMS), section(3, list(n, [0])), section(10, list(n, body)));
  assertEquals(strataError(module), undefined);
});
