// Where references stand in a frame of the interpreter: found when a collection asks, by validating the body again up to the place where the frame is.
// Takes a function and a pc, gives slots of the frame; which of them exist at that moment is the interpreter's affair.

import { Heap, heapOf, isRef, slotsOf, topOf, type ValType } from "../wasm/types.ts";
import { BodyValidator } from "./body.ts";
import type { BodyFacts } from "./side_table.ts";
import type { ValidModule } from "./validate_module.ts";

/** Slots of a frame, from its first local on, that hold references: those whose bits tell what they are, and function references. */
export interface StackMap {
  readonly refs: Int32Array;
  readonly funcs: Int32Array;
}

const MAPS = new WeakMap<BodyFacts, Map<number, StackMap>>();

/**
 * The map of function `index` before the instruction that ends at `pc` or holds it. Includes what that instruction takes from the stack.
 */
export function stackMap(valid: ValidModule, index: number, pc: number): StackMap {
  const facts = valid.bodies[index - valid.module.importedFuncs];
  let maps = MAPS.get(facts);
  if (maps === undefined) MAPS.set(facts, maps = new Map());
  let map = maps.get(pc);
  if (map === undefined) maps.set(pc, map = makeMap(valid, facts, index, pc));
  return map;
}

function makeMap(valid: ValidModule, facts: BodyFacts, index: number, pc: number): StackMap {
  const { module, context } = valid;
  const f = module.funcs[index];
  const { locals, operands } = new BodyValidator(context).typesBefore(f, f.body!, pc);
  const refs: number[] = [], funcs: number[] = [];
  let slot = 0;
  const visit = (t: ValType) => {
    if (isRef(t)) (topOf(heapOf(t), module) === Heap.FUNC ? funcs : refs).push(slot);
    slot += slotsOf(t);
  };
  locals.forEach(visit);
  // Exceptions that legacy catch blocks keep.
  while (slot < facts.localSlots) refs.push(slot++);
  operands.forEach(visit);
  return { refs: Int32Array.from(refs), funcs: Int32Array.from(funcs) };
}
