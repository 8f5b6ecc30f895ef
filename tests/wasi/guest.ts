// A guest that hands every WASI function out: each export calls the import of its name, so that tests reach them through Wasm, in any tier.

import { assertEquals } from "@std/assert";
import { Engine, type Instance, type TierName, Wasi, type WasiOptions } from "../../mod.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { CALLS, WASI_MODULE } from "../../src/wasi/calls.ts";
import { Errno, errnoName } from "../../src/wasi/errno.ts";
import { linuxHost } from "../../src/wasi/linux_files.ts";
import { ALL_RIGHTS, DIRECTORY_RIGHTS, FILE_RIGHTS, OpenFlag, Right } from "../../src/wasi/types.ts";
import { testUnless } from "../skip.ts";

/** How files are reached. */
export type Files = "linux" | "deno";

/** A way to run a test. */
export interface Way {
  readonly files: Files;
  readonly tier: TierName;
}

/** Why this process cannot reach files through the kernel. */
export const noLinux: string | undefined = linuxHost() === undefined
  ? nativeUnavailable("openat2") ?? "the kernel has no openat2"
  : undefined;

const WAYS: readonly Way[] = [{ files: "linux", tier: "jit" }, { files: "deno", tier: "interp" }];

/** Registers a test for both ways to files, and both tiers. */
export function everyWay(name: string, fn: (way: Way) => void | Promise<void>): void {
  for (const way of WAYS) {
    testUnless(way.files === "linux" ? noLinux : undefined, `${name} (${way.files} files, ${way.tier})`, () => fn(way));
  }
}

const types = (text: string) => [...text].map((t) => t === "i" ? "i32" : "i64").join(" ");
const SOURCE = `(module
${
  CALLS.map(({ name, params, result }) => {
    const type = `(param ${types(params)})` + (result === "" ? "" : " (result i32)");
    return `(import "${WASI_MODULE}" "${name}" (func $${name} ${type}))`;
  }).join("\n")
}
(memory (export "memory") 4 16)
${
  CALLS.map(({ name, params, result }) => {
    const type = `(param ${types(params)})` + (result === "" ? "" : " (result i32)");
    const args = [...params].map((_, i) => `(local.get ${i})`).join(" ");
    return `(func (export "${name}") ${type} (call $${name} ${args}))`;
  }).join("\n")
})`;

/** Bytes of the guest's memory. */
export const MEMORY_BYTES = 4 * 65536;
/** Where results are written. */
export const OUT = 1024;
/** A buffer for data. */
export const DATA = 65536;
const TEXT = 131072;

/** The rights that a C library asks for when it opens a file for reading and writing. */
export const READ_WRITE = FILE_RIGHTS;
/** The rights of a file that is only read. */
export const READ_ONLY = FILE_RIGHTS &
  ~(Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE | Right.FD_DATASYNC);

/** One guest, with functions that write arguments into its memory. */
export class Guest implements Disposable {
  readonly wasi: Wasi;
  readonly instance: Instance;
  readonly memory: Uint8Array;
  readonly view: DataView;
  #text = TEXT;

  constructor(way: Way, options: WasiOptions = {}) {
    this.wasi = new Wasi({ files: way.files, stdout: "null", stderr: "null", ...options });
    this.instance = new Engine({ tier: way.tier }).load(SOURCE, this.wasi.imports());
    const { memory } = this.instance.exports;
    this.wasi.initialize({ exports: { memory } });
    this.memory = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
  }

  /** Calls a function; gives the error code. Text becomes an address and a length. */
  call(name: string, ...args: (number | bigint | string | Uint8Array)[]): number {
    this.#text = TEXT;
    const flat = args.flatMap((a) => typeof a === "string" || a instanceof Uint8Array ? this.#put(a) : [a]);
    return this.instance.exports[name](...flat);
  }
  #put(text: string | Uint8Array): number[] {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const at = this.#text;
    this.memory.set(bytes, at);
    this.#text += bytes.length + 1;
    return [at, bytes.length];
  }
  /** Calls a function that has to succeed. */
  ok(name: string, ...args: (number | bigint | string | Uint8Array)[]): void {
    assertErrno(this.call(name, ...args), "SUCCESS", name);
  }
  /** Calls a function that has to fail. */
  fails(error: keyof typeof Errno, name: string, ...args: (number | bigint | string | Uint8Array)[]): void {
    assertErrno(this.call(name, ...args), error, `${name}(${args.join(", ")})`);
  }

  u32(at = OUT): number {
    return this.view.getUint32(at, true);
  }
  u64(at = OUT): bigint {
    return this.view.getBigUint64(at, true);
  }
  string(at: number, length: number): string {
    return new TextDecoder().decode(this.memory.slice(at, at + length));
  }

  /** Opens a path; gives the descriptor. */
  open(
    path: string,
    how: { dir?: number; flags?: number; rights?: bigint; fdflags?: number; follow?: boolean } = {},
  ): number {
    const { dir = 3, flags = 0, rights = READ_WRITE, fdflags = 0, follow = false } = how;
    this.ok("path_open", dir, Number(follow), path, flags, rights, rights, fdflags, OUT);
    return this.u32();
  }
  /** Opens a directory. */
  openDirectory(path: string, dir = 3, rights: bigint = DIRECTORY_RIGHTS): number {
    this.ok(
      "path_open",
      dir,
      0,
      path,
      OpenFlag.DIRECTORY,
      rights,
      ALL_RIGHTS & (DIRECTORY_RIGHTS | FILE_RIGHTS),
      0,
      OUT,
    );
    return this.u32();
  }
  /** Makes a list of buffers at 0, which lie at DATA one after the other; gives the arguments for it. */
  buffers(...lengths: number[]): [number, number] {
    let at = DATA;
    lengths.forEach((length, i) => {
      this.view.setUint32(8 * i, at, true);
      this.view.setUint32(8 * i + 4, length, true);
      at += length;
    });
    return [0, lengths.length];
  }
  /** Writes text to a descriptor; gives how many bytes went. */
  write(fd: number, text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.memory.set(bytes, DATA);
    this.ok("fd_write", fd, ...this.buffers(bytes.length), OUT);
    return this.u32();
  }
  /** Reads text from a descriptor. */
  read(fd: number, length = 4096): string {
    this.ok("fd_read", fd, ...this.buffers(length), OUT);
    return this.string(DATA, this.u32());
  }
  /** Makes a file. */
  make(path: string, text = "", dir = 3): void {
    const fd = this.open(path, { flags: OpenFlag.CREAT | OpenFlag.TRUNC, dir });
    if (text !== "") this.write(fd, text);
    this.ok("fd_close", fd);
  }
  /** What `path_filestat_get` tells of a path. */
  stat(
    path: string,
    follow = false,
    dir = 3,
  ): { type: number; size: bigint; nlink: bigint; ino: bigint; mtim: bigint; atim: bigint } {
    this.ok("path_filestat_get", dir, Number(follow), path, OUT);
    return this.statAt();
  }
  statAt(at = OUT): { type: number; size: bigint; nlink: bigint; ino: bigint; mtim: bigint; atim: bigint } {
    return {
      type: this.memory[at + 16],
      size: this.u64(at + 32),
      nlink: this.u64(at + 24),
      ino: this.u64(at + 8),
      atim: this.u64(at + 40),
      mtim: this.u64(at + 48),
    };
  }
  /** Whether a path means something. */
  exists(path: string, dir = 3): boolean {
    return this.call("path_filestat_get", dir, 0, path, OUT) === Errno.SUCCESS;
  }

  [Symbol.dispose](): void {
    this.wasi.close();
    this.instance.dispose();
  }
}

/** Compares an error code by name. */
export function assertErrno(code: number, expected: keyof typeof Errno, what = ""): void {
  assertEquals(errnoName(code).toUpperCase(), expected, what);
}

/** A folder that is removed again. */
export function temporary(): { path: string } & Disposable {
  const path = Deno.realPathSync(Deno.makeTempDirSync());
  return {
    path,
    [Symbol.dispose]() {
      Deno.removeSync(path, { recursive: true });
    },
  };
}

/** Runs a test with a guest that has an empty folder as its descriptor 3, under `/`. */
export function withFolder(
  way: Way,
  fn: (guest: Guest, folder: string) => void,
  options: WasiOptions = {},
): void {
  using folder = temporary();
  using guest = new Guest(way, { preopens: { "/": folder.path }, ...options });
  fn(guest, folder.path);
}
