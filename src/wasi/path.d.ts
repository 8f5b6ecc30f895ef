// Types of the functions of @std/path that path.ts names.

/** Whether a path begins at the root. */
export function isAbsolute(path: string): boolean;
/** Paths put together, without what `.` and `..` take away. */
export function join(...paths: string[]): string;
/** An absolute path; relative to the working directory, for which Deno wants the permission to read it. */
export function resolve(...paths: string[]): string;
