// What names and places of expressions mean in a frame of a call that waits.

import type { WaitingFrame } from "../runtime/debugging.ts";
import type { WasmGlobal } from "../runtime/global.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import { Right } from "../wasm/rights.ts";
import { V128 } from "../wasm/types.ts";
import type { Scope } from "./expression.ts";
import { type FrameValue, numberOf, valuesOf } from "./values.ts";

/** The global of an instance that a name means: an export's, or that of the name section. */
export function globalNamed(instance: WasmInstance, name: string): WasmGlobal | undefined {
  for (const [index, of] of instance.module.names.globals) if (of === name) return instance.globals[index];
  const exported = instance.exports.get(name);
  return instance.globals.find((g) => g === exported);
}

/** The scope of a frame; without one, of an instance alone. */
export function scopeOf(frame: WaitingFrame | undefined, instance: WasmInstance): Scope {
  let values: ReturnType<typeof valuesOf> | null = null;
  const all = () => {
    if (values === null) values = frame && valuesOf(frame);
    return values;
  };
  const number = (value: FrameValue | undefined) => value && numberOf(value.bits, value.type);
  const ofGlobal = (global: WasmGlobal | undefined) => {
    if (global === undefined) return undefined;
    const { type } = global.type, low = BigInt.asUintN(64, global.bits);
    return numberOf(type === V128 ? low | (BigInt.asUintN(64, global.high) << 64n) : low, type);
  };
  return {
    named: (name) => number(all()?.locals.find((l) => l.name === name)) ?? ofGlobal(globalNamed(instance, name)),
    local: (i) => number(all()?.locals[i]),
    operand: (i) => number(all()?.operands[i]),
    global: (i) => ofGlobal(instance.globals[i]),
    memory: (address, size) => {
      const memory = instance.memories[0];
      if (memory === undefined || !(address >= 0) || address + size > memory.byteLength) return undefined;
      let view: DataView | undefined;
      // The bytes are copied, since they may be closed again.
      memory.access(address, size, Right.NONE, ({ u8 }) => {
        view = new DataView(u8.slice(address, address + size).buffer);
      }, true);
      return view;
    },
  };
}
