// A process that fills a cache again and again, to be killed while it does: takes the folder. It prints a line once the cache is being written, and ends by itself only when
// something is wrong.

import { CacheFolder } from "../../src/platform/cache_folder.ts";
import { exercise, LIMIT } from "./cache_modules.ts";

const [folder] = Deno.args;

function fail(why: string): never {
  console.log(why);
  Deno.exit(1);
}

/** What stands in a file behind its head of 64 bytes, which tells how many the contents are, and those. */
function proofOf(file: string): Uint8Array {
  const bytes = Deno.readFileSync(file), head = new TextDecoder().decode(bytes.subarray(0, 64));
  return bytes.slice(64 + Number.parseInt(head.split("\n")[1], 16));
}

/** Writes some entries as they are, so that most of the time something is being written. */
function rewrite(): void {
  const cache = new CacheFolder(folder, LIMIT, fail);
  const names = [...Deno.readDirSync(folder)].map((f) => /^(.*)\.strata$/.exec(f.name)?.[1] ?? "").filter(Boolean);
  for (const name of names.slice(0, 8)) {
    const proof = proofOf(`${folder}/${name}.strata`), contents = cache.read(name, proof);
    if (contents === undefined) fail(`${name} cannot be read`);
    for (let n = 0; n < 20; n++) cache.write(name, contents, proof);
  }
}

for (let round = 0;; round++) {
  const wrong = exercise(folder, Math.floor(Math.random() * 1_000_000), (engine) => engine.saveCache());
  if (wrong !== undefined) fail(wrong);
  rewrite();
  if (round === 0) console.log("writing");
}
