// Types of the part of @std/cli that is used here; the npm build has none.

/** What {@link parseArgs} takes. */
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  alias?: Record<string, string | readonly string[]>;
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  "--"?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
export interface Args {
  _: (string | number)[];
  "--"?: string[];
  // deno-lint-ignore no-explicit-any
  [option: string]: any;
}
export function parseArgs(args: readonly string[], options?: ParseOptions): Args;
