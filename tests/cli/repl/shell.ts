// A shell within the test's process: takes a script, gives the lines that it wrote.

import { runScript } from "../../../src/cli/repl/commands.ts";
import type { TierChoice } from "../../../src/engine/config.ts";
import { Session } from "../../../src/cli/repl/session.ts";

/** What a script gave. */
export interface Ran {
  /** All lines, errors among them. */
  readonly text: string;
  readonly session: Session;
  /** The script's own failure; undefined if it ran to its end. */
  readonly stopped: string | undefined;
}

/** Runs a script in a fresh shell. */
export async function runShell(
  script: string,
  options: { json?: boolean; tier?: TierChoice; fuel?: number } = {},
): Promise<Ran> {
  const lines: string[] = [];
  const session = new Session({
    json: options.json ?? false,
    colours: false,
    tier: options.tier ?? "interp",
    fuel: options.fuel,
    write: (line) => lines.push(line),
  });
  let stopped: string | undefined;
  try {
    await runScript(session, script, "script", false);
  } catch (error) {
    stopped = (error as Error).message;
  }
  return { text: lines.join("\n"), session, stopped };
}

/** Runs one command after a preparation whose output does not matter; gives what the command wrote. */
export async function runAfter(prepare: string, command: string): Promise<string> {
  const before = await runShell(prepare);
  const { text } = await runShell(`${prepare}\n:try ${command}`);
  return text.slice(before.text.length).trim();
}
