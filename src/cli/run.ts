// `strata run`: makes an instance of a module and calls one of its exports. A timeout and lack of fuel end the program in a trap, and so does Ctrl-C, but that a
// WASI command ends by it as any other program does.

import type { Engine, Imports } from "../api/engine.ts";
import { type Func, innerFunc } from "../api/func.ts";
import { innerInstance, type Instance } from "../api/instance.ts";
import { fallbackFor, gatherImports } from "../api/missing_imports.ts";
import type { Module } from "../api/module.ts";
import type { CompileMode, TierChoice } from "../engine/config.ts";
import { WasmFunc } from "../runtime/func.ts";
import { WasiExit } from "../wasi/exit.ts";
import { Wasi } from "../wasi/wasi.ts";
import { named } from "./compile.ts";
import { CommandError, ExitCode, UsageError } from "./exit.ts";
import type { FeatureChange } from "./features.ts";
import { type InterruptWatch, watchInterrupt } from "./interrupt.ts";
import { loadModule } from "./load_module.ts";
import { checkProfileFile, readProfile, writeProfile } from "./branch_profile.ts";
import { HostModules } from "./repl/host.ts";
import { Progress } from "./progress.ts";
import { visible } from "./repl/print.ts";
import { chosenTier, newEngine, noteCompileMode, onCacheNote } from "./tier.ts";
import { callWithValues, checkArgumentCount, parseValue, printValue } from "./values.ts";
import { importsWasi, makeWasi, type WasiFlags, wasiOffer, wasiOptions } from "./wasi.ts";

/** Options of the command. */
export interface RunOptions extends WasiFlags {
  readonly tier?: TierChoice;
  /** When and where machine code is made; default `lazy`. */
  readonly compile?: CompileMode;
  /** Where machine code is kept between runs. */
  readonly cache?: string;
  /** A profile of branches by which code is laid out, and one to add to. */
  readonly profileUse?: string;
  readonly profileOut?: string;
  readonly invoke?: string;
  readonly features?: FeatureChange;
  readonly perfMap?: boolean;
  readonly gdb?: boolean;
  /** Loop passes and function entries it may take; not counted if not given. */
  readonly fuel?: number;
  /** What becomes of functions that nobody gives; default: it is an error. */
  readonly missing?: "error" | "trap" | "trace";
  /** Milliseconds it may run. */
  readonly timeout?: number;
}

/** What runs when no export is named. */
const ENTRIES = ["_start", "main"];

/** Begins to watch an instance before it is called; what it gives is disposed of after the call. */
export type Observe = (instance: Instance) => Disposable | undefined;

/** Runs a module, watched by `observe` if somebody does. Gives the exit code; throws Trap, LinkError, UsageError and what reading and compiling throws. */
export async function runModule(
  spec: string,
  args: readonly string[],
  options: RunOptions,
  observe: Observe = () => undefined,
): Promise<number> {
  const { compile, cache, features, perfMap, gdb, fuel, timeout = Infinity } = options;
  const tier = chosenTier(options.tier ?? "auto");
  const profile = options.profileUse === undefined ? undefined : readProfile(options.profileUse);
  if (options.profileOut !== undefined) checkProfileFile(options.profileOut);
  const engine = newEngine({ tier, compile, features, perfMap, gdb, fuel, cache, onCacheNote, profile });
  noteCompileMode(engine);
  const module = await compileFrom(engine, spec);
  if (importsWasi(module)) {
    return engine.withDeadline(timeout, () => runWasi(engine, module, spec, args, options, observe));
  }
  using _watch = await watch(engine);
  return engine.withDeadline(timeout, () => {
    const instance = engine.instantiate(module, offers(engine, module, options.missing));
    const call = entryCall(instance, options.invoke, args);
    using _observed = observe(instance);
    return profiled(engine, instance, options, call);
  });
}

/** Reads and compiles a module, and lets a person know if that takes long. */
async function compileFrom(engine: Engine, spec: string): Promise<Module> {
  const shown = visible(spec);
  using progress = new Progress(spec === "-" ? undefined : `reading ${shown}`);
  const { source } = await loadModule(spec);
  return named(spec, () => engine.compile(source, { progress: (part) => progress.tell(`compiling ${shown}`, part) }));
}

/** Runs `action`; adds which way branches went to a profile, if that was asked for, whatever becomes of it. */
function profiled<T>(engine: Engine, instance: Instance, { profileOut }: RunOptions, action: () => T): T {
  if (profileOut === undefined) return action();
  engine.branches.start(instance);
  try {
    return action();
  } finally {
    writeProfile(profileOut, engine.branches.profile());
  }
}

/** What calls what was asked for, and prints its results. Throws at once what is wrong with that. */
function entryCall(instance: Instance, invoke: string | undefined, args: readonly string[]): () => ExitCode {
  const call = callWithText(instance, findEntry(instance, invoke, args), args);
  return () => {
    for (const line of call()) console.log(visible(line));
    return ExitCode.OK;
  };
}

/** Runs a WASI command; with `--invoke`, an export of any module that imports WASI. */
function runWasi(
  engine: Engine,
  module: Module,
  spec: string,
  args: readonly string[],
  options: RunOptions,
  observe: Observe,
): number {
  const { invoke } = options;
  const name = spec.split(/[/\\]/).pop() || spec;
  const given = wasiOptions(name, invoke === undefined ? args : [], options);
  using wasi = makeWasi(() => new Wasi({ ...given, stdin: "inherit", exitWhenClosed: true }));
  const instance = engine.instantiate(module, offers(engine, module, options.missing, wasi));
  const isCommand = invoke === undefined && "_start" in instance.exports;
  const call = isCommand ? () => wasi.start(instance) & 0xff : entryCall(instance, invoke, args);
  using _observed = observe(instance);
  try {
    return profiled(engine, instance, options, () => {
      if (isCommand) return call();
      const { memory, _initialize } = instance.exports;
      // A command's other exports may be called without its _start.
      wasi.initialize({ exports: "_start" in instance.exports ? { memory } : { memory, _initialize } });
      return call();
    });
  } catch (e) {
    if (e instanceof WasiExit) return e.code & 0xff;
    throw e;
  }
}

/** Listens for Ctrl-C if Workers may be made. */
async function watch(engine: Engine): Promise<InterruptWatch | undefined> {
  try {
    const watching = watchInterrupt(engine.interruptWord);
    await watching.ready;
    return watching;
  } catch (e) {
    if (e instanceof Deno.errors.NotCapable) return undefined;
    throw e;
  }
}

/** What the host gives to a module. Throws a LinkError that lists all that is missing, unless something else is to be done about it. */
function offers(engine: Engine, module: Module, missing: RunOptions["missing"] = "error", wasi?: Wasi): Imports {
  const host = new HostModules(engine, (line) => console.log(visible(line)));
  const trace = (line: string) => console.error(visible(line));
  return gatherImports(
    module,
    (wanted) =>
      (wasi && wasiOffer(wasi, wanted)) ?? host.offer(wanted) ??
        (missing === "error" ? undefined : fallbackFor(missing, wanted, trace)),
  );
}

function findEntry(instance: Instance, invoke: string | undefined, args: readonly string[]): Func {
  const exported = [...innerInstance(instance).exports].filter(([, x]) => x instanceof WasmFunc).map(([name]) => name);
  const name = invoke ?? ENTRIES.find((n) => exported.includes(n));
  if (name !== undefined && exported.includes(name)) return instance.func(name);
  const list = exported.length === 0 ? "it exports no function" : `it exports ${exported.join(", ")}`;
  if (name === undefined) {
    throw new UsageError(`the module has no _start or main to run; choose with --invoke: ${list}${misplaced(args)}`);
  }
  throw new CommandError(`the module exports no function "${name}": ${list}`);
}

/** A hint for those who wrote options among the arguments. */
function misplaced(args: readonly string[]): string {
  return args.some((a) => /^--?(invoke|tier|dir|env|i|t)(=|$)/.test(a))
    ? "; options of run stand before the module"
    : "";
}

/** What calls a function with arguments in the text format, and gives its results, a line each. Throws UsageError at once when arguments do not fit. */
function callWithText(instance: Instance, func: Func, args: readonly string[]): () => string[] {
  const { params } = innerFunc(func).type;
  checkArgumentCount(func, args.length, misplaced(args));
  const { store } = innerInstance(instance);
  const context = { store, func: (name: string) => findRef(instance, name) };
  const values = args.map((text, i) => ({ type: params[i], bits: parseValue(text, params[i], context) }));
  return () => callWithValues(func, values).map((v) => `=> ${printValue(v, store)}`);
}

function findRef(instance: Instance, name: string): number | undefined {
  const wanted = /^\d+$/.test(name) ? Number(name) : name.replace(/^\$/, "");
  const found = instance.functions.find((f) => f.index === wanted || f.name === wanted);
  return found && innerFunc(found).ref;
}
