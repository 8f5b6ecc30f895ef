// Types of functions, imports and exports as one line of text, as the text format writes them. For messages and for the command line.

import type { ExternDescriptor, FuncDescriptor } from "./types.ts";

/** A type as in the text format: `(param i32) (result i64)`. */
export function funcTypeText(type: FuncDescriptor): string {
  const part = (word: string, types: readonly string[]) => types.length === 0 ? [] : [`(${word} ${types.join(" ")})`];
  return [...part("param", type.params), ...part("result", type.results)].join(" ");
}

/** An import's or export's type as text. */
export function externText(type: ExternDescriptor): string {
  const limits = (l: { minimum: number; maximum: number | undefined }) =>
    l.maximum === undefined ? `${l.minimum}` : `${l.minimum} ${l.maximum}`;
  switch (type.kind) {
    case "func":
      return `func ${funcTypeText(type)}`.trim();
    case "memory":
      return `memory ${type.address === undefined ? "" : "i64 "}${limits(type)}${type.shared ? " shared" : ""}${
        type.pageSize === undefined ? "" : ` (pagesize ${type.pageSize})`
      }`;
    case "table":
      return `table ${type.address === undefined ? "" : "i64 "}${limits(type)} ${type.element}`;
    case "global":
      return `global ${type.mutable ? `(mut ${type.type})` : type.type}`;
    case "tag":
      return `tag${type.parameters.length === 0 ? "" : ` (param ${type.parameters.join(" ")})`}`;
  }
}
