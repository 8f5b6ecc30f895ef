// Loads, stores and sizes of linear memories. An access goes through the memory's DataView, whose RangeError is the trap; a signalling NaN that a load of a float
// finds goes to the interpreter with the whole frame, before the load.

import { MEMORY_GROW, MEMORY_SIZE } from "../wasm/opcodes.ts";
import type { FunctionWriter, Kind, Value } from "./state.ts";

/** Method of a DataView and bytes, by the letters behind the type in an instruction's name. */
const NARROW: Record<string, readonly [string, number]> = {
  "8_s": ["Int8", 1],
  "8_u": ["Uint8", 1],
  "16_s": ["Int16", 2],
  "16_u": ["Uint16", 2],
  "32_s": ["Int32", 4],
  "32_u": ["Int32", 4],
  "8": ["Int8", 1],
  "16": ["Int16", 2],
  "32": ["Int32", 4],
};
const WHOLE: Record<string, readonly [string, number]> = {
  i32: ["Int32", 4],
  i64: ["Int32", 8],
  f32: ["Float32", 4],
  f64: ["Float64", 8],
};

/** The kind of addresses of a memory. */
export function addressKind(w: FunctionWriter, memory: number): Kind {
  return w.module.memories[memory].type.is64 ? "l" : "i";
}

/** The effective address as an expression that may be written once. */
function effective(v: Value, offset: number): string {
  const add = offset === 0 ? "" : `+${offset}`;
  if (v.kind === "l") return `${v.hi}===0?(${v.lo}>>>0)${add}:(${v.hi}>>>0)*4294967296+(${v.lo}>>>0)${add}`;
  if (v.constant !== undefined) return String((v.constant[0] >>> 0) + offset);
  return `(${v.lo}>>>0)${add}`;
}

/** The address in a form that may be written several times, after what a shared memory needs: another Worker may have made it longer. */
function place(w: FunctionWriter, address: Value, bytes: number, often: boolean): { view: string; at: string } {
  const { r } = w, memory = w.module.memories[r.index].type, m = w.use(`m${r.index}`);
  let at = effective(address, r.offset);
  if (often || memory.shared || address.kind === "l") {
    const ea = w.scratch("ea");
    w.line(`${ea}=${at};`);
    at = ea;
  }
  if (memory.shared) w.line(`if(${at}+${bytes}>${m}.view.byteLength)${w.use("renew")}(${m});`);
  return { view: `${m}.view`, at };
}

/** Writes a load or store. */
export function writeAccess(w: FunctionWriter, name: string): void {
  const dot = name.indexOf("."), type = name.slice(0, dot), operation = name.slice(dot + 1);
  if (operation.startsWith("load")) load(w, type, operation.slice(4));
  else store(w, type, operation.slice(5));
}

function load(w: FunctionWriter, type: string, narrow: string): void {
  const [method, bytes] = narrow === "" ? WHOLE[type] : NARROW[narrow];
  const little = method.endsWith("8") ? "" : ",true";
  if (type === "f32" || type === "f64") {
    const kind = type === "f32" ? "f" : "d", slot = w.stack[w.stack.length - 1].slot;
    // The variable must not be one that operands read: they are written where the frame is left.
    w.settleOwn(w.stack.length - 1);
    w.free(slot);
    const leave = w.site(w.r.at);
    const { view, at } = place(w, w.pop(), bytes, true), x = w.variable(kind, slot);
    const bits = type === "f32" ? `${view}.getInt32(${at},true)&4194304` : `${view}.getInt32(${at}+4,true)&524288`;
    w.line(`${x}=${view}.get${method}(${at},true);if(${x}!==${x}&&(${bits})===0){${w.quit(leave)}}`);
    return w.put(w.variableValue(kind, slot));
  }
  const whole = type === "i64" && narrow === "";
  const { view, at } = place(w, w.pop(), bytes, whole);
  if (type === "i32") return w.assign("i", `${view}.get${method}(${at}${little})`);
  if (whole) {
    // The high half first: it is the one that may be out of bounds.
    const q = w.scratch("q0");
    w.line(`${q}=${view}.getInt32(${at}+4,true);`);
    return w.assign("l", `${view}.getInt32(${at},true)`, q);
  }
  const q = w.scratch("q0");
  w.line(`${q}=${view}.get${method}(${at}${little});`);
  w.assign("l", q, narrow.endsWith("_s") ? `${q}>>31` : "0");
}

function store(w: FunctionWriter, type: string, narrow: string): void {
  const [method, bytes] = narrow === "" ? WHOLE[type] : NARROW[narrow];
  const little = method.endsWith("8") ? "" : ",true";
  const value = w.pop(), whole = type === "i64" && narrow === "";
  const { view, at } = place(w, w.pop(), bytes, whole);
  if (whole) {
    w.line(`${view}.setInt32(${at}+4,${value.hi},true);${view}.setInt32(${at},${value.lo},true);`);
  } else w.line(`${view}.set${method}(${at},${value.lo}${little});`);
}

/** Writes memory.size or memory.grow. */
export function writeSize(w: FunctionWriter): void {
  const { op, index } = w.r, wide = addressKind(w, index) === "l", m = w.use(`m${index}`);
  const high = `${w.use("RH")}[0]`;
  let call = "";
  if (op === MEMORY_SIZE) call = `${w.use("memorySize")}(${m})`;
  else if (op === MEMORY_GROW) {
    const delta = w.pop();
    call = `${w.use("memoryGrow")}(${m},${delta.lo}${wide ? `,${delta.hi}` : ",0"})`;
  }
  if (wide) {
    w.use("RH");
    w.assign("l", call, high);
  } else w.assign("i", call);
}
