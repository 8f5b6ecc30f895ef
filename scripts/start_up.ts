// Start-up of a WASI command, as a whole process: `strata run`, also out of the bundle if `deno task bundle` made one, next to Deno's own WebAssembly and to Deno with nothing to do. Takes `--rounds N`; prints medians in milliseconds.

import { fromFileUrl } from "@std/path";
import { Engine } from "../mod.ts";
import { columns } from "../src/cli/repl/print.ts";
import { scriptArgs } from "./arguments.ts";

const { rounds: given } = scriptArgs("deno run -A scripts/start_up.ts [--rounds N]", { string: ["rounds"] });
const rounds = Number(given ?? 15);
const path = (relative: string) => fromFileUrl(new URL(relative, import.meta.url));

const folder = await Deno.makeTempDir();
const hello = `${folder}/hello.wasm`, nothing = `${folder}/nothing.js`;
const module = new Engine({ tier: "interp" }).compile(await Deno.readTextFile(path("../examples/hello.wat")));
await Deno.writeFile(hello, module.bytes);
await Deno.writeTextFile(nothing, `console.log("hello, world")`);

const strata = (tier: string, cli = "../cli.ts") => [path(cli), "run", "--tier", tier, hello];
const commands: Record<string, string[]> = {
  "Deno alone": [nothing],
  "Deno's WebAssembly": [path("bench/wasi_rival.js"), hello],
  "Strata, interp": strata("interp"),
};
if (Engine.nativeUnavailable === undefined) commands["Strata, auto"] = strata("auto");
const bundle = "../dist/cli.js";
if (await exists(path(bundle))) commands["Strata bundled, auto"] = strata("auto", bundle);

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Milliseconds of one process. */
async function time(args: readonly string[]): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-check", ...args], stdin: "null" });
  const began = performance.now();
  const { code, stdout } = await command.output();
  const ms = performance.now() - began;
  if (code !== 0 || new TextDecoder().decode(stdout) !== "hello, world\n") throw new Error(`${args.join(" ")} failed`);
  return ms;
}

const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
console.error(`${rounds + 1} rounds of ${times.size} processes …`);
// In turn, so that all see the same machine; the first round fills Deno's caches.
for (let round = 0; round <= rounds; round++) {
  for (const [name, args] of Object.entries(commands)) {
    const ms = await time(args);
    if (round > 0) times.get(name)!.push(ms);
  }
}
await Deno.remove(folder, { recursive: true });

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];
const base = median(times.get("Deno's WebAssembly")!);
const rows = [...times].map(([name, list]) => [name, median(list).toFixed(0), (median(list) / base).toFixed(2)]);
console.log(columns([["process", "ms", "×"], ...rows], [1, 2], ""));
