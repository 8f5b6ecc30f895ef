// A process that fills a cache again and again, to be killed while it does: takes the folder. It prints a line once the cache is being written, and ends by itself only when
// something is wrong.

import { CacheFolder } from "../../src/platform/cache_folder.ts";
import { exercise, LIMIT } from "./cache_modules.ts";

const [folder] = Deno.args;

function fail(why: string): never {
  console.log(why);
  Deno.exit(1);
}

/** Writes some entries as they are, so that most of the time something is being written. */
function rewrite(): void {
  const cache = new CacheFolder(folder, LIMIT, fail);
  const names = [...Deno.readDirSync(folder)].map((f) => /^(.*)\.strata$/.exec(f.name)?.[1] ?? "").filter(Boolean);
  for (const name of names.slice(0, 8)) {
    const entry = cache.read(name);
    if (entry === undefined) fail(`${name} cannot be read`);
    for (let n = 0; n < 20; n++) cache.write(name, entry.contents, entry.proof);
  }
}

for (let round = 0;; round++) {
  const wrong = exercise(folder, Math.floor(Math.random() * 1_000_000), (engine) => engine.saveCache());
  if (wrong !== undefined) fail(wrong);
  rewrite();
  if (round === 0) console.log("writing");
}
