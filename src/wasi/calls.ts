// THE table of WASI preview 1's functions: name, types, and what does the work. Takes a program, gives the functions that a module imports.

import { argsGet, argsSizesGet, environGet, environSizesGet } from "./arguments.ts";
import { clockResGet, clockTimeGet } from "./clocks.ts";
import {
  fdClose,
  fdFdstatGet,
  fdFdstatSetFlags,
  fdFdstatSetRights,
  fdPrestatDirName,
  fdPrestatGet,
  fdRenumber,
} from "./descriptor_calls.ts";
import { fdReaddir } from "./directories.ts";
import { Errno, errnoOf } from "./errno.ts";
import {
  fdAdvise,
  fdAllocate,
  fdDatasync,
  fdFilestatGet,
  fdFilestatSetSize,
  fdFilestatSetTimes,
  fdPread,
  fdPwrite,
  fdRead,
  fdSeek,
  fdSync,
  fdTell,
  fdWrite,
} from "./files.ts";
import {
  pathCreateDirectory,
  pathFilestatGet,
  pathFilestatSetTimes,
  pathLink,
  pathOpen,
  pathReadlink,
  pathRemoveDirectory,
  pathRename,
  pathSymlink,
  pathUnlinkFile,
} from "./paths.ts";
import { pollOneoff } from "./poll.ts";
import { procExit, procRaise, schedYield } from "./process.ts";
import type { Program } from "./program.ts";
import { randomGet } from "./random.ts";
import { sockAccept, sockRecv, sockSend, sockShutdown } from "./sockets.ts";

/** The module that programs import. */
export const WASI_MODULE = "wasi_snapshot_preview1";

/** One function. Each gives an error code unless it never comes back. */
export interface WasiCall {
  readonly name: string;
  /** Types of the parameters: `i` for i32, `I` for i64. */
  readonly params: string;
  /** `i`, or nothing. */
  readonly result: "i" | "";
  /** Numbers arrive without a sign: i32 as a number, i64 as a bigint. */
  // deno-lint-ignore no-explicit-any
  readonly run: (p: Program, ...args: any[]) => void;
}

function call(name: string, signature: string, run: WasiCall["run"]): WasiCall {
  const [params, result] = signature.split(":");
  return { name, params, result: result as "i" | "", run };
}

/** All functions, in the specification's order. */
export const CALLS: readonly WasiCall[] = [
  call("args_get", "ii:i", argsGet),
  call("args_sizes_get", "ii:i", argsSizesGet),
  call("environ_get", "ii:i", environGet),
  call("environ_sizes_get", "ii:i", environSizesGet),
  call("clock_res_get", "ii:i", clockResGet),
  call("clock_time_get", "iIi:i", clockTimeGet),
  call("fd_advise", "iIIi:i", fdAdvise),
  call("fd_allocate", "iII:i", fdAllocate),
  call("fd_close", "i:i", fdClose),
  call("fd_datasync", "i:i", fdDatasync),
  call("fd_fdstat_get", "ii:i", fdFdstatGet),
  call("fd_fdstat_set_flags", "ii:i", fdFdstatSetFlags),
  call("fd_fdstat_set_rights", "iII:i", fdFdstatSetRights),
  call("fd_filestat_get", "ii:i", fdFilestatGet),
  call("fd_filestat_set_size", "iI:i", fdFilestatSetSize),
  call("fd_filestat_set_times", "iIIi:i", fdFilestatSetTimes),
  call("fd_pread", "iiiIi:i", fdPread),
  call("fd_prestat_get", "ii:i", fdPrestatGet),
  call("fd_prestat_dir_name", "iii:i", fdPrestatDirName),
  call("fd_pwrite", "iiiIi:i", fdPwrite),
  call("fd_read", "iiii:i", fdRead),
  call("fd_readdir", "iiiIi:i", fdReaddir),
  call("fd_renumber", "ii:i", fdRenumber),
  call("fd_seek", "iIii:i", fdSeek),
  call("fd_sync", "i:i", fdSync),
  call("fd_tell", "ii:i", fdTell),
  call("fd_write", "iiii:i", fdWrite),
  call("path_create_directory", "iii:i", pathCreateDirectory),
  call("path_filestat_get", "iiiii:i", pathFilestatGet),
  call("path_filestat_set_times", "iiiiIIi:i", pathFilestatSetTimes),
  call("path_link", "iiiiiii:i", pathLink),
  call("path_open", "iiiiiIIii:i", pathOpen),
  call("path_readlink", "iiiiii:i", pathReadlink),
  call("path_remove_directory", "iii:i", pathRemoveDirectory),
  call("path_rename", "iiiiii:i", pathRename),
  call("path_symlink", "iiiii:i", pathSymlink),
  call("path_unlink_file", "iii:i", pathUnlinkFile),
  call("poll_oneoff", "iiii:i", pollOneoff),
  call("proc_exit", "i:", procExit),
  call("proc_raise", "i:i", procRaise),
  call("sched_yield", ":i", schedYield),
  call("random_get", "ii:i", randomGet),
  call("sock_accept", "iii:i", sockAccept),
  call("sock_recv", "iiiiii:i", sockRecv),
  call("sock_send", "iiiii:i", sockSend),
  call("sock_shutdown", "ii:i", sockShutdown),
];

/** A function as JavaScript sees it: i32 as a number, i64 as a bigint. */
export type WasiFunction = (...args: (number | bigint)[]) => number;

/** A function for a program. Throws WasiExit, what the embedder's own functions throw, and Error before the program has a memory. */
export function bindCall(p: Program, { params, run }: WasiCall): WasiFunction {
  const wide = [...params].map((type) => type === "I");
  return (...args) => {
    p.memory.renew();
    for (let i = 0; i < wide.length; i++) {
      args[i] = wide[i] ? BigInt.asUintN(64, args[i] as bigint) : (args[i] as number) >>> 0;
    }
    try {
      run(p, ...args);
      return Errno.SUCCESS;
    } catch (e) {
      const errno = errnoOf(e);
      if (errno === undefined) throw e;
      return errno;
    }
  };
}
