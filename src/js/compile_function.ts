// One function of a module as the source of a JavaScript function: takes a valid body in one pass, gives the text, with a line for every statement and the Wasm offset
// it comes from, and the places where a frame can be left. What its names stand for, and when it runs, is left to tier.ts.

import type { ValidModule } from "../validate/validate_module.ts";
import * as op from "../wasm/opcodes.ts";
import { writeCall, writeGlobal, writeReference } from "./calls.ts";
import {
  checkStatement,
  elseBlock,
  endArm,
  endBlock,
  openBlock,
  returnStatement,
  type Shape,
  shapeOf,
  writeBranch,
} from "./control.ts";
import { endTry, endTryTable, writeCatch, writeDelegate, writeThrow } from "./exceptions.ts";
import { f32Value, f64Value } from "./floats.ts";
import { writeAccess, writeSize } from "./memory.ts";
import { writeNumeric } from "./numeric.ts";
import { writeObject, writeSingle } from "./objects.ts";
import {
  type Block,
  FunctionWriter,
  type Kind,
  kindSlots,
  kindsOf,
  literal,
  type Operand,
  type Site,
  Unsuitable,
} from "./state.ts";

/** Bytes of a body beyond which V8 would not optimise the function. */
const MOST_BYTES = 40_000;
/** Blocks within one another that V8's parser bears on little stack. */
const MOST_DEPTH = 250;
const MOST_LOCALS = 4000;

/** The source of one function. */
export interface JsSource {
  readonly index: number;
  /** The body of a function whose parameters are `names`; it returns the function in an array, with another one like it if it calls `twin` of its own cell. */
  readonly text: string;
  readonly names: readonly string[];
  /** Wasm offset of each line of the text; -1 for what belongs to no instruction. */
  readonly offsets: Int32Array;
  /** By the number that the source sets, from 1 on. */
  readonly sites: readonly Site[];
  /** Whether it may return with a call still to be made. */
  readonly tails: boolean;
  /** Where it is entered in a loop: the kinds and slots of locals and operands there that it takes; undefined for one that is called. */
  readonly entry: readonly { readonly kind: Kind; readonly slot: number }[] | undefined;
}

/** What `writeFunction` needs to know beside the module. */
export interface JsOptions {
  /** Whether fuel is counted. */
  readonly metered: boolean;
  /** Whether each head of a loop looks whether the frame is to be left, rather than one in many. */
  readonly exact: boolean;
  /** Words of the stack on which shadow frames lie. */
  readonly stackWords: number;
}

/** Bytes of a body that calls itself, up to which there are two of it. */
const MOST_TWINNED = 120;
/** Variables of a function whose frame another function writes. */
const MOST_APART = 16;
/** Offset of lines at which a frame waits for the function that took its place. */
export const PASSED_ON = -2;
/** Words above a shadow frame that results of calls may take. */
const RESERVE = 8192;

/** Why a function has no source; undefined if it has one. */
export function refusal(valid: ValidModule, index: number): string | undefined {
  const body = valid.module.funcs[index].body!;
  const bytes = body.end - body.start;
  if (bytes > MOST_BYTES) return `a body of ${bytes} bytes, of which V8 optimises none above ${MOST_BYTES}`;
  if (body.localCount > MOST_LOCALS) return `${body.localCount} locals, more than ${MOST_LOCALS}`;
  return undefined;
}

/**
 * Writes function `index`. With `entry`, the offset behind the head of a loop, the function begins there with the frame that it is given. Throws Unsuitable, with
 * the reason, if there is no source for it.
 */
export function writeFunction(valid: ValidModule, index: number, options: JsOptions, entry = -1): JsSource {
  const why = refusal(valid, index);
  if (why !== undefined) throw new Unsuitable(why);
  const w = new FunctionWriter(valid, index, options.metered, options.exact, entry);
  const shape = shapeOf(w);
  if (shape.deepest > MOST_DEPTH) throw new Unsuitable(`blocks nested ${shape.deepest} deep, more than ${MOST_DEPTH}`);
  w.delegates = shape.delegates;
  const { params, results } = w.decl.type;
  const block: Block = {
    kind: "function",
    id: 0,
    params: [],
    results: kindsOf(results),
    height: 0,
    slots: 0,
    catches: [],
    caught: -1,
    guard: entry >= 0 ? 0 : -1,
  };
  w.blocks.push(block);
  writeBody(w, shape);
  if (entry >= 0 && w.entryStack.length === 0 && !w.lines.some((l) => l.includes("if(en)en=false"))) {
    throw new Unsuitable(`there is no loop at offset 0x${entry.toString(16)}`);
  }
  return finish(w, params.length, options);
}

function writeBody(w: FunctionWriter, shape: Shape): void {
  const { r } = w;
  const checks = w.entry < 0 && (w.metered || mayRunLong(w));
  r.pos = r.at = w.body.codeStart;
  if (checks) w.line(checkStatement(w, w.body.codeStart));
  /** Blocks opened in code that is never reached. */
  let skipped = 0;
  while (w.blocks.length > 0) {
    const code = r.next();
    if (w.dead) {
      if (op.opensBlock(r.info)) skipped++;
      else if (code === op.END || code === op.DELEGATE) {
        if (skipped > 0) skipped--;
        else close(w, code);
      } else if (skipped === 0 && (code === op.ELSE || code === op.CATCH || code === op.CATCH_ALL)) {
        writeInstruction(w, shape);
      }
    } else if (code === op.END || code === op.DELEGATE) close(w, code);
    else writeInstruction(w, shape);
  }
}

/** Whether a body has calls or loops; without, nothing needs to stop it. */
function mayRunLong(w: FunctionWriter): boolean {
  const { r } = w;
  for (r.pos = w.body.codeStart; r.pos < w.body.end;) {
    const code = r.next();
    if (code === op.LOOP || (r.info.properties & op.CALLS) !== 0 || isTailCall(code)) return true;
  }
  return false;
}
function isTailCall(code: number): boolean {
  return code === op.RETURN_CALL || code === op.RETURN_CALL_INDIRECT || code === op.RETURN_CALL_REF;
}

/** The end of a block. */
function close(w: FunctionWriter, code: number): void {
  if (code === op.DELEGATE) return writeDelegate(w);
  const block = w.blocks[w.blocks.length - 1];
  switch (block.kind) {
    case "function":
      if (!w.dead) w.line(returnStatement(w));
      w.blocks.pop();
      return;
    case "try_table":
      return endTryTable(w);
    case "try":
    case "catch":
      return endTry(w);
  }
  endBlock(w);
}

function writeInstruction(w: FunctionWriter, shape: Shape): void {
  const { r } = w, { op: code, info } = r;
  switch (code) {
    case op.NOP:
    case op.ATOMIC_FENCE:
      return;
    case op.BLOCK:
      return openBlock(w, "block", shape);
    case op.LOOP:
      return openBlock(w, "loop", shape);
    case op.IF:
      return openBlock(w, "if", shape);
    case op.TRY_TABLE:
      return openBlock(w, "try_table", shape);
    case op.TRY:
      return openBlock(w, "try", shape);
    case op.ELSE:
      return elseBlock(w, shape);
    case op.CATCH:
    case op.CATCH_ALL:
      return writeCatch(w);
    case op.THROW:
    case op.THROW_REF:
    case op.RETHROW:
      return writeThrow(w);
    case op.UNREACHABLE:
    case op.BR:
    case op.BR_IF:
    case op.BR_TABLE:
    case op.RETURN:
    case op.BR_ON_NULL:
    case op.BR_ON_NON_NULL:
    case op.BR_ON_CAST:
    case op.BR_ON_CAST_FAIL:
      return writeBranch(w);
    case op.CALL:
    case op.CALL_INDIRECT:
    case op.CALL_REF:
    case op.RETURN_CALL:
    case op.RETURN_CALL_INDIRECT:
    case op.RETURN_CALL_REF:
      return writeCall(w);
    case op.DROP:
      return void w.pop();
    case op.SELECT:
    case op.SELECT_T:
      return select(w);
    case op.LOCAL_GET:
      return localGet(w);
    case op.LOCAL_SET:
    case op.LOCAL_TEE:
      return localSet(w);
    case op.GLOBAL_GET:
    case op.GLOBAL_SET:
      return writeGlobal(w);
    case op.MEMORY_SIZE:
    case op.MEMORY_GROW:
      return writeSize(w);
    case op.I32_CONST:
      return w.constant("i", r.lo);
    case op.I64_CONST:
      return w.constant("l", r.lo, r.hi);
    case op.F32_CONST:
      return floatConstant(w, "f", f32Value(r.lo), r.lo, 0);
    case op.F64_CONST:
      return floatConstant(w, "d", f64Value(r.lo, r.hi), r.lo, r.hi);
    case op.F32_REINTERPRET_I32:
    case op.F64_REINTERPRET_I64:
      return reinterpret(w, code === op.F32_REINTERPRET_I32 ? "f" : "d");
    case op.REF_NULL:
    case op.REF_IS_NULL:
    case op.REF_FUNC:
    case op.REF_EQ:
    case op.REF_AS_NON_NULL:
    case op.TABLE_GET:
    case op.TABLE_SET:
      return writeReference(w);
  }
  const prefix = code >>> 12;
  if (prefix === 0xfb) return writeObject(w);
  if (prefix >= 0xfd) return writeSingle(w);
  if (prefix === 0xfc && (code & 0xfff) >= 8) return writeSingle(w);
  if (info.imm === op.Imm.MEMORY_ACCESS) return writeAccess(w, info.name);
  if (info.imm === op.Imm.NONE && info.signature !== "") return writeNumeric(w, info.name, info.signature);
  throw new Unsuitable(`no source for ${info.name}`);
}

function localGet(w: FunctionWriter): void {
  w.put(w.localValue(w.r.index));
}

function localSet(w: FunctionWriter): void {
  const n = w.r.index, v = w.pop(), kind = w.localKinds[n];
  w.settleLocal(n);
  if (kind === "v") w.line(`${w.use("copyV128")}(${w.localWord(n)},${v.lo});`);
  else if (kind === "l") {
    const own = v.locals.includes(n);
    if (!own) w.line(`l${n}=${v.lo};h${n}=${v.hi};`);
    else {
      const q = w.scratch("q0");
      w.line(`${q}=${v.lo};h${n}=${v.hi};l${n}=${q};`);
    }
  } else if (kind === "r") w.line(`${w.use("S")}[${w.localWord(n)}]=l${n}=${v.lo};`);
  else w.line(`l${n}=${v.lo};`);
  if (w.r.op === op.LOCAL_TEE) w.put(w.localValue(n));
}

function select(w: FunctionWriter): void {
  const c = w.pop(), b = w.pop(), a = w.pop(), condition = w.truth(c);
  switch (a.kind) {
    case "v": {
      const to = w.word(a.slot);
      const copy = w.use("copyV128");
      w.line(`${copy}(${to},${condition}?${a.lo}:${b.lo});`);
      return w.put(w.variableValue("v", a.slot));
    }
    case "l": {
      const q = w.scratch("qs"), p = w.scratch("q0");
      w.line(`${q}=${condition};${p}=${q}?${a.lo}:${b.lo};`);
      return w.assign("l", p, `${q}?${a.hi}:${b.hi}`);
    }
    case "r":
      return w.assign("r", `${condition}?${a.lo}:${b.lo}`);
  }
  w.push(a.kind, `(${condition}?${a.lo}:${b.lo})`, [a, b, c]);
}

/** Puts a constant. A signalling NaN makes the frame leave, before the instruction. */
function floatConstant(w: FunctionWriter, kind: "f" | "d", value: number, low: number, high: number): void {
  if (value === value) {
    const text = value === Infinity ? "Infinity" : value === -Infinity ? "(-Infinity)" : literal(value);
    return w.put({ kind, lo: text, hi: "", constant: [low, high], locals: [], temps: [], size: 0 });
  }
  const quiet = kind === "f" ? (low & 0x400000) !== 0 : (high & 0x80000) !== 0;
  if (!quiet) w.line(`${w.site(w.r.at)}${w.use("quit")}();`);
  if (kind === "f") w.assign(kind, `${w.use("fromF32")}(${low})`);
  else w.assign(kind, `${w.use("fromF64")}(${low},${high})`);
}

function reinterpret(w: FunctionWriter, kind: "f" | "d"): void {
  w.settle(w.stack.length - 1);
  const slot = w.stack[w.stack.length - 1].slot;
  w.free(slot);
  const leave = w.site(w.r.at), v = w.pop(), x = w.variable(kind, slot);
  const [call, signals] = kind === "f"
    ? [`${w.use("fromF32")}(${v.lo})`, `(${v.lo}&4194304)===0`]
    : [`${w.use("fromF64")}(${v.lo},${v.hi})`, `(${v.hi}&524288)===0`];
  w.line(`${x}=${call};if(${x}!==${x}&&${signals}){${w.quit(leave)}}`);
  w.put(w.variableValue(kind, slot));
}

/** Puts the parts together. */
function finish(w: FunctionWriter, params: number, options: JsOptions): JsSource {
  const { localKinds } = w, entered = w.entry >= 0;
  const head: string[] = [], parameters: string[] = [], declared: string[] = [];
  let entry: { kind: Kind; slot: number }[] | undefined;
  // References in parameters, too, are where a collection looks for them.
  if (localKinds.includes("r")) w.framed = true;
  // All that uses a name comes before the names are counted.
  const spill = w.sites.length > 0 ? w.spillLocals() : "";
  const take = entered ? takeFrame(w) : "";
  if (entered) {
    entry = [];
    localKinds.forEach((kind, n) => entry!.push({ kind, slot: w.localSlot(n) }));
    for (const v of w.entryStack) entry.push({ kind: v.kind, slot: w.facts.localSlots + v.slot });
    parameters.push("fw", "fa", "k");
    declared.push("en=true");
  }
  localKinds.forEach((kind, n) => {
    if (kind === "v") return;
    if (n < params && !entered) {
      parameters.push(`l${n}`);
      if (kind === "l") parameters.push(`h${n}`);
    } else {
      declared.push(`l${n}=0`);
      if (kind === "l") declared.push(`h${n}=0`);
    }
  });
  for (const name of w.variables) declared.push(name === "qc" ? "qc=null" : `${name}=0`);
  const below: Line[] = [];
  if (w.sites.length > 0) declared.push("s=0", ...endFrame(w, spill, below));
  if (w.slices && !entered) declared.push(`k=${w.use("P")}.first`);
  if (w.delegates) declared.push("dg=0");
  const words = w.frameWords;
  if (w.framed) {
    const sp = w.use("SP"), over = w.use("exhausted");
    head.push(`const fp=${sp}[0];if(fp>${options.stackWords - words - RESERVE})${over}();${sp}[0]=fp+${words};`);
    if (!entered) head.push(clearFrame(w, params, words));
  }
  if (declared.length > 0) head.push(`let ${declared.join(",")};`);
  if (take !== "") head.push(take);
  if (w.sites.length > 0) head.push(w.breaks ? "try{B:{" : "try{");
  const leave = w.framed ? `${w.use("SP")}[0]=fp;` : "", cell = `c${w.index}`, name = `wasm${w.index}`;
  const mayKnow = w.callsItself && !entered && !w.tails, twin = mayKnow && isSmall(w);
  const write = (self: string, body: readonly string[]) => [
    `function ${name}(${parameters.join(",")}){${head.join("")}`,
    ...body.map((l) => l.replaceAll("%leave%", leave).replaceAll("%frame%", String(words)).replaceAll("%self%", self)),
    "}",
  ];
  const offsets = [-1, ...w.offsets, -1], lines = ['"use strict";return ['], places = [-1];
  lines.push(...write(!mayKnow ? `(${cell}.f??${cell}.get())` : twin ? `${cell}.twin` : `${cell}.own`, w.lines));
  places.push(...offsets);
  if (twin) {
    // One of the two asks whether it is to stop.
    const free = w.metered || w.exact ? w.lines : ["", ...w.lines.slice(1)];
    lines.push(
      ", // the same again, which calls the first: V8 inlines neither into itself",
      ...write(`${cell}.own`, free),
    );
    places.push(-1, ...offsets);
  }
  lines.push("];");
  places.push(-1);
  if (below.length > 0) {
    lines.push("// where frames are left", ...below.map(([line]) => line.replace("%leave%", leave)));
    places.push(-1, ...below.map(([, offset]) => offset));
  }
  return {
    index: w.index,
    text: lines.join("\n"),
    names: [...w.outer],
    offsets: Int32Array.from(places),
    sites: w.sites,
    tails: w.tails,
    entry,
  };
}

/**
 * What follows a body: the frame's variables are written to where all frames are left, or to where the function goes on that takes its place. Functions `below` do that, since
 * V8 inlines what has little bytecode; unless their parameters would make the frame much larger. Gives variables that are to be declared.
 */
function endFrame(w: FunctionWriter, locals: string, below: Line[]): string[] {
  const cases = w.spills.map((code, i) => code === "" ? "" : `case ${i + 1}:${code}break;`).join("");
  const code = locals + (cases === "" ? "" : `switch(s){${cases}}`), read = new Set(code.match(/\b[a-z]\w*/g));
  const me = w.use("me"), leaving = w.use("U"), variables = ["fp", ...w.variables];
  w.localKinds.forEach((kind, n) => variables.push(`l${n}`, ...(kind === "l" ? [`h${n}`] : [])));
  const names = ["s", ...variables.filter((name) => read.has(name) || (name === "fp" && w.framed))];
  // Where a loop was left, `slice` throws if all frames are to be left; otherwise the frame is for another function.
  const breaks: Line[] = !w.breaks ? [] : [
    ["switch(s){", -1],
    ...w.leaves.map(({ site, offset, call }): Line => [`case ${site}:${call};break;`, offset]),
    [`default:${w.use("quit")}();}`, -1],
  ];
  const passes = w.leaves.length > 0;
  // What is left to another begins where it stands on the shadow stack.
  const bottom = passes && (w.framed ? "fp" : `${w.use("SP")}[0]`), words = passes && w.use("S");
  const next: Line[] = !passes
    ? []
    : [[`%leave%return ${w.entry >= 0 ? `${w.use("onward")}(${me},s)` : `${w.use("resume")}(${me},s,a)`};`, PASSED_ON]];
  if (names.length <= MOST_APART) {
    const end = `catch(e){if(e===${leaving})leave(${names});throw e;}`;
    below.push([`function leave(${names}){const a=${leaving}.frame(${me},s),w=${leaving}.words;${code}}`, PASSED_ON]);
    add(w, [`${w.breaks ? "}" : ""}}${end}`, -1]);
    if (!w.breaks) return [];
    below.push([`function pass(${names}){try{`, -1], ...breaks, [`}${end}`, -1]);
    if (passes) below.push([`const a=${bottom},w=${words};${code}`, -1], ...next);
    below.push(["}", -1]);
    add(w, [`return pass(${names});`, PASSED_ON]);
    return [];
  }
  if (w.breaks) add(w, ["}", -1], ...breaks);
  if (!passes) {
    const write = `const a=${leaving}.frame(${me},s),w=${leaving}.words;${code}`;
    add(w, [`}catch(e){if(e===${leaving}){${write}}throw e;}`, -1]);
    return [];
  }
  add(
    w,
    [`}catch(e){if(e!==${leaving})throw e;un=true;}`, -1],
    [
      `const a=un?${leaving}.frame(${me},s):${bottom},w=un?${leaving}.words:${words};${code}if(un)throw ${leaving};`,
      -1,
    ],
    ...next,
  );
  return ["un=false"];
}

/** A line of the text with its Wasm offset. */
type Line = readonly [string, number];

function add(w: FunctionWriter, ...lines: readonly Line[]): void {
  for (const [text, offset] of lines) {
    w.lines.push(text);
    w.offsets.push(offset);
  }
}

/** Whether V8 would inline a function, so that two that are the same and call one another are better than one that calls itself, which V8 never inlines. */
function isSmall(w: FunctionWriter): boolean {
  return w.body.end - w.body.start <= MOST_TWINNED;
}

/** Makes the shadow frame of a function that is called: its reference parameters, and zeros. */
function clearFrame(w: FunctionWriter, params: number, words: number): string {
  const s = w.use("S");
  const kept: number[] = [];
  let code = "", firstFree = 0;
  w.localKinds.forEach((kind, n) => {
    const at = 2 * w.localSlot(n);
    if (n < params) {
      if (kind === "r") code += `${s}[fp+${at}]=l${n};`;
      firstFree = at + 2 * kindSlots(kind);
    } else kept.push(at);
  });
  // What parameters that are numbers leave behind is no reference: they are overwritten, too.
  w.localKinds.forEach((kind, n) => {
    if (n < params && kind !== "r" && kind !== "v") code += `${s}[fp+${2 * w.localSlot(n)}]=0;`;
  });
  const rest = words - firstFree;
  if (rest > 24) return `${code}${s}.fill(0,fp+${firstFree},fp+${words});`;
  for (let at = firstFree; at < words; at++) code += `${s}[fp+${at}]=0;`;
  return code;
}

/** Takes the frame of the interpreter in the words from `fa` on of `fw`. */
function takeFrame(w: FunctionWriter): string {
  let code = "";
  const take = (v: Operand | { kind: Kind; lo: string; hi: string }, slot: number, word: string) => {
    const at = `fa+${2 * slot}`;
    switch (v.kind) {
      case "l":
        code += `${v.lo}=fw[${at}];${v.hi}=fw[${at}+1];`;
        break;
      case "f":
        code += `${v.lo}=${w.use("getF32")}(fw,${at});`;
        break;
      case "d":
        code += `${v.lo}=${w.use("getF64")}(fw,${at});`;
        break;
      case "v":
        code += `${w.use("loadV128")}(${word},fw,${at});`;
        break;
      case "r":
        code += `${w.use("S")}[${word}]=${v.lo}=fw[${at}];`;
        break;
      default:
        code += `${v.lo}=fw[${at}];`;
    }
  };
  w.localKinds.forEach((kind, n) => {
    const word = kind === "v" || kind === "r" ? w.localWord(n) : "";
    take(w.localValue(n, kind), w.localSlot(n), word);
  });
  for (const v of w.entryStack) {
    if (v.constant !== undefined) continue;
    const word = v.kind === "v" || v.kind === "r" ? w.word(v.slot) : "";
    take(v, w.facts.localSlots + v.slot, word);
  }
  return code;
}
export { endArm };
