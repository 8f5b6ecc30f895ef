// Places in code as people write them: `fib`, `fib+0x12` (bytes from the function's first instruction), `+4` (from that of the frame), `@0x4e` (byte offset in the module).
// Takes words, gives a function and a byte offset; finding a function by its name is the caller's affair.

import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import { checkOffset, functionAt } from "./points.ts";

/** A place that there is none of. */
export class PlaceError extends Error {
  override name = "PlaceError";
}

/** A place in a function. */
export interface CodePlace {
  readonly func: WasmFunc;
  /** Byte offset in the module. */
  readonly offset: number;
}

const hex = (n: number) => `0x${n.toString(16)}`;

/** Where a function's first instruction begins. Throws PlaceError for a function of the host. */
export function entryOf(func: WasmFunc): number {
  const body = func.instance?.module.funcs[func.index].body;
  if (body === undefined) throw new PlaceError(`${func.name} is a host function and has no code`);
  return body.codeStart;
}

/** A function and an offset as they are shown: `fib+0x12`. */
export function placeText({ func, offset }: CodePlace): string {
  if (offset < 0) return func.name;
  const from = offset - entryOf(func);
  return from === 0 ? func.name : `${func.name}+${hex(from)}`;
}

/** The place of an offset from a function's first instruction. Throws PlaceError where no instruction begins. */
export function placeIn(func: WasmFunc, from: number): CodePlace {
  const entry = entryOf(func), offset = entry + from;
  const near = checkOffset(func, offset);
  if (near === true) return { func, offset };
  const list = near.map((at) => `+${hex(at - entry)}`).join(" and ");
  throw new PlaceError(`no instruction of ${func.name} begins at +${hex(from)}; near it are those at ${list}`);
}

/**
 * Reads a place. `find` gives the function of a name, and throws if there is none; `here` is the function that `+4` is about, `instance` whose module `@0x4e` means.
 * Throws PlaceError.
 */
export function parsePlace(
  word: string,
  find: (name: string) => WasmFunc,
  here: WasmFunc | undefined,
  instance: WasmInstance,
): CodePlace {
  const absolute = /^@(0x[0-9a-f]+|\d+)$/i.exec(word);
  if (absolute !== null) {
    const offset = Number(absolute[1]), index = functionAt(instance.valid, offset);
    if (index < 0) throw new PlaceError(`no function has an instruction at byte offset ${hex(offset)}`);
    const func = instance.funcs[index];
    return placeIn(func, offset - entryOf(func));
  }
  const relative = /^(.*?)\+(0x[0-9a-f]+|\d+)$/i.exec(word);
  if (relative === null) return placeIn(find(word), 0);
  const [, name, from] = relative;
  if (name !== "") return placeIn(find(name), Number(from));
  if (here === undefined) throw new PlaceError(`${word} is about the function of a stopped call, and none is stopped`);
  return placeIn(here, Number(from));
}
