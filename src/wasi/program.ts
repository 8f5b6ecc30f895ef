// What the calls of one program share: its memory, descriptors, arguments and environment, and the host.

import { Descriptors } from "./descriptors.ts";
import { GuestMemory } from "./guest_memory.ts";
import type { Host } from "./host_files.ts";

/** One running program. */
export class Program {
  readonly memory: GuestMemory = new GuestMemory();
  readonly fds: Descriptors = new Descriptors();

  readonly #findHost: () => Host;
  #host: Host | undefined;

  /** Takes what finds the host, and arguments and environment (`name=value`), each with its final zero. */
  constructor(
    findHost: () => Host,
    readonly args: readonly Uint8Array[],
    readonly env: readonly Uint8Array[],
  ) {
    this.#findHost = findHost;
  }

  /** The host, found when it is first needed: for the one through libc, thirty functions are bound, which takes longer than many a program runs. */
  get host(): Host {
    return this.#host ??= this.#findHost();
  }
}
