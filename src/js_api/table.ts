// The Table interface (JS API, "Tables"). Takes descriptors, gives a class; the table itself is runtime/'s.

import type { WasmTable } from "../runtime/table.ts";
import { fromRef, isExnType, toRef } from "../runtime/values.ts";
import { LIMITS } from "../wasm/limits.ts";
import { isRef } from "../wasm/types.ts";
import { addressType, limits } from "./limits.ts";
import type { Realm } from "./realm.ts";
import { defaultValue, toValueType } from "./value_types.ts";
import { addressValue, defineInterface, dictionary, fromAddress, required } from "./webidl.ts";

/** Makes the class for a namespace. */
// deno-lint-ignore no-explicit-any
export function makeTable(realm: Realm): new (descriptor: any, ...value: any[]) => object {
  const { tables } = realm;

  /** The reference for a value, if there is one among the arguments. */
  const refOf = (table: WasmTable, value: readonly unknown[], what: string): number => {
    const { element } = table.type;
    return toRef(realm.context.store, element, value.length > 0 ? value[0] : defaultValue(element, what));
  };
  const place = (table: WasmTable, index: unknown, what: string): number => {
    const at = addressValue(index, table.type.is64, what);
    return at < BigInt(table.length) ? Number(at) : -1;
  };
  const outside = (table: WasmTable, index: unknown, what: string) =>
    new RangeError(`${what}: invalid address ${index} in a table of size ${table.length}`);
  const check = (table: WasmTable, what: string): void => {
    if (isExnType(table.type.element)) throw new TypeError(`${what}: an exnref has no value in JavaScript`);
  };

  class Table {
    constructor(descriptor: unknown, ...value: unknown[]) {
      const what = "WebAssembly.Table()";
      required(arguments, 1, what);
      const members = dictionary(descriptor, what);
      const { element: name } = members;
      if (name === undefined) throw new TypeError(`${what}: the property 'element' is required`);
      const element = toValueType(name, `${what}: 'element'`);
      if (!isRef(element)) throw new TypeError(`${what}: the property 'element' must be a reference type`);
      const is64 = addressType(members, what);
      const { initial, maximum } = limits(members, is64, is64 ? (1n << 64n) - 1n : 2n ** 32n - 1n, what);
      if (initial > BigInt(LIMITS.tableEntries)) throw new RangeError(`${what}: cannot allocate ${initial} entries`);
      const init = value.length > 0 ? value[0] : defaultValue(element, what);
      try {
        const inner = realm.context.makeTable({ min: initial, max: maximum, is64, shared: false, element }, init);
        tables.set(this, inner);
        realm.register(inner, this);
      } catch (error) {
        throw realm.outward(error, what, Table);
      }
    }

    get length(): number | bigint {
      const table = tables.get(this, "length");
      return fromAddress(table.length, table.type.is64);
    }

    grow(delta: unknown, ...value: unknown[]): number | bigint {
      const what = "WebAssembly.Table.grow()";
      const table = tables.get(this, "grow()");
      required(arguments, 1, what);
      const { is64 } = table.type;
      const entries = addressValue(delta, is64, what);
      const old = table.grow(Number(entries), refOf(table, value, what));
      if (old < 0) throw new RangeError(`${what}: cannot grow by ${entries} entries from ${table.length}`);
      return fromAddress(old, is64);
    }

    set(index: unknown, ...value: unknown[]): void {
      const what = "WebAssembly.Table.set()";
      const table = tables.get(this, "set()");
      required(arguments, 1, what);
      check(table, what);
      const at = place(table, index, what);
      const ref = refOf(table, value, what);
      if (at < 0) throw outside(table, index, what);
      table.set(at, ref);
    }

    get(index: unknown): unknown {
      const what = "WebAssembly.Table.get()";
      const table = tables.get(this, "get()");
      required(arguments, 1, what);
      check(table, what);
      const at = place(table, index, what);
      if (at < 0) throw outside(table, index, what);
      return fromRef(realm.context.store, table.type.element, table.get(at));
    }
  }

  defineInterface(Table, "Table");
  realm.prototypes.Table = Table.prototype;
  return Table;
}
