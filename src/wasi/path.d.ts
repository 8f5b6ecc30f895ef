// Types of the functions of @std/path/posix that path.ts names.

/** Whether a path begins at the root. */
export function isAbsolute(path: string): boolean;
/** Paths put together, without what `.` and `..` take away. */
export function join(...paths: string[]): string;
