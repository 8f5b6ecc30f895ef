// The short way into this tier from JavaScript, where a function takes and gives numbers alone: functions made by type convert them and call, as the lowest frame of a run
// (positions.ts), without slots.

import type { JsEntry } from "../runtime/js_tier.ts";
import { F32, F64, type FuncType, I32, I64, type ValType } from "../wasm/types.ts";
import { I64_VALUE, I64_WORDS, RH } from "./long.ts";
import { ENTRY } from "./positions.ts";

/** By type; undefined where there is none. */
const ENTRIES = new WeakMap<FuncType, JsEntry | undefined>();

/** The entry of functions of a type; undefined where they take or give anything but numbers, or several results. */
export function entryOf(type: FuncType): JsEntry | undefined {
  const known = ENTRIES.get(type);
  if (known !== undefined || ENTRIES.has(type)) return known;
  const { params, results } = type;
  const isNumber = (t: ValType) => t === I32 || t === I64 || t === F32 || t === F64;
  const suits = results.length <= 1 && params.every(isNumber) && results.every(isNumber);
  const made = suits ? make(params, results) : undefined;
  ENTRIES.set(type, made);
  return made;
}

function make(params: readonly ValType[], results: readonly ValType[]): JsEntry {
  const fits = params.map((t, i) => `typeof a[${i}]==="${t === I64 ? "bigint" : "number"}"`).join("&&") || "true";
  let before = "";
  const list = params.map((t, i) => {
    if (t === I32) return `a[${i}]|0`;
    before += t === I64
      ? `B[0]=a[${i}];const x${i}=L[0],y${i}=L[1];`
      : `let x${i}=${t === F32 ? "Math.fround" : ""}(a[${i}]);if(x${i}!==x${i})x${i}=NaN;`;
    return t === I64 ? `x${i},y${i}` : `x${i}`;
  });
  const after = results.length === 0 ? "" : results[0] === I64 ? "L[0]=r;L[1]=RH[0];return B[0];" : "return r;";
  const text =
    `//# sourceURL=${ENTRY}\nreturn {fits(a){return ${fits};},enter(f,a){${before}const r=f(${list});${after}}};`;
  return new Function("RH", "L", "B", text)(RH, I64_WORDS, I64_VALUE);
}
