// The command line: declares the subcommands and their options. Each is loaded when asked for; errors become one line and an exit code.

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "./commander.ts";
import { ExitCode } from "./exit.ts";
import { type FeatureChange, FEATURES_HELP, parseFeatures } from "./features.ts";
import { report } from "./report.ts";
import { TIERS } from "../runtime/tier.ts";
import { VERSION } from "../base/version.ts";

const MODULE = "a .wasm or .wat file, a URL, npm:package@version/path.wasm, or - for standard input";

const EXAMPLES = `
Examples:
  strata                                        open the shell
  strata run --invoke fib fib.wat 30            call an export
  strata run --dir data::/data program.wasm x   run a WASI command, which sees the folder data
  strata asm --tier jit fib.wat fib             machine code under the Wasm it came from
  strata debug fib.wat fib 5                    stop at the first instruction of fib
  strata print npm:web-tree-sitter@0.22.6/tree-sitter.wasm
  strata wast --tier all core/i32.wast          run a script of the specification's test suite

"strata" stands for "deno run -A cli.ts". Values are written as in the text format: -5, 0x2a, 1.5, inf, nan:0x200000; with a type, i64:5; null for references.
Exit codes: 0 done, 1 error, 2 wrong usage, 130 interrupted, 134 trap.`;

/** Runs the command line with arguments; gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = ExitCode.OK;
  const program = makeProgram((result) => code = result);
  try {
    await program.parseAsync(withDefault(args), { from: "user" });
    return code;
  } catch (error) {
    // The parser has shown its errors, and help, already.
    if (error instanceof CommanderError) {
      if (error.code === "commander.unknownCommand") console.error(unknownHint(args[0]));
      return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    }
    return report(error);
  }
}

/** No subcommand means the shell, also with the shell's options: `strata -x file`. */
function withDefault(args: readonly string[]): string[] {
  const [first] = args;
  const own = first === undefined || (first.startsWith("-") && !["-h", "--help", "-V", "--version"].includes(first));
  return own ? ["repl", ...args] : [...args];
}

/** What somebody may have meant who wrote a word that is no subcommand: most often a module. */
function unknownHint(word: string): string {
  if (!/[./:]/.test(word)) return "(--help lists the commands)";
  return `(to run a module: run ${word}; to load it into the shell: repl ${word})`;
}

function tier(names: readonly string[] = TIERS): Option {
  return new Option("-t, --tier <tier>", "the tier that functions run in").choices([...names, "auto"]).default("auto");
}
function compileMode(): Option {
  return new Option(
    "--compile <mode>",
    "make machine code when it is needed, with the module, or in a Worker meanwhile",
  )
    .choices(["lazy", "eager", "worker"]).default("lazy");
}
function features(): Option {
  return new Option("--features <list>", FEATURES_HELP)
    .argParser((list: string, before: FeatureChange | undefined) => parseFeatures(list, before));
}
function cache(): Option {
  return new Option("--cache <folder>", "keep machine code and what validation found there between runs");
}
function profileUse(): Option {
  return new Option("--profile-use <file>", "lay machine code out by this profile of branches");
}
function perfMap(): Option {
  return new Option("--perf-map", "name compiled functions for Linux's perf, in /tmp/perf-<pid>.map");
}
function gdb(): Option {
  return new Option("--gdb", "name compiled functions for gdb, which can then break in them");
}
function integer(text: string): number {
  const n = text.trim() === "" ? NaN : Number(text);
  if (!Number.isSafeInteger(n)) throw new InvalidArgumentError("It is no integer.");
  return n;
}
function amount(text: string): number {
  const n = integer(text.replaceAll("_", ""));
  if (n < 0) throw new InvalidArgumentError("It is below 0.");
  return n;
}
function time(text: string): number {
  const ms = amount(text);
  if (ms === 0) throw new InvalidArgumentError("It is at least 1; without the option there is no limit.");
  return ms;
}
function milliseconds(text: string): number {
  const ms = Number(text);
  if (text.trim() === "" || Number.isNaN(ms)) throw new InvalidArgumentError("It is no number of milliseconds.");
  return ms;
}
function fuel(who: string): Option {
  return new Option("--fuel <n>", `loop passes and function entries that ${who} before it traps`).argParser(amount);
}
function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** The options of commands that run a program or call an export, with the module and its arguments. */
function runOptions(command: Command): Command {
  return command
    .option("-i, --invoke <name>", "the export to call")
    .option(
      "--dir <host::guest[:ro]>",
      "give the program a directory, read only with :ro; may be repeated",
      collect,
    )
    .option("--env <NAME[=value]>", "give it a variable; without a value, that of this process", collect)
    .option("--argv0 <name>", "its name as it sees it; if not given, the module's")
    .option("--tcplisten <address>", "give it a socket that listens there, such as 127.0.0.1:8080", collect)
    .addOption(new Option("--files <way>", "how files are reached").choices(["auto", "linux", "deno"]).default("auto"))
    .addOption(tier())
    .addOption(compileMode())
    .addOption(cache())
    .addOption(profileUse())
    .option("--profile-out <file>", "count which way branches go, and add that to this profile")
    .addOption(features())
    .addOption(perfMap())
    .addOption(gdb())
    .addOption(fuel("the program may take"))
    .option("--timeout <ms>", "milliseconds after which it traps, at least 1", time)
    .addOption(
      new Option("--missing <what>", "what becomes of imported functions that nobody gives: calls trap, or are traced")
        .choices(["error", "trap", "trace"]).default("error"),
    );
}

/** The parser of the command line. The subcommand that it finds gives its exit code to `done`. */
export function makeProgram(done: (code: number) => void): Command {
  const program = new Command("strata")
    .description("A WebAssembly runtime that you can open up.")
    .usage("[command] [options]")
    .addHelpText("after", EXAMPLES)
    .helpCommand("help [command]", "show the help of a command")
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show help")
    .configureOutput({
      outputError: (text, write) => write(text.replace(/\n*$/, "\n")),
      // Nothing here is coloured; to find out whether it may be would need --allow-env.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError()
    .exitOverride()
    .enablePositionalOptions();

  program.command("repl")
    .summary("open the shell (also without a command)")
    .description(
      "Opens the shell. From a pipe, commands are read without a prompt, and the first error ends it with exit code 1.",
    )
    .argument("[module]", `load this first: ${MODULE}`)
    .option("-e, --eval <command>", "run this command and end; may be repeated", collect)
    .option("-x, --execute <file>", "run the commands in a file and end")
    .option(
      "--init <file>",
      "run the commands in a file before all else, and go on; no file is read that was not asked for",
    )
    .option("--no-echo", "do not show the commands of that file")
    .option("--json", "one object per command, each on a line")
    .addOption(tier())
    .addOption(compileMode())
    .addOption(cache())
    .addOption(profileUse())
    .addOption(features())
    .addOption(perfMap())
    .addOption(gdb())
    .addOption(fuel("each call may take"))
    .action(async (module, options) => done(await (await import("./repl/repl.ts")).runRepl({ ...options, module })));

  program.command("debug")
    .summary("open the shell with a call that waits at its first instruction")
    .description(
      "Opens the shell with a module, and calls one of its functions, or runs it as a WASI command, up to the first instruction. A start function waits there before. Without a function of a module that is no such command nothing more is called.",
    )
    .argument("<module>", MODULE)
    .argument("[call...]", "a function and its arguments, or arguments of the WASI command")
    .option("-e, --eval <command>", "run this command and end; may be repeated", collect)
    .option("-x, --execute <file>", "run the commands in a file and end")
    .option("--no-echo", "do not show the commands of that file")
    .option("--json", "one object per command, each on a line")
    .addOption(tier())
    .addOption(features())
    .addOption(fuel("each call may take"))
    .passThroughOptions()
    .action(async (module, start, options) =>
      done(await (await import("./repl/repl.ts")).runRepl({ ...options, module, start }))
    );

  runOptions(program.command("run"))
    .summary("run a program, or call one of a module's exports")
    .description(
      "Runs a WASI command, or the function _start or main of a module; with --invoke calls an export and prints its results, one per line.",
    )
    .argument("<module>", MODULE)
    .argument("[args...]", "arguments; options of run stand before the module")
    .passThroughOptions()
    .action(async (module, args, options) => done(await (await import("./run.ts")).runModule(module, args, options)));

  runOptions(program.command("trace"))
    .summary("run a program, or call an export, and write what it does")
    .description(
      "Runs a module as run does, and writes a line for each call, instruction, access, collection or move to standard error, or to a file.",
    )
    .argument("<module>", MODULE)
    .argument("[args...]", "arguments; options of trace stand before the module")
    .option("--what <kinds>", "calls, ops, mem, globals, gc, tier, wasi; several with commas", "calls")
    .option(
      "--func <pattern>",
      "only functions with such a name, with * and ?, or this index; may be repeated",
      collect,
    )
    .option("--offsets <a..b>", "only instructions at these byte offsets of the module")
    .option("--addresses <a..b>", "with mem, only accesses to these addresses")
    .option("-o, --output <file>", "write there: an object per line if its name ends in .jsonl, else text")
    .option("--json", "an object per line, wherever they go")
    .passThroughOptions()
    .action(async (module, args, options) =>
      done(await (await import("./trace.ts")).traceModule(module, args, options))
    );

  runOptions(program.command("profile"))
    .summary("run a program, or call an export, and tell where the time goes")
    .description(
      "Runs a module as run does, and writes to standard error where the time went: functions, loops and the tree of calls, by samples that are taken at loops and calls. With --exact it counts every instruction instead.",
    )
    .argument("<module>", MODULE)
    .argument("[args...]", "arguments; options of profile stand before the module")
    .option("--exact", "count instructions: calls, passes of loops, the mix, what was covered")
    .option("--interval <ms>", "milliseconds between samples", milliseconds)
    .option("--lines <n>", "rows of each table", amount)
    .option("-o, --output <file>", "write it there: .cpuprofile, .speedscope.json, .lcov (with --exact), or .json")
    .option("--json", "one JSON object")
    .passThroughOptions()
    .action(async (module, args, options) =>
      done(await (await import("./profile.ts")).profileModule(module, args, options))
    );

  program.command("wast")
    .summary("run scripts of the specification's test language")
    .description(
      "Runs .wast files, and those in directories. Prints a line per failure, and the sum at the end. In a folder proposals/<feature> that feature is on.",
    )
    .argument("<paths...>", "files and directories")
    .option(
      "-t, --tier <tiers>",
      "interp, fast, js, jit, mixed (each function in a tier that chance decides), zeal (frames change the tier wherever they can), zeal-random (where chance decides), zeal-fast (between fast and interp), auto, pins (auto, with functions that chance pins to a tier), layout (jit, whose code chance lays out), several with commas, or all",
    )
    .addOption(features())
    .option("--json", "one object per file and tier, each on a line, then the sum")
    .option("--seed <n>", "decides in mixed, pins, layout and zeal-random", integer, 1)
    .option("--threshold <n>", "calls and loop passes from which on functions are hot in auto and pins", amount)
    .option("--skip-unsupported", "skip what needs a feature that Strata does not have yet, instead of failing")
    .action(async (paths, options) => done((await import("./wast.ts")).runWast(paths, options)));

  program.command("validate")
    .summary("say whether modules are valid")
    .description(
      "Decodes and validates modules; prints the first error of each, with its byte offset, or line and column.",
    )
    .argument("<modules...>", MODULE)
    .addOption(features())
    .action(async (modules, options) => done(await (await import("./validate.ts")).validateModules(modules, options)));

  program.command("print")
    .summary("print a module in the text format")
    .description("Prints a module in the text format.")
    .argument("<module>", MODULE)
    .addOption(features())
    .option("-o, --output <file>", "write there")
    .action(async (module, options) => done(await (await import("./print.ts")).printText(module, options)));

  program.command("assemble")
    .summary("turn the text format into the binary format")
    .description("Assembles the text format, validates it, and writes the binary format.")
    .argument("<module>", MODULE)
    .addOption(features())
    .option("-o, --output <file>", "write there; - for standard output; if not given, the module's name with .wasm")
    .option("--no-names", "leave the name section out")
    .option("--no-validate", "write it even if it is invalid")
    .action(async (module, options) => done(await (await import("./assemble.ts")).assembleModule(module, options)));

  program.command("info")
    .summary("show what a module imports, exports and holds")
    .description("Shows a module's sections, imports, exports and sizes.")
    .argument("<module>", MODULE)
    .addOption(features())
    .option("--json", "one JSON object")
    .action(async (module, options) => done(await (await import("./info.ts")).showInfo(module, options)));

  program.command("asm")
    .summary("show machine code, or JavaScript, under the Wasm it came from")
    .description(
      "Compiles without running, and shows each Wasm instruction with the machine code made for it, or the JavaScript (--tier js). Needs no permission beyond reading the module.",
    )
    .argument("<module>", MODULE)
    .addArgument(new Argument("[function]", "name or index; if not given, all functions"))
    .addOption(tier())
    .addOption(features())
    .option("--bytes", "show the bytes of the machine code")
    .action(async (module, func, options) => done(await (await import("./asm.ts")).showAsm(module, func, options)));

  program.command("explore")
    .summary("make a page of a module: text, offsets and machine code side by side")
    .description(
      "Writes one HTML page that stands alone: the functions of a module with their text, offsets and machine code of each tier. What belongs together is marked; / searches, ? shows the keys.",
    )
    .argument("<module>", MODULE)
    .argument("[args...]", "arguments of what runs")
    .option("-o, --output <file>", "write there; - for standard output; if not given, the module's name with .html")
    .option("-i, --invoke <name>", "call this export, and show how often each instruction ran")
    .option("--run", "run the program, and show the same")
    .option("--profile <file>", "show the counts, or the samples, of a file that profile -o wrote")
    .option("-f, --func <name>", "only this function, by name, index or pattern with *; may be repeated", collect)
    .option(
      "-t, --tier <tiers>",
      "only the code of these tiers, with commas; interp for none",
      (list: string) => list.split(","),
    )
    .option("--json", "say what was written as an object")
    .addOption(features())
    .action(async (module, args, options) =>
      done(await (await import("./explore/explore.ts")).explore(module, args, options))
    );

  program.command("where")
    .summary("find a place in all forms of a module: offset, text, machine code")
    .description(
      "Finds an instruction by one of the ways to name it, and shows it by all: 0x4c an offset in the module, fib+1a a function with an offset, fib@jit+1f a place in its machine code, :12 or :12:5 line and column of the text that the module was assembled from, print:12 a line of what print gives.",
    )
    .argument("<module>", MODULE)
    .argument("<places...>", "what to find")
    .addOption(features())
    .option("--json", "one object per place, each on a line")
    .action(async (module, places, options) =>
      done(await (await import("./where.ts")).showWhere(module, places, options))
    );

  return program;
}
