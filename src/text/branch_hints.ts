// The annotation `(@metadata.code.branch_hint "\\01")` and the custom section that holds these hints (branch hinting in the appendix "Custom Sections"):
// for each function, by the offset of a branch in its entry, whether that is likely to be taken.

import { ByteReader } from "../bytecode/byte_reader.ts";
import { SECTION_ORDER } from "../bytecode/module_writer.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import { ByteWriter } from "../bytecode/writer.ts";
import { CompileError } from "../wasm/errors.ts";
import type { Module } from "../wasm/module.ts";
import { BR_IF, IF } from "../wasm/opcodes.ts";
import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";

/** The name of the annotation and of the custom section. */
export const BRANCH_HINT = "metadata.code.branch_hint";

/** Id of the section that the hints stand before. */
export const CODE_SECTION = 10;

/** Hints of functions: by function index, from the offset in the function's entry (behind its size) to 0 or 1. */
export type BranchHints = Map<number, Map<number, number>>;

/** The hint that stands at the cursor as annotation; undefined if there is none. */
export function parseBranchHint(c: Cursor): number | undefined {
  const inside = c.annotation(BRANCH_HINT);
  if (inside === undefined) return undefined;
  const bytes = inside.allBytes();
  if (inside.kind() !== Tok.EOF) inside.fail(`@${BRANCH_HINT} annotation: unexpected token`);
  if (bytes.length !== 1 || bytes[0] > 1) inside.fail(`@${BRANCH_HINT} annotation: invalid hint`);
  if (c.annotation(BRANCH_HINT) !== undefined) c.fail(`@${BRANCH_HINT} annotation: duplicate annotation`);
  return bytes[0];
}

/** The contents of the custom section. */
export function writeBranchHints(hints: BranchHints): Uint8Array {
  const w = new ByteWriter(64);
  w.u32(hints.size);
  for (const [func, map] of hints) {
    w.u32(func);
    w.u32(map.size);
    for (const [offset, hint] of map) {
      w.u32(offset);
      w.u32(1);
      w.u8(hint);
    }
  }
  return w.slice();
}

/** The hints of a custom section's contents; undefined if they are malformed. */
export function readBranchHints(bytes: Uint8Array, start: number, end: number): BranchHints | undefined {
  const r = new ByteReader(bytes, start, end);
  const hints: BranchHints = new Map();
  try {
    for (let funcs = r.u32(); funcs > 0; funcs--) {
      const map = new Map<number, number>();
      hints.set(r.u32(), map);
      for (let n = r.u32(); n > 0; n--) {
        const offset = r.u32();
        if (r.u32() !== 1) return undefined;
        map.set(offset, r.u8());
      }
    }
  } catch (e) {
    if (e instanceof CompileError) return undefined;
    throw e;
  }
  return r.pos === end ? hints : undefined;
}

/** The hints of a module, if annotations can express its custom section as it is; undefined otherwise. Throws a CompileError if a body is malformed. */
export function hintsOf(module: Module): BranchHints | undefined {
  const [section, second] = module.customs.filter((s) => s.name === BRANCH_HINT);
  if (section === undefined || second !== undefined) return undefined;
  if (SECTION_ORDER.indexOf(section.after) >= SECTION_ORDER.indexOf(CODE_SECTION)) return undefined;
  const hints = readBranchHints(module.bytes, section.start, section.end);
  if (hints === undefined || hints.size === 0 || !ascends([...hints.keys()])) return undefined;
  for (const [func, map] of hints) {
    const body = module.funcs[func]?.body;
    if (body === undefined || map.size === 0 || !ascends([...map.keys()])) return undefined;
    const branches = new Set<number>();
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    while (r.pos < body.end) {
      const op = r.next();
      if (op === IF || op === BR_IF) branches.add(r.at - body.start);
    }
    for (const [offset, hint] of map) if (!branches.has(offset) || hint > 1) return undefined;
  }
  const canonical = writeBranchHints(hints);
  return canonical.length === section.end - section.start ? hints : undefined;
}

function ascends(list: readonly number[]): boolean {
  return list.every((x, i) => i === 0 || x > list[i - 1]);
}
