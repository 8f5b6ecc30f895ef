// Calls for sockets that were handed over: sock_*. A program cannot make any.

import { Errno, fail } from "./errno.ts";
import type { Program } from "./program.ts";
import { readWith, writeWith } from "./transfer.ts";
import { FdFlag, FileType, ReceiveFlag, Right, ShutdownFlag, SOCKET_RIGHTS } from "./types.ts";

function checkReady(p: Program, pollable: number | undefined, flags: number, write: boolean): void {
  if ((flags & FdFlag.NONBLOCK) === 0 || pollable === undefined || p.host.poll === undefined) return;
  if (!p.host.poll([{ pollable, write }], 0)[0].ready) fail(Errno.AGAIN);
}

/** Takes a connection that waits. */
export function sockAccept(p: Program, fd: number, flags: number, result: number): void {
  const d = p.fds.socket(fd, Right.SOCK_ACCEPT);
  if ((flags & ~FdFlag.NONBLOCK) !== 0) fail(Errno.INVAL);
  p.memory.check(result, 4);
  checkReady(p, d.node.pollable, d.flags, false);
  p.fds.checkRoom();
  const node = d.node.accept();
  const accepted = p.fds.add({
    node,
    type: FileType.SOCKET_STREAM,
    rights: SOCKET_RIGHTS,
    inheriting: 0n,
    flags,
    position: 0n,
    readOnly: false,
  });
  p.memory.setU32(result, accepted);
}

/** Receives. */
export function sockRecv(
  p: Program,
  fd: number,
  iovs: number,
  count: number,
  flags: number,
  length: number,
  outFlags: number,
): void {
  const d = p.fds.socket(fd, Right.FD_READ);
  if ((flags & ~ReceiveFlag.ALL) !== 0) fail(Errno.INVAL);
  const list = p.memory.buffers(iovs, count);
  p.memory.check(length, 4);
  p.memory.check(outFlags, 2);
  checkReady(p, d.node.pollable, d.flags, false);
  const peek = (flags & ReceiveFlag.PEEK) !== 0, waitAll = (flags & ReceiveFlag.WAITALL) !== 0;
  let asked = false;
  // Asked again it would wait for more, or peek at the same.
  const receive = (into: Uint8Array<ArrayBuffer>) => asked && !waitAll ? 0 : d.node.receive(into, peek, waitAll);
  const n = readWith(p, list, (into) => {
    const got = receive(into);
    asked = true;
    return got;
  });
  p.memory.setU32(length, n);
  p.memory.setU16(outFlags, 0);
}

/** Sends. There are no flags. */
export function sockSend(p: Program, fd: number, iovs: number, count: number, flags: number, length: number): void {
  const d = p.fds.socket(fd, Right.FD_WRITE);
  if (flags !== 0) fail(Errno.INVAL);
  const list = p.memory.buffers(iovs, count);
  p.memory.check(length, 4);
  checkReady(p, d.node.pollable, d.flags, true);
  p.memory.setU32(length, writeWith(p, list, (from) => d.node.send(from)));
}

/** Ends one direction of a connection, or both. */
export function sockShutdown(p: Program, fd: number, how: number): void {
  const d = p.fds.socket(fd, Right.SOCK_SHUTDOWN);
  if (how === 0 || (how & ~ShutdownFlag.ALL) !== 0) fail(Errno.INVAL);
  d.node.shutdown((how & ShutdownFlag.RD) !== 0, (how & ShutdownFlag.WR) !== 0);
}
