// The call fd_readdir. Cookies count in a list that is made when a reader begins, so that what is added or removed meanwhile moves nothing.

import { Errno, fail } from "./errno.ts";
import type { Program } from "./program.ts";
import { DIRENT, FileType, Right } from "./types.ts";
import type { HostEntry } from "./host_files.ts";

/** Entries that a program's open directories may hold together. */
const MAX_LISTED = 2 ** 20;

const encoder = new TextEncoder();

/** Fills a buffer with entries from a cookie on; the last may be cut. Less than the buffer holds means that there are no more. */
export function fdReaddir(
  p: Program,
  fd: number,
  buffer: number,
  length: number,
  cookie: bigint,
  result: number,
): void {
  const d = p.fds.directory(fd, Right.FD_READDIR);
  p.memory.check(result, 4);
  const into = p.memory.range(buffer, length);
  if (cookie === 0n || d.entries === undefined) {
    const { ino } = d.node.stat();
    const dots: HostEntry[] = [".", ".."].map((name) => ({ name, ino, type: FileType.DIRECTORY }));
    d.entries = undefined;
    const entries = dots.concat(d.node.entries());
    if (entries.length + p.fds.listed > MAX_LISTED) fail(Errno.NOMEM);
    d.entries = entries;
  }
  const { entries } = d;
  const record = new DataView(new ArrayBuffer(DIRENT.bytes));
  const put = (bytes: Uint8Array) => {
    const part = bytes.subarray(0, length - used);
    into.set(part, used);
    used += part.length;
  };
  let used = 0;
  const first = cookie > BigInt(entries.length) ? entries.length : Number(cookie);
  for (let i = first; i < entries.length && used < length; i++) {
    const { name, ino, type } = entries[i];
    const bytes = encoder.encode(name);
    record.setBigUint64(DIRENT.next, BigInt(i + 1), true);
    record.setBigUint64(DIRENT.ino, ino, true);
    record.setUint32(DIRENT.nameLength, bytes.length, true);
    record.setUint8(DIRENT.type, type);
    put(new Uint8Array(record.buffer));
    put(bytes);
  }
  p.memory.setU32(result, used);
}
