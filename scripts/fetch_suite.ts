// Fetches the specification's test suite, at the commit that the conformance tests are written for, into tests/conformance/suite/ by git.
// Run by hand (`deno task suite`); tests use what it fetched.

import { fromFileUrl, join } from "@std/path";
import { CACHE } from "../tests/conformance/suite.ts";
import { scriptArgs } from "./arguments.ts";

scriptArgs("deno task suite", {});

const REPOSITORY = "https://github.com/WebAssembly/spec";
const COMMIT = "285a9032950cbad6a9f84de11183008e286092a2";
const FOLDERS = ["core", "custom", "legacy"];

const target = fromFileUrl(CACHE);
const clone = await Deno.makeTempDir({ prefix: "strata-suite-" });

async function git(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("git", {
    args: ["-C", clone, ...args],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (success) return;
  console.error(`error: git ${args[0]} failed; the suite comes from ${REPOSITORY}`);
  Deno.removeSync(clone, { recursive: true });
  Deno.exit(1);
}

async function copy(from: string, to: string): Promise<number> {
  let files = 0;
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const source = join(from, entry.name), goal = join(to, entry.name);
    if (entry.isDirectory) files += await copy(source, goal);
    else if (entry.name.endsWith(".wast")) {
      await Deno.copyFile(source, goal);
      files++;
    }
  }
  return files;
}

try {
  await git("init", "--quiet");
  await git("fetch", "--quiet", "--depth", "1", "--filter=blob:none", REPOSITORY, COMMIT);
  await git("sparse-checkout", "set", ...FOLDERS.map((f) => `test/${f}`));
  await git("checkout", "--quiet", "FETCH_HEAD");
  let files = 0;
  for (const folder of FOLDERS) files += await copy(join(clone, "test", folder), join(target, folder));
  console.log(`${files} scripts of commit ${COMMIT} are in ${target}`);
} finally {
  await Deno.remove(clone, { recursive: true });
}
