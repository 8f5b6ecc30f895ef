// Writes the command line as few files without comments and long names, which Deno loads in half the time: `cli.js` in a folder, by default `dist/`. Workers and optional parts
// it still takes from `src/`.
// To be run again after each change of the sources. Deno downloads its bundler when it is first used.

import { fromFileUrl, join, relative, resolve } from "@std/path";
import { scriptArgs } from "./arguments.ts";

const [folderOf = "dist"] = scriptArgs("deno run -A scripts/bundle.ts [folder]", {})._;
const root = fromFileUrl(new URL("../", import.meta.url)), dist = resolve(root, String(folderOf));

/** Copies sources; what asks for its own place is told that of the original, as seen from the bundle. */
async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isDirectory) {
    await Deno.mkdir(to);
    for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
    return;
  }
  const place = `new URL(${JSON.stringify(relative(dist, from))}, import.meta.url).href`;
  await Deno.writeTextFile(to, (await Deno.readTextFile(from)).replaceAll("import.meta.url", `(${place})`));
}

const folder = await Deno.makeTempDir();
try {
  for (const name of ["src", "cli.ts", "mod.ts"]) await copy(join(root, name), `${folder}/${name}`);
  await Deno.remove(dist, { recursive: true }).catch(() => {});
  const args = [
    "bundle",
    "--no-config",
    "--platform",
    "deno",
    "--code-splitting",
    "--minify",
    "--keep-names",
    "--outdir",
    dist,
    `${folder}/cli.ts`,
  ];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, stdout: "null" }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(join(dist, "cli.js"));
