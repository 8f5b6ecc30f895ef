// Checks the rules of imports that src/README.md states: the order of folders (type imports too), where `Deno` and register names may stand, how modules and npm packages
// are named, and that both architectures hold the same files. Prints a line per violation; exit code 1 if there is any.

import { dirname, fromFileUrl, join, relative } from "@std/path";

/** From the lowest layer to the highest. Folders of one line do not know one another. */
const LAYERS: readonly (readonly string[])[] = [
  ["base"],
  ["wasm"],
  ["bytecode"],
  ["binary", "text", "validate", "asm"],
  ["object"],
  ["platform"],
  ["abi"],
  ["gc"],
  ["runtime"],
  ["interp"],
  ["fast", "js", "jit", "aot", "link"],
  ["engine"],
  ["parallel", "wasi", "debug", "js_api"],
  ["api"],
  ["cli"],
];
/** Where `Deno` and `node:` may be used. */
const HOST_FOLDERS = new Set(["platform", "wasi", "parallel", "cli"]);
/** What only generates code knows no instances: of the layers in between, only these. */
const GENERATORS = new Set(["jit", "aot"]);
const HIDDEN_FROM_GENERATORS = new Set(["runtime", "platform", "object"]);
const REGISTER =
  /(?<!\\)\b(?:[re]?[abcd]x|[re]?[sd]i|[re][sb]p|r(?:8|9|1[0-5])[dwb]?|[xyz]mm\d{1,2}|[xwvq](?:1[0-9]|2[0-9]|30))\b/i;

/** The checkout to look at: the argument, or this one. */
const ROOT = Deno.args[0] ?? fromFileUrl(new URL("../", import.meta.url));
const violations: string[] = [];
/** Files by the npm package they import. */
const packages = new Map<string, Set<string>>();

/** A source without comments and strings, of the same length, and the specifiers that it imports, with their places. */
function read(source: string): { code: string; specifiers: { at: number; text: string }[] } {
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g;
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  const strings: { at: number; text: string }[] = [];
  const code = source.replace(pattern, (text: string, at: number) => {
    if (text.startsWith('"')) strings.push({ at, text: text.slice(1, -1) });
    // Of a template the parts in braces are code.
    if (!text.startsWith("`")) return blank(text);
    return text.split(/(\$\{[^}]*\})/).map((part, i) => i % 2 === 1 ? part : blank(part)).join("");
  });
  const specifiers = strings.filter(({ at }) =>
    /(?<![.#\w])(?:from|import)\s*\(?\s*$/.test(code.slice(Math.max(0, at - 40), at))
  );
  return { code, specifiers };
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function checkImport(
  file: string,
  folder: string | undefined,
  specifier: string,
  say: (message: string) => void,
): void {
  if (specifier.startsWith("npm:") || specifier.startsWith("jsr:")) {
    const name = /^\w+:(@[^/@]+\/[^/@]+|[^/@]+)/.exec(specifier)![1];
    packages.set(name, (packages.get(name) ?? new Set()).add(file));
    if (!/@\d+\.\d+\.\d+/.test(specifier)) say(`${specifier} names no exact version`);
    return;
  }
  if (specifier.startsWith("node:")) {
    if (folder !== undefined && !HOST_FOLDERS.has(folder)) {
      say(`${specifier} belongs into ${[...HOST_FOLDERS].join(", ")}`);
    }
    return;
  }
  if (!specifier.startsWith(".")) {
    return say(`"${specifier}" needs an import map; use a relative path or a full npm: specifier`);
  }
  // The parts of a page are imported as text.
  const isText = folder === "cli" && /\.(?:html|css|js)$/.test(specifier);
  if (!specifier.endsWith(".ts") && !isText) say(`"${specifier}" does not end in .ts`);
  const target = relative(ROOT, join(ROOT, dirname(file), specifier));
  if (folder === undefined) return;
  const parts = target.split("/");
  if (parts[0] !== "src") {
    if (folder !== "cli") say(`imports ${target}, which lies above src/`);
    return;
  }
  const other = parts[1];
  if (other === folder) return;
  const own = layerOf(folder), theirs = layerOf(other);
  if (theirs < 0) say(`${target} is in no layer`);
  else if (theirs === own) say(`${folder} and ${other} do not know one another, but it imports ${target}`);
  else if (theirs > own) say(`${folder} lies below ${other}, but it imports ${target}`);
  else if (GENERATORS.has(folder) && HIDDEN_FROM_GENERATORS.has(other)) {
    say(`${folder} generates code and knows no ${other}, but it imports ${target}`);
  } else if (GENERATORS.has(folder) && other === "gc" && parts[2] !== "layout.ts") {
    say(`of gc, ${folder} knows layout.ts only, not ${target}`);
  }
}

function checkFile(file: string): void {
  const { code, specifiers } = read(Deno.readTextFileSync(join(ROOT, file)));
  const parts = file.split("/");
  const folder = parts[0] === "src" ? parts[1] : undefined;
  const say = (index: number) => (message: string) => violations.push(`${file}:${lineOf(code, index)}: ${message}`);
  if (folder !== undefined && layerOf(folder) < 0) say(0)(`src/${folder} is in no layer`);
  for (const { at, text } of specifiers) checkImport(file, folder, text, say(at));
  if (folder === undefined) return;
  if (!HOST_FOLDERS.has(folder)) {
    for (const m of code.matchAll(/\bDeno\b/g)) say(m.index)(`Deno belongs into ${[...HOST_FOLDERS].join(", ")}`);
  }
  if (!parts.includes("x64") && !parts.includes("aarch64")) {
    for (const m of code.matchAll(new RegExp(REGISTER, "gi"))) {
      say(m.index)(`${m[0]} is a register; only paths with x64 or aarch64 name registers`);
    }
  }
}

function* sources(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

/** Folders x64 and aarch64 beside one another hold the same file names. */
function checkPorts(files: readonly string[]): void {
  const names = (dir: string) => files.filter((f) => dirname(f) === dir).map((f) => f.slice(dir.length + 1));
  for (const dir of new Set(files.map((f) => dirname(f)).filter((d) => d.endsWith("/aarch64")))) {
    const twin = dir.replace(/aarch64$/, "x64");
    const [a, x] = [names(dir), names(twin)];
    for (const name of a.filter((n) => !x.includes(n))) violations.push(`${dir}/${name}: ${twin} has no such file`);
    for (const name of x.filter((n) => !a.includes(n))) violations.push(`${twin}/${name}: ${dir} has no such file`);
  }
}

const files = [...sources("src"), "mod.ts", "cli.ts"].sort();
files.forEach(checkFile);
checkPorts(files);
for (const [name, users] of packages) {
  if (users.size > 1) {
    violations.push(`npm package ${name} is imported by ${[...users].join(", ")}; one file re-exports it`);
  }
}
for (const line of violations) console.log(line);
console.log(
  violations.length === 0 ? `layers: ${files.length} files keep the rules` : `layers: ${violations.length} violations`,
);
Deno.exit(violations.length === 0 ? 0 : 1);
