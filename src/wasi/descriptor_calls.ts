// Calls for descriptors themselves: fd_close, fd_renumber, fd_fdstat_*, fd_prestat_*.

import { Errno, fail } from "./errno.ts";
import type { Program } from "./program.ts";
import { ALL_RIGHTS, FdFlag, FDSTAT, PRESTAT, Right } from "./types.ts";

/** Closes a descriptor. */
export function fdClose(p: Program, fd: number): void {
  p.fds.close(fd);
}

/** Gives a descriptor the number of another, which is closed. */
export function fdRenumber(p: Program, from: number, to: number): void {
  p.fds.renumber(from, to);
}

/** Tells a descriptor's type, flags and rights. */
export function fdFdstatGet(p: Program, fd: number, result: number): void {
  const d = p.fds.get(fd), { memory } = p;
  memory.range(result, FDSTAT.bytes).fill(0);
  memory.setU8(result + FDSTAT.filetype, d.type);
  memory.setU16(result + FDSTAT.flags, d.flags);
  memory.setU64(result + FDSTAT.rights, d.rights);
  memory.setU64(result + FDSTAT.inheriting, d.inheriting);
}

/** Sets a descriptor's flags. */
export function fdFdstatSetFlags(p: Program, fd: number, flags: number): void {
  const d = p.fds.get(fd, Right.FD_FDSTAT_SET_FLAGS);
  if ((flags & ~FdFlag.ALL) !== 0) fail(Errno.INVAL);
  d.flags = flags;
}

/** Takes rights away. None can be added (ENOTCAPABLE). */
export function fdFdstatSetRights(p: Program, fd: number, rights: bigint, inheriting: bigint): void {
  const d = p.fds.get(fd);
  if (((rights | inheriting) & ~ALL_RIGHTS) !== 0n) fail(Errno.INVAL);
  if ((rights & ~d.rights) !== 0n || (inheriting & ~d.inheriting) !== 0n) fail(Errno.NOTCAPABLE);
  d.rights = rights;
  d.inheriting = inheriting;
}

const encoder = new TextEncoder();

/** Tells how long the path of a preopened directory is. */
export function fdPrestatGet(p: Program, fd: number, result: number): void {
  const { preopen } = p.fds.get(fd);
  if (preopen === undefined) fail(Errno.BADF);
  p.memory.range(result, PRESTAT.bytes).fill(0);
  p.memory.setU32(result + PRESTAT.nameLength, encoder.encode(preopen).length);
}

/** Tells the path of a preopened directory, without a zero at its end. */
export function fdPrestatDirName(p: Program, fd: number, path: number, length: number): void {
  const { preopen } = p.fds.get(fd);
  if (preopen === undefined) fail(Errno.NOTDIR);
  const bytes = encoder.encode(preopen);
  if (bytes.length > length) fail(Errno.NAMETOOLONG);
  p.memory.write(path, bytes);
}
