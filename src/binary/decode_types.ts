// The type section and the types of tables, memories and globals (specification 5.3). Canonical ids are given here, group by group.
// Whether a type may be used where it stands is left to validate/.

import type { ByteReader } from "../bytecode/byte_reader.ts";
import { CompileError } from "../wasm/errors.ts";
import type { FeatureSet } from "../wasm/features.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import {
  type CompositeType,
  type FieldType,
  type GlobalType,
  heapOf,
  isRef,
  type Limits,
  type MemoryType,
  type TableType,
  type TypeDef,
  TYPES,
  type ValType,
} from "../wasm/types.ts";

/** Reads the type section into `types`, the canonical id of each into `canonical` and the byte offset of each into `offsets`. */
export function decodeTypes(r: ByteReader, types: TypeDef[], canonical: number[], offsets: number[]): void {
  const at = r.pos;
  const depths: number[] = [];
  const groups = r.u32();
  if (groups > LIMITS.types) r.malformed(`too many types: ${groups}`, at);
  for (let i = 0; i < groups; i++) {
    const groupAt = r.pos;
    const start = types.length;
    const explicit = r.bytes[r.pos] === 0x4e && r.pos < r.end;
    if (explicit) r.u8();
    const size = explicit ? r.u32() : 1;
    if (start + size > LIMITS.types) r.malformed(`too many types: ${start + size}`, groupAt);
    const group: TypeDef[] = [];
    for (let k = 0; k < size; k++) {
      offsets.push(r.pos);
      group.push(subType(r, start, size, explicit));
    }
    checkReferences(group, start + size, groupAt);
    for (const def of group) {
      const index = types.push(def) - 1;
      depths.push(subtypingDepth(def, index, depths, offsets[index]));
    }
    const base = TYPES.addGroup(group, start, canonical);
    for (let k = 0; k < size; k++) canonical.push(base + k);
  }
}

/** How many supertypes stand above the type `index`. Checked before canonical ids are given, since these list all supertypes of each type. */
function subtypingDepth(def: TypeDef, index: number, depths: readonly number[], at: number): number {
  const [sup] = def.supers;
  if (sup === undefined || sup >= index) return 0;
  const depth = depths[sup] + 1;
  if (depth > LIMITS.subtypingDepth) {
    throw new CompileError(`${INVALID.subType} ${index} has more than ${LIMITS.subtypingDepth} supertypes`, at);
  }
  return depth;
}

function subType(r: ByteReader, groupStart: number, groupSize: number, explicitGroup: boolean): TypeDef {
  const at = r.pos;
  let form = r.u8();
  let final = true;
  const supers: number[] = [];
  if (form === 0x50 || form === 0x4f) {
    final = form === 0x4f;
    for (let n = r.u32(); n > 0; n--) supers.push(r.u32());
    form = r.u8();
  }
  if (form >= 0x80) r.malformed(MALFORMED.intTooLong, at);
  return { final, supers, type: composite(r, form, at), groupStart, groupSize, explicitGroup };
}

function composite(r: ByteReader, form: number, at: number): CompositeType {
  switch (form) {
    case 0x60:
      return {
        kind: "func",
        params: valTypes(r, LIMITS.params, "parameters"),
        results: valTypes(r, LIMITS.results, "results"),
      };
    case 0x5f: {
      const fieldsAt = r.pos;
      const count = r.u32();
      if (count > LIMITS.structFields) r.malformed(`too many fields: ${count}`, fieldsAt);
      const fields: FieldType[] = [];
      for (let i = 0; i < count; i++) fields.push(field(r));
      return { kind: "struct", fields };
    }
    case 0x5e:
      return { kind: "array", field: field(r) };
    default:
      r.malformed(MALFORMED.typeForm, at);
  }
}

function valTypes(r: ByteReader, limit: number, what: string): ValType[] {
  const at = r.pos;
  const count = r.u32();
  if (count > limit) r.malformed(`too many ${what}: ${count}, the limit is ${limit}`, at);
  const list: ValType[] = [];
  for (let i = 0; i < count; i++) list.push(r.valType());
  return list;
}

function field(r: ByteReader): FieldType {
  return { type: r.storageType(), mutable: mutability(r) };
}

function mutability(r: ByteReader): boolean {
  const at = r.pos;
  const byte = r.u8();
  if (byte > 1) r.malformed(MALFORMED.mutability, at);
  return byte === 1;
}

/** Every type index in a group must lie below `limit`, the end of the group. */
function checkReferences(group: readonly TypeDef[], limit: number, at: number): void {
  const check = (index: number) => {
    if (index >= limit) throw new CompileError(`${INVALID.unknownType} ${index}`, at);
  };
  const type = (t: ValType) => {
    if (isRef(t) && heapOf(t) >= 0) check(heapOf(t));
  };
  for (const d of group) {
    d.supers.forEach(check);
    if (d.type.kind === "func") {
      d.type.params.forEach(type);
      d.type.results.forEach(type);
    } else if (d.type.kind === "struct") {
      d.type.fields.forEach((f) => type(f.type));
    } else {
      type(d.type.field.type);
    }
  }
}

/** Flags of limits. */
const HAS_MAX = 1, SHARED = 2, IS_64 = 4, HAS_PAGE_SIZE = 8;

/** The flags byte of limits, of which those in `allowed` may be set. */
function limitsFlags(r: ByteReader, allowed: number): number {
  const at = r.pos;
  const flags = r.u8();
  if (flags & ~allowed) r.malformed(MALFORMED.limitsFlags, at);
  return flags;
}

/** A minimum and maybe a maximum. */
function limits(r: ByteReader, flags: number): Limits {
  const is64 = (flags & IS_64) !== 0;
  // 32-bit limits are read like 64-bit ones, so that one that is too large is invalid and not malformed; as in V8 they have no more bytes than they may need.
  const bound = () => {
    const start = r.pos;
    const n = r.u64();
    if (!is64 && r.pos > start + 5) r.malformed(MALFORMED.intTooLong, start);
    return n;
  };
  const min = bound();
  return { min, max: flags & HAS_MAX ? bound() : undefined, is64, shared: (flags & SHARED) !== 0 };
}

/** A table type: element type and limits. */
export function decodeTableType(r: ByteReader): TableType {
  const element = r.refType();
  return { ...limits(r, limitsFlags(r, HAS_MAX | IS_64)), element };
}
/** A memory type. */
export function decodeMemoryType(r: ByteReader, features: FeatureSet): MemoryType {
  const start = r.pos;
  const flags = limitsFlags(r, HAS_MAX | SHARED | IS_64 | HAS_PAGE_SIZE);
  if (flags & HAS_PAGE_SIZE && !features.has("custom-page-sizes")) {
    r.malformed(`${MALFORMED.limitsFlags}: feature custom-page-sizes is off`, start);
  }
  const l = limits(r, flags);
  const at = r.pos;
  const pageSizeLog2 = flags & HAS_PAGE_SIZE ? r.u32() : 16;
  if (pageSizeLog2 >= 64) r.malformed(INVALID.pageSize, at);
  return { ...l, pageSizeLog2 };
}
/** A global type: value type and mutability. */
export function decodeGlobalType(r: ByteReader): GlobalType {
  return { type: r.valType(), mutable: mutability(r) };
}
