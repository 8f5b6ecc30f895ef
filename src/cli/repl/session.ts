// The state of a shell: engine, loaded instances, last results; and how what commands give is shown, as text or as JSON.
// Finding functions and other things by what people type is here too.

import type { Engine } from "../../api/engine.ts";
import { type Func, innerFunc } from "../../api/func.ts";
import { innerInstance, type Instance } from "../../api/instance.ts";
import type { CompileMode, TierChoice } from "../../engine/config.ts";
import type { Store } from "../../runtime/store.ts";
import { isFuncType } from "../../runtime/values.ts";
import { Trap } from "../../wasm/errors.ts";
import { TrapCode } from "../../wasm/traps.ts";
import { isRef } from "../../wasm/types.ts";
import { CommandError, describeError, errorData, ExitCode, exitCodeOf, UsageError } from "../exit.ts";
import type { FeatureChange } from "../features.ts";
import {
  callWithValues,
  parseValue,
  printBits,
  printValue,
  type RefContext,
  referenceFits,
  type Value,
} from "../values.ts";
import { readProfile } from "../branch_profile.ts";
import { newEngine, onCacheNote } from "../tier.ts";
import { ShellDebugger } from "./debugger.ts";
import { HostModules } from "./host.ts";
import { type Paint, painter, visible } from "./print.ts";
import { Recorder } from "./recorder.ts";
import { isString, unquote } from "./words.ts";

/** What a command gives: text for people, data for programs. */
export interface Output {
  readonly text?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** An instance under its name in the shell. */
export interface Loaded {
  readonly name: string;
  /** Where it came from. */
  readonly source: string;
  readonly instance: Instance;
}

/** How a shell behaves. */
export interface SessionOptions {
  readonly json: boolean;
  readonly colours: boolean;
  readonly tier: TierChoice;
  /** When and where machine code is made; default `lazy`. */
  readonly compile?: CompileMode;
  /** Where machine code is kept between runs. */
  readonly cache?: string;
  /** A file with a profile of branches by which code is laid out. */
  readonly profileUse?: string;
  /** Features to switch on and off. */
  readonly features?: FeatureChange;
  /** Whether perf and gdb are told the names of compiled functions. */
  readonly perfMap?: boolean;
  readonly gdb?: boolean;
  /** What each call may take; undefined: fuel is not counted. */
  readonly fuel?: number;
  /** Whether a person types the commands. */
  readonly interactive?: boolean;
  /** Whether the shell is there to run one program, so that errors end it as they end that. */
  readonly isRun?: boolean;
  /** Receives lines; standard output and error if not given. */
  readonly write?: (line: string, isError: boolean) => void;
}

/** One shell. */
export class Session {
  readonly engine: Engine;
  readonly host: HostModules;
  /** Calls that are stopped, and what they stop for. */
  readonly debugger: ShellDebugger = new ShellDebugger(this);
  readonly paint: Paint;
  /** Whether each command gives an object, instead of text. */
  json: boolean;
  /** What features were switched on or off, as on the command line. */
  readonly features: string;
  /** What was typed, and how sizes changed. */
  readonly recorder: Recorder;
  readonly #interactive: boolean;
  readonly #isRun: boolean;
  /** The command that runs, to be aborted by Ctrl-C while it waits. */
  #running: AbortController | undefined;
  /** Instances by name, in the order in which they were loaded. */
  readonly loaded: Map<string, Loaded> = new Map();
  /** Module names of imports that another instance serves than the one of that name. */
  readonly importNames: Map<string, string> = new Map();
  #current: string | undefined;
  /** What each call may take. */
  limits: { readonly timeoutMs?: number; readonly fuel?: number };
  /** The results of the last call. */
  results: readonly Value[] = [];
  #roots: (() => void)[] = [];
  /** Set by `:quit`. */
  finished = false;
  /** What the process is to end with, if it ends because of an error. */
  exitCode: number = ExitCode.OK;
  readonly #write: (line: string, isError: boolean) => void;
  /** Lines that host functions printed during the command, for JSON. */
  #printed: string[] = [];

  constructor(options: SessionOptions) {
    const { tier, compile, cache, features, perfMap, gdb, fuel } = options;
    const profile = options.profileUse === undefined ? undefined : readProfile(options.profileUse);
    const metered = fuel === undefined ? undefined : Infinity;
    this.engine = newEngine({ tier, compile, cache, onCacheNote, profile, features, perfMap, gdb, fuel: metered });
    this.limits = { fuel };
    this.json = options.json;
    this.#interactive = options.interactive ?? false;
    this.#isRun = options.isRun ?? false;
    this.paint = painter(options.colours && !options.json);
    this.#write = options.write ?? ((line, isError) => isError ? console.error(line) : console.log(line));
    this.host = new HostModules(this.engine, (line) => this.print(line));
    this.recorder = new Recorder(this.engine);
    this.features = Object.entries(features ?? {}).map(([name, on]) => on ? name : `-${name}`).join();
  }

  /** Runs a command, or one within another. Throws what it throws, or Trap at once when {@link Session.interrupt} is called while it waits. */
  async interruptible<T>(action: () => T | Promise<T>): Promise<T> {
    const outer = this.#running;
    const { signal } = this.#running = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => reject(signal.reason));
    try {
      return await Promise.race([action(), promise]);
    } finally {
      this.#running = outer;
      // A Ctrl-C that came too late to stop this command is not meant for the next.
      Atomics.and(this.engine.interruptWord, 0, ~1);
    }
  }
  /** Ends the command that waits; false if there is none. */
  interrupt(): boolean {
    this.#running?.abort(new Trap(TrapCode.INTERRUPTED));
    return this.#running !== undefined;
  }
  /** Aborted when the command that runs is. */
  get signal(): AbortSignal | undefined {
    return this.#running?.signal;
  }

  /** Writes a line for people. */
  write(line: string): void {
    if (!this.json) this.#write(visible(line), false);
  }

  /** Shows a line that a module printed; for JSON it is kept until the command's object is written. */
  print(line: string): void {
    if (this.json) this.#printed.push(line);
    else this.write(line);
  }

  /** Shows what a command gave. */
  show(command: string, output: Output): void {
    if (this.json) this.#writeJson({ command, ok: true, ...output.data });
    else if (output.text !== undefined && output.text !== "") this.#write(visible(output.text), false);
    this.#after?.();
    this.#after = undefined;
  }
  #after: (() => void) | undefined;
  /** Does something once the command that runs has been shown. */
  afterCommand(action: () => void): void {
    this.#after = action;
  }

  /** Shows why a command failed. */
  showError(command: string, error: unknown): void {
    // A script that was interrupted fails once more, as the command that ran it.
    const code = exitCodeOf(error);
    this.exitCode = code === ExitCode.INTERRUPTED ? code : this.exitCode || (this.#isRun ? code : ExitCode.ERROR);
    if (!this.json) {
      // The terminal has written ^C.
      if (this.#interactive && exitCodeOf(error) === ExitCode.INTERRUPTED) this.#write("", true);
      const [first, ...rest] = describeError(error).split("\n");
      this.#write([this.paint("error", first), ...rest].join("\n"), true);
      return;
    }
    this.#writeJson({ command, ok: false, error: errorData(error) });
  }

  #writeJson(data: Record<string, unknown>): void {
    const printed = this.#printed.splice(0);
    const output = printed.length === 0 ? data : { ...data, printed };
    this.#write(JSON.stringify(output, (_key, v) => typeof v === "bigint" ? String(v) : v), false);
  }

  /** The instance that names refer to. Throws CommandError when nothing is loaded. */
  get current(): Loaded {
    const found = this.#current === undefined ? undefined : this.loaded.get(this.#current);
    if (found === undefined) throw new CommandError("nothing is loaded yet; try :load <module>");
    return found;
  }
  /** Whether there is one. */
  get hasCurrent(): boolean {
    return this.#current !== undefined;
  }
  /** The store of the engine, once something is loaded. */
  get store(): Store {
    return innerInstance(this.current.instance).store;
  }

  /** Makes an instance the current one. Throws CommandError if there is none of that name. */
  use(name: string): Loaded {
    const found = this.loaded.get(name);
    if (found === undefined) throw new CommandError(`there is no instance ${name}${among([...this.loaded.keys()])}`);
    this.#current = name;
    return found;
  }

  /** Adds an instance and makes it the current one; one that had the name is disposed of, and given. */
  add(entry: Loaded): Loaded | undefined {
    const before = this.remove(entry.name);
    this.loaded.set(entry.name, entry);
    this.#current = entry.name;
    this.store.memories.onChange = () => this.recorder.sample();
    return before;
  }

  /** Disposes of an instance. */
  remove(name: string): Loaded | undefined {
    const found = this.loaded.get(name);
    if (found === undefined) return undefined;
    this.loaded.delete(name);
    found.instance.dispose();
    if (this.#current === name) this.#current = [...this.loaded.keys()].at(-1);
    return found;
  }

  /** A function as people write it: `name`, `$name`, an index, `func[index]`, or `instance.name`. Throws CommandError. */
  func(word: string): { loaded: Loaded; func: Func } {
    const { current } = this;
    const own = findFunc(current.instance, word);
    if (own !== undefined) return { loaded: current, func: own };
    const dot = word.indexOf(".");
    const other = dot > 0 ? this.loaded.get(word.slice(0, dot)) : undefined;
    const found = other && findFunc(other.instance, word.slice(dot + 1));
    if (other !== undefined && found !== undefined) return { loaded: other, func: found };
    const part = unquote(word).replace(/^\$/, "").toLowerCase();
    const names = [...functionNames(current.instance)].filter((n) => n !== "");
    const near = names.filter((n) => n.toLowerCase().includes(part) || part.includes(n.toLowerCase()));
    throw new CommandError(`there is no function ${word} in ${current.name}${among(near.length > 0 ? near : names)}`);
  }

  /** What references that people write mean. */
  get references(): RefContext {
    return {
      store: this.store,
      func: (name) => {
        try {
          return innerFunc(this.func(name).func).ref;
        } catch {
          return undefined;
        }
      },
    };
  }

  /** A value of type `type` as people write it; `_` is the last result, `_2` its second value. Throws UsageError. */
  value(word: string, type: number): Value {
    const kept = /^_(\d*)$/.exec(word);
    if (kept === null) return { type, bits: parseValue(word, type, this.references) };
    const found = this.result(word);
    const fits = isRef(found.type) && isRef(type)
      ? referenceFits(found.bits, found.type, type, this.store)
      : found.type === type;
    if (!fits) {
      throw new UsageError(`${word} is ${printValue(found, this.store)}, which does not fit`);
    }
    return { type, bits: found.bits };
  }

  /** The result that `_` or `_2` stands for. Throws CommandError if there is none. */
  result(word: string): Value {
    const found = this.results[Number(word.slice(1) || "1") - 1];
    if (found === undefined) throw new CommandError(`there is no result ${word} yet`);
    return found;
  }

  /** Calls a function with values. Throws Trap, and what host functions throw. */
  call(func: Func, args: readonly Value[]): { results: Value[]; ms: number } {
    const { timeoutMs = Infinity, fuel } = this.limits;
    if (fuel !== undefined) this.engine.fuel = fuel;
    const began = performance.now();
    const results = this.engine.withDeadline(timeoutMs, () => callWithValues(func, args));
    const ms = performance.now() - began;
    this.recorder.called({ time: began, name: func.name, tier: func.tier, ms });
    return { results, ms };
  }

  /** Keeps results as `_`; host values among them stay alive as long. */
  keep(results: readonly Value[]): void {
    for (const remove of this.#roots) remove();
    this.#roots = [];
    for (const { type, bits } of results) {
      if (!isRef(type) || bits === 0n || isFuncType(type)) continue;
      this.#roots.push(this.store.addHostRoot(Number(bits)));
    }
    this.results = results;
  }

  /** Results as a person is shown them. */
  showResults(results: readonly Value[]): string {
    if (results.length === 0) return this.paint("note", "=> nothing");
    return `=> ${results.map((v) => this.paint("value", printValue(v, this.store))).join(" ")}`;
  }
  /** Results for programs. */
  resultData(results: readonly Value[]): { type: string; value: string }[] {
    return results.map((v) => {
      const value = printBits(v.bits, v.type, this.store);
      return { type: printValue(v, this.store).slice(value.length + 1), value };
    });
  }
}

/** Names of an instance's functions: exports first, then what the name section adds. */
export function functionNames(instance: Instance): Set<string> {
  const names = new Set<string>();
  for (const e of instance.module.exports) if (e.type.kind === "func") names.add(e.name);
  for (const name of innerInstance(instance).module.names.funcs.values()) names.add(name);
  return names;
}

function findFunc(instance: Instance, word: string): Func | undefined {
  const index = /^(?:(\d+)|func\[(\d+)\])$/.exec(word);
  const name = isString(word) ? unquote(word) : word;
  const ways: (string | number)[] = [name, name.replace(/^\$/, "")];
  if (index !== null) ways.push(Number(index[1] ?? index[2]));
  for (const way of ways) {
    try {
      return instance.func(way);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

const SHOWN_NAMES = 6;

/** `; there are a, b, c`. */
export function among(names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, SHOWN_NAMES).join(", ");
  return `; there ${names.length === 1 ? "is" : "are"} ${shown}${names.length > SHOWN_NAMES ? ", …" : ""}`;
}

/** Runs what may throw the library's RangeError or TypeError for a wrong argument; these become CommandErrors. */
export function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new CommandError(error.message);
    throw error;
  }
}
