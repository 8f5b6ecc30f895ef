// The command about caches of code: :caches.

import { Engine } from "../../api/engine.ts";
import type { CacheFigures } from "../../base/lru_cache.ts";
import { parseCount } from "./words.ts";
import { UsageError } from "../exit.ts";
import type { Command } from "./command.ts";
import { columns, count, size } from "./print.ts";
import { attempt, type Session } from "./session.ts";

function row(name: string, f: CacheFigures | undefined): string[] {
  if (f === undefined) return [name, "machine code cannot run here"];
  const rate = f.hits + f.misses === 0 ? "" : ` (${(100 * f.hits / (f.hits + f.misses)).toFixed(0)} %)`;
  const held = `${count(f.entries, "entry", "entries")}, ${size(f.bytes)} of ${size(f.limit)}`;
  return [
    name,
    held,
    `${count(f.hits, "hit")}${rate}`,
    count(f.misses, "miss", "misses"),
    count(f.evictions, "eviction"),
  ];
}

function table({ engine }: Session): string {
  const { code, functions, translations, sources, disk } = engine.caches;
  const rows = [
    row("code", code),
    row("functions", functions),
    row("translations", translations),
    row("sources", sources),
  ];
  if (disk === undefined) rows.push(["disk", "none (start with --cache <folder>)"]);
  else {
    const held = disk.writes === 0 ? disk.folder : `${disk.folder}: ${count(disk.files, "file")}, ${size(disk.bytes)}`;
    const parts = [count(disk.hits, "hit"), count(disk.misses, "miss", "misses"), count(disk.evictions, "eviction")];
    rows.push(["disk", held, ...parts], [
      "",
      `${size(disk.bytesRead)} read, ${size(disk.bytesWritten)} written, ${disk.damaged} damaged`,
    ]);
  }
  return columns(rows);
}

export const CACHE_COMMANDS: readonly Command[] = [
  {
    name: "caches",
    args: "[functions|translations|sources <bytes>]",
    help: "show the caches of code: what they hold, hits, misses, evictions; or set the size of one",
    more: `code: machine code that is installed, by module; what was asked for longest ago makes room.
functions: machine code that is kept for further modules with equal functions.
translations: register code of tier fast, by function, of all engines of this thread.
sources: JavaScript that tier js wrote, likewise, in characters.
disk: what is kept between runs in the folder of --cache: machine code, and what validation found
out about large modules. Entries there are checked when they are read; damaged ones go.`,
    example: `:load examples/fib.wat
:tier * jit
fib 10
:load examples/fib.wat as again
:tier * jit
fib 10
:caches
:caches functions 1_000_000
:caches translations 1_000_000`,
    run(session, args) {
      const what = args.next();
      if (what !== undefined) {
        if (!["functions", "translations", "sources"].includes(what)) {
          throw new UsageError(`there are the caches functions, translations and sources to set, no ${what}`);
        }
        const bytes = parseCount(args.need("its size in bytes"), "the size of a cache");
        attempt(() => {
          if (what === "functions") session.engine.functionCacheBytes = bytes;
          else if (what === "translations") Engine.translationCacheBytes = bytes;
          else Engine.sourceCacheBytes = bytes;
        });
      }
      args.end();
      return { text: table(session), data: { ...session.engine.caches } };
    },
  },
];
