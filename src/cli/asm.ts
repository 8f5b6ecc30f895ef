// The subcommand `asm`: machine code, or JavaScript, under the Wasm it came from, for one function of a module or all. Compiles without instantiating, and runs nothing.

import { innerModule } from "../api/module.ts";
import type { TierChoice } from "../engine/config.ts";
import { startNative } from "../abi/native.ts";
import { listFunction } from "../engine/listing.ts";
import { BASELINE_CPU } from "../platform/cpu.ts";
import { canRunNative } from "../platform/permissions.ts";
import { ExternKind, functionName, type Module } from "../wasm/module.ts";
import { compileModule } from "./compile.ts";
import { CommandError, ExitCode, UsageError } from "./exit.ts";
import type { FeatureChange } from "./features.ts";
import { takesColours, writeLine } from "./output.ts";
import { TierLister } from "./tier_listing.ts";
import { painter, visible } from "./repl/print.ts";

/** Options of the command `asm`. */
export interface AsmOptions {
  /** `interp` shows the Wasm alone, `fast` register code, `js` JavaScript. */
  readonly tier?: TierChoice;
  /** With the bytes of the machine code. */
  readonly bytes?: boolean;
  readonly features?: FeatureChange;
}

/** Prints listings by `write`; `func` is a name or an index. Throws CommandError, UsageError, and what compiling throws. */
export async function showAsm(
  spec: string,
  func: string | undefined,
  options: AsmOptions,
  write: (text: string) => void = writeLine,
): Promise<number> {
  const valid = innerModule((await compileModule(spec, options.features)).module);
  const { module } = valid;
  // Code is shown as it would run here; where none can run, for a processor without extensions.
  const cpu = canRunNative() ? startNative().cpu : BASELINE_CPU;
  const lister = new TierLister(valid, cpu);
  // What runs in the end is what is of interest where the engine would choose.
  const tier = options.tier === undefined || options.tier === "auto" ? "jit" : options.tier;
  const paint = painter(takesColours());
  const indices = func === undefined ? ownFunctions(module) : [findFunction(module, func)];
  if (indices.length === 0) throw new CommandError(`${spec} has no functions of its own`);
  for (const [n, index] of indices.entries()) {
    const code = await lister.list(tier, index);
    const why = "refusal" in code ? code.refusal : undefined;
    const listing = "refusal" in code ? await listFunction(module, index, undefined) : code.listing;
    const stays = why === undefined ? "" : `;; ${functionName(module, index)} stays in interp: ${why}\n`;
    const text = stays + listing.toString({ bytes: options.bytes ?? false, paint });
    write(visible(n > 0 ? `\n${text}` : text));
  }
  return ExitCode.OK;
}

function ownFunctions(module: Module): number[] {
  return Array.from({ length: module.funcs.length - module.importedFuncs }, (_, i) => module.importedFuncs + i);
}

function findFunction(module: Module, word: string): number {
  const name = word.replace(/^\$/, "");
  const exported = module.exports.find((e) => e.kind === ExternKind.FUNC && (e.name === word || e.name === name));
  const named = [...module.names.funcs].find(([, n]) => n === word || n === name)?.[0];
  const index = exported?.index ?? named ?? (/^\d+$/.test(word) ? Number(word) : undefined);
  if (index === undefined || index >= module.funcs.length) {
    const names = ownFunctions(module).slice(0, 6).map((i) => functionName(module, i)).join(", ");
    throw new CommandError(`there is no function ${word}${names === "" ? "" : `; some are ${names}`}`);
  }
  if (module.funcs[index].body === undefined) {
    throw new UsageError(`${functionName(module, index)} is imported and has no code`);
  }
  return index;
}
