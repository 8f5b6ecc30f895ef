// The one place that names the path functions of the standard library (its npm build) and their version. Types are in path.d.ts, since that build has none.

// @ts-types="./path.d.ts"
export { isAbsolute } from "npm:deno-std@1.4.0/path/posix/is_absolute.js";
// @ts-types="./path.d.ts"
export { join } from "npm:deno-std@1.4.0/path/posix/join.js";
