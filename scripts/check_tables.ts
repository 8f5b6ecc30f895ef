// Checks that every row of the instruction table has one consumer in every tier: in the interpreter's switches a case with a literal label and a comment that names the row,
// in the compiler a handler. What a tier lacks stands in its list below, which fails when stale. Prints a line per violation; exit code 1 if there is any.

import { fromFileUrl } from "@std/path";
import { BLOCKS, CALL_WIDE, COUNT, COUNTED, OTHER_MEMORY, RETURN_CALL_WIDE, STOP } from "../src/interp/code.ts";
import { FUSED } from "../src/interp/fuse.ts";
import { MOVES } from "../src/interp/vector_moves.ts";
import { compiledOpcodes } from "../src/jit/compile_function.ts";
import { INSTRUCTIONS, isPrefix, opInfo } from "../src/wasm/opcodes.ts";
import type { Feature } from "../src/wasm/features.ts";
import { evaluate, NUMERIC } from "../src/wasm/numeric.ts";

/** Features of which tier jit has no code for any instruction yet. */
const PENDING_FEATURES: readonly Feature[] = [];
/** Names of rows that a tier does not run yet. */
const PENDING: Record<string, readonly string[]> = {
  interp: [],
  jit: INSTRUCTIONS.filter((i) => i.feature !== undefined && PENDING_FEATURES.includes(i.feature)).map((i) => i.name),
};
/** Opcodes of the interpreter's loop that are no rows, and what their comments say. */
const INTERNAL = new Map<number, string>([
  [BLOCKS, "BLOCKS"],
  [COUNT, "COUNT"],
  [COUNTED, "COUNTED"],
  [STOP, "STOP"],
  [OTHER_MEMORY, "OTHER_MEMORY"],
  [CALL_WIDE, "CALL_WIDE"],
  [RETURN_CALL_WIDE, "RETURN_CALL_WIDE"],
  ...[...Object.entries(MOVES), ...Object.entries(FUSED)].map(([name, byte]): [number, string] => [byte, name]),
]);

const violations: string[] = [];

/** The codes of a switch's cases. `prefix` is 0 for the loop. */
function* casesOf(path: string, prefix: number): Iterable<number> {
  const source = Deno.readTextFileSync(fromFileUrl(new URL(`../${path}`, import.meta.url)));
  for (const [n, line] of source.split("\n").entries()) {
    if (!/^\s*case /.test(line)) continue;
    const where = `${path}:${n + 1}`;
    const [, literal, name, fused] = /^\s*case (0x[0-9a-f]+):(?: \{)? \/\/ (\S+)( \(fused\))?$/.exec(line) ?? [];
    if (literal === undefined) {
      violations.push(`${where}: a case needs a literal label and its instruction's name as a comment`);
      continue;
    }
    const byte = Number(literal);
    if (prefix === 0 && (isPrefix(byte) ? name === "prefix" : INTERNAL.get(byte) === name)) continue;
    const code = prefix * 0x1000 + byte;
    const row = opInfo(code);
    if (row?.name !== name) violations.push(`${where}: ${literal} is ${row?.name ?? "no instruction"}, not ${name}`);
    // The second part of a fused form is beside the instruction's own case.
    if (fused === undefined) yield code;
  }
}

function checkTier(tier: string, codes: readonly number[]): void {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const pending = new Set(PENDING[tier]);
  for (const { code, name } of INSTRUCTIONS) {
    const n = counts.get(code) ?? 0;
    if (n === 0 && !pending.has(name)) violations.push(`${tier}: ${name} has no consumer`);
    if (n > 1) violations.push(`${tier}: ${name} has ${n} consumers`);
    if (n > 0 && pending.delete(name)) violations.push(`${tier}: ${name} is no longer pending`);
  }
  const rows = new Set(INSTRUCTIONS.map((i) => i.name));
  for (const name of pending) if (!rows.has(name)) violations.push(`${tier}: ${name} is pending but no instruction`);
}

checkTier("interp", [
  ...casesOf("src/interp/run.ts", 0),
  ...casesOf("src/interp/prefixed.ts", 0xfc),
  ...["simd.ts", "simd_integer.ts", "simd_float.ts"].flatMap((file) => [...casesOf(`src/interp/${file}`, 0xfd)]),
  ...casesOf("src/interp/gc.ts", 0xfb),
  ...casesOf("src/interp/atomics.ts", 0xfe),
]);
checkTier("jit", compiledOpcodes());
for (const code of NUMERIC.keys()) {
  try {
    evaluate(code, 1n, 1n);
  } catch (error) {
    violations.push(`numeric: ${opInfo(code)!.name} of ones: ${error}`);
  }
}

for (const line of violations) console.log(line);
console.log(
  violations.length === 0
    ? `tables: ${INSTRUCTIONS.length} instructions have their consumers`
    : `tables: ${violations.length} violations`,
);
Deno.exit(violations.length === 0 ? 0 : 1);
