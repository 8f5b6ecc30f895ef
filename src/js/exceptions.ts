// Exceptions: Wasm's are thrown as the objects that the runtime has for them, which no handler of JavaScript sees; whatever else comes by is a trap, or a frame that is left.
// A try_table's clauses follow its end, where the labels that they name are the enclosing ones.

import { CatchKind } from "../validate/side_table.ts";
import type { FuncType } from "../wasm/types.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { endArm, jumpTo, label, reference, setResults } from "./control.ts";
import { type Block, type FunctionWriter, type Kind, kindSlots, kindsOf, type Operand, Unsuitable } from "./state.ts";

function tagKinds(w: FunctionWriter, tag: number): Kind[] {
  const { typeIndex } = w.module.tags[tag];
  return kindsOf((w.module.types[typeIndex].type as FuncType).params);
}

/** throw, throw_ref and rethrow. */
export function writeThrow(w: FunctionWriter): void {
  const { r } = w;
  if (r.op === op.THROW) {
    const kinds = tagKinds(w, r.index), values = w.popMany(kinds.length);
    w.framed = true;
    w.line(`${w.use("raise")}(${w.use(`e${r.index}`)},[${payload(w, values)}]);`);
  } else if (r.op === op.THROW_REF) {
    const v = reference(w);
    w.pop();
    w.line(`if(${v.lo}===0)${w.trap(TrapCode.NULL_EXCEPTION)}${w.use("again")}(${w.use("exnOf")}(${v.lo}));`);
  } else w.line(`${w.use("again")}(x${label(w, r.index).caught});`);
  w.dead = true;
}

/** The words of values. */
function payload(w: FunctionWriter, values: readonly Operand[]): string {
  const s = w.use("S"), words: string[] = [];
  for (const { kind, lo, hi } of values) {
    switch (kind) {
      case "l":
        words.push(lo, hi);
        break;
      case "f":
        words.push(`${w.use("bitsF32")}(${lo})`, "0");
        break;
      case "d":
        words.push(`${w.use("bitsF64")}(${lo})`, `${w.use("RH")}[0]`);
        break;
      case "v":
        for (let i = 0; i < 4; i++) words.push(`${s}[${lo}+${i}]`);
        break;
      default:
        words.push(lo, "0");
    }
  }
  return words.join(",");
}

/** What begins the handlers of a block: the exception in a constant `x`, or it is thrown on. */
function catchHead(w: FunctionWriter, name: string, id: number): string {
  w.framed = true;
  // Where the frame is left, the exception of a legacy block is asked for by name.
  const declared = name.startsWith("x") ? w.scratch(name) : `const ${name}`;
  let code = `}catch(e){${declared}=${w.use("caught")}(e);${w.use("SP")}[0]=fp+%frame%;`;
  if (w.delegates) code += `if(dg!==0){if(dg!==${id})throw ${name};dg=0;}`;
  return code;
}

/** Statements that put what an exception carries into the variables from an operand slot on. */
function unpack(w: FunctionWriter, name: string, kinds: readonly Kind[], slot: number): string {
  if (kinds.length === 0) return "";
  const s = w.use("S");
  let code = `const p=${name}.payload;`, at = 0;
  for (const kind of kinds) {
    if (kind === "v") code += `${w.use("loadV128")}(${w.word(slot)},p,${at});`;
    else {
      const x = w.variable(kind, slot);
      if (kind === "f" || kind === "d") code += `${x}=${w.use(kind === "f" ? "getF32" : "getF64")}(p,${at});`;
      else code += `${x}=p[${at}];`;
      if (kind === "l") code += `${w.highVariable(slot)}=p[${at + 1}];`;
      if (kind === "r") code += `${s}[${w.word(slot)}]=${x};`;
    }
    at += 2 * kindSlots(kind);
    slot += kindSlots(kind);
  }
  return code;
}

/** `end` of a try_table. */
export function endTryTable(w: FunctionWriter): void {
  const block = w.blocks[w.blocks.length - 1];
  if (!w.dead) endArm(w, block);
  w.blocks.pop();
  w.stack.length = block.height;
  w.slots = block.slots;
  const name = `y${block.id}`;
  let code = catchHead(w, name, block.id);
  for (const { kind, tag, label: depth } of block.catches) {
    const target = label(w, depth), kinds = tag < 0 ? [] : tagKinds(w, tag);
    let body = unpack(w, name, kinds, target.slots);
    if (kind === CatchKind.CATCH_REF || kind === CatchKind.CATCH_ALL_REF) {
      const slot = target.slots + kinds.reduce((n, k) => n + kindSlots(k), 0);
      body += w.assignment("r", slot, `${w.use("exnRef")}(${name})`);
    }
    body += jumpTo(w, target);
    code += tag < 0 ? `{${body}}` : `if(${name}.tag===${w.use(`e${tag}`)}){${body}}`;
  }
  w.line(`${code}throw ${name};}}`);
  setResults(w, block);
  w.dead = false;
}

/** `catch` and `catch_all` of a legacy `try`. */
export function writeCatch(w: FunctionWriter): void {
  const block = w.blocks[w.blocks.length - 1], all = w.r.op === op.CATCH_ALL;
  if (block.guard >= 0 && w.entry > w.r.at) throw new Unsuitable("the loop is in a catch block");
  block.guard = -1;
  if (!w.dead) endArm(w, block);
  const first = block.kind === "try";
  if (first) {
    block.caught = w.caughtDepth++;
    block.kind = "catch";
  }
  const name = `x${block.caught}`;
  const kinds = all ? [] : tagKinds(w, w.r.index);
  w.stack.length = block.height;
  w.slots = block.slots;
  let code = first ? `break L${block.id};${catchHead(w, name, block.id)}` : "}else ";
  code += all ? "{" : `if(${name}.tag===${w.use(`e${w.r.index}`)}){`;
  w.line(code + unpack(w, name, kinds, w.slots));
  for (const kind of kinds) w.put(w.variableValue(kind, w.slots));
  w.dead = false;
}

/** `end` of a legacy `try` or its last clause. */
export function endTry(w: FunctionWriter): void {
  const block = w.blocks[w.blocks.length - 1];
  if (!w.dead) endArm(w, block);
  w.blocks.pop();
  if (block.kind === "catch") {
    w.line(`}else throw x${block.caught};}}`);
    w.caughtDepth--;
  } else w.line(`}catch(e){throw e;}}`);
  setResults(w, block);
  w.dead = false;
}

/** `delegate`: what is thrown goes to the handler of an outer block. */
export function writeDelegate(w: FunctionWriter): void {
  const block = w.blocks[w.blocks.length - 1], depth = w.r.index;
  if (!w.dead) endArm(w, block);
  w.blocks.pop();
  const name = `y${block.id}`;
  const target = handlerAt(w, w.blocks.length - 1 - depth);
  w.line(`${catchHead(w, name, block.id)}dg=${target};throw ${name};}}`);
  setResults(w, block);
  w.dead = false;
}

/** Number of the block whose handler an exception thrown in block `i` at its outermost would come to; -1 for the caller. */
function handlerAt(w: FunctionWriter, i: number): number {
  for (; i >= 0; i--) {
    const b: Block = w.blocks[i];
    if (b.kind === "try" || b.kind === "try_table") return b.id;
  }
  return -1;
}
