// Calls. Arguments stand where the frame of the callee begins.

import * as w from "../wasm/opcodes.ts";
import type { FuncType } from "../wasm/types.ts";
import { op } from "./emitter.ts";
import type { State } from "./state.ts";
import { type Shape, shapeOf } from "./widths.ts";

export function call(s: State, code: number): boolean {
  const { e, r, m } = s;
  switch (code) {
    case w.CALL: {
      const shape = shapeOf(m.funcs[r.index].type);
      const args = placeArguments(s, shape);
      e.emit(r.index < m.importedFuncs ? op("call_import") : op("call"), args, r.index);
      called(s, shape);
      return true;
    }
    case w.RETURN_CALL: {
      const args = placeArguments(s, shapeOf(m.funcs[r.index].type));
      e.emit(op("return_call"), args, r.index);
      tailCalled(s);
      return true;
    }
    case w.CALL_INDIRECT:
    case w.RETURN_CALL_INDIRECT: {
      const shape = shapeOf(m.types[r.index].type as FuncType);
      const register = callee(s, m.tables[r.index2].type.is64);
      const args = placeArguments(s, shape);
      e.emit(op(code === w.CALL_INDIRECT ? "call_indirect" : "return_call_indirect"), args, register, r.index2);
      e.extend(m.canonical[r.index]);
      if (code === w.CALL_INDIRECT) called(s, shape);
      else tailCalled(s);
      return true;
    }
    case w.CALL_REF:
    case w.RETURN_CALL_REF: {
      const shape = shapeOf(m.types[r.index].type as FuncType);
      const register = callee(s);
      const args = placeArguments(s, shape);
      e.emit(op(code === w.CALL_REF ? "call_ref" : "return_call_ref"), args, register);
      if (code === w.CALL_REF) called(s, shape);
      else tailCalled(s);
      return true;
    }
  }
  return false;
}

/** Takes the topmost operand, what is to be called; gives its register, which the arguments do not touch. */
function callee(s: State, is64 = false): number {
  const register = s.read(s.h - 1);
  s.pop();
  if (!is64) return register;
  s.e.emit(op("index64"), s.top, register);
  return s.top;
}

/** Puts all operands where they belong, and takes the arguments; gives the register of the first. */
function placeArguments(s: State, shape: Shape): number {
  s.flushAll();
  s.popMany(shape.params.length);
  return s.top;
}

function called(s: State, shape: Shape): void {
  s.traps();
  const top = s.top;
  s.point(s.r.pos);
  s.e.seal();
  s.top = top;
  s.pushAll(shape.results);
}

function tailCalled(s: State): void {
  s.traps();
  s.point(s.r.pos);
  s.setDead();
}
