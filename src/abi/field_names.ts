// Names for the fields that machine code addresses, for people who read it. Takes byte offsets and a vmctx layout, gives names from the table of fields.

import { GLOBAL_BYTES, RECORD, SLOT_BYTES, STACK, VMCTX, type VmctxLayout } from "./vmctx.ts";

/** What a reader of a function's machine code needs in order to name memory operands. */
export interface FieldNames {
  /** The field of the instance's vmctx at an offset; undefined if there is none. */
  vmctx(offset: number): string | undefined;
  /** The field of the stack block at an offset. */
  stack(offset: number): string | undefined;
  /** The field of a function record at an offset. */
  record(offset: number): string | undefined;
  /** What a canonical slot of the frame holds. */
  slot(index: number): string;
}

/** Names of a module's things, by index in their index space (of a local: in the function). */
export interface ThingNames {
  local(index: number): string | undefined;
  global(index: number): string;
  func(index: number): string;
  memory(index: number): string;
  table(index: number): string;
}

function byOffset(prefix: string, fields: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(fields).map(([name, offset]) => [offset, `${prefix}.${name}`]));
}
const VMCTX_NAMES = byOffset("vmctx", VMCTX);
const STACK_NAMES = byOffset("stack", STACK);
const RECORD_NAMES = byOffset("record", RECORD);

/** Names for one function's code. `importedGlobals` and the layout are those of its module. */
export function fieldNames(layout: VmctxLayout, importedGlobals: number, things: ThingNames): FieldNames {
  // Parts in the order of their offsets; each ends where the next begins.
  const parts: readonly [number, number, (index: number) => string][] = [
    [layout.ownGlobals, GLOBAL_BYTES, (i) => `global ${things.global(importedGlobals + i)}`],
    [layout.memories, 8, (i) => `memory ${things.memory(i)}`],
    [layout.tables, 8, (i) => `table ${things.table(i)}`],
    [layout.importedGlobals, 8, (i) => `global ${things.global(i)}`],
    [layout.importedFunctions, 8, (i) => `import ${things.func(i)}`],
    [layout.typeIds, 4, (i) => `typeId ${i}`],
    [layout.size, 1, () => ""],
  ];
  return {
    vmctx(offset) {
      if (offset >= layout.size) return undefined;
      const n = parts.findIndex(([start]) => start > offset) - 1;
      if (n < 0) return VMCTX_NAMES.get(offset);
      const [start, bytes, name] = parts[n];
      const rest = (offset - start) % bytes;
      return `vmctx.${name((offset - start - rest) / bytes)}${rest === 0 ? "" : ` + ${rest}`}`;
    },
    stack(offset) {
      if (offset < STACK.args || offset >= STACK.safepointThunk) return STACK_NAMES.get(offset);
      const rest = (offset - STACK.args) % SLOT_BYTES;
      return `stack.args[${(offset - STACK.args - rest) / SLOT_BYTES}]${rest === 0 ? "" : ` + ${rest}`}`;
    },
    record: (offset) => RECORD_NAMES.get(offset),
    slot: (index) => things.local(index) ?? `slot ${index}`,
  };
}
