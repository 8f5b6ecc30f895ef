// Standard input, output and error: those of this process, nothing, or what the embedder gives.

import { Errno, fail } from "./errno.ts";
import { WasiExit } from "./exit.ts";
import type { HostFile, Stat } from "./host_files.ts";
import { FileType } from "./types.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What a program reads: standard input of this process, nothing, the bytes or the text given, or what a function puts into the buffer it gets; it gives the number
 * of bytes, 0 at the end.
 */
export type WasiInput = "inherit" | "null" | Uint8Array | { readonly text: string } | ((into: Uint8Array) => number);

/** Where a program writes to: that of this process, nowhere, or a function that gets the bytes (its to keep). */
export type WasiOutput = "inherit" | "null" | ((bytes: Uint8Array) => void);

const NO_STAT: Omit<Stat, "type"> = { dev: 0n, ino: 0n, nlink: 0n, size: 0n, atim: 0n, mtim: 0n, ctim: 0n };

/** A stream without positions. */
export class Stream implements HostFile {
  readonly seekable = false;

  /** Takes how to read or to write, what poll(2) takes, and whether a terminal is behind it. */
  constructor(
    private readonly io: { read?(into: Bytes): number; write?(from: Bytes): number },
    readonly pollable: number | undefined,
    terminal: boolean,
  ) {
    this.type = terminal ? FileType.CHARACTER_DEVICE : FileType.UNKNOWN;
  }
  readonly type: number;

  stat(): Stat {
    return { ...NO_STAT, type: this.type };
  }
  setTimes(): void {
    fail(Errno.BADF);
  }
  sync(): void {}
  /** The stream belongs to the host, and stays. */
  close(): void {}
  read(into: Bytes): number {
    return this.io.read?.(into) ?? fail(Errno.BADF);
  }
  write(from: Bytes): number {
    return this.io.write?.(from) ?? fail(Errno.BADF);
  }
  append(from: Bytes): number {
    return this.write(from);
  }
  setSize(): void {
    fail(Errno.BADF);
  }
  allocate(): void {
    fail(Errno.SPIPE);
  }
  advise(): void {
    fail(Errno.SPIPE);
  }
}

/** The stream for standard input. */
export function inputStream(from: WasiInput): Stream {
  if (from === "inherit") {
    return new Stream({ read: (into) => Deno.stdin.readSync(into) ?? 0 }, 0, Deno.stdin.isTerminal());
  }
  if (typeof from === "function") return new Stream({ read: (into) => checkCount(from(into), into) }, undefined, false);
  let left = from === "null"
    ? new Uint8Array(0)
    : from instanceof Uint8Array
    ? from
    : new TextEncoder().encode(from.text);
  const read = (into: Bytes) => {
    const part = left.subarray(0, into.length);
    into.set(part);
    left = left.subarray(part.length);
    return part.length;
  };
  return new Stream({ read }, undefined, false);
}

function checkCount(count: number, into: Bytes): number {
  if (Number.isInteger(count) && count >= 0 && count <= into.length) return count;
  throw new RangeError(`standard input gave ${count} bytes, but the buffer takes 0 to ${into.length}`);
}

/** The exit code of a program that the signal SIGPIPE ended, as shells tell it. */
const BROKEN_PIPE_EXIT = 128 + 13;

/** The stream for standard output (1) or error (2). With `exitWhenClosed` the program ends when nobody reads any more. */
export function outputStream(to: WasiOutput, fd: 1 | 2, exitWhenClosed: boolean): Stream {
  if (to === "inherit") {
    const stream = fd === 1 ? Deno.stdout : Deno.stderr;
    const inherited = (bytes: Bytes) => {
      try {
        return stream.writeSync(bytes);
      } catch (e) {
        if (exitWhenClosed && e instanceof Deno.errors.BrokenPipe) throw new WasiExit(BROKEN_PIPE_EXIT);
        throw e;
      }
    };
    return new Stream({ write: inherited }, fd, stream.isTerminal());
  }
  const write = (bytes: Bytes) => {
    if (to !== "null") to(bytes.slice());
    return bytes.length;
  };
  return new Stream({ write }, undefined, false);
}
