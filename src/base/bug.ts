// The error for broken invariants: whoever sees one has found a defect of Strata, never of the program it runs.

/** Thrown when an invariant of Strata itself does not hold. */
export class BugError extends Error {
  override name = "BugError";
}

/**
 * For places that cannot be reached, so that the compiler checks that every case was handled.
 * Takes the value left over; always throws a BugError that shows it.
 */
export function assertNever(value: never, what = "value"): never {
  throw new BugError(`unexpected ${what}: ${String(value)}`);
}
