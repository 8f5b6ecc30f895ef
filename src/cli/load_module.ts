// Where modules come from: a path, standard input, a URL, or a file of an npm package. Takes what stands on the command line, gives bytes or text.

import { CommandError, reasonOf, UsageError } from "./exit.ts";

/** A module's source. Text is given as a string, the binary format as bytes. */
export interface ModuleSource {
  /** A short name for people: the file's name without its ending. */
  readonly name: string;
  readonly source: Uint8Array | string;
}

const URL_LIKE = /^(?:https?|file|data|blob):/;

/** Reads a module. The content decides whether it is text or binary. Throws CommandError when it cannot be read. */
export async function loadModule(spec: string): Promise<ModuleSource> {
  const bytes = await readBytes(spec);
  return { name: shortName(spec), source: isBinary(bytes) ? bytes : decodeText(bytes, spec) };
}

/** The content of a file, a URL (`https:`, `file:`, `data:`), an `npm:package@version/path`, or standard input (`-`). Throws CommandError. */
export async function readBytes(spec: string): Promise<Uint8Array> {
  if (spec === "") throw new UsageError("a module has no empty name");
  if (spec.startsWith("npm:")) return await readNpm(spec);
  if (spec === "-") return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  return URL_LIKE.test(spec) ? await readUrl(spec) : await readPath(spec);
}

async function readNpm(specifier: string): Promise<Uint8Array> {
  const { readNpmFile } = await import("../platform/npm.ts");
  try {
    return await readNpmFile(specifier);
  } catch (e) {
    throw new CommandError(e instanceof Error ? e.message : String(e));
  }
}

async function readUrl(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new CommandError(`${url}: HTTP ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (e) {
    if (e instanceof CommandError || e instanceof Deno.errors.NotCapable) throw e;
    throw new CommandError(`cannot read ${url}: ${reasonOf(e)}`);
  }
}

async function readPath(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) throw new CommandError(`there is no file ${path}`);
    if (e instanceof Deno.errors.IsADirectory) throw new CommandError(`${path} is a directory`);
    if (e instanceof Deno.errors.NotCapable) throw new CommandError(`reading ${path} needs --allow-read`);
    throw new CommandError(`cannot read ${path}: ${reasonOf(e)}`);
  }
}

/** Whether bytes are to be decoded, not parsed: the binary format begins with a zero byte, which no text holds. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.length === 0 || bytes.subarray(0, 64).includes(0);
}

function decodeText(bytes: Uint8Array, spec: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(`${spec} is neither a binary module nor UTF-8 text`);
  }
  // A page that says that there is nothing, an archive's pointer: the text format's complaint about their first word would say little.
  if (!/^\s*(?:[(;]|$)/.test(text)) {
    throw new CommandError(`${spec} is neither a binary module nor the text format, which begins with a parenthesis`);
  }
  return text;
}

function shortName(spec: string): string {
  const path = spec.startsWith("data:") ? "data" : spec.replace(/[?#].*$/, "");
  const base = path.split(/[/\\]/).pop() || path;
  return base === "-" ? "stdin" : base.replace(/\.(wasm|wat)$/, "");
}
