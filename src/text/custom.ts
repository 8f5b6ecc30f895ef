// The annotation `(@custom "name" place? "bytes"*)` (appendix "Custom Sections and Annotations"). Takes a cursor over its contents, gives the section.

import { type CustomDecl, SECTION_ORDER } from "../bytecode/module_writer.ts";
import { TextError } from "../wasm/errors.ts";
import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";

/** Words for the sections that a place can name, by id. */
export const SECTION_WORDS: ReadonlyMap<number, string> = new Map([
  [1, "type"],
  [2, "import"],
  [3, "func"],
  [4, "table"],
  [5, "memory"],
  [6, "global"],
  [7, "export"],
  [8, "start"],
  [9, "elem"],
  [10, "code"],
  [11, "data"],
  [12, "datacount"],
  [13, "tag"],
]);
const SECTION_IDS = new Map([...SECTION_WORDS].map(([id, word]) => [word, id]));

/** A custom section, which stands after all others if no place is given. */
export function parseCustom(c: Cursor): CustomDecl {
  if (!c.isString()) c.fail("@custom annotation: missing section name");
  let name: string;
  try {
    name = c.name();
  } catch (e) {
    if (!(e instanceof TextError)) throw e;
    c.fail("@custom annotation: malformed UTF-8 encoding", c.pos - 1);
  }
  const place = c.kind() === Tok.LPAREN ? parsePlace(c) : Infinity;
  const bytes = c.allBytes();
  if (c.kind() !== Tok.EOF) c.fail("@custom annotation: unexpected token");
  return { name, bytes, place };
}

function parsePlace(c: Cursor): number {
  c.pos++;
  const before = c.word("before");
  if (!before && !c.word("after")) c.fail("@custom annotation: malformed placement");
  const word = c.kind() === Tok.ATOM ? c.text() : "";
  const id = SECTION_IDS.get(word);
  let place: number;
  if (before && word === "first") place = 0;
  else if (!before && word === "last") place = Infinity;
  else if (id !== undefined) place = 2 * SECTION_ORDER.indexOf(id) + (before ? 1 : 2);
  else c.fail("@custom annotation: malformed section kind");
  c.pos++;
  if (!c.isClose()) c.fail("@custom annotation: unexpected token");
  c.pos++;
  return place;
}
