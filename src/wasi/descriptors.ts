// The table of a program's descriptors: what each refers to, its rights, flags and position. Gives the lowest free number, as POSIX does.

import { Errno, fail } from "./errno.ts";
import { type HostDirectory, type HostEntry, type HostFile, type HostSocket, isDirectory } from "./host_files.ts";
import { FileType } from "./types.ts";

/** What a descriptor refers to, and what may be done with it. */
export interface Descriptor {
  readonly node: HostFile | HostDirectory;
  /** A member of `FileType`. */
  readonly type: number;
  /** What may be done with it. */
  rights: bigint;
  /** What may be done with what is opened from it. */
  inheriting: bigint;
  /** `FdFlag`s. */
  flags: number;
  /** Where the next read or write begins. */
  position: bigint;
  /** Nothing in the tree it comes from may be changed. */
  readonly readOnly: boolean;
  /** The path under which the guest finds the directory from the start. */
  readonly preopen?: string;
  /** The entries that cookies count in, once the directory was read. */
  entries?: readonly HostEntry[];
}

/** A descriptor of a directory. */
export type DirectoryDescriptor = Descriptor & { readonly node: HostDirectory };
/** A descriptor of anything else. */
export type FileDescriptor = Descriptor & { readonly node: HostFile };
/** A descriptor of a socket. */
export type SocketDescriptor = Descriptor & { readonly node: HostSocket };

function isDirectoryDescriptor(d: Descriptor): d is DirectoryDescriptor {
  return isDirectory(d.node);
}

/** Descriptors that one program can have, so that it cannot take all that the process has. */
const MAX_DESCRIPTORS = 8192;

/** The descriptors of one program. */
export class Descriptors {
  readonly #used = new Map<number, Descriptor>();
  /** No number below is free. */
  #lowest = 0;

  /** Ends the call with EMFILE if there is no room for another: to be asked before something is opened. */
  checkRoom(): void {
    if (this.#used.size >= MAX_DESCRIPTORS) fail(Errno.MFILE);
  }

  /** Entries of directories that are kept for cookies. */
  get listed(): number {
    let sum = 0;
    for (const { entries } of this.#used.values()) sum += entries?.length ?? 0;
    return sum;
  }

  /** Adds a descriptor under the lowest free number, which it gives. */
  add(descriptor: Descriptor): number {
    while (this.#used.has(this.#lowest)) this.#lowest++;
    this.#used.set(this.#lowest, descriptor);
    return this.#lowest++;
  }

  /** The descriptor of a number (EBADF), with a right (ENOTCAPABLE). */
  get(fd: number, right = 0n): Descriptor {
    const found = this.#used.get(fd) ?? fail(Errno.BADF);
    return (found.rights & right) === right ? found : fail(Errno.NOTCAPABLE);
  }

  /** The same for a directory; `otherwise` is the error for a file. */
  directory(fd: number, right: bigint, otherwise: number = Errno.BADF): DirectoryDescriptor {
    const found = this.get(fd);
    if (!isDirectoryDescriptor(found)) return fail(found.type === FileType.REGULAR_FILE ? otherwise : Errno.BADF);
    return (found.rights & right) === right ? found : fail(Errno.NOTCAPABLE);
  }

  /** The same for what is no directory (EBADF). */
  file(fd: number, right: bigint): FileDescriptor {
    const found = this.get(fd);
    if (isDirectoryDescriptor(found)) return fail(Errno.BADF);
    return (found.rights & right) === right ? found as FileDescriptor : fail(Errno.NOTCAPABLE);
  }

  /** The same for what has positions: streams have none (ESPIPE), whatever their rights. */
  seekable(fd: number, right: bigint): FileDescriptor {
    const found = this.file(fd, 0n);
    return found.node.seekable ? this.file(fd, right) : fail(Errno.SPIPE);
  }

  /** The same for sockets (ENOTSOCK). */
  socket(fd: number, right: bigint): SocketDescriptor {
    const found = this.get(fd);
    if (!("accept" in found.node)) fail(Errno.NOTSOCK);
    return this.get(fd, right) as SocketDescriptor;
  }

  /** Closes a descriptor. The number is free even if the host complains. */
  close(fd: number): void {
    const { node } = this.get(fd);
    this.#used.delete(fd);
    this.#lowest = Math.min(this.#lowest, fd);
    node.close();
  }

  /** Gives a descriptor the number of another, which is closed. */
  renumber(from: number, to: number): void {
    const moved = this.get(from);
    this.get(to);
    if (from === to) return;
    try {
      this.close(to);
    } finally {
      this.#used.set(to, moved);
      this.#used.delete(from);
      this.#lowest = Math.min(this.#lowest, from);
    }
  }

  /** Closes all. */
  closeAll(): void {
    for (const { node } of this.#used.values()) {
      try {
        node.close();
      } catch {
        // Nobody is left to be told.
      }
    }
    this.#used.clear();
    this.#lowest = 0;
  }
}
