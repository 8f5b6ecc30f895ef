// `strata trace`: runs a module as `strata run` does, and writes a line for each event. What the options mean is here for the shell, too.

import type { Instance } from "../api/instance.ts";
import { TRACED, type Traced, type TraceEvent, type TraceOptions, traceText } from "../debug/trace.ts";
import { CommandError, reasonOf, UsageError } from "./exit.ts";
import { reportJson } from "./report.ts";
import { runModule, type RunOptions } from "./run.ts";
import { visible } from "./repl/print.ts";

/** Characters that are kept before they are written. */
const CHUNK = 1 << 16;

/** What people write about a trace. */
export interface TraceFlags {
  readonly what?: string;
  readonly func?: readonly string[];
  readonly offsets?: string;
  readonly addresses?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** A range `from..to`, numbers decimal or hexadecimal. Throws UsageError. */
export function parseRange(text: string, what: string): [number, number] {
  const found = /^(0x[\da-f]+|\d+)\.\.(0x[\da-f]+|\d+)$/i.exec(text.replaceAll("_", ""));
  if (found === null) throw new UsageError(`${what} are a range such as 0x40..0x80, not ${text === "" ? '""' : text}`);
  const [from, to] = [Number(found[1]), Number(found[2])];
  if (to <= from) throw new UsageError(`${what} ${text} end before they begin`);
  return [from, to];
}

/** What to trace, from what people wrote. Throws UsageError. */
export function traceOptions({ what = "calls", func, offsets, addresses }: TraceFlags): TraceOptions {
  const wanted = what.split(",");
  for (const w of wanted) {
    if (!(TRACED as readonly string[]).includes(w)) {
      throw new UsageError(`nothing called ${w === "" ? '""' : w} can be traced; there is ${TRACED.join(", ")}`);
    }
  }
  return {
    what: wanted as Traced[],
    functions: func === undefined || func.length === 0 ? undefined : func.map((f) => /^\d+$/.test(f) ? Number(f) : f),
    offsets: offsets === undefined ? undefined : [parseRange(offsets, "offsets")],
    addresses: addresses === undefined ? undefined : parseRange(addresses, "addresses"),
  };
}

/** Where the lines of a trace go. */
export class TraceWriter implements Disposable {
  readonly #json: boolean;
  /** The file; undefined if there is none. */
  readonly path: string | undefined;
  #kept = "";
  #began = false;

  /** A file gets JSON lines if its name ends in `.jsonl` or `.json`, or if that is asked for. Without a file, `write` gets the lines. */
  constructor({ output, json }: TraceFlags, readonly write: (line: string) => void) {
    this.path = output === "-" ? undefined : output;
    this.#json = json ?? /\.jsonl?$/.test(output ?? "");
    // What cannot be written is told before anything runs.
    if (this.path !== undefined) this.#append("");
  }

  /** Takes an event, while the program runs. */
  readonly tell = (event: TraceEvent): void => {
    const line = this.#json ? JSON.stringify(event) : traceText(event);
    if (this.path === undefined) return this.write(this.#json ? line : visible(line));
    this.#kept += line + "\n";
    if (this.#kept.length >= CHUNK) this.#flush();
  };

  #flush(): void {
    const kept = this.#kept;
    this.#kept = "";
    if (kept !== "") this.#append(kept);
  }

  #append(text: string): void {
    try {
      Deno.writeTextFileSync(this.path!, text, { append: this.#began });
      this.#began = true;
    } catch (e) {
      throw new CommandError(`cannot write ${this.path}: ${reasonOf(e)}`);
    }
  }

  [Symbol.dispose](): void {
    this.#flush();
  }
}

/** Begins to trace an instance. Throws UsageError where nothing is meant. */
export function beginTrace(instance: Instance, options: TraceOptions, tell: (event: TraceEvent) => void) {
  try {
    return instance.trace(options, tell);
  } catch (e) {
    if (e instanceof RangeError) throw new CommandError(e.message);
    throw e;
  }
}

/** Runs a module and writes what it does. Gives the exit code; throws as `runModule()`, but that with `--json` errors are objects, too. */
export async function traceModule(
  spec: string,
  args: readonly string[],
  flags: TraceFlags & RunOptions,
): Promise<number> {
  try {
    const options = traceOptions(flags);
    using writer = new TraceWriter(flags, (line) => console.error(line));
    return await runModule(spec, args, flags, (instance) => beginTrace(instance, options, writer.tell));
  } catch (error) {
    if (flags.json !== true) throw error;
    return reportJson(error);
  }
}
