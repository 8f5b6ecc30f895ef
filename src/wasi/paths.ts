// Calls for paths: path_*. Each needs a right of the directory that it begins at; what a path means is the host's affair (host_files.ts).

import type { DirectoryDescriptor } from "./descriptors.ts";
import { Errno, fail } from "./errno.ts";
import { newTimes, writeStat } from "./files.ts";
import { isDirectory } from "./host_files.ts";
import type { Program } from "./program.ts";
import {
  ALL_RIGHTS,
  DIRECTORY_RIGHTS,
  FdFlag,
  FILE_RIGHTS,
  FileType,
  LookupFlag,
  OpenFlag,
  Right,
  STREAM_RIGHTS,
} from "./types.ts";

function follows(flags: number): boolean {
  if ((flags & ~LookupFlag.ALL) !== 0) fail(Errno.INVAL);
  return (flags & LookupFlag.SYMLINK_FOLLOW) !== 0;
}

/** A directory in which something is to be changed. */
function changeable(p: Program, fd: number, right: bigint): DirectoryDescriptor {
  const d = p.fds.directory(fd, right);
  return d.readOnly ? fail(Errno.PERM) : d;
}

/** Makes a directory. */
export function pathCreateDirectory(p: Program, fd: number, path: number, length: number): void {
  const d = changeable(p, fd, Right.PATH_CREATE_DIRECTORY);
  d.node.createDirectory(p.memory.path(path, length));
}

/** Tells what is known about a file. */
export function pathFilestatGet(
  p: Program,
  fd: number,
  flags: number,
  path: number,
  length: number,
  result: number,
): void {
  const d = p.fds.directory(fd, Right.PATH_FILESTAT_GET);
  const follow = follows(flags);
  const text = p.memory.path(path, length);
  writeStat(p.memory, result, () => d.node.statAt(text, follow));
}

/** Sets the dates of a file. */
export function pathFilestatSetTimes(
  p: Program,
  fd: number,
  flags: number,
  path: number,
  length: number,
  atim: bigint,
  mtim: bigint,
  timeFlags: number,
): void {
  const times = newTimes(atim, mtim, timeFlags);
  const d = changeable(p, fd, Right.PATH_FILESTAT_SET_TIMES);
  const follow = follows(flags);
  d.node.setTimesAt(p.memory.path(path, length), follow, ...times);
}

/** Makes a hard link. */
export function pathLink(
  p: Program,
  oldFd: number,
  oldFlags: number,
  oldPath: number,
  oldLength: number,
  newFd: number,
  newPath: number,
  newLength: number,
): void {
  const from = changeable(p, oldFd, Right.PATH_LINK_SOURCE);
  const to = changeable(p, newFd, Right.PATH_LINK_TARGET);
  const follow = follows(oldFlags);
  from.node.link(p.memory.path(oldPath, oldLength), follow, to.node, p.memory.path(newPath, newLength));
}

/** Opens a file or directory, with rights that are among those which the directory hands on (ENOTCAPABLE). */
export function pathOpen(
  p: Program,
  fd: number,
  lookupFlags: number,
  path: number,
  length: number,
  openFlags: number,
  rights: bigint,
  inheriting: bigint,
  flags: number,
  result: number,
): void {
  const { fds, memory } = p;
  const has = (flag: number) => (openFlags & flag) !== 0;
  const sync = (flag: number) => (flags & flag) !== 0;
  let needed: bigint = Right.PATH_OPEN, handedOn = rights & (FILE_RIGHTS | DIRECTORY_RIGHTS);
  if (has(OpenFlag.CREAT)) needed |= Right.PATH_CREATE_FILE;
  if (has(OpenFlag.TRUNC)) needed |= Right.PATH_FILESTAT_SET_SIZE;
  if (sync(FdFlag.DSYNC)) handedOn |= Right.FD_DATASYNC;
  if (sync(FdFlag.SYNC | FdFlag.RSYNC)) handedOn |= Right.FD_SYNC;
  const d = fds.directory(fd, needed, Errno.NOTDIR);
  const follow = follows(lookupFlags);
  if ((openFlags & ~OpenFlag.ALL) !== 0 || (flags & ~FdFlag.ALL) !== 0) fail(Errno.INVAL);
  if (((rights | inheriting) & ~ALL_RIGHTS) !== 0n) fail(Errno.INVAL);
  if (has(OpenFlag.DIRECTORY) && has(OpenFlag.CREAT | OpenFlag.EXCL | OpenFlag.TRUNC)) fail(Errno.INVAL);
  if ((handedOn & ~d.inheriting) !== 0n) fail(Errno.NOTCAPABLE);
  const text = memory.path(path, length);
  memory.check(result, 4);

  const writes = Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE;
  const asksToWrite = (rights & Right.FD_WRITE) !== 0n || has(OpenFlag.TRUNC);
  if (d.readOnly && (asksToWrite || has(OpenFlag.CREAT))) fail(Errno.PERM);
  const write = asksToWrite || (!d.readOnly && (rights & writes) !== 0n);
  fds.checkRoom();
  const node = d.node.open(text, {
    read: (rights & (Right.FD_READ | Right.FD_READDIR)) !== 0n || !write,
    write,
    create: has(OpenFlag.CREAT),
    exclusive: has(OpenFlag.EXCL),
    truncate: has(OpenFlag.TRUNC),
    directory: has(OpenFlag.DIRECTORY),
    follow,
    nonblock: sync(FdFlag.NONBLOCK),
  });
  const fits = isDirectory(node) ? DIRECTORY_RIGHTS : node.seekable ? FILE_RIGHTS : STREAM_RIGHTS;
  const opened = fds.add({
    node,
    type: isDirectory(node) ? FileType.DIRECTORY : node.type,
    rights: rights & fits,
    inheriting: inheriting & d.inheriting,
    flags,
    position: 0n,
    readOnly: d.readOnly,
  });
  memory.setU32(result, opened);
}

/** Tells what a symbolic link contains, as far as the buffer goes. */
export function pathReadlink(
  p: Program,
  fd: number,
  path: number,
  length: number,
  buffer: number,
  bufferLength: number,
  result: number,
): void {
  const d = p.fds.directory(fd, Right.PATH_READLINK);
  const text = p.memory.path(path, length);
  const into = p.memory.range(buffer, bufferLength);
  p.memory.check(result, 4);
  const content = new TextEncoder().encode(d.node.readLink(text)).subarray(0, into.length);
  into.set(content);
  p.memory.setU32(result, content.length);
}

/** Removes an empty directory. */
export function pathRemoveDirectory(p: Program, fd: number, path: number, length: number): void {
  const d = changeable(p, fd, Right.PATH_REMOVE_DIRECTORY);
  d.node.removeDirectory(p.memory.path(path, length));
}

/** Moves a file or directory, over another if need be. */
export function pathRename(
  p: Program,
  oldFd: number,
  oldPath: number,
  oldLength: number,
  newFd: number,
  newPath: number,
  newLength: number,
): void {
  const from = changeable(p, oldFd, Right.PATH_RENAME_SOURCE);
  const to = changeable(p, newFd, Right.PATH_RENAME_TARGET);
  from.node.rename(p.memory.path(oldPath, oldLength), to.node, p.memory.path(newPath, newLength));
}

/** Makes a symbolic link. One with an absolute path could never be followed (EPERM). */
export function pathSymlink(
  p: Program,
  content: number,
  contentLength: number,
  fd: number,
  path: number,
  length: number,
): void {
  const d = changeable(p, fd, Right.PATH_SYMLINK);
  const text = p.memory.path(content, contentLength);
  if (text.startsWith("/")) fail(Errno.PERM);
  d.node.symlink(text, p.memory.path(path, length));
}

/** Removes a file, or a symbolic link. */
export function pathUnlinkFile(p: Program, fd: number, path: number, length: number): void {
  const d = changeable(p, fd, Right.PATH_UNLINK_FILE);
  d.node.unlink(p.memory.path(path, length));
}
