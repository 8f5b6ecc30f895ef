// Implementation limits. They are V8's, since they decide between accept and reject; the specification (appendix "Implementation Limitations") allows them.

/** Limits on a module and its parts; a module beyond one is rejected with a CompileError. */
export const LIMITS = {
  moduleBytes: 1024 * 1024 * 1024,
  types: 1_000_000,
  subtypingDepth: 63,
  functions: 1_000_000,
  imports: 1_000_000,
  exports: 1_000_000,
  globals: 1_000_000,
  tags: 1_000_000,
  dataSegments: 100_000,
  elementSegments: 10_000_000,
  tables: 100_000,
  /** Imported and defined together. */
  memories: 100_000,
  /** Entries of a table. */
  tableEntries: 10_000_000,
  /** Elements of one segment or of `table.init`. */
  segmentEntries: 10_000_000,
  /** Pages of a 32-bit memory. */
  memory32Pages: 65_536,
  /** Pages of a 64-bit memory that can be declared (2^48) and allocated. */
  memory64Pages: 262_144,
  functionBytes: 7_654_321,
  functionLocals: 50_000,
  params: 1_000,
  results: 1_000,
  structFields: 10_000,
  arrayNewFixedOperands: 10_000,
  brTableTargets: 65_520,
  /** Slots of the operand stack of a function. V8 has no such limit: it ends the process between 10 and 100 million. */
  operandSlots: 32_000_000,
} as const;

/** Bytes of a page of linear memory. */
export const PAGE_BYTES = 65_536;
