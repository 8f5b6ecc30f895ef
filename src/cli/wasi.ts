// WASI on the command line and in the shell: what options say about directories, variables and sockets, and whether a module wants WASI at all.

import type { ImportDescriptor, Module } from "../api/module.ts";
import { CALLS, WASI_MODULE } from "../wasi/calls.ts";
import type { Wasi, WasiDirectory, WasiOptions } from "../wasi/wasi.ts";
import { LinkError } from "../wasm/errors.ts";
import { CommandError, UsageError } from "./exit.ts";

/** What options say, as they were written. */
export interface WasiFlags {
  /** `host::guest`, `host::guest:ro`, or a path for both. */
  readonly dir?: readonly string[];
  /** `NAME=value`, or the name of a variable of this process. */
  readonly env?: readonly string[];
  /** The program's name. */
  readonly argv0?: string;
  /** Addresses to listen on. */
  readonly tcplisten?: readonly string[];
  /** How files are reached. */
  readonly files?: WasiOptions["files"];
}

/** Whether a module imports functions of WASI. */
export function importsWasi(module: Module): boolean {
  return module.imports.some((i) => i.module === WASI_MODULE);
}

/** The function of WASI for an import; undefined if there is none. Throws LinkError if the module means it to be of another type. */
export function wasiOffer(wasi: Wasi, wanted: ImportDescriptor): unknown {
  if (wanted.module !== WASI_MODULE) return undefined;
  const found = CALLS.find((c) => c.name === wanted.name);
  if (found === undefined) return undefined;
  const names = (text: string) => [...text].map((t) => t === "i" ? "i32" : "i64").join(" ");
  const { type } = wanted;
  const fits = type.kind === "func" && type.params.join(" ") === names(found.params) &&
    type.results.join(" ") === names(found.result);
  if (!fits) throw new LinkError("incompatible import type", wanted.module, wanted.name);
  return wasi.imports()[WASI_MODULE][wanted.name];
}

/** The options of a `Wasi`. Throws UsageError. */
export function wasiOptions(name: string, args: readonly string[], flags: WasiFlags): WasiOptions {
  return {
    args: [flags.argv0 ?? name, ...args],
    env: Object.fromEntries((flags.env ?? []).flatMap(variable)),
    preopens: Object.fromEntries((flags.dir ?? []).map(directory)),
    sockets: (flags.tcplisten ?? []).map((listen) => ({ listen })),
    files: flags.files,
  };
}

function directory(text: string): [string, WasiDirectory] {
  const [, path, guest = path, readOnly] = /^(.+?)(?:::(.+?)(:ro)?)?$/.exec(text) ?? [];
  if (path === undefined) throw new UsageError(`--dir takes host::guest or host::guest:ro, not "${text}"`);
  return [guest, { path, readOnly: readOnly !== undefined }];
}

function variable(text: string): [string, string][] {
  const at = text.indexOf("=");
  if (at === 0 || text === "") throw new UsageError(`--env takes NAME=value, or a name, not "${text}"`);
  if (at > 0) return [[text.slice(0, at), text.slice(at + 1)]];
  const value = Deno.env.get(text);
  return value === undefined ? [] : [[text, value]];
}

/** Makes what may fail for reasons outside of Strata: errors of the constructor are the user's to mend. */
export function makeWasi(make: () => Wasi): Wasi {
  try {
    return make();
  } catch (e) {
    if (e instanceof Deno.errors.NotCapable || e instanceof UsageError || !(e instanceof Error)) throw e;
    throw new CommandError(e.message);
  }
}
