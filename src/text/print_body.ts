// Bodies of functions and constant expressions as text, flat or folded. Takes ranges of a module's bytes, gives lines.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { ConstExpr, FuncBody, Module } from "../wasm/module.ts";
import { CATCH, CATCH_ALL, DELEGATE, ELSE, END, IF, LOOP, opensBlock, TRY } from "../wasm/opcodes.ts";
import { arityOf, blockArity } from "./arity.ts";
import { BRANCH_HINT } from "./branch_hints.ts";
import { functionScope, type InstructionScope, instructionText } from "./print_instruction.ts";
import { idText } from "./print_names.ts";

/** Names of a function's blocks, in the order in which the blocks open; two open blocks may share one. */
class Labels {
  readonly open: (string | undefined)[] = [];
  readonly #all: ReadonlyMap<number, string> | undefined;
  #count = 0;

  constructor(module: Module, func: number) {
    this.#all = module.names.labels.get(func);
  }
  push(): string | undefined {
    const index = this.#count++;
    const name = this.#all?.get(index) ?? "";
    const id = name === "" ? undefined : idText(name);
    this.open.push(id);
    return id;
  }
}

/** Hints of one function, by the offset of the branch in the function's entry. */
export type Hints = ReadonlyMap<number, number> | undefined;
/** The annotation in front of the instruction at `at`, with a space behind it; empty if there is none. */
function hintText(hints: Hints, at: number): string {
  const hint = hints?.get(at);
  return hint === undefined ? "" : `(@${BRANCH_HINT} "\\0${hint}") `;
}

/**
 * The lines of a body, one instruction each, indented by its blocks from `indent` on. The last `end` is left out. The byte offset of each is appended to
 * `offsets`.
 */
export function flatBody(
  module: Module,
  func: number,
  body: FuncBody,
  indent: string,
  hints: Hints,
  offsets?: number[],
): string[] {
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const labels = new Labels(module, func);
  const scope: InstructionScope = { ...functionScope(module, func), labels: labels.open };
  const lines: string[] = [];
  let inner = indent;
  while (r.pos < body.end) {
    const op = r.next();
    if ((op === END || op === DELEGATE) && labels.open.length === 0) break;
    offsets?.push(r.at);
    if (op === END || op === DELEGATE) {
      labels.open.pop();
      inner = inner.slice(2);
      lines.push(inner + instructionText(r, scope));
    } else if (op === ELSE || op === CATCH || op === CATCH_ALL) {
      lines.push(inner.slice(2) + instructionText(r, scope));
    } else if (opensBlock(r.info)) {
      lines.push(inner + hintText(hints, r.at - body.start) + openText(r, scope, labels));
      inner += "  ";
    } else lines.push(inner + hintText(hints, r.at - body.start) + instructionText(r, scope));
  }
  return lines;
}

/** The instruction that opens a block. Its own label does not yet count for the labels that it names. */
function openText(r: BytecodeReader, scope: InstructionScope, labels: Labels): string {
  const outer = labels.open.slice();
  return instructionText(r, { ...scope, labels: outer }, labels.push());
}

/** A constant expression: one instruction in parentheses, or several in a row. */
export function constExprText(module: Module, expr: ConstExpr): { text: string; single: boolean } {
  const r = new BytecodeReader(module.bytes, expr.start, expr.end);
  const scope = functionScope(module, undefined);
  const parts: string[] = [];
  while (r.next() !== END) parts.push(instructionText(r, scope));
  return parts.length === 1 ? { text: `(${parts[0]})`, single: true } : { text: parts.join(" "), single: false };
}

/** A folded expression. `results` is undefined where it is not known. `flat` is the text in one line, if that is short. */
interface Expression {
  readonly head: string;
  /** An annotation, with a space behind it, or nothing. */
  readonly prefix: string;
  readonly parts: readonly Expression[];
  readonly results: number | undefined;
  readonly flat: string | undefined;
  /** How deep operands are nested in it. */
  readonly depth: number;
}
const LINE = 100;
/** Operands that are nested more deeply stay in front of their instruction. */
const MAX_DEPTH = 100;

function expression(
  head: string,
  parts: readonly Expression[],
  results: number | undefined,
  splits = false,
  prefix = "",
): Expression {
  let flat: string | undefined;
  if (!splits && parts.every((p) => p.flat !== undefined)) {
    flat = `${prefix}(${[head, ...parts.map((p) => p.flat)].join(" ")})`;
    if (flat.length > LINE) flat = undefined;
  }
  const depth = splits ? 0 : 1 + parts.reduce((d, p) => Math.max(d, p.depth), 0);
  return { head, prefix, parts, results, flat, depth };
}
/** Appends the lines of an expression. Without recursion, since blocks may be nested deeply. */
function render(top: Expression, indent: string, lines: string[]): void {
  const open: { parts: readonly Expression[]; next: number }[] = [{ parts: [top], next: 0 }];
  let inner = indent;
  while (open.length > 0) {
    const frame = open[open.length - 1];
    if (frame.next === frame.parts.length) {
      open.pop();
      if (open.length > 0) {
        lines[lines.length - 1] += ")";
        inner = inner.slice(2);
      }
      continue;
    }
    const e = frame.parts[frame.next++];
    if (e.flat !== undefined) {
      lines.push(inner + e.flat);
    } else {
      lines.push(`${inner}${e.prefix}(${e.head}`);
      inner += "  ";
      open.push({ parts: e.parts, next: 0 });
    }
  }
}

/** A block that is being read. */
interface Open {
  readonly head: string;
  readonly prefix: string;
  readonly condition: readonly Expression[];
  readonly params: number;
  readonly results: number;
  /** Complete parts of an `if` or `try`, and the head of the one that is being read; undefined in other blocks. */
  readonly arms: Expression[];
  arm: string | undefined;
  /** What stands before the block. */
  readonly before: Expression[];
}

/** The lines of a body with operands folded into their instructions, as far as the order of the code allows it. */
export function foldedBody(module: Module, func: number, body: FuncBody, indent: string, hints: Hints): string[] {
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const labels = new Labels(module, func);
  const scope: InstructionScope = { ...functionScope(module, func), labels: labels.open };
  const arities = [module.funcs[func].type.results.length];
  const blocks: Open[] = [];
  let items: Expression[] = [];
  const operands = (n: number): Expression[] => {
    const from = items.length - n;
    if (from < 0) return [];
    for (let i = from; i < items.length; i++) if (items[i].results !== 1 || items[i].depth >= MAX_DEPTH) return [];
    return items.splice(from, n);
  };
  while (r.pos < body.end) {
    const op = r.next();
    if (op === END || op === ELSE || op === CATCH || op === CATCH_ALL || op === DELEGATE) {
      const block = blocks[blocks.length - 1];
      if (block === undefined) break;
      if (block.arm !== undefined) block.arms.push(expression(block.arm, items, 0));
      if (op === ELSE || op === CATCH || op === CATCH_ALL) {
        block.arm = instructionText(r, scope);
        items = [];
        continue;
      }
      labels.open.pop();
      if (op === DELEGATE) block.arms.push(expression(instructionText(r, scope), [], 0));
      const parts = block.arm === undefined ? items : [...block.condition, ...block.arms];
      items = block.before;
      items.push(expression(block.head, parts, block.params === 0 ? block.results : undefined, true, block.prefix));
      blocks.pop();
      arities.pop();
    } else if (opensBlock(r.info)) {
      const condition = op === IF ? operands(1) : [];
      const [params, results] = blockArity(r, module);
      blocks.push({
        head: openText(r, scope, labels),
        prefix: hintText(hints, r.at - body.start),
        condition,
        params,
        results,
        arms: [],
        arm: op === IF ? "then" : op === TRY ? "do" : undefined,
        before: items,
      });
      arities.push(op === LOOP ? params : results);
      items = [];
    } else {
      const arity = arityOf(r, module, arities);
      const parts = operands(arity?.[0] ?? 0);
      items.push(expression(instructionText(r, scope), parts, arity?.[1], false, hintText(hints, r.at - body.start)));
    }
  }
  const lines: string[] = [];
  for (const e of items) render(e, indent, lines);
  return lines;
}
