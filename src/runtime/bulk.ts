// Bulk instructions on memories and tables (specification 4.6.9 to 4.6.12), for every tier. Indices and counts are unsigned.
// Each gives OK or the code of its trap, and does nothing when it traps.

import { Right } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { WasmInstance } from "./instance.ts";
import type { WasmMemory } from "./memory.ts";
import { OK, type Outcome } from "./outcome.ts";
import type { WasmTable } from "./table.ts";

export { OK, type Outcome };

/** `memory.fill`. */
export function memoryFill(m: WasmMemory, at: number, value: number, count: number): Outcome {
  if (at + count > m.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  m.observer?.(at, count, Right.WRITE);
  if (m.protection !== undefined) return m.access(at, count, Right.WRITE, ({ u8 }) => u8.fill(value, at, at + count));
  m.u8.fill(value, at, at + count);
  return OK;
}

/** `memory.copy`. */
export function memoryCopy(to: WasmMemory, from: WasmMemory, at: number, source: number, count: number): Outcome {
  if (at + count > to.byteLength || source + count > from.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  from.observer?.(source, count, Right.READ);
  to.observer?.(at, count, Right.WRITE);
  if (to.protection !== undefined || from.protection !== undefined) return copyChecked(to, from, at, source, count);
  if (to === from) to.u8.copyWithin(at, source, source + count);
  else to.u8.set(from.u8.subarray(source, source + count), at);
  return OK;
}

/** The same where rights are checked. */
function copyChecked(to: WasmMemory, from: WasmMemory, at: number, source: number, count: number): Outcome {
  let outcome: Outcome = from.prepare(source, count, Right.READ);
  if (outcome === OK) outcome = to.prepare(at, count, Right.WRITE);
  // Reports of the second may have changed what was found for the first.
  if (at + count > to.byteLength || source + count > from.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  if (outcome !== OK) return outcome;
  let bytes = NO_BYTES;
  outcome = from.access(source, count, Right.READ, ({ u8 }) => bytes = u8.slice(source, source + count), true);
  return outcome !== OK ? outcome : to.access(at, count, Right.WRITE, ({ u8 }) => u8.set(bytes, at), true);
}

const NO_BYTES = new Uint8Array(0);

/** `memory.init`. */
export function memoryInit(
  i: WasmInstance,
  segment: number,
  memory: number,
  at: number,
  source: number,
  count: number,
): Outcome {
  const m = i.memories[memory];
  const data = i.data(segment);
  if (source + count > data.length || at + count > m.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  const bytes = data.subarray(source, source + count);
  m.observer?.(at, count, Right.WRITE);
  if (m.protection !== undefined) return m.access(at, count, Right.WRITE, ({ u8 }) => u8.set(bytes, at));
  m.u8.set(bytes, at);
  return OK;
}

/** `table.fill`. */
export function tableFill(t: WasmTable, at: number, ref: number, count: number): Outcome {
  if (at + count > t.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
  t.slice(at, at + count).fill(ref);
  return OK;
}

/** `table.copy`. */
export function tableCopy(to: WasmTable, from: WasmTable, at: number, source: number, count: number): Outcome {
  if (at + count > to.length || source + count > from.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
  to.slice(at, at + count).set(from.slice(source, source + count));
  return OK;
}

/** `table.init`. */
export function tableInit(
  i: WasmInstance,
  segment: number,
  table: number,
  at: number,
  source: number,
  count: number,
): Outcome {
  const t = i.tables[table];
  const refs = i.elem(segment);
  if (source + count > refs.length || at + count > t.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
  t.slice(at, at + count).set(refs.subarray(source, source + count));
  return OK;
}
