// Structured control: blocks are labelled statements, loops `for` statements left at their end, branches `break` and `continue`. What a label carries is in the variables
// of its operand slots. Also the way to a loop in the middle of a function, for frames that begin there.

import { NO_TYPE_INDEX } from "../bytecode/reader.ts";
import type { FuncType } from "../wasm/types.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import {
  type Block,
  type BlockKind,
  type FunctionWriter,
  type Kind,
  kindOf,
  kindSlots,
  kindsOf,
  type Value,
} from "./state.ts";

/** Offsets behind the `end`s of the blocks of a body, and whether it has a `delegate`. */
export interface Shape {
  readonly ends: ReadonlyMap<number, number>;
  /** By the offset of a loop's head: how deeply loops are nested in it; 0 if there is none. */
  readonly nests: ReadonlyMap<number, number>;
  readonly deepest: number;
  readonly delegates: boolean;
}

/** Finds where the blocks of a body end. */
export function shapeOf(w: FunctionWriter): Shape {
  const { r } = w, ends = new Map<number, number>(), nests = new Map<number, number>(), open: number[] = [];
  let deepest = 0, delegates = false;
  r.pos = w.body.codeStart;
  while (r.pos < w.body.end) {
    const code = r.next();
    if (op.opensBlock(r.info)) {
      deepest = Math.max(deepest, open.push(r.at));
      if (code === op.LOOP) nests.set(r.at, 0);
    } else if (code === op.END || code === op.DELEGATE) {
      if (code === op.DELEGATE) delegates = true;
      const at = open.pop();
      if (at === undefined) continue;
      ends.set(at, r.pos);
      const nest = nests.get(at);
      if (nest === undefined) continue;
      for (const around of open) {
        const known = nests.get(around);
        if (known !== undefined && known <= nest) nests.set(around, nest + 1);
      }
    }
  }
  r.pos = w.body.codeStart;
  return { ends, nests, deepest, delegates };
}

function blockType(w: FunctionWriter): { params: readonly Kind[]; results: readonly Kind[] } {
  const { r } = w;
  if (r.blockIndex !== NO_TYPE_INDEX) {
    const { params, results } = w.module.types[r.blockIndex].type as FuncType;
    return { params: kindsOf(params), results: kindsOf(results) };
  }
  return { params: [], results: r.blockResult === 0 ? [] : [kindOf(r.blockResult)] };
}

/** Whether the place where the function is entered lies in the block that begins here. */
function leadsToEntry(w: FunctionWriter, shape: Shape): boolean {
  const { r, entry } = w;
  return entry >= 0 && w.blocks[w.blocks.length - 1].guard >= 0 && r.at < entry && entry < shape.ends.get(r.at)!;
}

/** Passes over what was written of the block around, when the function was entered further on. */
function closeGuard(w: FunctionWriter): void {
  const { guard } = w.blocks[w.blocks.length - 1];
  if (guard >= w.lines.length) return;
  w.lines[guard] = `if(!en){${w.lines[guard]}`;
  w.line("}");
}

/** Opens a block; its parameters are the topmost operands, in their own variables. */
export function openBlock(w: FunctionWriter, kind: BlockKind, shape: Shape): void {
  const { params, results } = blockType(w);
  const condition = kind === "if" ? w.pop() : undefined;
  w.settleAll(params.length);
  const way = leadsToEntry(w, shape), catches = w.r.catches;
  if (way) closeGuard(w);
  const values = w.stack.slice(w.stack.length - params.length);
  const block: Block = {
    kind,
    id: ++w.blockCount,
    params,
    results,
    height: w.stack.length - params.length,
    slots: values.length > 0 ? values[0].slot : w.slots,
    catches: kind === "try_table" ? catches : [],
    caught: -1,
    guard: -1,
  };
  w.blocks.push(block);
  const label = `L${block.id}:`;
  if (kind === "if") {
    const c = w.truth(condition!);
    // The way may lead through either arm: the first one, unless the entry lies behind its `else`.
    w.line(`${label}if(${way ? `en||(${c})` : c}){`);
  } else if (kind === "loop") {
    w.line(`${label}for(;;){`);
    if (w.entry === w.r.pos) {
      w.entryStack = w.stack.slice();
      w.line(`if(en)en=false;else{${loopCheck(w, shape)}}`);
    } else {
      if (way) block.guard = w.lines.length;
      w.line(loopCheck(w, shape));
      return;
    }
  } else if (kind === "block") w.line(`${label}{`);
  else w.line(`${label}{try{`);
  if (way && w.entry !== w.r.pos) block.guard = w.lines.length;
}

/** The check of a function's beginning, from where the interpreter goes on at `source`. */
export function checkStatement(w: FunctionWriter, source: number): string {
  const leave = w.site(source);
  return `${fuelStatement(w, source)}if(${w.use("INT")}[0]!==0){${leave}${w.use("poll")}(0);}`;
}
/** Takes fuel where it is counted. A place that is not paid for is another. */
function fuelStatement(w: FunctionWriter, source: number): string {
  if (!w.metered) return "";
  return takesFuel(w, `${w.site(source, true)}${w.use("poll")}(1);`);
}
function takesFuel(w: FunctionWriter, otherwise: string): string {
  const fuel = w.use("FUEL");
  return `if((${fuel}[0]=${fuel}[0]-1|0)<0){${otherwise}}`;
}
/**
 * The check of a loop's head, where the function is left for one that begins there (tier.ts, `Pace`): when somebody has set a bit, or, by loops in no other of functions whose
 * locals are floats, after some passes. A call here would cost more than all else, since behind it V8 knows nothing of memory: so the loop ends first.
 */
function loopCheck(w: FunctionWriter, shape: Shape): string {
  const source = w.r.pos;
  if (w.exact || w.blocks.some((b) => b.kind === "catch")) return checkStatement(w, source);
  const { at: offset } = w.r;
  let fuel = "";
  if (w.metered) {
    const owing = w.site(source, true);
    w.leaves.push({ site: w.sites.length, offset, call: `${w.use("poll")}(1)` });
    fuel = takesFuel(w, w.quit(owing));
  }
  const leave = w.site(source);
  w.leaves.push({ site: w.sites.length, offset, call: `${w.use("slice")}(${w.use("me")})` });
  const outermost = w.blocks.findIndex((b) => b.kind === "loop") === w.blocks.length - 1;
  const floats = w.localKinds.some((kind) => kind === "f" || kind === "d");
  if (!outermost || !floats) return `${fuel}if(${w.use("INT")}[0]!==0){${w.quit(leave)}}`;
  w.slices = true;
  const weight = WEIGHTS[Math.min(shape.nests.get(w.r.at)!, WEIGHTS.length - 1)];
  return `${fuel}if((k=k-${weight}|0)<0){${w.quit(leave)}}`;
}
/** What a pass of a loop counts, by how deeply loops are nested in it. */
const WEIGHTS = [1, 30, 1000];

/** The types that a branch to a block carries. */
export function labelKinds(b: Block): readonly Kind[] {
  return b.kind === "loop" ? b.params : b.results;
}
export function label(w: FunctionWriter, depth: number): Block {
  return w.blocks[w.blocks.length - 1 - depth];
}

/** Statements that move the topmost operands, which stay on the stack, to where a block has its results or parameters. */
export function carry(w: FunctionWriter, block: Block, kinds: readonly Kind[]): string {
  let code = "", slot = block.slots;
  const first = w.stack.length - kinds.length;
  for (let i = 0; i < kinds.length; i++) {
    const v = w.stack[first + i], kind = kinds[i];
    const there = v.slot === slot && v.size === 0 && v.temps.length === 1 && v.temps[0] === slot;
    if (!there) code += w.assignment(kind, slot, v.lo, v.hi);
    slot += kindSlots(kind);
  }
  return code;
}

/** Statements of a branch. */
export function branch(w: FunctionWriter, depth: number): string {
  const block = label(w, depth);
  if (block.kind === "function") return returnStatement(w);
  return carry(w, block, labelKinds(block)) + jump(block);
}
function jump(block: Block): string {
  return block.kind === "loop" ? `continue L${block.id};` : `break L${block.id};`;
}
/** A branch whose values are where they belong. */
export function jumpTo(w: FunctionWriter, block: Block): string {
  if (block.kind !== "function") return jump(block);
  const results = labelKinds(block);
  let slot = block.slots;
  for (const kind of results) {
    w.put(w.variableValue(kind, slot));
    slot += kindSlots(kind);
  }
  const code = returnStatement(w);
  w.popMany(results.length);
  return code;
}

/** Returns the topmost operands, which stay on the stack. */
export function returnStatement(w: FunctionWriter): string {
  const { results } = w.blocks[0];
  // Whether there is a shadow frame is known at the end.
  const leave = "%leave%";
  if (results.length === 0) return `${leave}return;`;
  const values = w.stack.slice(w.stack.length - results.length);
  if (results.length === 1 && results[0] !== "v") {
    const [{ lo, hi }] = values;
    if (results[0] === "l") return `${leave}${w.use("RH")}[0]=${hi};return ${lo};`;
    return `${leave}return ${lo};`;
  }
  w.framed = true;
  const s = w.use("S");
  const { code: saving, words } = saveVectors(w, values);
  let code = saving, at = 0;
  for (let i = 0; i < values.length; i++) {
    const { kind, lo, hi } = values[i], word = `fp+${at}`;
    if (kind === "v") code += `${w.use("copyV128")}(${word},${words[i]});`;
    else if (kind === "l") code += `${s}[${word}]=${lo};${s}[${word}+1]=${hi};`;
    else if (kind === "f") code += `${w.use("putF32")}(${s},${word},${lo});`;
    else if (kind === "d") code += `${w.use("putF64")}(${s},${word},${lo});`;
    else code += `${s}[${word}]=${lo};`;
    at += 2 * kindSlots(kind);
  }
  return `${code}${leave}return;`;
}

/**
 * Before values are written to where the frame begins, which overwrites its locals: statements that copy vectors that still are in locals to behind the frame, and
 * where each vector is then.
 */
export function saveVectors(w: FunctionWriter, values: readonly Value[]): { code: string; words: string[] } {
  // A single value overwrites none that is still to be read.
  if (values.length === 1) return { code: "", words: [values[0].lo] };
  let code = "", behind = values.reduce((n, { kind }) => n + 2 * kindSlots(kind), 0);
  const words = values.map(({ kind, lo, locals }) => {
    if (kind !== "v" || locals.length === 0) return lo;
    const word = `fp+%frame%+${behind}`;
    code += `${w.use("copyV128")}(${word},${lo});`;
    behind += 2 * kindSlots(kind);
    return word;
  });
  return { code, words };
}

/** After a block: its results in their variables are the topmost operands. */
export function setResults(w: FunctionWriter, block: Block): void {
  w.stack.length = block.height;
  w.slots = block.slots;
  for (const kind of block.results) w.put(w.variableValue(kind, w.slots));
}

/** `else`. */
export function elseBlock(w: FunctionWriter, shape: Shape): void {
  const block = w.blocks[w.blocks.length - 1];
  if (!w.dead) endArm(w, block);
  const { guard } = block;
  let opening = "}else{";
  if (guard >= 0 && w.entry > w.r.at) {
    // The entry lies in this arm: the condition must lead here.
    const at = w.lines.lastIndexOf(w.lines.find((l) => l.startsWith(`L${block.id}:if(en||(`))!);
    w.lines[at] = w.lines[at].replace("if(en||(", "if(!en&&(");
    // What the other arm began is no way.
    opening = "}else{";
    block.guard = w.lines.length + 1;
  } else block.guard = -1;
  void shape;
  w.line(opening);
  block.kind = "else";
  w.stack.length = block.height;
  w.slots = block.slots;
  for (const kind of block.params) w.put(w.variableValue(kind, w.slots));
  w.dead = false;
}

/** At the end of a block's code that can be reached: what it gives goes to where it belongs. */
export function endArm(w: FunctionWriter, block: Block): void {
  const code = carry(w, block, block.results);
  if (code !== "") w.line(code);
}

/** `end` of a block, loop or if. */
export function endBlock(w: FunctionWriter): void {
  const block = w.blocks[w.blocks.length - 1];
  if (!w.dead) endArm(w, block);
  if (block.kind === "loop") w.line(w.dead ? "}" : `break L${block.id};}`);
  else w.line("}");
  w.blocks.pop();
  setResults(w, block);
  w.dead = false;
}

/** Branches and what ends a path. */
export function writeBranch(w: FunctionWriter): void {
  const { r } = w;
  switch (r.op) {
    case op.UNREACHABLE:
      w.line(w.trap(TrapCode.UNREACHABLE));
      w.dead = true;
      return;
    case op.BR:
      w.line(branch(w, r.index));
      w.dead = true;
      return;
    case op.RETURN:
      w.line(returnStatement(w));
      w.dead = true;
      return;
    case op.BR_IF: {
      const c = w.pop();
      w.line(`if(${w.truth(c)}){${branch(w, r.index)}}`);
      return;
    }
    case op.BR_TABLE: {
      const { labels } = r, c = w.pop(), last = labels.length - 1;
      let code = `switch(${c.lo}){`;
      for (let i = 0; i < last; i++) {
        // Neighbours with one target share its statements.
        code += `case ${i}:`;
        if (labels[i] !== labels[i + 1] || i + 1 === last) code += `{${branch(w, labels[i])}}`;
      }
      w.line(`${code}default:{${branch(w, labels[last])}}}`);
      w.dead = true;
      return;
    }
    case op.BR_ON_NULL: {
      const v = reference(w);
      w.pop();
      w.line(`if(${v.lo}===0){${branch(w, r.index)}}`);
      w.put(v);
      return;
    }
    case op.BR_ON_NON_NULL: {
      const v = reference(w);
      w.line(`if(${v.lo}!==0){${branch(w, r.index)}}`);
      w.pop();
      return;
    }
    case op.BR_ON_CAST:
    case op.BR_ON_CAST_FAIL: {
      const v = reference(w), { heap2, flags } = r;
      const wanted = r.op === op.BR_ON_CAST ? "" : "!";
      w.line(
        `if(${wanted}${w.use("refIs")}(${v.lo},${heap2 >= 0 ? w.module.canonical[heap2] : heap2},${
          (flags & 2) !== 0
        })){${branch(w, r.index)}}`,
      );
      return;
    }
  }
}

/** The topmost operand, in variables. */
export function reference(w: FunctionWriter) {
  const i = w.stack.length - 1;
  if (w.stack[i].size > 0) w.settle(i);
  return w.stack[i];
}
