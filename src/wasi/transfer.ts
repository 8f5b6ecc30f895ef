// Moves bytes between the lists of buffers that guests give and the host's files. A list becomes one transfer where that is cheap, so that a line that a C library
// writes in two parts arrives whole; what the host sees is never memory that other threads see.

import type { FileDescriptor } from "./descriptors.ts";
import { Errno, errnoOf, fail } from "./errno.ts";
import type { Program } from "./program.ts";
import { FdFlag } from "./types.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Lists up to this long are one transfer, through a buffer of ours. */
const JOINED_BYTES = 65536;
const joined: Bytes = new Uint8Array(JOINED_BYTES);

/** Ends the call with EAGAIN if the descriptor must not wait, and would have to. */
function checkReady(p: Program, d: FileDescriptor, write: boolean): void {
  if ((d.flags & FdFlag.NONBLOCK) === 0 || d.node.pollable === undefined || p.host.poll === undefined) return;
  const [{ ready }] = p.host.poll([{ pollable: d.node.pollable, write }], 0);
  if (!ready) fail(Errno.AGAIN);
}

function total(list: readonly Bytes[]): number {
  return list.reduce((sum, b) => sum + b.length, 0);
}

/** Transfers part after part until one is short. An error after the first part only ends it. */
function parts(list: readonly Bytes[], transfer: (part: Bytes, done: number) => number): number {
  let done = 0;
  for (const part of list) {
    let n: number;
    try {
      n = transfer(part, done);
    } catch (e) {
      if (done > 0 && errnoOf(e) !== undefined) return done;
      throw e;
    }
    done += n;
    if (n < part.length) break;
  }
  return done;
}

/** Buffers of ours that stand for the guest's: parts of `joined`'s length. */
function copies(length: number): Bytes[] {
  const list: Bytes[] = [];
  for (let left = length; left > 0; left -= JOINED_BYTES) list.push(joined.subarray(0, Math.min(left, JOINED_BYTES)));
  return list;
}

function scatter(list: readonly Bytes[], bytes: Bytes, from: number): void {
  let skip = from, at = 0;
  for (const part of list) {
    if (skip >= part.length) {
      skip -= part.length;
      continue;
    }
    const n = Math.min(part.length - skip, bytes.length - at);
    part.set(bytes.subarray(at, at + n), skip);
    skip = 0;
    at += n;
    if (at === bytes.length) return;
  }
}
function gather(list: readonly Bytes[], into: Bytes, from: number): void {
  let skip = from, at = 0;
  for (const part of list) {
    if (skip >= part.length) {
      skip -= part.length;
      continue;
    }
    const piece = part.subarray(skip, skip + into.length - at);
    into.set(piece, at);
    skip = 0;
    at += piece.length;
    if (at === into.length) return;
  }
}

/** Reads with `read`, which fills one buffer `done` bytes after the beginning. */
export function readWith(p: Program, list: readonly Bytes[], read: (into: Bytes, done: number) => number): number {
  if (list.length === 0) return 0;
  const length = total(list);
  if (!p.memory.shared && (list.length === 1 || length > JOINED_BYTES)) return parts(list, read);
  return parts(copies(length), (into, done) => {
    const n = read(into, done);
    scatter(list, into.subarray(0, n), done);
    return n;
  });
}

/** Writes with `write`. */
export function writeWith(p: Program, list: readonly Bytes[], write: (from: Bytes, done: number) => number): number {
  if (list.length === 0) return 0;
  const length = total(list);
  if (!p.memory.shared && (list.length === 1 || length > JOINED_BYTES)) return parts(list, write);
  return parts(copies(length), (from, done) => {
    gather(list, from, done);
    return write(from, done);
  });
}

/** Reads from a file at a position, or from a stream. Gives the number of bytes. */
export function readFile(p: Program, d: FileDescriptor, list: readonly Bytes[], at: bigint): number {
  const { node, flags } = d;
  if ((flags & FdFlag.RSYNC) !== 0 && (flags & (FdFlag.SYNC | FdFlag.DSYNC)) !== 0) {
    node.sync((flags & FdFlag.SYNC) === 0);
  }
  if (node.seekable) return readWith(p, list, (into, done) => node.read(into, at + BigInt(done)));
  checkReady(p, d, false);
  // A stream is asked once: it might have nothing more yet, and would wait.
  let asked = false;
  return readWith(p, list, (into) => asked ? 0 : (asked = true, node.read(into, 0n)));
}

/** Writes to a file at a position, or at its end if it is open for appending, or to a stream. Gives the number of bytes. */
export function writeFile(p: Program, d: FileDescriptor, list: readonly Bytes[], at: bigint): number {
  const { node, flags } = d;
  if (!node.seekable) checkReady(p, d, true);
  const append = (flags & FdFlag.APPEND) !== 0;
  const done = writeWith(p, list, (from, n) => append ? node.append(from) : node.write(from, at + BigInt(n)));
  if ((flags & (FdFlag.SYNC | FdFlag.DSYNC)) !== 0 && node.seekable) node.sync((flags & FdFlag.SYNC) === 0);
  return done;
}
