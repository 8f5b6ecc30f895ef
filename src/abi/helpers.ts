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
];
