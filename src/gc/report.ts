// What a collection tells.

/** Roots of a collection, by kind: how many references were found there. */
export interface RootCounts {
  /** Globals. */
  globals: number;
  /** Entries of tables. */
  tables: number;
  /** Element segments that were not dropped. */
  elements: number;
  /** References on interpreter stacks. */
  operandStacks: number;
  /** Words on native stacks that look like references: only these are found conservatively. */
  nativeStacks: number;
  /** Roots added by the host, and heap objects that JavaScript has. */
  host: number;
}

/** Objects of one type in the heap. */
export interface TypeReport {
  /** The type's `$name` in a module, else what it looks like in the text format, with numbers for other types. */
  readonly type: string;
  /** How many were reached. */
  readonly kept: number;
  /** How many were not. */
  readonly freed: number;
  /** Bytes of the former. */
  readonly keptBytes: number;
  /** Bytes of the latter. */
  readonly freedBytes: number;
}

/** The heap of structures and arrays before and after a collection. */
export interface HeapReport {
  /** Bytes of objects before. */
  readonly bytesBefore: number;
  /** Bytes of the objects that were kept. */
  readonly bytesAfter: number;
  /** Objects that were reached. */
  readonly objectsKept: number;
  /** Objects that were not. */
  readonly objectsFreed: number;
  /** By type, the most frequent first. */
  readonly types: readonly TypeReport[];
}

/** The report of a collection. */
export interface GcReport {
  /** Milliseconds it took. */
  readonly ms: number;
  /** Where tracing began. */
  readonly roots: RootCounts;
  /** Host references (externref handles) that Wasm could still reach. */
  readonly kept: number;
  /** Host references that were freed. */
  readonly freed: number;
  /** Structures and arrays. */
  readonly heap: HeapReport;
  /** Disposed instances that went. */
  readonly instancesFreed: number;
  /** Functions that went with them. */
  readonly functionsFreed: number;
  /** Live instances afterwards. */
  readonly instances: number;
  /** Live functions afterwards. */
  readonly functions: number;
  /** Finalizers that were called. */
  readonly finalizers: number;
}
