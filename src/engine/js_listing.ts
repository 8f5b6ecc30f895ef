// Listings of tier `js`: the source of the JavaScript function under the Wasm instructions that its lines come from. Runs nothing, and needs no permission.

import { type JsSource, refusal, writeFunction } from "../js/compile_function.ts";
import { Unsuitable } from "../js/state.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { attach, type Listing, makeListing } from "./listing.ts";

/** Words of the interpreter's stack, on which shadow frames lie: only the check for its end shows it. */
const STACK_WORDS = 1 << 21;

/** The source of function `index`, as it runs; `metered` is whether fuel is counted. Throws TypeError, with the reason, where there is none. */
export function jsSource(valid: ValidModule, index: number, metered = false): JsSource {
  try {
    return writeFunction(valid, index, { metered, exact: false, stackWords: STACK_WORDS });
  } catch (error) {
    if (error instanceof Unsuitable) throw new TypeError(`there is no JavaScript for it: ${error.message}`);
    throw error;
  }
}

/** Why a function has no source; undefined if it has one. */
export function jsRefusal(valid: ValidModule, index: number): string | undefined {
  const known = refusal(valid, index);
  if (known !== undefined) return known;
  try {
    writeFunction(valid, index, { metered: false, exact: false, stackWords: STACK_WORDS });
    return undefined;
  } catch (error) {
    if (error instanceof Unsuitable) return error.message;
    throw error;
  }
}

/** Lists the source of a function. Throws as jsSource() does. */
export function listJs(valid: ValidModule, index: number, metered = false): Listing {
  const { text, offsets } = jsSource(valid, index, metered);
  const lines = text.split("\n"), bytes = new Uint8Array(0), map: number[] = [];
  const machine = lines.map((line, offset) => {
    map.push(offset, offsets[offset]);
    return { offset, bytes, text: line, label: undefined, target: undefined, trap: undefined };
  });
  return makeListing(valid.module, index, {
    tier: "js",
    codeBytes: text.length,
    address: undefined,
    rows: (rows) => attach(rows, machine, Int32Array.from(map)),
  });
}
