// Says whether native code can run in this process, and if not, why, in a sentence a user can act on.
// Asks only for what is granted already; never prompts. --allow-ffi without a list of paths is all that is needed: pointers ask for the
// whole permission, and opening a library from /proc/self/fd asks for nothing more.

import { libcName } from "./ffi.ts";

/** The sentence without its subject; null until asked for. */
let reason: string | undefined | null = null;

function findReason(): string | undefined {
  const { os, arch } = Deno.build;
  if (os !== "linux") return `runs on Linux only so far, not on ${os}`;
  if (arch !== "x86_64") return `runs on x86_64 only so far, not on ${arch}`;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return "needs --allow-ffi";
  try {
    Deno.dlopen(libcName, { gnu_get_libc_version: { parameters: [], result: "pointer" } }).close();
  } catch {
    return "needs glibc, which this system does not have";
  }
  return undefined;
}

/** The reason why native code cannot run here, as a sentence about `subject` without a full stop; undefined when it can. Asked of Deno once. */
export function nativeUnavailable(subject = "native code"): string | undefined {
  if (reason === null) reason = findReason();
  return reason === undefined ? undefined : `${subject} ${reason}`;
}

/** Whether native code can run here. */
export function canRunNative(): boolean {
  return nativeUnavailable() === undefined;
}
