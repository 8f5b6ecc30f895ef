// The Global interface (JS API, "Globals"). Takes descriptors and values, gives a class; the global itself is runtime/'s.

import type { WasmGlobal } from "../runtime/global.ts";
import { isExnType, readSlot, writeSlot } from "../runtime/values.ts";
import { isRef, V128, type ValType } from "../wasm/types.ts";
import type { Realm } from "./realm.ts";
import { defaultValue, toValueType } from "./value_types.ts";
import { defineInterface, dictionary, required } from "./webidl.ts";

/** Makes the class for a namespace. */
// deno-lint-ignore no-explicit-any
export function makeGlobal(realm: Realm): new (descriptor: any, ...value: any[]) => object {
  const { globals } = realm;

  const check = (type: ValType, what: string): void => {
    if (type === V128 || isExnType(type)) throw new TypeError(`${what}: the type has no values in JavaScript`);
  };
  const read = (global: WasmGlobal, what: string): unknown => {
    check(global.type.type, what);
    const { i32 } = global.arena;
    return readSlot(realm.context.store, i32, global.cell >> 3, global.type.type);
  };

  /** Numbers that are undefined count as missing, as in V8 and in the tests of the JS API. */
  const missing = (type: ValType, v: readonly unknown[]) => v.length === 0 || (v[0] === undefined && !isRef(type));

  class Global {
    constructor(descriptor: unknown, ...v: unknown[]) {
      const what = "WebAssembly.Global()";
      required(arguments, 1, what);
      const members = dictionary(descriptor, what);
      const mutable = Boolean(members.mutable);
      const { value: name } = members;
      if (name === undefined) throw new TypeError(`${what}: the property 'value' is required`);
      const type = toValueType(name, `${what}: 'value'`);
      check(type, what);
      const inner = realm.context.makeGlobal(type, mutable, missing(type, v) ? defaultValue(type, what) : v[0]);
      globals.set(this, inner);
      realm.register(inner, this);
    }

    valueOf(): unknown {
      return read(globals.get(this, "valueOf()"), "WebAssembly.Global.valueOf()");
    }

    get value(): unknown {
      return read(globals.get(this, "value"), "get WebAssembly.Global.value");
    }
    set value(value: unknown) {
      const what = "set WebAssembly.Global.value";
      const global = globals.get(this, "value");
      const { type, mutable } = global.type;
      check(type, what);
      if (!mutable) throw new TypeError(`${what}: the global is immutable`);
      const slot = new Int32Array(2);
      writeSlot(realm.context.store, slot, 0, type, value);
      global.setWords(slot);
    }
  }

  defineInterface(Global, "Global");
  realm.prototypes.Global = Global.prototype;
  return Global;
}
