// Bodies of functions and constant expressions as text, flat or folded. Takes ranges of a module's bytes, gives lines.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { ConstExpr, FuncBody, Module } from "../wasm/module.ts";
import { ELSE, END, IF, Imm, LOOP } from "../wasm/opcodes.ts";
import { arityOf, blockArity } from "./arity.ts";
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

/** The lines of a body, one instruction each, indented by its blocks from `indent` on. The last `end` is left out. */
export function flatBody(module: Module, func: number, body: FuncBody, indent: string): string[] {
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const labels = new Labels(module, func);
  const scope: InstructionScope = { ...functionScope(module, func), labels: labels.open };
  const lines: string[] = [];
  let inner = indent;
  while (r.pos < body.end) {
    const op = r.next();
    if (op === END || op === ELSE) {
      if (op === END && labels.open.length === 0) break;
      lines.push(inner.slice(2) + r.info.name);
      if (op === END) {
        labels.open.pop();
        inner = inner.slice(2);
      }
    } else if (r.info.imm === Imm.BLOCK) {
      const label = labels.push();
      lines.push(inner + instructionText(r, scope, label));
      inner += "  ";
    } else lines.push(inner + instructionText(r, scope));
  }
  return lines;
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
): Expression {
  let flat: string | undefined;
  if (!splits && parts.every((p) => p.flat !== undefined)) {
    flat = `(${[head, ...parts.map((p) => p.flat)].join(" ")})`;
    if (flat.length > LINE) flat = undefined;
  }
  const depth = splits ? 0 : 1 + parts.reduce((d, p) => Math.max(d, p.depth), 0);
  return { head, parts, results, flat, depth };
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
      lines.push(`${inner}(${e.head}`);
      inner += "  ";
      open.push({ parts: e.parts, next: 0 });
    }
  }
}

/** A block that is being read. */
interface Open {
  readonly head: string;
  readonly condition: readonly Expression[];
  readonly params: number;
  readonly results: number;
  readonly arms: Expression[];
  readonly isIf: boolean;
  items: Expression[];
}

/** The lines of a body with operands folded into their instructions, as far as the order of the code allows it. */
export function foldedBody(module: Module, func: number, body: FuncBody, indent: string): string[] {
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
    if (op === END || op === ELSE) {
      const block = blocks[blocks.length - 1];
      if (block === undefined) break;
      if (block.isIf) block.arms.push(expression(op === ELSE || block.arms.length === 0 ? "then" : "else", items, 0));
      if (op === ELSE) {
        items = [];
        continue;
      }
      const parts = block.isIf ? [...block.condition, ...block.arms] : items;
      items = block.items;
      items.push(expression(block.head, parts, block.params === 0 ? block.results : undefined, true));
      blocks.pop();
      labels.open.pop();
      arities.pop();
    } else if (r.info.imm === Imm.BLOCK) {
      const condition = op === IF ? operands(1) : [];
      const label = labels.push();
      const [params, results] = blockArity(r, module);
      blocks.push({
        head: instructionText(r, scope, label),
        condition,
        params,
        results,
        arms: [],
        isIf: op === IF,
        items,
      });
      arities.push(op === LOOP ? params : results);
      items = [];
    } else {
      const arity = arityOf(r, module, arities);
      items.push(expression(instructionText(r, scope), operands(arity?.[0] ?? 0), arity?.[1]));
    }
  }
  const lines: string[] = [];
  for (const e of items) render(e, indent, lines);
  return lines;
}
