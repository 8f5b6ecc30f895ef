// Exit codes of the command line, and how errors are shown: one clear line; for a trap its Wasm stack trace; a JavaScript stack only for a bug of Strata.

import { Exception } from "../api/exception.ts";
import { MissingImport } from "../api/missing_imports.ts";
import { BugError } from "../base/bug.ts";
import { WasiExit } from "../wasi/exit.ts";
import { CompileError, LinkError, ResourceError, TextError, Trap } from "../wasm/errors.ts";
import { TrapCode } from "../wasm/traps.ts";
import { visible } from "./repl/print.ts";

/** What the process ends with. */
export const ExitCode = { OK: 0, ERROR: 1, USAGE: 2, INTERRUPTED: 130, TRAP: 134 } as const;
/** A member of {@link ExitCode}. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The command line, or a command of the shell, was written wrongly. */
export class UsageError extends Error {
  override name = "UsageError";
}
/** A command could not do what it was asked to, for a reason outside of Strata (a file, a network, what is installed). */
export class CommandError extends Error {
  override name = "CommandError";
}

/** The frames of a stack trace that are shown from either end. */
const SHOWN_FRAMES = 12;

/** The exit code that an error means. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return ExitCode.USAGE;
  if (error instanceof Trap) return error.code === TrapCode.INTERRUPTED ? ExitCode.INTERRUPTED : ExitCode.TRAP;
  return error instanceof Exception || error instanceof MissingImport ? ExitCode.TRAP : ExitCode.ERROR;
}

/** What a person is shown of an error, without a line feed at the end and without control characters. */
export function describeError(error: unknown): string {
  return visible(describe(error));
}

function describe(error: unknown): string {
  if (error instanceof Trap) return `error: trap: ${error.message}${shortStack(error.wasmStack)}`;
  if (error instanceof Exception) return `error: ${describeException(error)}${shortStack(error.wasmStack)}`;
  if (isExpected(error)) return `error: ${error.message}`;
  const shown = error instanceof Error ? error.stack ?? error.message : String(error);
  return `error: this is a bug in Strata, please report it\n${shown}`;
}

/** What went wrong, without what the system calls it and did with which path: that is said by whoever shows it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/ \(os error \d+\)(: \w+ '[^]*')?$/, "");
}

function describeException(e: Exception): string {
  const { parameters } = e.tag.type;
  // These have no value in JavaScript.
  const hidden = parameters.some((t) => t === "v128" || t.includes("exn"));
  const values = hidden || parameters.length === 0 ? "" : `: ${e.payload.map(String).join(" ")}`;
  return `uncaught exception with tag (${parameters.join(" ")})${values}`;
}

/** Whether an error says what is wrong with the input, and not with Strata. */
export function isExpected(error: unknown): error is Error {
  if (error instanceof BugError) return false;
  if (error instanceof UsageError || error instanceof CommandError || error instanceof ResourceError) return true;
  if (error instanceof CompileError || error instanceof TextError || error instanceof LinkError) return true;
  if (error instanceof WasiExit || error instanceof MissingImport) return true;
  if (error instanceof Deno.errors.NotCapable) return true;
  // What the operating system refuses: a missing file, a full disk.
  return error instanceof Error && /\(os error \d+\)/.test(error.message);
}

/** An error for programs: its name, its message, and what it says about its place. */
export function errorData(error: unknown): Record<string, unknown> {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  return { name, message, ...placeOf(error) };
}

function placeOf(error: unknown): Record<string, unknown> {
  if (error instanceof Trap) return { trap: error.kind, frames: error.frames };
  if (error instanceof Exception) return { frames: error.frames };
  if (error instanceof CompileError) {
    const { offset, func, line, column } = error;
    return { offset, func, line, column };
  }
  return error instanceof TextError ? { line: error.line, column: error.column } : {};
}

function shortStack(stack: string): string {
  if (stack === "") return "";
  const lines = stack.split("\n");
  if (lines.length > 2 * SHOWN_FRAMES) {
    const left = lines.length - 2 * SHOWN_FRAMES;
    lines.splice(SHOWN_FRAMES, left, `  … ${left} more frames …`);
  }
  return "\n" + lines.join("\n");
}
