// The command :trace.

import type { Trace } from "../../api/trace.ts";
import { TRACED } from "../../debug/trace.ts";
import { UsageError } from "../exit.ts";
import { beginTrace, traceOptions, TraceWriter } from "../trace.ts";
import { runCall } from "./calls.ts";
import type { Command } from "./command.ts";
import { count } from "./print.ts";
import type { Output, Session } from "./session.ts";
import type { Args } from "./words.ts";

interface Running {
  readonly trace: Trace;
  readonly writer: TraceWriter;
  readonly what: string;
  readonly instance: string;
  readonly file: string | undefined;
}
const RUNNING = new WeakMap<Session, Running>();

function stop(session: Session): Output {
  const running = RUNNING.get(session);
  if (running === undefined) return { text: "nothing is traced", data: { tracing: false } };
  RUNNING.delete(session);
  running.trace.stop();
  running.writer[Symbol.dispose]();
  const { events } = running.trace, { instance, file } = running;
  return {
    text: `traced ${count(events, "event")} of ${instance}${file === undefined ? "" : `, written to ${file}`}`,
    data: { tracing: false, events, file },
  };
}

function into(file: string | undefined): string {
  return file === undefined ? "" : ` into ${file}`;
}

function show(session: Session): Output {
  const running = RUNNING.get(session);
  if (running === undefined) return { text: "nothing is traced", data: { tracing: false } };
  const { what, instance, file, trace: { events } } = running;
  return {
    text: `${what} of ${instance}${into(file)}: ${count(events, "event")} so far`,
    data: { tracing: true, what, instance, events, file },
  };
}

/** The options that stand before the call. */
function flagsOf(args: Args) {
  const func = args.option("--func");
  return {
    func: func === undefined ? undefined : func.split(","),
    offsets: args.option("--offsets"),
    addresses: args.option("--addresses"),
    output: args.option("-o"),
    json: args.flag("--json") ? true : undefined,
  };
}

function run(session: Session, args: Args): Output {
  const flags = flagsOf(args), what = args.next();
  if (what === undefined) return show(session);
  if (what === "off") {
    args.end();
    return stop(session);
  }
  const options = traceOptions({ ...flags, what });
  const { name, instance } = session.current, call = args.all();
  if (RUNNING.has(session)) throw new UsageError("something is traced already: :trace off");
  const writer = new TraceWriter(flags, (line) => session.print(line));
  const trace = beginTrace(instance, options, writer.tell);
  const file = writer.path;
  RUNNING.set(session, { trace, writer, what, instance: name, file });
  if (call.length === 0) {
    return { text: `traces ${what} of ${name}${into(file)}`, data: { tracing: true, what, instance: name, file } };
  }
  let output: Output;
  try {
    output = runCall(session, call);
  } catch (error) {
    const { text } = stop(session);
    if (file !== undefined) session.write(session.paint("note", text!));
    throw error;
  }
  const { text, data } = stop(session);
  if (file === undefined) return output;
  return {
    text: `${output.text}\n${session.paint("note", text!)}`,
    data: { ...output.data, traced: { events: data!.events, file } },
  };
}

export const TRACE_COMMANDS: readonly Command[] = [
  {
    name: "trace",
    args: "<what>|off [--func <names>] [--offsets a..b] [--addresses a..b] [-o file] [--json] [<call>]",
    help: "show what the program does: calls, instructions, accesses, collections, moves",
    more: `What: ${TRACED.join(", ")}, several with commas.
With a call, only that is traced; without one, everything until :trace off. Functions that are traced run
in interp meanwhile. --func takes names with * and ?, several with commas; --offsets a range of byte
offsets in the module; --addresses (for mem) those of memory. A file whose name ends in .jsonl gets
an object per line.`,
    example: `:load examples/fib.wat
:trace calls fib 2
:trace calls,ops --func f* --offsets 0x4c..0x58
fib 1
:trace off`,
    completes: ["none", "call"],
    run,
  },
];
