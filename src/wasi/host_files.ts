// The contract between WASI and the host's files: directories that nothing leads out of, and files. linux_files.ts keeps it through libc, race-free; deno_files.ts
// through Deno's own functions. All functions throw WasiError, or an error of Deno that errnoOf() knows.

/** What the host knows of a file. Times are nanoseconds since 1970. */
export interface Stat {
  readonly dev: bigint;
  readonly ino: bigint;
  /** A member of `FileType`. */
  readonly type: number;
  readonly nlink: bigint;
  readonly size: bigint;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** A time to be set, in nanoseconds since 1970; undefined leaves it. */
export type NewTime = bigint | "now" | undefined;

/** How a file or directory is opened. */
export interface OpenHow {
  readonly read: boolean;
  readonly write: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  /** It has to be a directory. */
  readonly directory: boolean;
  /** A symbolic link at the end of the path is followed. */
  readonly follow: boolean;
  /** Opening does not wait for the other end of a pipe. */
  readonly nonblock: boolean;
}

/** An entry of a directory. */
export interface HostEntry {
  readonly name: string;
  readonly ino: bigint;
  /** A member of `FileType`. */
  readonly type: number;
}

/** What both files and directories can do. */
export interface HostNode {
  stat(): Stat;
  setTimes(atim: NewTime, mtim: NewTime): void;
  /** Writes what the system still holds; with `dataOnly`, not what is only about the file. */
  sync(dataOnly: boolean): void;
  close(): void;
}

/** An open file, pipe, terminal or socket. */
export interface HostFile extends HostNode {
  /** A member of `FileType`. */
  readonly type: number;
  /** Whether reads and writes have positions; if not, those given mean nothing. */
  readonly seekable: boolean;
  /** What poll(2) takes; undefined: it never has to be waited for. */
  readonly pollable: number | undefined;
  /** Reads into a buffer, which is not empty; gives the number of bytes, 0 at the end. */
  read(into: Uint8Array<ArrayBuffer>, at: bigint): number;
  /** Writes; gives the number of bytes. */
  write(from: Uint8Array<ArrayBuffer>, at: bigint): number;
  /** Writes to the end, wherever that is by now. */
  append(from: Uint8Array<ArrayBuffer>): number;
  setSize(size: bigint): void;
  allocate(offset: bigint, length: bigint): void;
  /** Takes a member of `advice`. */
  advise(offset: bigint, length: bigint, advice: number): void;
}

/** A socket that was handed over, or accepted. */
export interface HostSocket extends HostFile {
  /** Whether it waits for connections. */
  readonly listens: boolean;
  accept(): HostSocket;
  receive(into: Uint8Array<ArrayBuffer>, peek: boolean, waitAll: boolean): number;
  send(from: Uint8Array<ArrayBuffer>): number;
  shutdown(reading: boolean, writing: boolean): void;
}

/**
 * An open directory. No path leads out of it, whether by `..`, a symbolic link or a leading slash (EPERM). Paths may end in slashes, which says that they mean
 * directories.
 */
export interface HostDirectory extends HostNode {
  open(path: string, how: OpenHow): HostFile | HostDirectory;
  statAt(path: string, follow: boolean): Stat;
  setTimesAt(path: string, follow: boolean, atim: NewTime, mtim: NewTime): void;
  createDirectory(path: string): void;
  removeDirectory(path: string): void;
  unlink(path: string): void;
  /** Moves something to a path of another directory of the same kind. */
  rename(from: string, target: HostDirectory, to: string): void;
  /** Makes a hard link in another directory of the same kind. */
  link(from: string, follow: boolean, target: HostDirectory, to: string): void;
  symlink(content: string, path: string): void;
  readLink(path: string): string;
  /** All entries but `.` and `..`. */
  entries(): HostEntry[];
}

/** Whether something that was opened is a directory. */
export function isDirectory(node: HostFile | HostDirectory): node is HostDirectory {
  return "entries" in node;
}

/** A wish to know when a file can be read from, or written to. */
export interface Waiting {
  readonly pollable: number;
  readonly write: boolean;
}
/** What came of it. */
export interface Readiness {
  readonly ready: boolean;
  readonly hangup: boolean;
  /** Bytes that can be read at once, if the host can tell. */
  readonly bytes: bigint;
}

/** The host as a whole. */
export interface Host {
  /** Opens a directory for the guest. Throws an error of Deno, or WasiError. */
  openRoot(path: string): HostDirectory;
  /** Waits until one is ready, at most so many milliseconds; undefined where the host cannot wait for files. */
  poll?(list: readonly Waiting[], milliseconds: number): Readiness[];
  /** The time of a clock in nanoseconds; undefined if the host does not have it. */
  now(clock: number): bigint | undefined;
  /** The resolution of a clock in nanoseconds. */
  resolution(clock: number): bigint | undefined;
}
