// The functions of libc that the platform layer calls, and addresses as numbers. The library is opened when first asked for, never at import time.
// User addresses lie below 2^47, so a number holds them exactly.

/** File name of glibc. */
export const libcName = "libc.so.6";

/** A pointer as FFI passes it; made once per address, since making one costs more than a call. */
export type NativePointer = Deno.PointerObject;

const functions = {
  mmap: { parameters: ["u64", "u64", "i32", "i32", "i32", "i64"], result: "u64" },
  mremap: { parameters: ["u64", "u64", "u64", "i32", "u64"], result: "u64" },
  munmap: { parameters: ["u64", "u64"], result: "i32" },
  mprotect: { parameters: ["u64", "u64", "i32"], result: "i32" },
  madvise: { parameters: ["u64", "u64", "i32"], result: "i32" },
  mincore: { parameters: ["u64", "u64", "buffer"], result: "i32" },
  getpagesize: { parameters: [], result: "i32" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u64"], result: "i64" },
  gettid: { parameters: [], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  malloc: { parameters: ["u64"], result: "u64" },
  free: { parameters: ["u64"], result: "void" },
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  sigaltstack: { parameters: ["buffer", "buffer"], result: "i32" },
} as const;

const threadFunctions = {
  pthread_mutexattr_init: { parameters: ["buffer"], result: "i32" },
  pthread_mutexattr_setrobust: { parameters: ["buffer", "i32"], result: "i32" },
  pthread_mutexattr_settype: { parameters: ["buffer", "i32"], result: "i32" },
  pthread_mutex_init: { parameters: ["u64", "buffer"], result: "i32" },
  pthread_mutex_lock: { parameters: ["u64"], result: "i32" },
  pthread_mutex_trylock: { parameters: ["u64"], result: "i32" },
  pthread_mutex_consistent: { parameters: ["u64"], result: "i32" },
  pthread_mutex_unlock: { parameters: ["u64"], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof functions>["symbols"];
let symbols: Libc | undefined;

/** The functions of libc. Throws Deno's error when FFI is not allowed: ask `nativeUnavailable()` first. */
export function libc(): Libc {
  symbols ??= Deno.dlopen(libcName, functions).symbols;
  return symbols;
}

let threads: Deno.DynamicLibrary<typeof threadFunctions>["symbols"] | undefined;
/** glibc's mutexes, which are in a library of their own before its version 2.34. */
export function libpthread(): typeof threads & object {
  return threads ??= Deno.dlopen("libpthread.so.0", threadFunctions).symbols;
}

/** The pointer to `address`. */
export function pointerTo(address: number): NativePointer {
  return Deno.UnsafePointer.create(BigInt(address))!;
}

/** The address of the first byte of a buffer that does not move: not on V8's own heap, and longer than zero (or 0 may come out). */
export function addressOfBuffer(buffer: ArrayBuffer | SharedArrayBuffer): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(buffer))));
}

/** A buffer that views `byteLength` bytes of memory at `address`. Nothing keeps that memory alive. */
export function bufferAt(address: number, byteLength: number): ArrayBuffer {
  return Deno.UnsafePointerView.getArrayBuffer(pointerTo(address), byteLength);
}

/** Text with a final zero, as C wants it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
