// What a collection tells.

/** Roots of a collection, by kind: how many references were found there. */
export interface RootCounts {
  globals: number;
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
  readonly roots: RootCounts;
  /** Host references (externref handles) that Wasm could still reach, and those that were freed. */
  readonly kept: number;
  readonly freed: number;
  /** Disposed instances that went, and the functions that went with them. */
  readonly instancesFreed: number;
  readonly functionsFreed: number;
  /** Live instances and functions afterwards. */
  readonly instances: number;
  readonly functions: number;
  /** Finalizers that were called. */
  readonly finalizers: number;
}
