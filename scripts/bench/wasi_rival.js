// A WASI command under Deno's own WebAssembly and its node:wasi: what scripts/start_up.ts compares with. Takes the module's path and the arguments.

import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: Deno.args, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(await Deno.readFile(Deno.args[0]), wasi.getImportObject());
Deno.exit(wasi.start(instance));
