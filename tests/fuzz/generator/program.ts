// A random valid program: a module, what it imports, and calls to make. Takes decisions, gives bytes; always the same for the same decisions.
// Programs end (loops and calls burn fuel), and the bits of NaNs that an instruction makes never reach anything that can be seen.

import { type ImportDecl, writeModule } from "../../../src/bytecode/module_writer.ts";
import type { MemoryType, ValType } from "../../../src/wasm/types.ts";
import { Builder } from "./builder.ts";
import { type Call, planCalls, seenByJs } from "./calls.ts";
import { Choices } from "./choices.ts";
import type { Profile, Types } from "./types.ts";

/** What was generated. */
export interface Program {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly profile: Profile;
  readonly types: Types;
  readonly imports: readonly ImportDecl[];
  /** Functions in all, imported ones first. */
  readonly functions: number;
  /** Types of globals and tags; of tables, whether addresses have 64 bits and JavaScript sees the entries. */
  readonly globals: readonly ValType[];
  readonly tags: readonly number[];
  readonly memories: readonly MemoryType[];
  readonly tables: readonly { readonly is64: boolean; readonly seen: boolean }[];
  readonly calls: readonly Call[];
  /** The decisions, to be cut and played again. */
  readonly decisions: Decisions;
}
/** Decisions about the program, and about the length of its numbers. */
export interface Decisions {
  readonly program: readonly number[];
  readonly padding: readonly number[];
}

/** Makes a program from a seed or from decisions. */
export function generateProgram(source: number | Decisions): Program {
  const seeded = typeof source === "number";
  const c = new Choices(seeded ? source : source.program);
  const padding = new Choices(seeded ? Math.imul(source, 0x9e3779b1) ^ 0x5bd1e995 : source.padding);
  const profile: Profile = {
    observed: c.weighted([[1, false], [15, true]]),
    simd: c.oneIn(2),
    gc: c.oneIn(2),
    exceptions: c.weighted([[2, "none"], [2, "new"], [1, "old"]]),
    atomics: c.oneIn(3),
    proposals: c.oneIn(12),
    overlong: padding.weighted([[2, 0], [1, 12], [1, 2]]),
  };
  const builder = new Builder(c, padding, profile);
  const calls = planCalls(builder);
  const { types, imports, funcs, module } = builder;
  module.types.push(...types.defs);
  module.imports.push(...imports);
  return {
    bytes: writeModule(module, builder.writer()).bytes,
    profile,
    types,
    imports,
    functions: funcs.length,
    globals: builder.globals.map((g) => g.type.type),
    tags: builder.tags,
    memories: builder.memories,
    tables: builder.tables.map(({ type }) => ({ is64: type.is64, seen: seenByJs(type.element) })),
    calls,
    decisions: { program: c.taken, padding: padding.taken },
  };
}
