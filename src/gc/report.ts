// What a collection tells.

/** Roots of a collection, by kind: how many references were found there. */
export interface RootCounts {
  /** Globals. */
  globals: number;
  /** Entries of tables. */
  tables: number;
  /** Element segments that were not dropped. */
  elements: number;
  /** Words on interpreter and native stacks that look like references; these are found conservatively. */
  stacks: number;
  /** Roots added by the host. */
  host: number;
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
