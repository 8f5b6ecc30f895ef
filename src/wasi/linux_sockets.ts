// Sockets of the host through libc: those that another process handed over with their numbers, and those that are made to listen before the program starts.

import { fileCalls, lastError } from "../platform/file_calls.ts";
import { Errno, errnoOfLinux, fail } from "./errno.ts";
import type { HostSocket } from "./host_files.ts";
import { LinuxFile } from "./linux_files.ts";
import { FileType } from "./types.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const MSG = { PEEK: 2, WAITALL: 0x100, NOSIGNAL: 0x4000 } as const;
const BACKLOG = 128;

function check(result: number): number {
  return result < 0 ? fail(errnoOfLinux(lastError())) : result;
}

/** A socket of the host. */
export class LinuxSocket extends LinuxFile implements HostSocket {
  /** Takes the descriptor over. */
  constructor(fd: number, readonly listens: boolean) {
    super(fd, FileType.SOCKET_STREAM);
  }
  accept(): LinuxSocket {
    return new LinuxSocket(check(fileCalls().accept4(this.fd, null, null, SOCK_CLOEXEC)), false);
  }
  receive(into: Bytes, peek: boolean, waitAll: boolean): number {
    const flags = (peek ? MSG.PEEK : 0) | (waitAll ? MSG.WAITALL : 0);
    return check(fileCalls().recv(this.fd, into, BigInt(into.length), flags));
  }
  send(from: Bytes): number {
    return check(fileCalls().send(this.fd, from, BigInt(from.length), MSG.NOSIGNAL));
  }
  shutdown(reading: boolean, writing: boolean): void {
    check(fileCalls().shutdown(this.fd, reading ? writing ? 2 : 0 : 1));
  }
  /** The port that it listens on. */
  get port(): number {
    const address = new DataView(new ArrayBuffer(28)), length = new Uint32Array([28]);
    check(fileCalls().getsockname(this.fd, address, length));
    return address.getUint16(2);
  }
}

/** `address` and `port` of text such as `127.0.0.1:80` or `[::1]:80`. Throws TypeError for anything else: names are not looked up. */
function parseAddress(text: string): { family: number; bytes: DataView<ArrayBuffer> } {
  const match = /^(?:(\d+)\.(\d+)\.(\d+)\.(\d+)|\[([0-9a-fA-F:]+)\]):(\d+)$/.exec(text);
  const port = Number(match?.[6]);
  if (match === null || port > 65535) throw new TypeError(`${text} is not of the form 127.0.0.1:80 or [::1]:80`);
  const six = match[5] !== undefined;
  const bytes = new DataView(new ArrayBuffer(six ? 28 : 16));
  bytes.setUint16(0, six ? AF_INET6 : AF_INET, true);
  bytes.setUint16(2, port);
  if (six) groups(match[5]).forEach((group, i) => bytes.setUint16(8 + 2 * i, group));
  else for (let i = 0; i < 4; i++) bytes.setUint8(4 + i, Number(match[i + 1]));
  return { family: six ? AF_INET6 : AF_INET, bytes };
}

/** The eight groups of an IPv6 address. */
function groups(text: string): number[] {
  const [before, after] = text.split("::").map((part) =>
    part === "" ? [] : part.split(":").map((g) => parseInt(g, 16))
  );
  if (after === undefined) return before;
  return [...before, ...Array(Math.max(0, 8 - before.length - after.length)).fill(0), ...after].slice(0, 8);
}

/** Makes a socket that listens on `127.0.0.1:80` or the like. Throws TypeError for an address that is none, WasiError. */
export function listen(address: string): LinuxSocket {
  const { family, bytes } = parseAddress(address);
  const fd = check(fileCalls().socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  try {
    check(fileCalls().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1]), 4));
    check(fileCalls().bind(fd, bytes, bytes.byteLength));
    check(fileCalls().listen(fd, BACKLOG));
    return new LinuxSocket(fd, true);
  } catch (e) {
    fileCalls().close(fd);
    throw e;
  }
}

/** A socket that this process already has, by its number. Throws WasiError (EBADF, ENOTSOCK). */
export function socketOf(fd: number, listens: boolean): LinuxSocket {
  const address = new DataView(new ArrayBuffer(128)), length = new Uint32Array([128]);
  if (!Number.isInteger(fd) || fd < 0) fail(Errno.BADF);
  check(fileCalls().getsockname(fd, address, length));
  return new LinuxSocket(fd, listens);
}
