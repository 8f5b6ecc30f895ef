// What a command of the shell is.

import type { Output, Session } from "./session.ts";
import type { Args } from "./words.ts";

/** What Tab offers for an argument. */
export type Completes =
  | "none"
  | "file"
  | "function"
  | "call"
  | "instance"
  | "command"
  | "tier"
  | "memory"
  | "global"
  | "table";

/** A row of the table of commands. */
export interface Command {
  /** Without the colon. */
  readonly name: string;
  /** Shorter or other names. */
  readonly aliases?: readonly string[];
  readonly args: string;
  /** One line. */
  readonly help: string;
  /** What `:help name` shows beneath, if there is more to say. */
  readonly more?: string;
  /** A script that works in a fresh shell; a test runs it. */
  readonly example: string;
  /** Whether its argument is one text, not words: `args.rest`. */
  readonly takesText?: boolean;
  /** What Tab offers, by argument. */
  readonly completes?: readonly Completes[];
  /** Throws UsageError for wrong arguments, CommandError and what Strata throws for what does not work. */
  run(session: Session, args: Args): Output | Promise<Output>;
}
