// THE table of helpers: services that machine code asks TypeScript for by an exit HELPER. Ids are stable small integers.
// Arguments and results stand in the stack block's slots, in the order written here; indices of memories, tables and segments are the instance's.

/** A row of the helper table. */
export interface HelperInfo {
  /** The instruction it serves. */
  readonly name: string;
  /** Names of the arguments, one slot each. */
  readonly args: readonly string[];
  /** Result slots. */
  readonly results: number;
}

/** Ids of the helper table. */
export const Helper = {
  MEMORY_GROW: 0,
  MEMORY_COPY: 1,
  MEMORY_FILL: 2,
  MEMORY_INIT: 3,
  DATA_DROP: 4,
  TABLE_GET: 5,
  TABLE_SET: 6,
  TABLE_GROW: 7,
  TABLE_FILL: 8,
  TABLE_COPY: 9,
  TABLE_INIT: 10,
  ELEM_DROP: 11,
  TABLE_SIZE: 12,
  REF_FUNC: 13,
  MEMORY_LENGTH: 14,
  MEMORY_SIZE: 15,
  FUNCTION_MATCHES: 16,
  ATOMIC_NOTIFY: 17,
  ATOMIC_WAIT32: 18,
  ATOMIC_WAIT64: 19,
  STRUCT_NEW_DEFAULT: 20,
  ARRAY_NEW_DEFAULT: 21,
  ARRAY_NEW: 22,
  ARRAY_NEW_DATA: 23,
  ARRAY_NEW_ELEM: 24,
  ARRAY_FILL: 25,
  ARRAY_COPY: 26,
  ARRAY_INIT_DATA: 27,
  ARRAY_INIT_ELEM: 28,
  REF_TEST: 29,
  REF_CAST: 30,
  THROW: 31,
  THROW_REF: 32,
  MEMORY_CHECK: 33,
} as const;
/** An id of the helper table. */
export type Helper = (typeof Helper)[keyof typeof Helper];

/** The rows, indexed by id. */
export const HELPERS: readonly HelperInfo[] = [
  { name: "memory.grow", args: ["memory", "delta"], results: 1 },
  { name: "memory.copy", args: ["destinationMemory", "sourceMemory", "destination", "source", "count"], results: 0 },
  { name: "memory.fill", args: ["memory", "destination", "value", "count"], results: 0 },
  { name: "memory.init", args: ["segment", "memory", "destination", "source", "count"], results: 0 },
  { name: "data.drop", args: ["segment"], results: 0 },
  { name: "table.get", args: ["table", "index"], results: 1 },
  { name: "table.set", args: ["table", "index", "value"], results: 0 },
  { name: "table.grow", args: ["table", "value", "delta"], results: 1 },
  { name: "table.fill", args: ["table", "index", "value", "count"], results: 0 },
  { name: "table.copy", args: ["destinationTable", "sourceTable", "destination", "source", "count"], results: 0 },
  { name: "table.init", args: ["segment", "table", "destination", "source", "count"], results: 0 },
  { name: "elem.drop", args: ["segment"], results: 0 },
  { name: "table.size", args: ["table"], results: 1 },
  { name: "ref.func", args: ["function"], results: 1 },
  { name: "memory.length", args: ["memory"], results: 0 },
  { name: "memory.size", args: ["memory"], results: 1 },
  { name: "function.matches", args: ["function", "type"], results: 1 },
  { name: "atomic.notify", args: ["memory", "offset", "address", "count"], results: 1 },
  { name: "atomic.wait32", args: ["memory", "offset", "address", "expected", "timeout"], results: 1 },
  { name: "atomic.wait64", args: ["memory", "offset", "address", "expected", "timeout"], results: 1 },
  { name: "struct.new_default", args: ["type"], results: 1 },
  { name: "array.new_default", args: ["type", "length"], results: 1 },
  { name: "array.new", args: ["type", "value", "length"], results: 1 },
  { name: "array.new_data", args: ["type", "segment", "source", "length"], results: 1 },
  { name: "array.new_elem", args: ["type", "segment", "source", "length"], results: 1 },
  { name: "array.fill", args: ["array", "index", "value", "count"], results: 0 },
  { name: "array.copy", args: ["destination", "index", "source", "sourceIndex", "count"], results: 0 },
  { name: "array.init_data", args: ["segment", "array", "index", "source", "count"], results: 0 },
  { name: "array.init_elem", args: ["segment", "array", "index", "source", "count"], results: 0 },
  { name: "ref.test", args: ["heapType", "reference"], results: 1 },
  { name: "ref.cast", args: ["heapType", "reference"], results: 0 },
  { name: "throw", args: ["tag", "payload"], results: 0 },
  { name: "throw_ref", args: ["exception"], results: 0 },
  { name: "memory.check", args: ["memory", "end", "size", "rights", "offset"], results: 1 },
];
