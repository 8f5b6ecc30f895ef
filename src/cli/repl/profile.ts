// The command :profile.

import { innerInstance, type Instance } from "../../api/instance.ts";
import type { Profiling } from "../../api/profiling.ts";
import { UsageError } from "../exit.ts";
import { checkProfileFlags, findSourceMap, profileData, profileText, saveProfile } from "../profile.ts";
import { runCall } from "./calls.ts";
import type { Command } from "./command.ts";
import type { Output, Session } from "./session.ts";
import { type Args, parseCount } from "./words.ts";

interface Running {
  readonly profiling: Profiling;
  readonly instance: Instance;
  readonly name: string;
  readonly output: string | undefined;
  readonly shown: number | undefined;
}
const RUNNING = new WeakMap<Session, Running>();

function begin(session: Session, args: Args): Running {
  const exact = args.flag("--exact"), output = args.option("-o"), every = args.option("--interval");
  const lines = args.option("--lines");
  const interval = every === undefined ? undefined : Number(every);
  checkProfileFlags({ exact, output, interval });
  const { name, source, instance } = session.current;
  findSourceMap(innerInstance(instance).module, source, (line) => session.print(session.paint("note", line)));
  const shown = lines === undefined ? undefined : parseCount(lines, "--lines");
  return { profiling: instance.profile({ exact, interval }), instance, name, output, shown };
}

function end(session: Session, { profiling, instance, name, output, shown }: Running, before = ""): Output {
  RUNNING.delete(session);
  const profile = profiling.end();
  if (output !== undefined) saveProfile(profile, output, instance, name);
  const text = output === undefined ? profileText(profile, session.paint, shown) : `wrote ${output}`;
  return { text: before + text, data: profileData(profile) };
}

function run(session: Session, args: Args): Output {
  const running = RUNNING.get(session);
  const word = args.peek();
  if (word === "off") {
    args.next();
    args.end();
    if (running === undefined) throw new UsageError("no profile goes on");
    return end(session, running);
  }
  if (running !== undefined) throw new UsageError("a profile goes on already: :profile off");
  const begun = begin(session, args);
  if (args.length === 0) {
    RUNNING.set(session, begun);
    return { text: `profiles ${begun.name} until :profile off`, data: { profiling: true, instance: begun.name } };
  }
  let called: Output;
  try {
    called = runCall(session, args.all());
  } catch (error) {
    begun.profiling.end();
    throw error;
  }
  const { text, data } = end(session, begun, `${called.text}\n\n`);
  return { text, data: { ...data, call: called.data } };
}

export const PROFILE_COMMANDS: readonly Command[] = [
  {
    name: "profile",
    args: "[--exact] [--interval ms] [--lines n] [-o file] [<call>|off]",
    help: "show where the time goes, or with --exact how often everything ran",
    more: `With a call, of that; without one, of everything until :profile off.
Samples are taken each millisecond, at the next loop or call that the program comes to; what has neither
counts for what comes after it. --exact counts every instruction instead, in the tier where functions run.
Files and lines are shown where the module has DWARF or a source map. -o writes a file instead, by its
name: .cpuprofile for Chrome's developer tools, .speedscope.json, .lcov (with --exact), .json for all of it.`,
    example: `:load examples/fib.wat
:profile --exact fib 15
:profile --interval 0.5
fib 15
:profile off`,
    completes: ["call"],
    run,
  },
];
