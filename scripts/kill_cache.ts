// Kills processes while they write the cache on disk: takes `--rounds N` (default 200); after each, all entries must be readable and all results right.

import { killWriters } from "../tests/engine/cache_modules.ts";
import { scriptArgs } from "./arguments.ts";

const { rounds: given } = scriptArgs("deno run -A scripts/kill_cache.ts [--rounds N]", { string: ["rounds"] });
const folder = await Deno.makeTempDir();
const began = performance.now();
try {
  const rounds = Number(given ?? 200), left = await killWriters(folder, rounds, Math.random);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${rounds} processes killed in ${
      seconds.toFixed(0)
    } s: no wrong result, no damaged entry, ${left} files left unfinished`,
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
