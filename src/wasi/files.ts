// Calls for open files: fd_read and the like. Positions are kept here, so that the host needs only reads and writes at a place.

import { Errno, fail } from "./errno.ts";
import type { NewTime, Stat } from "./host_files.ts";
import type { GuestMemory } from "./guest_memory.ts";
import type { Program } from "./program.ts";
import { readFile, writeFile } from "./transfer.ts";
import { FdFlag, FILESTAT, Right, TimeFlag, Whence } from "./types.ts";

/** The last position that a file can have. */
const MAX_POSITION = (1n << 63n) - 1n;
const LAST_ADVICE = 5;

/** Reads from the current position on. */
export function fdRead(p: Program, fd: number, iovs: number, count: number, result: number): void {
  const d = p.fds.file(fd, Right.FD_READ);
  const list = p.memory.buffers(iovs, count);
  p.memory.check(result, 4);
  const n = readFile(p, d, list, d.position);
  if (d.node.seekable) d.position += BigInt(n);
  p.memory.setU32(result, n);
}

/** Reads from a position on, and leaves the current one. */
export function fdPread(p: Program, fd: number, iovs: number, count: number, at: bigint, result: number): void {
  const d = p.fds.seekable(fd, Right.FD_READ | Right.FD_SEEK);
  const list = p.memory.buffers(iovs, count);
  p.memory.check(result, 4);
  p.memory.setU32(result, readFile(p, d, list, at));
}

/** Writes from the current position on, or to the end of a file that is open for appending. */
export function fdWrite(p: Program, fd: number, iovs: number, count: number, result: number): void {
  const d = p.fds.file(fd, Right.FD_WRITE);
  const list = p.memory.buffers(iovs, count);
  p.memory.check(result, 4);
  const n = writeFile(p, d, list, d.position);
  if (d.node.seekable) d.position = (d.flags & FdFlag.APPEND) !== 0 ? d.node.stat().size : d.position + BigInt(n);
  p.memory.setU32(result, n);
}

/** Writes from a position on, and leaves the current one. A file that is open for appending grows at its end nevertheless, as on Linux. */
export function fdPwrite(p: Program, fd: number, iovs: number, count: number, at: bigint, result: number): void {
  const d = p.fds.seekable(fd, Right.FD_WRITE | Right.FD_SEEK);
  const list = p.memory.buffers(iovs, count);
  p.memory.check(result, 4);
  p.memory.setU32(result, writeFile(p, d, list, at));
}

/** Moves the current position. The offset is signed. */
export function fdSeek(p: Program, fd: number, offset: bigint, whence: number, result: number): void {
  const delta = BigInt.asIntN(64, offset);
  const asks = delta === 0n && whence === Whence.CUR;
  const d = p.fds.seekable(fd, 0n);
  if ((d.rights & (asks ? Right.FD_SEEK | Right.FD_TELL : Right.FD_SEEK)) === 0n) fail(Errno.NOTCAPABLE);
  if (whence > Whence.END) fail(Errno.INVAL);
  p.memory.check(result, 8);
  const base = whence === Whence.SET ? 0n : whence === Whence.CUR ? d.position : d.node.stat().size;
  const position = base + delta;
  if (position < 0n || position > MAX_POSITION) fail(Errno.INVAL);
  d.position = position;
  p.memory.setU64(result, position);
}

/** Tells the current position. */
export function fdTell(p: Program, fd: number, result: number): void {
  const d = p.fds.seekable(fd, 0n);
  if ((d.rights & (Right.FD_SEEK | Right.FD_TELL)) === 0n) fail(Errno.NOTCAPABLE);
  p.memory.check(result, 8);
  p.memory.setU64(result, d.position);
}

/** Says how a part of a file will be used. */
export function fdAdvise(p: Program, fd: number, offset: bigint, length: bigint, advice: number): void {
  const d = p.fds.file(fd, Right.FD_ADVISE);
  if (advice > LAST_ADVICE) fail(Errno.INVAL);
  d.node.advise(offset, length, advice);
}

/** Makes sure that there is room for a part of a file, which grows if need be. */
export function fdAllocate(p: Program, fd: number, offset: bigint, length: bigint): void {
  const d = p.fds.file(fd, Right.FD_ALLOCATE);
  if (d.readOnly) fail(Errno.PERM);
  d.node.allocate(offset, length);
}

/** Writes a file's data through to the disk. */
export function fdDatasync(p: Program, fd: number): void {
  p.fds.get(fd, Right.FD_DATASYNC).node.sync(true);
}
/** Writes all about a file through to the disk. */
export function fdSync(p: Program, fd: number): void {
  p.fds.get(fd, Right.FD_SYNC).node.sync(false);
}

/** Tells what is known about a file. */
export function fdFilestatGet(p: Program, fd: number, result: number): void {
  const d = p.fds.get(fd, Right.FD_FILESTAT_GET);
  writeStat(p.memory, result, () => d.node.stat());
}

/** Cuts a file, or lets it grow with zeros. */
export function fdFilestatSetSize(p: Program, fd: number, size: bigint): void {
  const d = p.fds.file(fd, Right.FD_FILESTAT_SET_SIZE);
  if (d.readOnly) fail(Errno.PERM);
  d.node.setSize(size);
}

/** Sets the dates of a file. */
export function fdFilestatSetTimes(p: Program, fd: number, atim: bigint, mtim: bigint, flags: number): void {
  const times = newTimes(atim, mtim, flags);
  const d = p.fds.get(fd, Right.FD_FILESTAT_SET_TIMES);
  if (d.readOnly) fail(Errno.PERM);
  d.node.setTimes(...times);
}

/** Writes a `filestat`. The address is looked at first. */
export function writeStat(memory: GuestMemory, at: number, get: () => Stat): void {
  memory.check(at, FILESTAT.bytes);
  const s = get();
  memory.range(at, FILESTAT.bytes).fill(0);
  memory.setU64(at + FILESTAT.dev, s.dev);
  memory.setU64(at + FILESTAT.ino, s.ino);
  memory.setU8(at + FILESTAT.filetype, s.type);
  memory.setU64(at + FILESTAT.nlink, s.nlink);
  memory.setU64(at + FILESTAT.size, s.size);
  memory.setU64(at + FILESTAT.atim, s.atim);
  memory.setU64(at + FILESTAT.mtim, s.mtim);
  memory.setU64(at + FILESTAT.ctim, s.ctim);
}

/** The times that `fstflags` mean (EINVAL for both of a pair, and unknown ones). */
export function newTimes(atim: bigint, mtim: bigint, flags: number): [NewTime, NewTime] {
  const { ATIM, ATIM_NOW, MTIM, MTIM_NOW, ALL } = TimeFlag;
  const has = (flag: number) => (flags & flag) !== 0;
  if ((flags & ~ALL) !== 0 || (has(ATIM) && has(ATIM_NOW)) || (has(MTIM) && has(MTIM_NOW))) fail(Errno.INVAL);
  const pick = (set: boolean, now: boolean, time: bigint): NewTime => now ? "now" : set ? time : undefined;
  return [pick(has(ATIM), has(ATIM_NOW), atim), pick(has(MTIM), has(MTIM_NOW), mtim)];
}
