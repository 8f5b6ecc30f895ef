// Bodies of small functions in place of calls: which ones, and how they are translated within their caller, whose operands become the callee's parameters as they are.
// Frames never stop in such a body; where it traps, the thread makes the frame that a call would have made.

import type { ValidModule } from "../validate/validate_module.ts";
import { BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import type { FuncDecl, Module } from "../wasm/module.ts";
import * as w from "../wasm/opcodes.ts";
import { type FuncType, V128 } from "../wasm/types.ts";
import { numericForm } from "./numeric_forms.ts";
import { Kind } from "./operands.ts";
import type { State } from "./state.ts";
import { NO_WIDTHS } from "./state.ts";
import { shapeOf, Width, widthOf } from "./widths.ts";

/** Instructions that a body may have, and locals beside its parameters, each of which may take one more. */
const MOST_INSTRUCTIONS = 16, MOST_LOCALS = 4;
/** No body of that many is longer. */
const MOST_BYTES = MOST_INSTRUCTIONS * 11;

/** What else a body may have, beside numbers and accesses to the first memory. */
const PLAIN: ReadonlySet<number> = new Set([
  w.LOCAL_GET,
  w.LOCAL_SET,
  w.LOCAL_TEE,
  w.I32_CONST,
  w.I64_CONST,
  w.F32_CONST,
  w.F64_CONST,
  w.REF_NULL,
  w.REF_FUNC,
  w.REF_IS_NULL,
  w.NOP,
  w.DROP,
  w.SELECT,
  w.SELECT_T,
  w.GLOBAL_GET,
  w.GLOBAL_SET,
  w.UNREACHABLE,
  w.BLOCK,
  w.IF,
  w.ELSE,
  w.END,
  w.BR,
  w.BR_IF,
  w.RETURN,
]);

/** What a body is: too much, a run of instructions, or one with blocks. */
const Body = { LARGE: 0, STRAIGHT: 1, BLOCKS: 2 } as const;
type Body = (typeof Body)[keyof typeof Body];

const KNOWN = new WeakMap<ValidModule, Map<number, Body>>();

/** Whether calls of a function of a module may be replaced by its body: it is small, calls nothing, has no loop, and nothing that may collect. */
export function isInlinable(valid: ValidModule, index: number): boolean {
  return kindOf(valid, index) !== Body.LARGE;
}

function kindOf(valid: ValidModule, index: number): Body {
  const { module } = valid, { body } = module.funcs[index];
  if (body === undefined || body.end - body.codeStart > MOST_BYTES) return Body.LARGE;
  let known = KNOWN.get(valid);
  if (known === undefined) KNOWN.set(valid, known = new Map());
  let kind = known.get(index);
  if (kind === undefined) known.set(index, kind = findKind(module, module.funcs[index]));
  return kind;
}

function findKind(module: Module, { type, body }: FuncDecl): Body {
  const { params, results } = type, { groups, localCount, codeStart, end } = body!;
  if (results.length > 1 || localCount - params.length > MOST_LOCALS) return Body.LARGE;
  if ([...params, ...results].includes(V128) || groups.some((g) => g.type === V128)) return Body.LARGE;
  let kind: Body = Body.STRAIGHT;
  const r = new BytecodeReader(module.bytes, codeStart, end);
  for (let count = 0; r.pos < end; count++) {
    const code = r.next();
    if (count > MOST_INSTRUCTIONS || !isPlain(module, r, code)) return Body.LARGE;
    if (code === w.BLOCK || code === w.IF) kind = Body.BLOCKS;
  }
  return kind;
}

function isPlain(module: Module, r: BytecodeReader, code: number): boolean {
  if (code >= 256) return false;
  switch (code) {
    case w.GLOBAL_GET:
    case w.GLOBAL_SET:
      return module.globals[r.index].type.type !== V128;
    case w.BLOCK:
    case w.IF:
      if (r.blockIndex === NO_TYPE_INDEX) return r.blockResult !== V128;
      return !(module.types[r.blockIndex].type as FuncType).results.includes(V128);
  }
  if (r.info.imm === w.Imm.MEMORY_ACCESS) return r.index === 0 && !module.memories[0].type.is64;
  return PLAIN.has(code) || numericForm(code) !== undefined;
}

/** Translates the callee that the reader stands behind the call of; `step` translates an instruction. False if it is to be called. */
export function inlineCall(s: State, step: (s: State, code: number) => void): boolean {
  const { r, m, explain } = s, call = r.at, index = r.index, end = r.pos;
  if (!s.options.inline || s.options.metered || s.inlined !== undefined || !isInlinable(s.valid, index)) return false;
  const { type, body } = m.funcs[index], { params, results } = shapeOf(type);
  const first = s.h - params.length, base = params.length > 0 ? s.place[first] : s.top, { localEnd } = s;
  // Blocks want operands where they belong, which is better done before anything is to be joined with a branch.
  if (kindOf(s.valid, index) === Body.BLOCKS) s.flushAll();
  // What only one operand has cannot be read twice.
  for (let i = first; i < s.h; i++) if (s.kind[i] === Kind.SUM && s.value[i] >= localEnd) s.flush(i);
  for (const group of body!.groups) {
    const width = widthOf(group.type);
    for (let i = 0; i < group.count; i++) s.push(Kind.CONSTANT, 0, 0, width);
  }
  const around = s.block, block = s.open(w.BLOCK, NO_WIDTHS, results);
  block.height = first;
  block.words = base;
  s.localEnd = s.top;
  s.inlined = { index, call, end, first, block };
  r.pos = body!.codeStart;
  r.end = body!.end;
  // The last instruction is the `end` of the body.
  while (r.pos < body!.end - 1) {
    const code = r.next();
    if (explain === undefined) step(s, code);
    else explain.around(s, s.inlined, () => step(s, code));
  }
  s.inlined = undefined;
  s.localEnd = localEnd;
  r.at = call;
  r.pos = end;
  r.end = s.decl.body!.end;
  explain?.begin(call);
  explain?.inlines();
  s.blocks.pop();
  s.block = around;
  finish(s, block.jumps, first, base, results[0]);
  return true;
}

/** Ends a body whose first parameter is operand `first`, at register `base`: its result takes that place. */
function finish(s: State, jumps: readonly number[], first: number, base: number, width: Width | undefined): void {
  const { e } = s;
  if (s.dead && jumps.length === 0) return s.setDead();
  let kind: number = Kind.REGISTER, value = base, high = 0;
  if (!s.dead && width !== undefined) {
    const i = s.h - 1, from = s.value[i];
    s.explain?.use(s.origin[i]);
    const stays = s.kind[i] === Kind.CONSTANT || (s.kind[i] !== Kind.REGISTER && from < s.localEnd);
    if (jumps.length === 0 && stays) {
      kind = s.kind[i];
      value = from;
      high = s.high[i];
    } else if (s.kind[i] === Kind.REGISTER && e.lastWriting(from) >= 0) e.words[e.last + 1] = base;
    else s.moveTo(i, base);
  }
  s.cut(first, base);
  s.dead = false;
  if (jumps.length > 0) s.land(jumps);
  if (width === undefined) return;
  s.push(kind, value, high, width);
  if (!s.options.fold) s.flush(s.h - 1);
}

/** `local.get` in such a body: a parameter is what the caller gave. */
export function inlinedGet(s: State, first: number, index: number): void {
  const i = first + index, kind = s.kind[i];
  s.push(kind === Kind.REGISTER ? Kind.LOCAL : kind, s.value[i], s.high[i], s.width[i] as Width);
  s.explain?.use(s.origin[i]);
  if (!s.options.fold) s.flush(s.h - 1);
}

/** A local of such a body was written: it stands where it belongs. */
export function inlinedSet(s: State, first: number, index: number): void {
  const i = first + index;
  if (s.kind[i] & 1) s.aliases--;
  s.kind[i] = Kind.REGISTER;
  s.value[i] = s.place[i];
  if (s.explain !== undefined) s.origin[i] = s.r.at;
}
