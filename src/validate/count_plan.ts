// Which counters a function has when it is counted: at its first instruction, at instructions, on the edges of branches. Takes a valid body and what is wanted, gives
// the list that every tier fills in the same order; and from the counts of basic blocks those of their instructions.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { FuncBody, Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";

/** What a counter counts. */
export const CountKind = {
  /** How often the instruction at its offset began. */
  AT: 0,
  /** How often the condition of a branch at its offset held: `br_if` and its like branched, `if` ran its first arm. */
  TAKEN: 1,
  /** How often it did not. */
  NOT_TAKEN: 2,
  /** How often a `br_table` went to the label with its number in the list, the default last. */
  TARGET: 3,
} as const;
/** What a counter counts. */
export type CountKind = (typeof CountKind)[keyof typeof CountKind];

/** What is to be counted of a function. */
export interface CountWhat {
  /** Its calls. */
  readonly entry?: boolean;
  /** The ways that its branches with a condition, and tables of branches, go. */
  readonly branches?: boolean;
  /** Every instruction: one counter for each basic block. */
  readonly instructions?: boolean;
  /** Instructions at these offsets in the module. */
  readonly points?: readonly number[];
}

/** The counters of one function. Those of one offset are neighbours: AT first, then those of its edges. */
export interface CountPlan {
  /** Byte offset in the module of each counter's instruction; ascending. */
  readonly offsets: Int32Array;
  /** A {@link CountKind} each. */
  readonly kinds: Uint8Array;
  /** For TARGET, the number in the list of labels; otherwise 0. */
  readonly targets: Int32Array;
  /** The counter AT an offset. */
  readonly at: ReadonlyMap<number, number>;
  /** The first counter of the edges of the branch at an offset: TAKEN, behind which NOT_TAKEN stands, or TARGET 0, behind which the others stand. */
  readonly edges: ReadonlyMap<number, number>;
  /** Offset of the function's last `end`, where branches to the function's own label lead. */
  readonly lastEnd: number;
}

/** An open block: where a branch to it leads, if any does. */
interface Block {
  readonly opcode: number;
  /** Of a loop: offset behind its head. */
  readonly head: number;
  targeted: boolean;
}

/** Whether the instruction after this one is reached in other ways than through it, or not always when it was reached. */
function endsBlock(code: number): boolean {
  switch (code) {
    case op.IF:
    case op.ELSE:
    case op.BR:
    case op.BR_IF:
    case op.BR_TABLE:
    case op.RETURN:
    case op.UNREACHABLE:
    case op.CALL:
    case op.CALL_INDIRECT:
    case op.CALL_REF:
    case op.RETURN_CALL:
    case op.RETURN_CALL_INDIRECT:
    case op.RETURN_CALL_REF:
    case op.BR_ON_NULL:
    case op.BR_ON_NON_NULL:
    case op.BR_ON_CAST:
    case op.BR_ON_CAST_FAIL:
    case op.THROW:
    case op.THROW_REF:
    case op.RETHROW:
    case op.CATCH:
    case op.CATCH_ALL:
    case op.DELEGATE:
      return true;
  }
  return false;
}

/** Whether an instruction is a branch with two ways. */
export function isConditional(code: number): boolean {
  return code === op.BR_IF || code === op.IF || code === op.BR_ON_NULL || code === op.BR_ON_NON_NULL ||
    code === op.BR_ON_CAST || code === op.BR_ON_CAST_FAIL;
}

/** Offsets at which the basic blocks of a body begin, ascending. A block is left by its last instruction only, but for traps. */
export function blockStarts(module: Module, body: FuncBody): number[] {
  const starts = new Set([body.codeStart]);
  const blocks: Block[] = [{ opcode: op.BLOCK, head: -1, targeted: false }];
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const target = (depth: number) => blocks[blocks.length - 1 - depth].targeted = true;
  while (r.pos < r.end) {
    const code = r.next();
    switch (code) {
      case op.TRY_TABLE:
        // Labels of clauses are counted from outside of the block.
        for (const { label } of r.catches) target(label);
        // falls through
      case op.BLOCK:
      case op.LOOP:
      case op.IF:
      case op.TRY:
        blocks.push({ opcode: code, head: r.pos, targeted: false });
        break;
      case op.BR:
      case op.BR_IF:
      case op.BR_ON_NULL:
      case op.BR_ON_NON_NULL:
      case op.BR_ON_CAST:
      case op.BR_ON_CAST_FAIL:
        target(r.index);
        break;
      case op.BR_TABLE:
        r.labels.forEach(target);
        break;
      case op.END:
      case op.DELEGATE: {
        const { opcode, head, targeted } = blocks.pop()!;
        if (blocks.length === 0) {
          if (targeted) starts.add(r.at);
        } else if (opcode === op.LOOP) {
          if (targeted) starts.add(head);
        } else if (targeted || opcode !== op.BLOCK) starts.add(r.pos);
      }
    }
    if (endsBlock(code) && r.pos < r.end) starts.add(r.pos);
  }
  return [...starts].sort((a, b) => a - b);
}

/** The counters of a function's body for what is wanted; offsets among the points that are no instruction's are left out. */
export function countPlan(module: Module, body: FuncBody, what: CountWhat): CountPlan {
  const wanted = new Set(what.points);
  if (what.entry) wanted.add(body.codeStart);
  if (what.instructions) { for (const start of blockStarts(module, body)) wanted.add(start); }
  const offsets: number[] = [], kinds: number[] = [], targets: number[] = [];
  const at = new Map<number, number>(), edges = new Map<number, number>();
  const add = (offset: number, kind: CountKind, target = 0) => {
    kinds.push(kind);
    targets.push(target);
    return offsets.push(offset) - 1;
  };
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  while (r.pos < r.end) {
    const code = r.next();
    if (wanted.has(r.at)) at.set(r.at, add(r.at, CountKind.AT));
    if (!what.branches) continue;
    if (isConditional(code)) {
      edges.set(r.at, add(r.at, CountKind.TAKEN));
      add(r.at, CountKind.NOT_TAKEN);
    } else if (code === op.BR_TABLE) {
      r.labels.forEach((_, i) => {
        const counter = add(r.at, CountKind.TARGET, i);
        if (i === 0) edges.set(r.at, counter);
      });
    }
  }
  return {
    offsets: Int32Array.from(offsets),
    kinds: Uint8Array.from(kinds),
    targets: Int32Array.from(targets),
    at,
    edges,
    lastEnd: body.end - 1,
  };
}

/** Each instruction of a body. */
export interface CountedInstruction {
  /** Byte offset in the module. */
  readonly offset: number;
  /** The instruction's code, as in the table of instructions. */
  readonly opcode: number;
  /** How often it began. */
  readonly count: number;
}

/**
 * How often each instruction of a body ran, from the counts of its basic blocks (`blockCount` by the offset where one begins) and how often a trap ended a block in its
 * middle (`traps` by the offset of the instruction that trapped).
 */
export function instructionCounts(
  module: Module,
  body: FuncBody,
  blockCount: (offset: number) => number,
  traps: ReadonlyMap<number, number>,
): CountedInstruction[] {
  const starts = new Set(blockStarts(module, body));
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const counted: CountedInstruction[] = [];
  let count = 0;
  while (r.pos < r.end) {
    const opcode = r.next(), offset = r.at;
    if (starts.has(offset)) count = blockCount(offset);
    counted.push({ offset, opcode, count });
    count -= traps.get(offset) ?? 0;
  }
  return counted;
}
