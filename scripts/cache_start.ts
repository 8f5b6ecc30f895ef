// What the cache on disk is worth: large npm modules from their bytes to the return of their first call of machine code, each start in a process of its own.
// Takes `--rounds N`; prints medians in milliseconds without a cache, with an empty one, and with a full one, with machine code made when needed and all at once.

import { fromFileUrl } from "@std/path";
import { Engine } from "../mod.ts";
import { fallbackFor, gatherImports } from "../src/api/missing_imports.ts";
import { columns } from "../src/cli/repl/print.ts";
import { readNpmFile } from "../src/platform/npm.ts";
import { scriptArgs } from "./arguments.ts";

/** Modules with an export that runs with its imports trapping, and its arguments. */
const MODULES: Readonly<Record<string, readonly [string, string, ...number[]]>> = {
  "esbuild, 12 MB": ["npm:esbuild-wasm@0.25.5/esbuild.wasm", "getsp"],
  "lightningcss, 14 MB": ["npm:lightningcss-wasm@1.30.1/lightningcss_node.wasm", "napi_wasm_malloc", 64],
};

if (Deno.args[0] === "--child") {
  const [, name, compile, cache] = Deno.args;
  const [specifier, func, ...args] = MODULES[name];
  const bytes = await readNpmFile(specifier);
  const engine = new Engine({
    tier: "jit",
    compile: compile as "lazy" | "eager",
    cache: cache === "" ? undefined : cache,
    onCacheNote: (note) => console.error(note),
  });
  const began = performance.now();
  const module = engine.compile(bytes);
  const compiled = performance.now();
  const imports = gatherImports(module, (wanted) => fallbackFor("trap", wanted, () => {}));
  const instance = engine.instantiate(module, imports);
  const linked = performance.now();
  instance.func(func).call(...args);
  const ended = performance.now();
  const { functions, cached } = engine.compileFigures;
  const parts = [compiled - began, linked - compiled, ended - linked];
  console.log(JSON.stringify({ ms: ended - began, parts, functions, cached, caches: engine.caches }));
  Deno.exit(0);
}

const { rounds: given } = scriptArgs("deno run -A scripts/cache_start.ts [--rounds N]", { string: ["rounds"] });
const rounds = Number(given ?? 5);
const self = fromFileUrl(import.meta.url);

interface Answer {
  readonly ms: number;
  readonly parts: readonly number[];
  readonly functions: number;
  readonly cached: number;
}

async function start(name: string, compile: string, cache: string): Promise<Answer> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", self, "--child", name, compile, cache],
    stdin: "null",
    stderr: "inherit",
  });
  const { code, stdout } = await command.output();
  if (code !== 0) throw new Error(`${name} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];
const rows: string[][] = [];
for (const name of Object.keys(MODULES)) {
  for (const compile of ["lazy", "eager"]) {
    const answers: Record<"none" | "empty" | "full", Answer[]> = { none: [], empty: [], full: [] };
    for (let round = 0; round < rounds; round++) {
      const folder = await Deno.makeTempDir();
      answers.none.push(await start(name, compile, ""));
      answers.empty.push(await start(name, compile, folder));
      answers.full.push(await start(name, compile, folder));
      await Deno.remove(folder, { recursive: true });
    }
    const times = (["none", "empty", "full"] as const).map((way) => median(answers[way].map((a) => a.ms)));
    const [none, , full] = times;
    const { functions, cached, parts } = answers.full[0];
    rows.push([
      name,
      compile,
      ...times.map((ms) => ms.toFixed(0)),
      `${(none / full).toFixed(1)} ×`,
      `${cached} of ${functions + cached}`,
      parts.map((ms) => ms.toFixed(0)).join(" + "),
    ]);
  }
}
const head = ["module", "code", "no cache", "empty", "full", "gain", "from cache", "compile + link + call, ms"];
console.log(columns([head, ...rows], [2, 3, 4, 5], ""));
