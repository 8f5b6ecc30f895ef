// The command :plot: pictures of what the shell saw, by a plotting library from npm.

import { CommandError, UsageError } from "../exit.ts";
import type { Figure } from "../plot/figures.ts";
import { Progress } from "../progress.ts";
import type { Command } from "./command.ts";
import { saveBytes } from "./files.ts";
import { count } from "./print.ts";
import type { Session } from "./session.ts";
import { unquote } from "./words.ts";

const KINDS = ["memory", "heap", "tiers", "time"] as const;
type Kind = (typeof KINDS)[number];

/** What each counts, and what there is to do when there is nothing. */
const CONTENTS: Readonly<Record<Kind, readonly [what: string, empty: string]>> = {
  memory: ["sample", "nothing was seen yet"],
  heap: ["type", "there are no objects in the heap"],
  tiers: ["function", "no function has moved between tiers yet: :tier moves some"],
  time: ["function", "nothing was called yet"],
};

/** The library with what it draws on. Throws CommandError where it cannot be had. */
async function figures(): Promise<typeof import("../plot/figures.ts")> {
  // Not written as a literal, which Deno would fetch with this file, whether it is ever needed or not.
  const url = new URL("../plot/figures.ts", import.meta.url).href;
  try {
    return await import(url);
  } catch (error) {
    throw new CommandError(
      `the plotting library, an npm package, cannot be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function draw(session: Session, kind: Kind): Promise<Figure> {
  using _progress = session.json ? undefined : new Progress("loading the plotting library");
  const { heapFigure, memoryFigure, tiersFigure, timeFigure } = await figures();
  const { engine, recorder } = session;
  switch (kind) {
    case "memory":
      return memoryFigure(recorder.samples, engine.gcFigures.pauses, recorder.began);
    case "heap":
      return heapFigure(engine.heap.census());
    case "tiers":
      return tiersFigure(engine.tierEvents, recorder.began, performance.now());
    case "time":
      return timeFigure(recorder.calls);
  }
}

export const PLOT_COMMANDS: readonly Command[] = [
  {
    name: "plot",
    args: "memory | heap | tiers | time [file.svg or file.html]",
    help: "draw memory over time, the heap by type, tiers over time, or time by function",
    more: `memory  bytes of memories and of the heap since the shell began; dashed lines are collections
heap    bytes of objects by type
tiers   in which tier functions were; points are frames that moved while they ran
time    what calls from the shell took, by function and tier
Without a file it is plot-<what>.svg, here.`,
    example: `:load examples/binary_trees.wat
keep 10
churn 8 20
:plot heap /tmp/heap.svg
:plot time /tmp/time.html`,
    completes: ["none", "file"],
    async run(session, args) {
      const word = args.need("what to draw");
      const kinds = KINDS.filter((k) => k.startsWith(word));
      if (kinds.length !== 1) throw new UsageError(`${word} is none of ${KINDS.join(", ")}`);
      const [kind] = kinds;
      const path = unquote(args.next() ?? `plot-${kind}.svg`);
      args.end();
      if (!/\.(svg|html)$/.test(path)) throw new UsageError(`a picture is an .svg or .html file, not ${path}`);
      const figure = await draw(session, kind);
      const [what, empty] = CONTENTS[kind];
      if (figure.count === 0) throw new CommandError(`there is nothing to draw: ${empty}`);
      const { pageOf } = await figures();
      saveBytes(path, new TextEncoder().encode(path.endsWith(".svg") ? figure.svg : pageOf(figure)));
      return {
        text: `drew ${figure.title} (${count(figure.count, what)}) to ${path}`,
        data: { file: path, what: kind, shown: figure.count },
      };
    },
  },
];
