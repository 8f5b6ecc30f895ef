// Files of the host through Deno's own functions, for where there is no FFI: each name of a path is looked at in turn, and what was opened is compared with what was looked at.
// Between the looks somebody else on the host may exchange a directory for a link: that race is left (README). Dates are exact to the millisecond.

import type * as NodeFs from "node:fs";
import { BugError } from "../base/bug.ts";
import { Errno, fail } from "./errno.ts";
import type { Host, HostDirectory, HostEntry, HostFile, NewTime, OpenHow, Stat } from "./host_files.ts";
import { isAbsolute, join } from "./path.ts";
import { ClockId, FileType } from "./types.ts";

/** Symbolic links that one path may lead through, as on Linux. */
const MAX_LINKS = 40;
/** Sizes and positions that JavaScript's numbers hold exactly. */
const MAX_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);
/** There a name with one of these would be more than one name. */
const NOT_IN_NAMES = Deno.build.os === "windows" ? /[\\:]/ : undefined;

let fs: typeof NodeFs;
/** Loads node:fs, when a directory is given to a program: programs that use no files start sooner without. */
function load(): void {
  const found = (globalThis as { process?: { getBuiltinModule(name: string): unknown } }).process
    ?.getBuiltinModule("node:fs");
  if (found === undefined) throw new BugError("Deno has no node:fs");
  fs = found as typeof NodeFs;
}

function offset(value: bigint): number {
  return value > MAX_OFFSET ? fail(Errno.INVAL) : Number(value);
}

function typeOf(s: NodeFs.BigIntStats): number {
  if (s.isFile()) return FileType.REGULAR_FILE;
  if (s.isDirectory()) return FileType.DIRECTORY;
  if (s.isSymbolicLink()) return FileType.SYMBOLIC_LINK;
  if (s.isCharacterDevice()) return FileType.CHARACTER_DEVICE;
  if (s.isBlockDevice()) return FileType.BLOCK_DEVICE;
  return s.isSocket() ? FileType.SOCKET_STREAM : FileType.UNKNOWN;
}

function statFrom(s: NodeFs.BigIntStats): Stat {
  const time = (ns: bigint) => ns < 0n ? 0n : ns;
  return {
    dev: s.dev,
    ino: s.ino,
    type: typeOf(s),
    nlink: s.nlink,
    size: s.size,
    atim: time(s.atimeNs),
    mtim: time(s.mtimeNs),
    ctim: time(s.ctimeNs),
  };
}
/** What a path of the host means, without following a link at its end. */
function look(path: string): Stat {
  return statFrom(fs.lstatSync(path, { bigint: true }));
}
function lookAgain(path: string): Stat | undefined {
  try {
    return look(path);
  } catch (e) {
    if ((e as { code?: string }).code === "ENOENT") return undefined;
    throw e;
  }
}
function same(a: Stat, b: Stat): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Seconds since 1970 to be set. */
function seconds(time: NewTime, old: () => bigint): number {
  if (time === "now") return Date.now() / 1000;
  return Number(time ?? old()) / 1e9;
}

/** An open file. */
class DenoFile implements HostFile {
  readonly seekable: boolean;
  readonly pollable: undefined;

  constructor(readonly fd: number, readonly type: number) {
    this.seekable = type === FileType.REGULAR_FILE || type === FileType.BLOCK_DEVICE;
  }
  stat(): Stat {
    return statFrom(fs.fstatSync(this.fd, { bigint: true }));
  }
  setTimes(atim: NewTime, mtim: NewTime): void {
    fs.futimesSync(this.fd, seconds(atim, () => this.stat().atim), seconds(mtim, () => this.stat().mtim));
  }
  sync(dataOnly: boolean): void {
    if (dataOnly) fs.fdatasyncSync(this.fd);
    else fs.fsyncSync(this.fd);
  }
  close(): void {
    fs.closeSync(this.fd);
  }
  read(into: Uint8Array<ArrayBuffer>, at: bigint): number {
    return fs.readSync(this.fd, into, 0, into.length, this.seekable ? offset(at) : null);
  }
  write(from: Uint8Array<ArrayBuffer>, at: bigint): number {
    return fs.writeSync(this.fd, from, 0, from.length, this.seekable ? offset(at) : null);
  }
  append(from: Uint8Array<ArrayBuffer>): number {
    return this.write(from, this.seekable ? this.stat().size : 0n);
  }
  setSize(size: bigint): void {
    fs.ftruncateSync(this.fd, offset(size));
  }
  allocate(from: bigint, length: bigint): void {
    if (length === 0n) fail(Errno.INVAL);
    if (BigInt(offset(from) + offset(length)) > MAX_OFFSET) fail(Errno.FBIG);
    if (from + length > this.stat().size) this.setSize(from + length);
  }
  advise(from: bigint, length: bigint): void {
    offset(from);
    offset(length);
  }
}

/** Where a path leads: a path of the host without symbolic links before its last name, and none there if it was followed. */
interface Place {
  readonly path: string;
  /** What is there; undefined if nothing is. */
  readonly found: Stat | undefined;
  /** The path ended in a slash, and so means a directory. */
  readonly slash: boolean;
  /** The last name: what the path ended in, or `.` or `..`. */
  readonly name: string;
}

/** An open directory: a path of the host, which must go on meaning the same directory. */
class DenoDirectory implements HostDirectory {
  readonly #path: string;
  readonly #self: Stat;

  constructor(path: string) {
    this.#path = path;
    this.#self = look(path);
    if (this.#self.type !== FileType.DIRECTORY) fail(Errno.NOTDIR);
  }

  /** Ends the call unless the directory is still where it was. */
  #here(): void {
    const now = lookAgain(this.#path);
    if (now === undefined || !same(now, this.#self)) fail(Errno.NOENT);
  }

  /** Goes along a path, name by name. With `follow`, a link at its end is followed; one before a slash always is, unless `keepLast` says that the last name is the matter. */
  #find(path: string, follow: boolean, keepLast = false): Place {
    if (path === "") fail(Errno.NOENT);
    if (path.startsWith("/")) fail(Errno.PERM);
    this.#here();
    const slash = path.endsWith("/");
    const names = path.split("/").filter((n) => n !== "");
    const name = names.at(-1)!;
    const rest = names.reverse();
    const at: string[] = [];
    let links = 0;
    let found: Stat | undefined = this.#self;
    while (rest.length > 0) {
      const next = rest.pop()!;
      if (NOT_IN_NAMES?.test(next)) fail(Errno.INVAL);
      if (found === undefined) fail(Errno.NOENT);
      if (found.type !== FileType.DIRECTORY) fail(Errno.NOTDIR);
      if (next === ".") continue;
      if (next === "..") {
        if (at.pop() === undefined) fail(Errno.PERM);
        found = look(join(this.#path, ...at));
        continue;
      }
      if (new TextEncoder().encode(next).length > 255) fail(Errno.NAMETOOLONG);
      const here = join(this.#path, ...at, next);
      found = lookAgain(here);
      const last = rest.length === 0;
      if (found?.type === FileType.SYMBOLIC_LINK && (!last || follow || (slash && !keepLast))) {
        if (++links > MAX_LINKS) fail(Errno.LOOP);
        const content = fs.readlinkSync(here);
        if (isAbsolute(content)) fail(Errno.PERM);
        const separator = NOT_IN_NAMES === undefined ? "/" : /[\\/]/;
        rest.push(...content.split(separator).filter((n) => n !== "").reverse());
        found = look(join(this.#path, ...at));
      } else at.push(next);
    }
    return { path: join(this.#path, ...at), found, slash, name };
  }

  /** Where something is to be made, removed or moved: the last name is not followed, and has to be one. */
  #place(path: string, special: number): Place {
    const place = this.#find(path, false, true);
    if (place.name === "." || place.name === "..") fail(special);
    return place;
  }

  open(path: string, how: OpenHow): HostFile | HostDirectory {
    const place = this.#find(path, how.follow);
    const { found } = place;
    if (found === undefined) {
      if (!how.create) fail(Errno.NOENT);
      if (place.slash) fail(Errno.ISDIR);
    } else {
      if (how.create && how.exclusive) fail(Errno.EXIST);
      if (found.type === FileType.SYMBOLIC_LINK) fail(Errno.LOOP);
      if (found.type === FileType.DIRECTORY) {
        if (how.write || how.create) fail(Errno.ISDIR);
        return new DenoDirectory(place.path);
      }
      if (how.directory || place.slash) fail(Errno.NOTDIR);
    }
    const { constants: O } = fs;
    let flags = how.write ? how.read ? O.O_RDWR : O.O_WRONLY : O.O_RDONLY;
    flags |= O.O_NOFOLLOW;
    if (how.nonblock) flags |= O.O_NONBLOCK;
    // What was not there is made anew, or not at all.
    if (found === undefined) flags |= O.O_CREAT | O.O_EXCL;
    if (found === undefined && !how.write) flags = (flags & ~O.O_RDONLY) | O.O_RDWR;
    const fd = fs.openSync(place.path, flags, 0o666);
    try {
      const opened = statFrom(fs.fstatSync(fd, { bigint: true }));
      if (found !== undefined && !same(opened, found)) fail(Errno.AGAIN);
      if (fs.realpathSync(place.path) !== place.path || !same(look(place.path), opened)) fail(Errno.PERM);
      if (how.truncate && found !== undefined && opened.type === FileType.REGULAR_FILE) fs.ftruncateSync(fd, 0);
      return new DenoFile(fd, opened.type);
    } catch (e) {
      fs.closeSync(fd);
      throw e;
    }
  }

  stat(): Stat {
    this.#here();
    return look(this.#path);
  }
  setTimes(atim: NewTime, mtim: NewTime): void {
    this.setTimesAt(".", false, atim, mtim);
  }
  sync(_dataOnly: boolean): void {
    this.#here();
  }
  close(): void {}
  #existing(path: string, follow: boolean): Place & { found: Stat } {
    const place = this.#find(path, follow);
    const { found } = place;
    if (found === undefined) fail(Errno.NOENT);
    if (place.slash && found.type !== FileType.DIRECTORY) fail(Errno.NOTDIR);
    return { ...place, found };
  }
  statAt(path: string, follow: boolean): Stat {
    return this.#existing(path, follow).found;
  }
  setTimesAt(path: string, follow: boolean, atim: NewTime, mtim: NewTime): void {
    const { path: host, found } = this.#existing(path, follow);
    fs.lutimesSync(host, seconds(atim, () => found.atim), seconds(mtim, () => found.mtim));
  }
  createDirectory(path: string): void {
    const place = this.#place(path, Errno.EXIST);
    if (place.found !== undefined) fail(Errno.EXIST);
    fs.mkdirSync(place.path);
  }
  removeDirectory(path: string): void {
    const { name } = this.#find(path, false, true);
    const place = this.#place(path, name === "." ? Errno.INVAL : Errno.NOTEMPTY);
    if (place.found === undefined) fail(Errno.NOENT);
    if (place.found.type !== FileType.DIRECTORY) fail(Errno.NOTDIR);
    fs.rmdirSync(place.path);
  }
  unlink(path: string): void {
    const { path: host, found, slash } = this.#place(path, Errno.ISDIR);
    if (found === undefined) fail(Errno.NOENT);
    if (found.type === FileType.DIRECTORY) fail(Errno.ISDIR);
    if (slash) fail(Errno.NOTDIR);
    fs.unlinkSync(host);
  }
  rename(from: string, target: DenoDirectory, to: string): void {
    const source = this.#place(from, Errno.BUSY);
    const place = target.#place(to, Errno.BUSY);
    if (source.found === undefined) fail(Errno.NOENT);
    const directory = source.found.type === FileType.DIRECTORY;
    if ((source.slash || place.slash) && !directory) fail(Errno.NOTDIR);
    if (place.found !== undefined && !same(place.found, source.found)) {
      if (directory && place.found.type !== FileType.DIRECTORY) fail(Errno.NOTDIR);
      if (!directory && place.found.type === FileType.DIRECTORY) fail(Errno.ISDIR);
    }
    fs.renameSync(source.path, place.path);
    if (same(look(place.path), source.found)) return;
    // Something else was moved: the host was faster.
    fs.renameSync(place.path, source.path);
    fail(Errno.PERM);
  }
  link(from: string, follow: boolean, target: DenoDirectory, to: string): void {
    const source = this.#existing(from, follow);
    const place = target.#place(to, Errno.EXIST);
    if (place.found !== undefined) fail(Errno.EXIST);
    if (source.found.type === FileType.DIRECTORY) fail(Errno.PERM);
    if (place.slash) fail(Errno.NOENT);
    fs.linkSync(source.path, place.path);
    if (same(look(place.path), source.found)) return;
    // Something else was linked: the host was faster.
    fs.unlinkSync(place.path);
    fail(Errno.PERM);
  }
  symlink(content: string, path: string): void {
    if (content === "") fail(Errno.NOENT);
    const place = this.#place(path, Errno.EXIST);
    if (place.found !== undefined) fail(Errno.EXIST);
    if (place.slash) fail(Errno.NOENT);
    fs.symlinkSync(content, place.path);
  }
  readLink(path: string): string {
    const { path: host, found } = this.#existing(path, false);
    if (found.type !== FileType.SYMBOLIC_LINK) fail(Errno.INVAL);
    return fs.readlinkSync(host);
  }
  entries(): HostEntry[] {
    this.#here();
    const list: HostEntry[] = [];
    for (const name of fs.readdirSync(this.#path)) {
      const found = lookAgain(join(this.#path, name));
      if (found !== undefined) list.push({ name, ino: found.ino, type: found.type });
      // What is no UTF-8 was replaced by this.
      else if (name.includes("\ufffd")) fail(Errno.ILSEQ);
    }
    return list;
  }
}

/** The host through Deno's own functions. Its clocks are those of JavaScript, and it cannot wait for files. */
export const denoHost: Host = {
  openRoot: (path) => {
    load();
    return new DenoDirectory(fs.realpathSync(path));
  },
  now: (id) => {
    if (id === ClockId.REALTIME) return BigInt(Date.now()) * 1_000_000n;
    return id === ClockId.MONOTONIC ? BigInt(Math.round(performance.now() * 1e6)) : undefined;
  },
  resolution: (id) => {
    if (id === ClockId.REALTIME) return 1_000_000n;
    return id === ClockId.MONOTONIC ? 1_000n : undefined;
  },
};
