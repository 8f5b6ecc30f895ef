// Translates one validated body to register code, in one pass: operands that are constants or locals are folded into what takes them, the rest stands in the slots where the interpreter has it.
// At calls, loop heads and wherever else a frame may stop, every operand stands there. Takes a function of a module, gives inert code; installing it is code.ts's affair.

import type { ValidModule } from "../validate/validate_module.ts";
import type { FuncBody } from "../wasm/module.ts";
import * as w from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { call } from "./calls.ts";
import { control, passDead } from "./control.ts";
import { op } from "./emitter.ts";
import type { Explanation } from "./explanation.ts";
import { inlineCall } from "./inline.ts";
import { accessOrOther } from "./interpreted.ts";
import { numeric } from "./numbers.ts";
import { formByName, numericForm } from "./numeric_forms.ts";
import { State, type TranslationOptions } from "./state.ts";
import { constant, globalGet, globalSet, localGet, localSet, select } from "./variables.ts";
import { Width } from "./widths.ts";

/** Register code as inert data. Places in it are words from its start. */
export interface Translation {
  readonly words: Int32Array<ArrayBuffer>;
  /** Words that name constants, which are relative to the start in pairs of words. */
  readonly poolWords: readonly number[];
  /** Words of instructions; constants follow. */
  readonly codeWords: number;
  /**
   * Where frames stop and go on, ascending: place in the code, the interpreter's pc there, and words of the frame in use. Of several at one place, frames stop at the first, or are the
   * same at both.
   */
  readonly points: Int32Array;
  /** Words that a frame may take. */
  readonly frameWords: number;
  /** Whether it may trap in a body that stands in place of a call. */
  readonly inlinedTraps: boolean;
}

/** Translates functions of a module, one after the other. */
export class Translator {
  readonly #state: State;

  /** `explain` listens. */
  constructor(readonly valid: ValidModule, options: TranslationOptions, explain?: Explanation) {
    this.#state = new State(valid, options, explain);
  }

  /** Translates the function with this index in the module. */
  translate(index: number): Translation {
    const s = this.#state, { m, e } = s;
    const body = m.funcs[index].body!;
    s.begin(index);
    e.emit(op("enter"), 0, s.localWords, index - m.importedFuncs);
    e.extend(s.facts.paramSlots * 2);
    s.point(body.codeStart);
    if (s.options.counts) {
      e.emit(op("count"), 0);
      s.point(body.codeStart);
    }
    s.head = e.at;
    e.seal();
    run(s, body);
    const frameWords = Math.max(s.most, s.localWords);
    e.words[1] = frameWords;
    const codeWords = e.at;
    return {
      words: e.finish(),
      poolWords: e.poolWords,
      codeWords,
      points: Int32Array.from(s.points),
      frameWords,
      inlinedTraps: s.inlinedTraps,
    };
  }
}

function run(s: State, body: FuncBody): void {
  const { r, explain } = s;
  while (r.pos < body.end) {
    const code = r.next();
    if (explain === undefined) step(s, code);
    else explain.around(s, undefined, () => step(s, code));
  }
}

function step(s: State, code: number): void {
  if (s.dead) return passDead(s, code);
  const form = code < 256 ? numericForm(code) : undefined;
  if (form !== undefined) return numeric(s, form);
  switch (code) {
    case w.LOCAL_GET:
      return localGet(s);
    case w.LOCAL_SET:
      return localSet(s, false);
    case w.LOCAL_TEE:
      return localSet(s, true);
    case w.I32_CONST:
    case w.F32_CONST:
      return constant(s, s.r.lo, 0, Width.NARROW);
    case w.I64_CONST:
    case w.F64_CONST:
      return constant(s, s.r.lo, s.r.hi, Width.FULL);
    case w.REF_NULL:
      return constant(s, 0, 0, Width.FULL);
    case w.NOP:
    case w.ANY_CONVERT_EXTERN:
    case w.EXTERN_CONVERT_ANY:
      return;
    case w.DROP:
      return s.pop();
    case w.SELECT:
    case w.SELECT_T:
      return select(s);
    case w.GLOBAL_GET:
      return globalGet(s);
    case w.GLOBAL_SET:
      return globalSet(s);
    case w.REF_FUNC:
      s.e.emit(op("ref.func"), s.pushRegister(Width.FULL), s.r.index);
      return;
    case w.REF_IS_NULL:
      return numeric(s, formByName("i32.eqz"));
    case w.REF_AS_NON_NULL: {
      const register = s.read(s.h - 1);
      s.e.emit(op("trap_if_null"), TrapCode.NULL_REFERENCE, register);
      s.e.seal();
      return s.traps();
    }
    case w.UNREACHABLE:
      s.e.emit(op("unreachable"), s.r.pos);
      s.traps();
      return s.setDead();
  }
  if (control(s, code) || (code === w.CALL && inlineCall(s, step)) || call(s, code)) return;
  accessOrOther(s, code);
}
