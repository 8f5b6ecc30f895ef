// The public Wasi: takes what a program may see of the host, gives the functions that it imports, and runs it.

import { bindCall, CALLS, WASI_MODULE, type WasiFunction } from "./calls.ts";
import { denoHost } from "./deno_files.ts";
import { Errno, WasiError } from "./errno.ts";
import { WasiExit } from "./exit.ts";
import type { MemorySource } from "./guest_memory.ts";
import type { Host } from "./host_files.ts";
import { linuxHost } from "./linux_files.ts";
import { listen, socketOf } from "./linux_sockets.ts";
import { Program } from "./program.ts";
import { inputStream, outputStream, type Stream, type WasiInput, type WasiOutput } from "./streams.ts";
import {
  DIRECTORY_RIGHTS,
  FILE_RIGHTS,
  FileType,
  LISTENER_RIGHTS,
  Right,
  SOCKET_RIGHTS,
  STREAM_RIGHTS,
} from "./types.ts";

/** A directory of the host that a program may use. */
export interface WasiDirectory {
  /** Its path on the host. */
  readonly path: string;
  /** Whether nothing in it may be changed; default no. */
  readonly readOnly?: boolean;
}

/** A socket that a program is given: one that listens on an address such as `127.0.0.1:8080`, or one that this process already has, by its number. */
export type WasiSocket = { readonly listen: string } | { readonly fd: number; readonly listens?: boolean };

/** What a program may see of the host. By default nothing but its own output. */
export interface WasiOptions {
  /** Arguments, the program's name first. */
  readonly args?: readonly string[];
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories by the path under which the program finds them. */
  readonly preopens?: Readonly<Record<string, string | WasiDirectory>>;
  /** Sockets, from the descriptor after the directories on. Need FFI. */
  readonly sockets?: readonly WasiSocket[];
  /** Standard input; default `"null"`. */
  readonly stdin?: WasiInput;
  /** Standard output; default `"inherit"`. */
  readonly stdout?: WasiOutput;
  /** Standard error; default `"inherit"`. */
  readonly stderr?: WasiOutput;
  /** Whether a program ends, with exit code 141, when nobody reads its output any more, as native programs do; otherwise it gets EPIPE. Default no. */
  readonly exitWhenClosed?: boolean;
  /**
   * How files are reached: `linux` through the kernel, free of races (needs Linux 5.8 and `--allow-ffi`), `deno` through Deno's own functions, `auto` (default) as
   * `linux` where that can be.
   */
  readonly files?: "auto" | "linux" | "deno";
}

/** What `start()` and `initialize()` need of an instance: of Strata, or of anything else with the JavaScript API. */
export interface WasiInstance {
  /** Exports by name; the memory is called `memory`. */
  // deno-lint-ignore no-explicit-any
  readonly exports: Readonly<Record<string, any>>;
}

/** Why a directory cannot be opened, for people. */
const REASONS: Readonly<Record<number, string>> = {
  [Errno.NOENT]: "it does not exist",
  [Errno.NOTDIR]: "it is no directory",
  [Errno.ACCES]: "the system does not permit it",
};

const encoder = new TextEncoder();

/** Text with a final zero. Throws TypeError for text that has one in it. */
function zeroEnded(text: string, what: string): Uint8Array {
  if (text.includes("\0")) throw new TypeError(`${what} holds a zero character: ${JSON.stringify(text)}`);
  return encoder.encode(text + "\0");
}

function hostFor(files: WasiOptions["files"]): Host {
  if (files === "deno") return denoHost;
  const linux = linuxHost();
  if (files === "linux" && linux === undefined) {
    throw new Error('files: "linux" needs Linux 5.8 or later on x86_64, and --allow-ffi');
  }
  return linux ?? denoHost;
}

/** Whether Deno permits something as a whole; a person may be asked. */
function granted(what: Deno.PermissionDescriptor): boolean {
  const { state, partial } = Deno.permissions.requestSync(what);
  return state === "granted" && !partial;
}

/** FFI asks Deno for nothing, so we do. */
function checkPermission(path: string, readOnly: boolean): void {
  for (const name of readOnly ? ["read"] as const : ["read", "write"] as const) {
    if (granted({ name, path })) continue;
    const other = name === "write" ? ", or to be read only" : "";
    throw new Deno.errors.NotCapable(`giving a program the directory ${path} needs --allow-${name}=${path}${other}`);
  }
}

/**
 * WASI preview 1 for one program: a command, which `start()` runs, or a reactor, whose exports may be called after `initialize()`.
 *
 * ```ts
 * import { Engine, Wasi } from "../../mod.ts";
 *
 * const wasi = new Wasi({ args: ["hello"], stdout: (bytes) => console.log(new TextDecoder().decode(bytes)) });
 * const instance = new Engine({ tier: "interp" }).load(
 *   `(module
 *     (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
 *     (memory (export "memory") 1)
 *     (data (i32.const 0) "\\08\\00\\00\\00\\05\\00\\00\\00hello")
 *     (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`,
 *   wasi.imports(),
 * );
 * console.log(wasi.start(instance)); // hello, then 0
 * ```
 */
export class Wasi implements Disposable {
  readonly #program: Program;
  readonly #functions: Readonly<Record<string, WasiFunction>>;
  #used = false;

  /**
   * Takes what the program may see. Throws TypeError for what makes no sense, Deno's NotCapable when the process itself may not do what the program is to be allowed,
   * and Deno's errors, or an Error with the reason, for a directory that cannot be opened.
   */
  constructor(options: WasiOptions = {}) {
    const { args = [], env = {}, preopens = {}, sockets = [] } = options;
    if (!Array.isArray(args)) throw new TypeError("args are strings in an array");
    const { files = "auto" } = options;
    const variables = Object.entries(env).map(([name, value]) => {
      if (name === "" || name.includes("=")) throw new TypeError(`no variable can be called ${JSON.stringify(name)}`);
      return zeroEnded(`${name}=${value}`, "a variable");
    });
    const program = new Program(() => hostFor(files), args.map((a) => zeroEnded(a, "an argument")), variables);
    this.#program = program;
    // Says what it lacks.
    if (files === "linux") program.host;
    const stream = (node: Stream, right: bigint) => {
      const rights = STREAM_RIGHTS & ~(Right.FD_READ | Right.FD_WRITE) | right;
      program.fds.add({ node, type: node.type, rights, inheriting: 0n, flags: 0, position: 0n, readOnly: false });
    };
    stream(inputStream(options.stdin ?? "null"), Right.FD_READ);
    const exits = options.exitWhenClosed ?? false;
    stream(outputStream(options.stdout ?? "inherit", 1, exits), Right.FD_WRITE);
    stream(outputStream(options.stderr ?? "inherit", 2, exits), Right.FD_WRITE);
    try {
      for (const [guest, given] of Object.entries(preopens)) {
        this.#preopen(guest, typeof given === "string" ? { path: given } : given);
      }
      for (const socket of sockets) this.#addSocket(socket);
    } catch (e) {
      this.close();
      throw e;
    }
    this.#functions = Object.freeze(Object.fromEntries(CALLS.map((c) => [c.name, bindCall(program, c)])));
  }

  #preopen(guest: string, { path, readOnly = false }: WasiDirectory): void {
    zeroEnded(guest, "a directory's name");
    checkPermission(path, readOnly);
    const { host, fds } = this.#program;
    try {
      fds.add({
        node: host.openRoot(path),
        type: FileType.DIRECTORY,
        rights: DIRECTORY_RIGHTS,
        inheriting: DIRECTORY_RIGHTS | FILE_RIGHTS,
        flags: 0,
        position: 0n,
        readOnly,
        preopen: guest,
      });
    } catch (e) {
      const reason = e instanceof WasiError
        ? REASONS[e.errno] ?? e.message
        : e instanceof Error
        ? e.message
        : String(e);
      throw new Error(`the directory ${path} cannot be given to a program: ${reason}`, { cause: e });
    }
  }

  #addSocket(given: WasiSocket): void {
    const { host, fds } = this.#program;
    if (host === denoHost) throw new Error("sockets need Linux on x86_64, and --allow-ffi");
    if ("listen" in given && !granted({ name: "net", host: given.listen })) {
      throw new Deno.errors.NotCapable(`listening on ${given.listen} needs --allow-net=${given.listen}`);
    }
    const what = "listen" in given ? given.listen : `descriptor ${given.fd}`;
    try {
      const node = "listen" in given ? listen(given.listen) : socketOf(given.fd, given.listens ?? false);
      const rights = node.listens ? LISTENER_RIGHTS : SOCKET_RIGHTS;
      const inheriting = node.listens ? SOCKET_RIGHTS : 0n;
      fds.add({ node, type: node.type, rights, inheriting, flags: 0, position: 0n, readOnly: false });
    } catch (e) {
      if (!(e instanceof WasiError)) throw e;
      throw new Error(`the socket ${what} cannot be given to a program: ${e.message}`, { cause: e });
    }
  }

  /** What a module imports, to be handed to `engine.instantiate()`, alone or with other imports. */
  imports(): Record<string, Record<string, WasiFunction>> {
    return { [WASI_MODULE]: { ...this.#functions } };
  }

  /**
   * Runs a command: calls `_start`, and gives the exit code. All that the program had open is closed then. Throws TypeError if the instance is no command, Error if this object
   * served another, Trap, and what else leaves the program.
   */
  start(instance: WasiInstance): number {
    const { _start, _initialize } = instance.exports;
    if (typeof _start !== "function" || _initialize !== undefined) {
      throw new TypeError("a WASI command exports a function _start, and no _initialize");
    }
    this.#bind(instance);
    try {
      _start();
      return 0;
    } catch (e) {
      if (e instanceof WasiExit) return e.code;
      throw e;
    } finally {
      this.close();
    }
  }

  /**
   * Readies a reactor: calls `_initialize` if it is exported. After that the other exports may be called; they throw WasiExit if the program ends itself. Throws TypeError if
   * the instance is a command, Error if this object served another, Trap, and what else leaves the program.
   */
  initialize(instance: WasiInstance): void {
    const { _start, _initialize } = instance.exports;
    if (_start !== undefined || (_initialize !== undefined && typeof _initialize !== "function")) {
      throw new TypeError("a WASI reactor exports no _start; _initialize is a function if it is there");
    }
    this.#bind(instance);
    _initialize?.();
  }

  #bind(instance: WasiInstance): void {
    if (this.#used) throw new Error("a Wasi serves one instance; make another for the next");
    this.#used = true;
    const memory: MemorySource | undefined = instance.exports.memory;
    this.#program.memory.bind(memory ?? { buffer: new ArrayBuffer(0) });
  }

  /** Closes all that the program has open. */
  close(): void {
    this.#program.fds.closeAll();
  }
  /** As close(). */
  [Symbol.dispose](): void {
    this.close();
  }
}
