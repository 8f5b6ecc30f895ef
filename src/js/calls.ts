// Calls. A function that is called is a cell's (tier.ts): one word says what runs. Numbers are arguments of JavaScript, an i64 as two; vectors stand in the shadow frame to come, and
// so do several results. A tail call leaves its callee in TAIL for whoever called.

import type { FuncType } from "../wasm/types.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { addressKind } from "./memory.ts";
import { reference, saveVectors } from "./control.ts";
import { type FunctionWriter, type Kind, kindSlots, kindsOf, type Value } from "./state.ts";

/** Writes a call of any kind. */
export function writeCall(w: FunctionWriter): void {
  const { r, module } = w;
  const tail = r.op === op.RETURN_CALL || r.op === op.RETURN_CALL_INDIRECT || r.op === op.RETURN_CALL_REF;
  let cell: string, type: FuncType;
  switch (r.op) {
    case op.CALL:
    case op.RETURN_CALL:
      type = module.funcs[r.index].type;
      cell = w.use(`c${r.index}`);
      break;
    case op.CALL_INDIRECT:
    case op.RETURN_CALL_INDIRECT: {
      type = module.types[r.index].type as FuncType;
      const i = w.pop(), at = i.kind === "l" ? `${i.hi}===0?${i.lo}:-1` : i.lo;
      cell = w.scratch("qc");
      w.line(`${cell}=${w.use("callee")}(${w.use(`t${r.index2}`)},${at},${module.canonical[r.index]});`);
      // The table may lose it while it runs.
      if (!tail) w.line(`${w.use("S")}[${w.calleeWord}]=${cell}.ref;`);
      break;
    }
    default: {
      type = module.types[r.index].type as FuncType;
      const f = reference(w);
      w.pop();
      cell = w.scratch("qc");
      w.line(`${cell}=${w.use("cellOf")}(${f.lo});`);
    }
  }
  const params = kindsOf(type.params), results = kindsOf(type.results);
  const args = w.popMany(params.length);
  if (tail) return tailCall(w, cell, args);
  // Results come into variables that operands below must not read.
  let slot = w.slots;
  for (const kind of results) {
    w.free(slot);
    slot += kindSlots(kind);
  }
  const itself = r.op === op.CALL && r.index === w.index;
  if (itself) w.callsItself = true;
  const callee = itself ? "%self%" : `(${cell}.f??${cell}.get())`;
  const vectors = passVectors(w, args);
  const call = `${callee}(${argumentList(args)})`;
  const leave = w.site(r.pos);
  giveResults(w, `${vectors}${leave}`, call, results);
}

function argumentList(args: readonly Value[]): string {
  const list: string[] = [];
  for (const { kind, lo, hi } of args) {
    if (kind === "v") continue;
    list.push(lo);
    if (kind === "l") list.push(hi);
  }
  return list.join(",");
}

/** Statements that copy vectors among arguments to where the callee's frame begins. */
function passVectors(w: FunctionWriter, args: readonly Value[]): string {
  let code = "", at = 0;
  for (const { kind, lo } of args) {
    if (kind === "v") {
      w.framed = true;
      code += `${w.use("copyV128")}(${w.use("SP")}[0]+${at},${lo});`;
    }
    at += 2 * kindSlots(kind);
  }
  return code;
}

function giveResults(w: FunctionWriter, before: string, call: string, results: readonly Kind[]): void {
  if (results.length === 0) return w.line(`${before}${call};`);
  const s = w.use("S");
  if (results.length === 1 && results[0] !== "v") {
    const kind = results[0], slot = w.slots, x = w.variable(kind, slot);
    let code = `${before}${x}=${kind === "f" || kind === "d" ? `+${call}` : `${call}|0`};`;
    if (kind === "l") code += `${w.highVariable(slot)}=${w.use("RH")}[0];`;
    if (kind === "r") code += `${s}[${w.word(slot)}]=${x};`;
    w.line(code);
    return w.put(w.variableValue(kind, slot));
  }
  w.framed = true;
  let code = `${before}${call};`, at = 0;
  const from = `${w.use("SP")}[0]`;
  for (const kind of results) {
    const word = `${from}+${at}`, slot = w.slots;
    if (kind === "v") code += `${w.use("copyV128")}(${w.word(slot)},${word});`;
    else {
      const x = w.variable(kind, slot);
      if (kind === "f") code += `${x}=${w.use("getF32")}(${s},${word});`;
      else if (kind === "d") code += `${x}=${w.use("getF64")}(${s},${word});`;
      else code += `${x}=${s}[${word}];`;
      if (kind === "l") code += `${w.highVariable(slot)}=${s}[${word}+1];`;
      if (kind === "r") code += `${s}[${w.word(slot)}]=${x};`;
    }
    at += 2 * kindSlots(kind);
    w.put(w.variableValue(kind, slot));
  }
  w.line(code);
}

function tailCall(w: FunctionWriter, cell: string, args: readonly Value[]): void {
  w.tails = true;
  const { code: saving, words } = saveVectors(w, args);
  let code = saving, at = 0;
  args.forEach(({ kind }, i) => {
    if (kind === "v") {
      w.framed = true;
      code += `${w.use("copyV128")}(fp+${at},${words[i]});`;
    }
    at += 2 * kindSlots(kind);
  });
  w.line(`${code}${w.use("TAIL")}.cell=${cell};TAIL.args=[${argumentList(args)}];%leave%return;`);
  w.dead = true;
}

/** Writes an instruction on references, tables or globals that is no call. */
export function writeReference(w: FunctionWriter): void {
  const { r } = w;
  switch (r.op) {
    case op.REF_NULL:
      return w.constant("r", 0);
    case op.REF_IS_NULL: {
      const v = w.pop();
      return w.pushCondition(`${v.lo}===0`, [v]);
    }
    case op.REF_FUNC:
      return w.assign("r", `${w.use(`f${r.index}`)}`);
    case op.REF_EQ: {
      const b = w.pop(), a = w.pop();
      return w.pushCondition(`${a.lo}===${b.lo}`, [a, b]);
    }
    case op.REF_AS_NON_NULL: {
      const v = reference(w);
      return w.line(`if(${v.lo}===0)${w.trap(TrapCode.NULL_REFERENCE)}`);
    }
    case op.TABLE_GET: {
      const i = w.pop();
      return w.assign("r", `${w.use("tableGet")}(${w.use(`t${r.index}`)},${index(i)})`);
    }
    case op.TABLE_SET: {
      const v = w.pop(), i = w.pop();
      return w.line(`${w.use("tableSet")}(${w.use(`t${r.index}`)},${index(i)},${v.lo});`);
    }
  }
}

/** An index in a table; what lies beyond 2^32 is beyond every table. */
function index(v: Value): string {
  return v.kind === "l" ? `(${v.hi}===0?${v.lo}:-1)` : v.lo;
}

/** Writes global.get or global.set. */
export function writeGlobal(w: FunctionWriter): void {
  const { r } = w, [kind] = kindsOf([w.module.globals[r.index].type.type]);
  const words = `${w.use("A")}.i32`, g = w.use(`g${r.index}`);
  if (r.op === op.GLOBAL_GET) {
    switch (kind) {
      case "l": {
        const q = w.scratch("q0");
        w.line(`${q}=${words}[${g}];`);
        return w.assign("l", q, `${words}[${g}+1]`);
      }
      case "f":
      case "d":
        return loadFloat(w, kind, words, g);
      case "v":
        w.line(`${w.use("loadV128")}(${w.word(w.slots)},${words},${g});`);
        return w.put(w.variableValue("v", w.slots));
    }
    return w.assign(kind, `${words}[${g}]`);
  }
  const v = w.pop();
  switch (kind) {
    case "l":
      return w.line(`${words}[${g}]=${v.lo};${words}[${g}+1]=${v.hi};`);
    case "f":
      return w.line(`${w.use("putF32")}(${words},${g},${v.lo});`);
    case "d":
      return w.line(`${w.use("putF64")}(${words},${g},${v.lo});`);
    case "v":
      return w.line(`${w.use("storeV128")}(${words},${g},${v.lo});`);
  }
  w.line(`${words}[${g}]=${v.lo};`);
}

/** Puts a float whose bits are in `words`; the frame is left before the instruction, whose operands are popped, if it is a signalling NaN. `operands` are put back for that. */
export function loadFloat(
  w: FunctionWriter,
  kind: "f" | "d",
  words: string,
  at: string,
  operands: readonly Value[] = [],
): void {
  const slot = w.slots;
  for (const v of operands) w.put(v);
  w.free(slot);
  const leave = w.site(w.r.at);
  w.popMany(operands.length);
  const x = w.variable(kind, slot);
  w.line(
    `${x}=${w.use(kind === "f" ? "getF32" : "getF64")}(${words},${at});if(${x}!==${x}&&${
      w.use(kind === "f" ? "signalsF32" : "signalsF64")
    }(${words},${at})){${leave}${w.use("quit")}();}`,
  );
  w.put(w.variableValue(kind, slot));
}

/** The kind of indices in a table. */
export function tableKind(w: FunctionWriter, table: number): Kind {
  return w.module.tables[table].type.is64 ? "l" : "i";
}
export { addressKind };
