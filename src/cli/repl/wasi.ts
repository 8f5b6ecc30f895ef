// The command :wasi, and WASI for modules that are loaded without it.

import type { Instance } from "../../api/instance.ts";
import { WasiExit } from "../../wasi/exit.ts";
import { Wasi } from "../../wasi/wasi.ts";
import { CommandError } from "../exit.ts";
import { importsWasi, makeWasi, type WasiFlags, wasiOptions } from "../wasi.ts";
import type { Command } from "./command.ts";
import { instantiate } from "./modules.ts";
import type { Output, Session } from "./session.ts";
import { unquote } from "./words.ts";

/** Output of a program as lines of the shell; `end` shows what no line feed followed. */
class Lines {
  readonly #decoder = new TextDecoder();
  #rest = "";
  constructor(readonly session: Session) {}
  readonly write = (bytes: Uint8Array): void => {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.session.print(line);
  };
  end(): void {
    if (this.#rest !== "") this.session.print(this.#rest);
    this.#rest = "";
  }
}

/** What a program in the shell sees: no input, which is the shell's, and the shell's output. */
function shellWasi(name: string, args: readonly string[], flags: WasiFlags, lines: Lines): Wasi {
  const options = wasiOptions(name, args, flags);
  return makeWasi(() => new Wasi({ ...options, stdout: lines.write, stderr: lines.write }));
}

/** Takes all `name value` out that stand before the program's arguments. */
function takeFlags(words: string[]): { flags: WasiFlags; args: string[] } {
  const dir: string[] = [], env: string[] = [];
  while (words[0] === "--dir" || words[0] === "--env") {
    const [name, value] = words.splice(0, 2);
    if (value === undefined) throw new CommandError(`${name} needs a value`);
    (name === "--dir" ? dir : env).push(unquote(value));
  }
  if (words[0] === "--") words.shift();
  return { flags: { dir, env }, args: words.map(unquote) };
}

/** Whether an instance is one of a WASI command. */
export function isCommand({ module }: Instance): boolean {
  return module.exports.some((e) => e.name === "_start");
}

/** Runs a WASI command; the output is that of its end, or where it stops. */
export function runWasi(session: Session, words: string[]): Output {
  const { name, source, instance } = session.current;
  const { flags, args } = takeFlags(words);
  if (!isCommand(instance)) {
    throw new CommandError(`${name} is no WASI command: it exports no _start`);
  }
  const lines = new Lines(session);
  const ended = (code: number): Output => ({
    text: session.paint("note", `=> exit code ${code}`),
    data: { exitCode: code },
  });
  const wasi = shellWasi(name, args, flags, lines);
  let waits = false;
  try {
    const fresh = instantiate(session, instance.module, wasi);
    session.add({ name, source, instance: fresh });
    if (!session.debugger.active) return ended(wasi.start(fresh));
    // `start()` would wait for it in JavaScript.
    wasi.initialize({ exports: { memory: fresh.exports.memory } });
    waits = true;
    return session.debugger.run(fresh.func("_start"), [], (end) => {
      lines.end();
      wasi[Symbol.dispose]();
      if (!("error" in end)) return ended(0);
      if (end.error instanceof WasiExit) return ended(end.error.code);
      throw end.error;
    });
  } finally {
    if (!waits) {
      lines.end();
      wasi[Symbol.dispose]();
    }
  }
}

/** For a module that is loaded, not run: WASI whose output is the shell's, and after instantiation what readies it. Undefined if the module does not want it. */
export function wasiForLoad(
  session: Session,
  name: string,
  module: Instance["module"],
): { wasi: Wasi; ready(instance: Instance): void } | undefined {
  if (!importsWasi(module)) return undefined;
  const wasi = shellWasi(name, [], {}, new Lines(session));
  return {
    wasi,
    ready({ exports: { memory, _start, _initialize } }) {
      wasi.initialize({ exports: _start === undefined ? { memory, _initialize } : { memory } });
    },
  };
}

export const WASI_COMMANDS: readonly Command[] = [
  {
    name: "wasi",
    args: "[--dir host::guest[:ro]] [--env NAME=value] [arguments]",
    help: "run a WASI command from the start, in a fresh instance, and tell its exit code",
    more: "It finds nothing on its standard input. Afterwards its memory can be looked at. Options may be repeated.",
    example: `:load examples/hello.wat
:wasi you "and you"`,
    completes: ["none"],
    run(session, args) {
      return runWasi(session, args.all());
    },
  },
];
