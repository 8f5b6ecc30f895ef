// Runs one program in a process of its own, since packages keep what they once instantiated. Takes its name and whose WebAssembly it gets; prints its result after a mark.

import { installGlobal } from "../../src/js_api/install.ts";
import { MARK, PROGRAMS } from "./drop_in.ts";

const [name, tier] = Deno.args;
if (tier === "jit" || tier === "interp") installGlobal({ tier });
const result = await PROGRAMS.find((p) => p.name === name)!.run((specifier) => import(`npm:${specifier}`));
console.log(`${MARK}${Deno.inspect(result, { depth: 100, iterableLimit: 1e6, strAbbreviateSize: 1e6 })}`);
// Some packages leave timers and listeners behind.
Deno.exit(0);
