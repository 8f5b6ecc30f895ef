// One package under one WebAssembly, in a process of its own: takes the package's name, whose WebAssembly (`v8` or a tier) and the rounds;
// prints as JSON the milliseconds to the first result and those of the warm rounds, and the result.

import { installGlobal } from "../../src/js_api/install.ts";
import { PACKAGES } from "./package_work.ts";

const [name, whose, rounds] = Deno.args;
// Also for V8, so that both processes have loaded the same.
const installed = installGlobal({ tier: whose === "v8" ? "interp" : whose as "jit" | "auto" });
if (whose === "v8") installed[Symbol.dispose]();

const began = performance.now();
const work = await PACKAGES[name]();
const loaded = performance.now() - began;
const result = await work();
const first = performance.now() - began;
const times: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  const at = performance.now();
  if (await work() !== result) throw new Error(`${name} gave another result in round ${round}`);
  times.push(performance.now() - at);
}
console.log(JSON.stringify({ loaded, first, times, result }));
Deno.exit(0);
