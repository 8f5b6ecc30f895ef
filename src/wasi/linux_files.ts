// Files of the host through libc: every path is resolved by openat2 with RESOLVE_BENEATH from the descriptor of a directory, so that the kernel itself keeps the guest within, whatever
// others do to the tree meanwhile. What changes a directory acts on the last name alone, below a parent that was opened like that.

import { fileCalls, hasFileCalls, lastError, openAt } from "../platform/file_calls.ts";
import { Errno, errnoOfLinux, fail, WasiError } from "./errno.ts";
import type {
  Host,
  HostDirectory,
  HostEntry,
  HostFile,
  NewTime,
  OpenHow,
  Readiness,
  Stat,
  Waiting,
} from "./host_files.ts";
import { ClockId, FileType } from "./types.ts";

const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;
const RESOLVE_NO_MAGICLINKS = 2;
const RESOLVE_BENEATH = 8;
const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const F_SETFL = 4;
const STATX_BASIC = 0x7ff;
const UTIME_NOW = 0x3fff_ffffn;
const UTIME_OMIT = 0x3fff_fffen;
const FIONREAD = 0x541bn;
const POLL = { IN: 1, OUT: 4, ERR: 8, HUP: 16, NVAL: 32 } as const;
/** Offsets of positions and lengths that the kernel takes. */
const MAX_OFFSET = (1n << 63n) - 1n;
/** How often a path is resolved anew when a rename elsewhere was in the way. */
const RETRIES = 64;
const NO_PATH = new Uint8Array(1);
const ENTRY_BYTES = 65536;

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A path with its final zero. */
function cPath(path: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(path + "\0");
}

/** The result of a call, or its error. A call that a signal broke off is not made again by this. */
function check(result: number): number {
  return result < 0 ? fail(errnoOfLinux(lastError())) : result;
}

/** A file offset or length as the kernel takes it. */
function offset(value: bigint): bigint {
  return value > MAX_OFFSET ? fail(Errno.INVAL) : value;
}

/** `st_mode` → file type. */
function typeOf(mode: number): number {
  switch (mode & 0o170000) {
    case 0o040000:
      return FileType.DIRECTORY;
    case 0o100000:
      return FileType.REGULAR_FILE;
    case 0o120000:
      return FileType.SYMBOLIC_LINK;
    case 0o020000:
      return FileType.CHARACTER_DEVICE;
    case 0o060000:
      return FileType.BLOCK_DEVICE;
    case 0o140000:
      return FileType.SOCKET_STREAM;
    default:
      return FileType.UNKNOWN;
  }
}
/** `d_type` → file type. */
const ENTRY_TYPES: Readonly<Record<number, number>> = {
  2: FileType.CHARACTER_DEVICE,
  4: FileType.DIRECTORY,
  6: FileType.BLOCK_DEVICE,
  8: FileType.REGULAR_FILE,
  10: FileType.SYMBOLIC_LINK,
  12: FileType.SOCKET_STREAM,
};

const STATX = new DataView(new ArrayBuffer(256));
/** A `struct statx_timestamp`, in nanoseconds; times before 1970 cannot be told. */
function timeIn(at: number): bigint {
  const time = STATX.getBigInt64(at, true) * 1_000_000_000n + BigInt(STATX.getUint32(at + 8, true));
  return time < 0n ? 0n : time;
}

/** What the kernel knows of an open descriptor. */
export function statOf(fd: number): Stat {
  check(fileCalls().statx(fd, NO_PATH, AT_EMPTY_PATH, STATX_BASIC, STATX));
  const major = BigInt(STATX.getUint32(136, true)), minor = BigInt(STATX.getUint32(140, true));
  return {
    dev: ((major & 0xfffff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffffff00n) << 12n) | (minor & 0xffn),
    ino: STATX.getBigUint64(32, true),
    type: typeOf(STATX.getUint16(28, true)),
    nlink: BigInt(STATX.getUint32(16, true)),
    size: STATX.getBigUint64(40, true),
    atim: timeIn(64),
    mtim: timeIn(112),
    ctim: timeIn(96),
  };
}

function timespecs(atim: NewTime, mtim: NewTime): BigInt64Array {
  return new BigInt64Array([atim, mtim].flatMap((t) => {
    if (t === undefined || t === "now") return [0n, t === "now" ? UTIME_NOW : UTIME_OMIT];
    return [t / 1_000_000_000n, t % 1_000_000_000n];
  }));
}
function setTimes(fd: number, atim: NewTime, mtim: NewTime): void {
  check(fileCalls().utimensat(fd, NO_PATH, timespecs(atim, mtim), AT_EMPTY_PATH));
}

function sync(fd: number, dataOnly: boolean): void {
  check(dataOnly ? fileCalls().fdatasync(fd) : fileCalls().fsync(fd));
}

/** A descriptor of the host that is a file, pipe or device. */
export class LinuxFile implements HostFile {
  readonly seekable: boolean;
  readonly pollable: number | undefined;
  #appending = false;

  /** Takes the descriptor over. */
  constructor(protected readonly fd: number, readonly type: number) {
    this.seekable = type === FileType.REGULAR_FILE || type === FileType.BLOCK_DEVICE;
    this.pollable = this.seekable ? undefined : fd;
  }

  stat(): Stat {
    return statOf(this.fd);
  }
  setTimes(atim: NewTime, mtim: NewTime): void {
    setTimes(this.fd, atim, mtim);
  }
  sync(dataOnly: boolean): void {
    sync(this.fd, dataOnly);
  }
  close(): void {
    check(fileCalls().close(this.fd));
  }
  read(into: Uint8Array<ArrayBuffer>, at: bigint): number {
    const { fd } = this, calls = fileCalls(), length = BigInt(into.length);
    return check(this.seekable ? calls.pread64(fd, into, length, offset(at)) : calls.read(fd, into, length));
  }
  write(from: Uint8Array<ArrayBuffer>, at: bigint): number {
    this.#setAppending(false);
    const { fd } = this, calls = fileCalls(), length = BigInt(from.length);
    return check(this.seekable ? calls.pwrite64(fd, from, length, offset(at)) : calls.write(fd, from, length));
  }
  append(from: Uint8Array<ArrayBuffer>): number {
    this.#setAppending(true);
    return check(fileCalls().write(this.fd, from, BigInt(from.length)));
  }
  #setAppending(on: boolean): void {
    if (on === this.#appending || !this.seekable) return;
    check(fileCalls().fcntl(this.fd, F_SETFL, on ? O.APPEND : 0));
    this.#appending = on;
  }
  setSize(size: bigint): void {
    check(fileCalls().ftruncate64(this.fd, offset(size)));
  }
  allocate(from: bigint, length: bigint): void {
    const error = fileCalls().posix_fallocate64(this.fd, offset(from), offset(length));
    if (error !== 0) fail(errnoOfLinux(error));
  }
  advise(from: bigint, length: bigint, advice: number): void {
    // The kernel counts random before sequential.
    const linux = advice === 1 ? 2 : advice === 2 ? 1 : advice;
    const error = fileCalls().posix_fadvise64(this.fd, offset(from), offset(length), linux);
    if (error !== 0) fail(errnoOfLinux(error));
  }
}

/** A path cut before its last name: what is before is the parent, the name keeps its slashes. */
function split(path: string): { parent: string; name: string } {
  const end = path.replace(/\/+$/, "").lastIndexOf("/");
  return { parent: end < 0 ? "." : path.slice(0, end + 1), name: path.slice(end + 1) };
}

/** An open directory. */
class LinuxDirectory implements HostDirectory {
  readonly #fd: number;

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens a path; gives the host's descriptor. */
  #open(path: string, flags: number, mode = 0): number {
    if (path === "") fail(Errno.NOENT);
    const text = cPath(path);
    for (let n = 0;; n++) {
      const fd = openAt(this.#fd, text, flags | O.CLOEXEC, mode, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
      if (fd >= 0) return fd;
      const error = errnoOfLinux(lastError());
      // The kernel's word for what leads out is EXDEV.
      if (error === Errno.XDEV) fail(Errno.PERM);
      if (error !== Errno.INTR && (error !== Errno.AGAIN || n >= RETRIES)) fail(error);
    }
  }

  /** Opens what a path means, without the right to do anything but ask, and calls `action` with it. */
  #at<T>(path: string, follow: boolean, action: (fd: number) => T): T {
    const fd = this.#open(path, O.PATH | (follow ? 0 : O.NOFOLLOW));
    try {
      return action(fd);
    } finally {
      fileCalls().close(fd);
    }
  }

  /** Opens the parent of a path, and calls `action` with it and the last name. */
  #in<T>(path: string, action: (parent: number, name: Uint8Array<ArrayBuffer>) => T): T {
    if (path === "") fail(Errno.NOENT);
    const { parent, name } = split(path);
    // Only slashes: the root of the host, which is not to be reached.
    if (/^\/*$/.test(name)) fail(Errno.PERM);
    const fd = this.#open(parent, O.PATH | O.DIRECTORY);
    try {
      return action(fd, cPath(name));
    } finally {
      fileCalls().close(fd);
    }
  }

  open(path: string, how: OpenHow): HostFile | HostDirectory {
    let flags: number = how.write ? how.read ? O.RDWR : O.WRONLY : O.RDONLY;
    flags |= O.NOCTTY;
    if (how.create) flags |= O.CREAT;
    if (how.exclusive) flags |= O.EXCL;
    if (how.truncate) flags |= O.TRUNC;
    if (how.directory) flags |= O.DIRECTORY;
    if (how.nonblock) flags |= O.NONBLOCK;
    if (!how.follow) flags |= O.NOFOLLOW;
    const fd = this.#open(path, flags, how.create ? 0o666 : 0);
    try {
      const { type } = statOf(fd);
      return type === FileType.DIRECTORY ? new LinuxDirectory(fd) : new LinuxFile(fd, type);
    } catch (e) {
      fileCalls().close(fd);
      throw e;
    }
  }

  stat(): Stat {
    return statOf(this.#fd);
  }
  setTimes(atim: NewTime, mtim: NewTime): void {
    setTimes(this.#fd, atim, mtim);
  }
  sync(dataOnly: boolean): void {
    sync(this.#fd, dataOnly);
  }
  close(): void {
    check(fileCalls().close(this.#fd));
  }
  statAt(path: string, follow: boolean): Stat {
    return this.#at(path, follow, statOf);
  }
  setTimesAt(path: string, follow: boolean, atim: NewTime, mtim: NewTime): void {
    this.#at(path, follow, (fd) => setTimes(fd, atim, mtim));
  }
  createDirectory(path: string): void {
    this.#in(path, (parent, name) => check(fileCalls().mkdirat(parent, name, 0o777)));
  }
  removeDirectory(path: string): void {
    this.#in(path, (parent, name) => check(fileCalls().unlinkat(parent, name, AT_REMOVEDIR)));
  }
  unlink(path: string): void {
    this.#in(path, (parent, name) => check(fileCalls().unlinkat(parent, name, 0)));
  }
  rename(from: string, target: LinuxDirectory, to: string): void {
    this.#in(from, (parent, name) => {
      target.#in(to, (other, newName) => check(fileCalls().renameat(parent, name, other, newName)));
    });
  }
  link(from: string, follow: boolean, target: LinuxDirectory, to: string): void {
    // By its descriptor, since the kernel would follow a link whose name ends in a slash out of the tree.
    this.#at(from, follow, (fd) => {
      const source = cPath(`/proc/self/fd/${fd}`);
      target.#in(to, (other, name) => check(fileCalls().linkat(AT_FDCWD, source, other, name, AT_SYMLINK_FOLLOW)));
    });
  }
  symlink(content: string, path: string): void {
    if (content === "") fail(Errno.NOENT);
    this.#in(path, (parent, name) => check(fileCalls().symlinkat(cPath(content), parent, name)));
  }
  readLink(path: string): string {
    return this.#at(path, false, (fd) => {
      if (statOf(fd).type !== FileType.SYMBOLIC_LINK) fail(Errno.INVAL);
      const into = new Uint8Array(4096);
      const length = check(fileCalls().readlinkat(fd, NO_PATH, into, BigInt(into.length)));
      return text(into.subarray(0, length));
    });
  }
  entries(): HostEntry[] {
    const list: HostEntry[] = [];
    const bytes = new Uint8Array(ENTRY_BYTES), view = new DataView(bytes.buffer);
    // Opened anew, since the place in the list belongs to the descriptor.
    const fd = this.#open(".", O.RDONLY | O.DIRECTORY);
    try {
      for (;;) {
        const length = check(fileCalls().getdents64(fd, bytes, BigInt(bytes.length)));
        if (length === 0) return list;
        for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
          const name = text(bytes.subarray(at + 19, bytes.indexOf(0, at + 19)));
          if (name === "." || name === "..") continue;
          const type = ENTRY_TYPES[bytes[at + 18]];
          const known = bytes[at + 18] !== 0;
          list.push({
            name,
            ino: view.getBigUint64(at, true),
            type: type ?? (known ? FileType.UNKNOWN : this.#typeAt(name)),
          });
        }
      }
    } finally {
      fileCalls().close(fd);
    }
  }
  /** For file systems that do not tell types in lists. */
  #typeAt(name: string): number {
    try {
      return this.statAt(name, false).type;
    } catch (e) {
      if (e instanceof WasiError) return FileType.UNKNOWN;
      throw e;
    }
  }
}

function text(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return fail(Errno.ILSEQ);
  }
}

function poll(list: readonly Waiting[], milliseconds: number): Readiness[] {
  const records = new DataView(new ArrayBuffer(Math.max(8, 8 * list.length)));
  list.forEach(({ pollable, write }, i) => {
    records.setInt32(8 * i, pollable, true);
    records.setInt16(8 * i + 4, write ? POLL.OUT : POLL.IN, true);
  });
  const count = fileCalls().poll(records, BigInt(list.length), milliseconds);
  if (count < 0 && errnoOfLinux(lastError()) !== Errno.INTR) fail(errnoOfLinux(lastError()));
  return list.map(({ pollable, write }, i) => {
    const found = count < 0 ? 0 : records.getInt16(8 * i + 6, true);
    const bytes = new Int32Array(1);
    const told = found !== 0 && !write && fileCalls().ioctl(pollable, FIONREAD, bytes) === 0;
    return {
      ready: found !== 0,
      hangup: (found & (POLL.HUP | POLL.ERR)) !== 0,
      bytes: told ? BigInt(bytes[0]) : 0n,
    };
  });
}

const TIMESPEC = new BigInt64Array(2);
function clock(call: "clock_gettime" | "clock_getres", id: number): bigint | undefined {
  // WASI's numbers are Linux's.
  if (id > ClockId.THREAD_CPUTIME || fileCalls()[call](id, TIMESPEC) !== 0) return undefined;
  return TIMESPEC[0] * 1_000_000_000n + TIMESPEC[1];
}

/** Whether the kernel knows openat2, and lets us use it. */
function hasOpenAt2(): boolean {
  const fd = openAt(AT_FDCWD, cPath("."), O.PATH | O.CLOEXEC, 0, RESOLVE_BENEATH);
  if (fd >= 0) fileCalls().close(fd);
  return fd >= 0 || ![Errno.NOSYS, Errno.PERM].includes(errnoOfLinux(lastError()));
}

let host: Host | undefined;
/** The host through libc; undefined where FFI is not allowed, or libc or the kernel lacks something. */
export function linuxHost(): Host | undefined {
  if (host !== undefined) return host;
  if (!hasFileCalls() || !hasOpenAt2()) return undefined;
  return host = {
    openRoot: (path) => {
      const fd = fileCalls().open(cPath(path), O.RDONLY | O.DIRECTORY | O.CLOEXEC);
      return new LinuxDirectory(check(fd));
    },
    poll,
    now: (id) => clock("clock_gettime", id),
    resolution: (id) => clock("clock_getres", id),
  };
}
