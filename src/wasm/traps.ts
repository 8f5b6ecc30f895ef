// THE trap table: one row per kind of trap. Codes are stable small integers that machine code, interpreters and messages share.
// The messages are those that the specification's test suite expects as prefixes.

/** A row of the trap table. */
export interface TrapInfo {
  /** Short name in kebab case. */
  readonly name: string;
  /** Message, as the specification's test suite writes it. */
  readonly message: string;
}

/** Codes of the trap table. */
export const TrapCode = {
  UNREACHABLE: 0,
  MEMORY_OUT_OF_BOUNDS: 1,
  TABLE_OUT_OF_BOUNDS: 2,
  UNDEFINED_ELEMENT: 3,
  UNINITIALIZED_ELEMENT: 4,
  INDIRECT_CALL_TYPE_MISMATCH: 5,
  INTEGER_DIVIDE_BY_ZERO: 6,
  INTEGER_OVERFLOW: 7,
  INVALID_CONVERSION_TO_INTEGER: 8,
  CALL_STACK_EXHAUSTED: 9,
  INTERRUPTED: 10,
  UNALIGNED_ATOMIC: 11,
  EXPECTED_SHARED_MEMORY: 12,
  NULL_REFERENCE: 13,
  NULL_STRUCTURE: 14,
  NULL_ARRAY: 15,
  NULL_I31: 16,
  ARRAY_OUT_OF_BOUNDS: 17,
  CAST_FAILURE: 18,
  HEAP_EXHAUSTED: 19,
  NULL_FUNCTION: 20,
  NULL_EXCEPTION: 21,
  DEADLINE_EXCEEDED: 22,
  FUEL_EXHAUSTED: 23,
  MEMORY_PROTECTION: 24,
} as const;
/** A code of the trap table. */
export type TrapCode = (typeof TrapCode)[keyof typeof TrapCode];

/** The rows, indexed by code. */
export const TRAPS: readonly TrapInfo[] = [
  { name: "unreachable", message: "unreachable" },
  { name: "memory-out-of-bounds", message: "out of bounds memory access" },
  { name: "table-out-of-bounds", message: "out of bounds table access" },
  { name: "undefined-element", message: "undefined element" },
  { name: "uninitialized-element", message: "uninitialized element" },
  { name: "indirect-call-type-mismatch", message: "indirect call type mismatch" },
  { name: "integer-divide-by-zero", message: "integer divide by zero" },
  { name: "integer-overflow", message: "integer overflow" },
  { name: "invalid-conversion-to-integer", message: "invalid conversion to integer" },
  { name: "call-stack-exhausted", message: "call stack exhausted" },
  { name: "interrupted", message: "interrupted" },
  { name: "unaligned-atomic", message: "unaligned atomic" },
  { name: "expected-shared-memory", message: "expected shared memory" },
  { name: "null-reference", message: "null reference" },
  { name: "null-structure", message: "null structure reference" },
  { name: "null-array", message: "null array reference" },
  { name: "null-i31", message: "null i31 reference" },
  { name: "array-out-of-bounds", message: "out of bounds array access" },
  { name: "cast-failure", message: "cast failure" },
  { name: "heap-exhausted", message: "allocation failed: the heap of objects is full" },
  { name: "null-function", message: "null function reference" },
  { name: "null-exception", message: "null exception reference" },
  { name: "deadline-exceeded", message: "deadline exceeded" },
  { name: "fuel-exhausted", message: "fuel exhausted" },
  { name: "memory-protection", message: "forbidden memory access" },
];
