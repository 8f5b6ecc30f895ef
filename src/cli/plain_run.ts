// Reads the arguments of an ordinary `strata run`. Whatever is unusual, wrong, or rare is left to the parser of main.ts, which gives the same for all that is taken here.

import { TIERS } from "../runtime/tier.ts";
import type { RunOptions } from "./run.ts";

/** What `run` is asked to do. */
export interface PlainRun {
  readonly module: string;
  readonly args: readonly string[];
  readonly options: RunOptions;
}

const CHOICES: readonly string[] = [...TIERS, "auto"];

/** The run that the command line asks for; undefined if it is to be read by main.ts. */
export function plainRun(commandLine: readonly string[]): PlainRun | undefined {
  const [command, ...rest] = commandLine;
  if (command !== "run" || rest.includes("--")) return undefined;
  const options: { tier?: RunOptions["tier"]; invoke?: string; dir?: string[]; env?: string[] } = {};
  for (let i = 0; i < rest.length; i += 2) {
    const word = rest[i], value = rest[i + 1];
    if (!word.startsWith("-")) return word === "" ? undefined : { module: word, args: rest.slice(i + 1), options };
    if (value === undefined || value === "") return undefined;
    switch (word) {
      case "-t":
      case "--tier":
        if (!CHOICES.includes(value)) return undefined;
        options.tier = value as RunOptions["tier"];
        break;
      case "-i":
      case "--invoke":
        options.invoke = value;
        break;
      case "--dir":
        (options.dir ??= []).push(value);
        break;
      case "--env":
        (options.env ??= []).push(value);
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}
