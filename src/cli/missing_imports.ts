// What a person is told when a module wants imports that nobody gives.

import type { ImportDescriptor } from "../api/module.ts";
import { count } from "./repl/print.ts";
import { externText } from "./types.ts";

/** Missing imports that are named. */
const SHOWN = 8;

/** The missing imports with their types, a line each, and what to do about it: `hint`, unless they are of WASI. */
export function missingText(missing: readonly ImportDescriptor[], hint = ""): string {
  const lines = [`${count(missing.length, "import is", "imports are")} missing:`];
  for (const { module, name, type } of missing.slice(0, SHOWN)) lines.push(`  ${module}.${name}: ${externText(type)}`);
  if (missing.length > SHOWN) lines.push(`  … ${missing.length - SHOWN} more`);
  const wasi = missing.some((i) => i.module.startsWith("wasi"));
  const last = wasi ? "of WASI, Strata offers preview 1: wasi_snapshot_preview1" : hint;
  return [...lines, ...(last === "" ? [] : [last])].join("\n");
}
