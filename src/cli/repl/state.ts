// Commands about globals, tables: :global, :table.

import { innerGlobal } from "../../api/global.ts";
import { innerInstance } from "../../api/instance.ts";
import { innerTable } from "../../api/table.ts";
import { CommandError } from "../exit.ts";
import { globalValue, printBits, printValue, setGlobal } from "../values.ts";
import type { WasmTable } from "../../runtime/table.ts";
import { typeName } from "../../wasm/types.ts";
import type { Command } from "./command.ts";
import { columns, count } from "./print.ts";
import { attempt, type Session } from "./session.ts";
import { parseCount } from "./words.ts";

/** Table entries that are shown without an index. */
const SHOWN_ENTRIES = 64;

function byName(word: string): string | number {
  return /^\d+$/.test(word) ? Number(word) : word.replace(/^\$/, "");
}

/** Names for an index space: the name section's, an export's, or the index. */
function nameOf(session: Session, thing: unknown, index: number, names: ReadonlyMap<number, string>): string {
  const named = names.get(index);
  if (named !== undefined) return named;
  for (const [name, x] of innerInstance(session.current.instance).exports) if (x === thing) return name;
  return String(index);
}

function entry(session: Session, table: WasmTable, index: number): string {
  return printBits(BigInt(table.get(index) >>> 0), table.type.element, session.store);
}

export const STATE_COMMANDS: readonly Command[] = [
  {
    name: "global",
    args: "[name [value]]",
    help: "list the globals, or show or set one",
    example: `:load examples/memory.wat
:global
:global count 5
:global count`,
    completes: ["global"],
    run(session, args) {
      const { instance } = session.current;
      const names = innerInstance(instance).module.names.globals;
      const word = args.next();
      if (word === undefined) {
        const all = innerInstance(instance).globals.map((g, i) => ({
          name: nameOf(session, g, i, names),
          mutable: g.type.mutable,
          type: typeName(g.type.type),
          value: printBits(globalValue(g).bits, g.type.type, session.store),
        }));
        const rows = all.map((g) => [g.name, g.mutable ? "mut" : "", `${g.value}:${g.type}`]);
        return { text: rows.length === 0 ? "no globals" : columns(rows), data: { globals: all } };
      }
      const global = innerGlobal(attempt(() => instance.global(byName(word))));
      const value = args.next();
      args.end();
      if (value !== undefined) {
        if (!global.type.mutable) throw new CommandError(`global ${word} is immutable`);
        setGlobal(global, session.value(value, global.type.type).bits);
      }
      const now = globalValue(global);
      return {
        text: `${word} = ${session.paint("value", printValue(now, session.store))}`,
        data: { name: word, type: typeName(now.type), value: printBits(now.bits, now.type, session.store) },
      };
    },
  },
  {
    name: "table",
    args: "[name [index [value]]]",
    help: "list the tables, show the entries of one, or show or set an entry",
    more: `A funcref is written null, $name or func:index; an externref null, an integer or a "string" of the host.`,
    example: `:load examples/memory.wat
:table names 0 "a string of the host"
:table names`,
    completes: ["table", "none", "function"],
    run(session, args) {
      const { instance } = session.current;
      const names = innerInstance(instance).module.names.tables;
      const word = args.next();
      if (word === undefined) {
        const all = innerInstance(instance).tables.map((t, i) => ({
          name: nameOf(session, t, i, names),
          element: typeName(t.type.element),
          length: t.length,
          maximum: t.maxLength,
        }));
        const rows = all.map((t) => [
          t.name,
          t.element,
          count(t.length, "entry", "entries"),
          `at most ${t.maximum}`,
        ]);
        return { text: rows.length === 0 ? "no tables" : columns(rows), data: { tables: all } };
      }
      const table = innerTable(attempt(() => instance.table(byName(word))));
      const place = args.next();
      if (place === undefined) {
        const all = Array.from({ length: table.length }, (_, i) => entry(session, table, i));
        const rows = all.slice(0, SHOWN_ENTRIES).map((text, i) => [String(i), text]);
        const more = all.length > SHOWN_ENTRIES ? `\n  … ${all.length - SHOWN_ENTRIES} more` : "";
        const text = rows.length === 0 ? "the table is empty" : columns(rows, [0]) + more;
        return { text, data: { name: word, entries: all } };
      }
      const index = parseCount(place, "an index");
      const value = args.next();
      args.end();
      if (index >= table.length) {
        throw new CommandError(`index ${index} is not within the table's ${count(table.length, "entry", "entries")}`);
      }
      if (value !== undefined) table.set(index, Number(session.value(value, table.type.element).bits));
      const now = entry(session, table, index);
      return { text: `${word}[${index}] = ${session.paint("value", now)}`, data: { name: word, index, value: now } };
    },
  },
];
