// The functions of libc for files, directories, clocks and sockets, and the error of the one that was called last. For Linux, whatever the processor.
// Paths and buffers are handed over as bytes; who calls looks at the result at once, before anything else can fail.

import { BugError } from "../base/bug.ts";
import { bufferAt, libcName } from "./ffi.ts";
import { nativeUnavailable } from "./permissions.ts";

/** The number of openat2, which glibc has no function for; the same on all architectures of Linux. */
const SYS_OPENAT2 = 437n;

const functions = {
  openat2: { name: "syscall", parameters: ["i64", "i32", "buffer", "buffer", "u64"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u64"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u64"], result: "i32" },
  pread64: { parameters: ["i32", "buffer", "u64", "i64"], result: "i32" },
  pwrite64: { parameters: ["i32", "buffer", "u64", "i64"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  fdatasync: { parameters: ["i32"], result: "i32" },
  ftruncate64: { parameters: ["i32", "i64"], result: "i32" },
  posix_fallocate64: { parameters: ["i32", "i64", "i64"], result: "i32" },
  posix_fadvise64: { parameters: ["i32", "i64", "i64", "i32"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  utimensat: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "u64"], result: "i32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  linkat: { parameters: ["i32", "buffer", "i32", "buffer", "i32"], result: "i32" },
  symlinkat: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "u64"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  clock_getres: { parameters: ["i32", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u64", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u64", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
} as const;

type Symbols = Deno.DynamicLibrary<typeof functions>["symbols"];

/** The functions, and the word where libc leaves what went wrong on this thread. */
interface Loaded {
  readonly symbols: Symbols;
  readonly errno: Int32Array;
}
let loaded: Loaded | undefined;
let searched = false;

function load(): Loaded | undefined {
  if (searched) return loaded;
  searched = true;
  if (nativeUnavailable() !== undefined) return undefined;
  let symbols: Symbols;
  try {
    symbols = Deno.dlopen(libcName, functions).symbols;
  } catch {
    return undefined; // a libc that is older than statx or getdents64
  }
  const location = Deno.dlopen(libcName, { __errno_location: { parameters: [], result: "pointer" } }).symbols;
  const address = Number(Deno.UnsafePointer.value(location.__errno_location()));
  return loaded = { symbols, errno: new Int32Array(bufferAt(address, 4)) };
}

/** Whether files can be reached through libc here: FFI is allowed, and the functions are all there. */
export function hasFileCalls(): boolean {
  return load() !== undefined;
}

/** The functions. `hasFileCalls()` must have said yes. */
export function fileCalls(): Symbols {
  const found = load();
  if (found === undefined) throw new BugError("libc's file functions are not at hand");
  return found.symbols;
}

/** What went wrong in the call that just gave -1: a number of Linux. */
export function lastError(): number {
  return loaded!.errno[0];
}

const HOW = new BigUint64Array(3);

/** openat2(2): opens `path` (with a final zero) from `directory`. `resolve` holds RESOLVE_* flags. Gives the descriptor, or -1. */
export function openAt(directory: number, path: Uint8Array, flags: number, mode: number, resolve: number): number {
  HOW[0] = BigInt(flags);
  HOW[1] = BigInt(mode);
  HOW[2] = BigInt(resolve);
  return fileCalls().openat2(SYS_OPENAT2, directory, path as BufferSource, HOW, 24n);
}
