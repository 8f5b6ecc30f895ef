// Which way branches usually go: from a profile, else from the hints of the module's custom section, or, for tests, by chance. Takes a function, gives what the compiler lays its code out by.

import { BytecodeReader, passTable } from "../bytecode/reader.ts";
import type { Layout } from "../jit/context.ts";
import { BRANCH_HINT, type BranchHints, readBranchHints } from "../text/branch_hints.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { Module } from "../wasm/module.ts";
import { BR_IF, END, IF } from "../wasm/opcodes.ts";
import { bodyHash } from "./code_key.ts";
import type { BranchProfile } from "./branch_profile.ts";

/** A branch that went one way at least so often, and in this part of all cases, usually goes there. */
const LEAST = 16;
const USUAL = 0.9;
/** What is passed over on the way to the next branch or end. */
const NO_BRANCH = passTable((info) => info.code !== IF && info.code !== BR_IF && info.code !== END);

const HINTS = new WeakMap<Module, BranchHints>();

/** The hints of a module's custom section, by function and offset in its body; none if there is no such section, or it is malformed. */
export function branchHints(module: Module): BranchHints {
  let hints = HINTS.get(module);
  if (hints === undefined) {
    const section = module.customs.find((s) => s.name === BRANCH_HINT);
    hints = (section && readBranchHints(module.bytes, section.start, section.end)) ?? new Map();
    HINTS.set(module, hints);
  }
  return hints;
}

/** Decides how functions are laid out. */
export class Layouts {
  readonly #known = new WeakMap<ValidModule, Map<number, Layout | undefined>>();

  /** `seed`: chance decides, for tests. */
  constructor(readonly profile?: BranchProfile, readonly seed?: number) {}

  /** Which way the branches of a defined function usually go; undefined if nobody knows of any. Always the same. */
  of(valid: ValidModule, index: number): Layout | undefined {
    let known = this.#known.get(valid);
    if (known === undefined) this.#known.set(valid, known = new Map());
    if (!known.has(index)) known.set(index, this.#make(valid.module, index));
    return known.get(index);
  }

  #make(module: Module, index: number): Layout | undefined {
    const layout = new Map<number, boolean>();
    if (this.seed !== undefined) return byChance(module, index, this.seed);
    for (const [offset, hint] of branchHints(module).get(index) ?? []) layout.set(offset, hint === 1);
    const counted = this.profile?.functions.get(bodyHash(module, index));
    for (const { offset, counts: [taken, notTaken], table } of counted?.branches ?? []) {
      const all = taken + notTaken;
      if (table || all < LEAST) continue;
      if (taken >= USUAL * all) layout.set(offset, true);
      else if (notTaken >= USUAL * all) layout.set(offset, false);
      // What was seen counts more than what was hinted.
      else layout.delete(offset);
    }
    return layout.size === 0 ? undefined : layout;
  }
}

function byChance(module: Module, index: number, seed: number): Layout {
  const { start, codeStart, end } = module.funcs[index].body!;
  const layout = new Map<number, boolean>();
  const r = new BytecodeReader(module.bytes, codeStart, end);
  let state = seed ^ Math.imul(index + 1, 0x9e3779b1);
  while (r.pos < end) {
    const code = r.nextBut(NO_BRANCH);
    if (code !== IF && code !== BR_IF) continue;
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    if (state >>> 29 !== 0) layout.set(r.at - start, state >>> 31 === 1);
  }
  return layout;
}
