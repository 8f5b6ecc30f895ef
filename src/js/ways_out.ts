// What code of this tier calls where a function does not run in it: functions of JavaScript that are made by signature. One puts its arguments into words and has the call made;
// where a host function takes and gives numbers alone, it is called as it is. What goes on around a call is tier.ts's affair.

import type { WasmFunc } from "../runtime/func.ts";
import { F32, I32, I64 } from "../wasm/types.ts";
import type { Callable, Cell } from "./cell.ts";
import { getF32, getF64, putF32, putF64 } from "./floats.ts";
import { SP } from "./library.ts";
import { I64_VALUE, I64_WORDS, RH } from "./long.ts";
import { type Kind, kindSlots, kindsOf } from "./state.ts";

/** What happens around calls, with the word behind all frames, where arguments and results stand or would stand. */
export interface Surroundings {
  /** Makes a call. */
  call(cell: Cell, at: number): void;
  /** Before a host function is called. */
  begin(cell: Cell, at: number): void;
  /** After it gave something, before that is converted. */
  gave(): void;
  /** When it threw, or what it gave could not be converted; throws what is to be thrown. */
  threw(error: unknown): never;
  /** After all that. */
  end(at: number): void;
  /** Whether the frames are to be left now. */
  stops(): boolean;
  /** Leaves them with the results in words. */
  leave(cell: Cell, at: number): never;
}

/** Ways out for one store. */
export class WaysOut {
  readonly #made = new Map<string, (cell: Cell) => Callable>();

  /** `words`: those of the interpreter's stack. `direct`: whether host functions may be called as they are. */
  constructor(readonly words: Int32Array, readonly around: Surroundings, readonly direct: boolean) {}

  /** What calls the function of a cell. */
  of(cell: Cell): Callable {
    const { params, results } = cell.func.type, takes = kindsOf(params), gives = kindsOf(results);
    const direct = this.direct && isPlain(cell.func);
    const key = direct ? `host ${params}:${results}` : `${takes}:${gives}`;
    let make = this.#made.get(key);
    if (make === undefined) {
      const text = direct ? hostText(cell.func) : wordsText(takes, gives);
      const { words, around } = this;
      const scope = { S: words, SP, RH, putF32, putF64, getF32, getF64, L: I64_WORDS, B: I64_VALUE, around };
      make = new Function(...Object.keys(scope), text)(...Object.values(scope)) as (cell: Cell) => Callable;
      this.#made.set(key, make);
    }
    return make(cell);
  }
}

/** Whether it is a host function that takes and gives nothing but numbers, one of them at most, and has nothing more to it. */
function isPlain({ host, bound, raw, suspending, type: { params, results } }: WasmFunc): boolean {
  if (host === undefined || bound !== undefined || raw || suspending || results.length > 1) return false;
  return kindsOf([...params, ...results]).every((kind) => kind !== "v" && kind !== "r");
}

/** The text of what makes a way out: it puts arguments into words, has the call made, and gives what stands there then. */
function wordsText(takes: readonly Kind[], gives: readonly Kind[]): string {
  const { parameters, code } = argumentsText(takes);
  const [kind] = gives;
  const result = gives.length !== 1 || kind === "v"
    ? ""
    : kind === "f"
    ? "return getF32(S,at);"
    : kind === "d"
    ? "return getF64(S,at);"
    : `${kind === "l" ? "RH[0]=S[at+1];" : ""}return S[at];`;
  return `"use strict";return function(cell){return function(${parameters}){const at=SP[0];${code}around.call(cell,at);${result}};}`;
}

function argumentsText(takes: readonly Kind[]): { parameters: string[]; code: string } {
  const parameters: string[] = [];
  let code = "", at = 0;
  takes.forEach((kind, i) => {
    if (kind !== "v") {
      parameters.push(`a${i}`);
      if (kind === "l") parameters.push(`b${i}`);
      if (kind === "f") code += `putF32(S,at+${at},a${i});`;
      else if (kind === "d") code += `putF64(S,at+${at},a${i});`;
      else code += `S[at+${at}]=a${i};`;
      if (kind === "l") code += `S[at+${at + 1}]=b${i};`;
    }
    at += 2 * kindSlots(kind);
  });
  return { parameters, code };
}

/**
 * The text of what makes a way out to a host function: numbers are converted as values.ts does. What it gives that is no number is made one where a signalling NaN is not
 * kept either: a NaN of JavaScript may become any quiet one (WebAssembly JavaScript Interface, ToWebAssemblyValue).
 */
function hostText({ type: { params, results } }: WasmFunc): string {
  const takes = kindsOf(params), gives = kindsOf(results), { parameters } = argumentsText(takes);
  const list: string[] = [];
  let before = "";
  takes.forEach((kind, i) => {
    if (kind === "l") before += `L[0]=a${i};L[1]=b${i};const v${i}=B[0];`;
    list.push(kind === "l" ? `v${i}` : `a${i}`);
  });
  let convert = "", write = "", result = "";
  switch (results[0]) {
    case I32:
      convert = `if(typeof r!=="number")r=+r;r|=0;`;
      write = "S[at]=r;";
      result = "return r;";
      break;
    case I64:
      convert =
        `if(typeof r==="number")throw new TypeError("an i64 needs a bigint, not the number "+r);B[0]=r;r=L[0];h=L[1];`;
      write = "S[at]=r;S[at+1]=h;";
      result = "RH[0]=h;return r;";
      break;
    case F32:
      convert = "r=Math.fround(r);if(r!==r)r=NaN;";
      write = "putF32(S,at,r);";
      result = "return r;";
      break;
    case undefined:
      break;
    default:
      convert = "r=+r;if(r!==r)r=NaN;";
      write = "putF64(S,at,r);";
      result = "return r;";
  }
  return `"use strict";return function(cell){const func=cell.func;return function(${parameters}){const at=SP[0];${before}around.begin(cell,at);let r${
    gives[0] === "l" ? ",h=0" : ""
  };try{const host=func.host;r=host(${list});around.gave();${convert}}catch(e){around.threw(e);}finally{around.end(at);}if(around.stops()){${write}around.leave(cell,at);}${result}};}`;
}
