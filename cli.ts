// The command line: `deno run -A cli.ts --help`.

import { start } from "./src/cli/start.ts";

if (import.meta.main) Deno.exit(await start(Deno.args));
