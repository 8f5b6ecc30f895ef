// Constants and record layouts of WASI preview 1: file types, flags, rights, offsets of fields. Numbers are those of the specification (typenames.witx).

/** Kinds of what descriptors refer to (`filetype`). */
export const FileType = {
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const;

/** `fdflags`. */
export const FdFlag = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16, ALL: 31 } as const;
/** `oflags`. */
export const OpenFlag = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8, ALL: 15 } as const;
/** `lookupflags`. */
export const LookupFlag = { SYMLINK_FOLLOW: 1, ALL: 1 } as const;
/** `fstflags`. */
export const TimeFlag = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8, ALL: 15 } as const;
/** `whence`. */
export const Whence = { SET: 0, CUR: 1, END: 2 } as const;
/** `clockid`. */
export const ClockId = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME: 2, THREAD_CPUTIME: 3 } as const;
/** `eventtype`. */
export const EventType = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const;
/** `eventrwflags`: the other end was closed. */
export const EVENT_HANGUP = 1;
/** `subclockflags`: the timeout is a point in time. */
export const CLOCK_ABSOLUTE = 1;
/** `riflags`. */
export const ReceiveFlag = { PEEK: 1, WAITALL: 2, ALL: 3 } as const;
/** `sdflags`. */
export const ShutdownFlag = { RD: 1, WR: 2, ALL: 3 } as const;

/** `rights`: what may be done with a descriptor. */
export const Right = {
  FD_DATASYNC: 1n << 0n,
  FD_READ: 1n << 1n,
  FD_SEEK: 1n << 2n,
  FD_FDSTAT_SET_FLAGS: 1n << 3n,
  FD_SYNC: 1n << 4n,
  FD_TELL: 1n << 5n,
  FD_WRITE: 1n << 6n,
  FD_ADVISE: 1n << 7n,
  FD_ALLOCATE: 1n << 8n,
  PATH_CREATE_DIRECTORY: 1n << 9n,
  PATH_CREATE_FILE: 1n << 10n,
  PATH_LINK_SOURCE: 1n << 11n,
  PATH_LINK_TARGET: 1n << 12n,
  PATH_OPEN: 1n << 13n,
  FD_READDIR: 1n << 14n,
  PATH_READLINK: 1n << 15n,
  PATH_RENAME_SOURCE: 1n << 16n,
  PATH_RENAME_TARGET: 1n << 17n,
  PATH_FILESTAT_GET: 1n << 18n,
  PATH_FILESTAT_SET_SIZE: 1n << 19n,
  PATH_FILESTAT_SET_TIMES: 1n << 20n,
  FD_FILESTAT_GET: 1n << 21n,
  FD_FILESTAT_SET_SIZE: 1n << 22n,
  FD_FILESTAT_SET_TIMES: 1n << 23n,
  PATH_SYMLINK: 1n << 24n,
  PATH_REMOVE_DIRECTORY: 1n << 25n,
  PATH_UNLINK_FILE: 1n << 26n,
  POLL_FD_READWRITE: 1n << 27n,
  SOCK_SHUTDOWN: 1n << 28n,
  SOCK_ACCEPT: 1n << 29n,
} as const;

/** All bits that are rights. */
export const ALL_RIGHTS: bigint = (1n << 30n) - 1n;

function union(...rights: bigint[]): bigint {
  return rights.reduce((all, r) => all | r, 0n);
}
const R = Right;

/** Rights that mean something for a file with positions. */
export const FILE_RIGHTS: bigint = union(
  R.FD_DATASYNC,
  R.FD_READ,
  R.FD_SEEK,
  R.FD_FDSTAT_SET_FLAGS,
  R.FD_SYNC,
  R.FD_TELL,
  R.FD_WRITE,
  R.FD_ADVISE,
  R.FD_ALLOCATE,
  R.FD_FILESTAT_GET,
  R.FD_FILESTAT_SET_SIZE,
  R.FD_FILESTAT_SET_TIMES,
  R.POLL_FD_READWRITE,
);
/** Rights that mean something for a terminal, a pipe, and the like. Without FD_SEEK and FD_TELL a C library takes a character device for a terminal. */
export const STREAM_RIGHTS: bigint = union(
  R.FD_READ,
  R.FD_WRITE,
  R.FD_FDSTAT_SET_FLAGS,
  R.FD_SYNC,
  R.FD_DATASYNC,
  R.FD_FILESTAT_GET,
  R.FD_FILESTAT_SET_TIMES,
  R.POLL_FD_READWRITE,
);
/** Rights that mean something for a directory. */
export const DIRECTORY_RIGHTS: bigint = union(
  R.FD_FDSTAT_SET_FLAGS,
  R.FD_SYNC,
  R.FD_ADVISE,
  R.PATH_CREATE_DIRECTORY,
  R.PATH_CREATE_FILE,
  R.PATH_LINK_SOURCE,
  R.PATH_LINK_TARGET,
  R.PATH_OPEN,
  R.FD_READDIR,
  R.PATH_READLINK,
  R.PATH_RENAME_SOURCE,
  R.PATH_RENAME_TARGET,
  R.PATH_FILESTAT_GET,
  R.PATH_FILESTAT_SET_SIZE,
  R.PATH_FILESTAT_SET_TIMES,
  R.FD_FILESTAT_GET,
  R.FD_FILESTAT_SET_TIMES,
  R.PATH_SYMLINK,
  R.PATH_REMOVE_DIRECTORY,
  R.PATH_UNLINK_FILE,
  R.POLL_FD_READWRITE,
);
/** Rights of a connected socket. */
export const SOCKET_RIGHTS: bigint = STREAM_RIGHTS | R.SOCK_SHUTDOWN;
/** Rights of a socket that listens. */
export const LISTENER_RIGHTS: bigint = union(
  R.FD_FDSTAT_SET_FLAGS,
  R.FD_FILESTAT_GET,
  R.POLL_FD_READWRITE,
  R.SOCK_ACCEPT,
  R.SOCK_SHUTDOWN,
);

/** Offsets in `filestat`. */
export const FILESTAT = {
  dev: 0,
  ino: 8,
  filetype: 16,
  nlink: 24,
  size: 32,
  atim: 40,
  mtim: 48,
  ctim: 56,
  bytes: 64,
} as const;
/** Offsets in `fdstat`. */
export const FDSTAT = { filetype: 0, flags: 2, rights: 8, inheriting: 16, bytes: 24 } as const;
/** Offsets in `prestat`. */
export const PRESTAT = { tag: 0, nameLength: 4, bytes: 8 } as const;
/** Offsets in `dirent`, after which the name stands. */
export const DIRENT = { next: 0, ino: 8, nameLength: 16, type: 20, bytes: 24 } as const;
/** Offsets in `subscription`. */
export const SUBSCRIPTION = {
  userdata: 0,
  tag: 8,
  fd: 16,
  clockId: 16,
  timeout: 24,
  precision: 32,
  clockFlags: 40,
  bytes: 48,
} as const;
/** Offsets in `event`. */
export const EVENT = { userdata: 0, error: 8, type: 10, nbytes: 16, flags: 24, bytes: 32 } as const;
