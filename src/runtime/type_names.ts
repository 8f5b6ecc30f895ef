// Types of objects, and their fields, as people know them: by the names in modules, else as the text format writes them.

import { type CompositeType, type FieldType, typeName, TYPES } from "../wasm/types.ts";
import type { Store } from "./store.ts";

/** Fields that a description names at most. */
const MAX_FIELDS = 8;

/** The names in the modules of a store; looked up once, so to be made anew for each report. */
export class TypeNames {
  readonly #types = new Map<number, string>();
  readonly #fields = new Map<number, ReadonlyMap<number, string>>();

  constructor(store: Store) {
    for (const { module } of store.instances) {
      for (const [index, name] of module.names.types) {
        const id = module.canonical[index];
        if (!this.#types.has(id)) this.#types.set(id, `$${name}`);
      }
      for (const [index, names] of module.names.fields) {
        const id = module.canonical[index];
        if (!this.#fields.has(id)) this.#fields.set(id, names);
      }
    }
  }

  /** A type as the first module calls it that has a name for it, else what it looks like. */
  type(typeId: number): string {
    return this.#types.get(typeId) ?? describeType(typeId);
  }
  /** A structure's field. */
  field(typeId: number, index: number): string {
    const name = this.#fields.get(typeId)?.get(index);
    return name === undefined ? `field ${index}` : `field $${name}`;
  }
}

function describeType(typeId: number): string {
  const name = (f: FieldType) => f.mutable ? `(mut ${typeName(f.type)})` : typeName(f.type);
  const c: CompositeType = TYPES.types[typeId].type;
  if (c.kind === "array") return `(array ${name(c.field)})`;
  if (c.kind !== "struct") return "(func)";
  const fields = c.fields.slice(0, MAX_FIELDS).map(name);
  if (c.fields.length > MAX_FIELDS) fields.push("…");
  return `(struct${fields.map((f) => ` (field ${f})`).join("")})`;
}
