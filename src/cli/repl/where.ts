// The command :where: one place in all its forms.

import { CommandError } from "../exit.ts";
import { findPlaces, placeData, placeText } from "../where.ts";
import type { Command } from "./command.ts";
import type { Loaded, Session } from "./session.ts";
import { unquote } from "./words.ts";
import type { Place } from "../../debug/address_map.ts";

/** The place in the current instance, or, for an address of machine code, in whatever instance it is. */
function find(session: Session, what: string): { loaded: Loaded; places: Place[] } {
  const { current, engine } = session;
  const others = [...session.loaded.values()].filter((l) => l !== current);
  if (/^0x[0-9a-f_]+$/i.test(what)) {
    const pc = Number(what.replaceAll("_", ""));
    for (const loaded of pc < current.instance.module.byteLength ? [] : [current, ...others]) {
      const place = engine.addresses(loaded.instance.module).ofPc(pc);
      if (place !== undefined) return { loaded, places: [place] };
    }
  }
  const name = what.split(".")[0];
  const other = others.find((l) => l.name === name && what.length > name.length);
  const loaded = other ?? current;
  const rest = other === undefined ? what : what.slice(name.length + 1);
  return { loaded, places: findPlaces(engine.addresses(loaded.instance.module), rest) };
}

/** Places that are shown of a line with many instructions. */
const SHOWN_PLACES = 16;

export const WHERE_COMMANDS: readonly Command[] = [
  {
    name: "where",
    args: "<place>",
    help: "find an instruction by offset, text, code or address, and show it by all of these",
    more: `0x4c      byte offset in the module; beyond its end an address of machine code
fib       a function's first instruction; fib+1a at that offset (hexadecimal, as :dis shows it)
fib@jit+1f  what that place in a tier's code belongs to, as :asm shows it
:12 :12:5 line (and column) of the text that the module was loaded from
print:12  line of the printed module (strata print)
main.c:12  line of the program it was compiled from, where DWARF or a source map tells`,
    example: `:load examples/fib.wat
:where fib+5
:where :5:22
:where fib@jit+1d`,
    completes: ["function"],
    async run(session, args) {
      const word = unquote(args.need("the place"));
      args.end();
      const { loaded, places } = find(session, word);
      if (places.length === 0) throw new CommandError(`no code stands at ${word}`);
      const { instance, source } = loaded;
      const shown = places.slice(0, SHOWN_PLACES);
      const texts = [];
      for (const place of session.json ? [] : shown) {
        const list = (p: Place, tier: Place["tiers"][number]["tier"]) => instance.func(p.index).disassemble(tier);
        texts.push(await placeText(place, source, list, session.paint));
      }
      if (places.length > shown.length) texts.push(`… ${places.length - shown.length} more; say which column`);
      return { text: texts.join("\n"), data: { instance: loaded.name, places: places.map(placeData) } };
    },
  },
];
