// A folder of files that are kept between runs, shared by processes: each file is written whole under another name and then renamed, carries a checksum, and is thrown away
// when it is damaged. What was used longest ago goes when the folder grows beyond its limit. What stands in the files only their writer knows.

import { checksum } from "../base/checksum.ts";
import { sameBytes } from "../base/same_bytes.ts";

/** What stands at the beginning of each file, before the checksum of the rest. */
const MAGIC = "strata-cache-1\n";
const HEAD_BYTES = 64;
const NO_BYTES = new Uint8Array(0);
/** Files half written by a process that was killed are taken away once they are this old. */
const STALE_MS = 60_000;
/** A file's time is renewed by a use once it is this old. */
const RENEW_MS = 60_000;
/** What is left when files have to go: a part of the limit, so that not every new file makes another go. */
const LEFT = 0.9;
const ENTRY = /^[0-9a-z-]+\.strata$/;
const UNFINISHED = /^[0-9a-z-]+\.strata\.[0-9a-z-]+\.tmp$/;

/** What a cache on disk did in this process, and holds. */
export interface DiskFigures {
  /** The folder. */
  readonly folder: string;
  /** Files that were found. */
  readonly hits: number;
  /** Files that were not there. */
  readonly misses: number;
  /** Files that were written. */
  readonly writes: number;
  /** Files that were thrown away because there was no room. */
  readonly evictions: number;
  /** Files that were thrown away because they were damaged. */
  readonly damaged: number;
  /** Bytes that were read. */
  readonly bytesRead: number;
  /** Bytes that were written. */
  readonly bytesWritten: number;
  /** Bytes in the folder when it was last looked through, which is after each write. */
  readonly bytes: number;
  /** Files in it then. */
  readonly files: number;
  /** The most bytes that it is to hold. */
  readonly limit: number;
}

/** Where entries are kept. */
export class CacheFolder {
  readonly #figures = {
    hits: 0,
    misses: 0,
    writes: 0,
    evictions: 0,
    damaged: 0,
    bytesRead: 0,
    bytesWritten: 0,
    bytes: 0,
    files: 0,
  };
  #failed = false;

  /** Takes the folder, which is made if it is not there, its limit in bytes, and who is told what went wrong. Throws Error where it cannot be used. */
  constructor(readonly folder: string, readonly limit: number, readonly note: (text: string) => void) {
    try {
      // Whoever can write there decides what code runs.
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new Error(`the cache ${folder} cannot be used: ${(error as Error).message}`);
    }
  }

  get figures(): DiskFigures {
    return { folder: this.folder, limit: this.limit, ...this.#figures };
  }

  /**
   * What an entry holds, in a buffer of its own; undefined if it is not there, was written with another `proof`, or was damaged, and is gone then. A name is of digits, lower
   * case letters and `-`.
   */
  read(name: string, proof: Uint8Array = NO_BYTES): Uint8Array<ArrayBuffer> | undefined {
    const path = this.#path(name);
    let contents: Uint8Array<ArrayBuffer> | "damaged" | "other";
    try {
      const file = Deno.openSync(path);
      try {
        contents = contentsOf(file, proof);
      } finally {
        file.close();
      }
    } catch (error) {
      this.#figures.misses++;
      if (!(error instanceof Deno.errors.NotFound)) this.#fail("read", error);
      return undefined;
    }
    if (contents === "damaged") {
      this.discard(name, "it is damaged");
      return undefined;
    }
    if (contents === "other") {
      this.#figures.misses++;
      return undefined;
    }
    this.#figures.hits++;
    this.#figures.bytesRead += HEAD_BYTES + contents.length + proof.length;
    this.#renew(path);
    return contents;
  }

  /** Whether there is an entry whose name begins like this. */
  has(beginning: string): boolean {
    try {
      return [...Deno.readDirSync(this.folder)].some(({ name }) => name.startsWith(beginning) && ENTRY.test(name));
    } catch {
      return false;
    }
  }

  /** Throws an entry away that cannot be used, and says so. */
  discard(name: string, why: string): void {
    this.#figures.damaged++;
    this.#figures.misses++;
    this.note(`${this.#path(name)} is thrown away: ${why}`);
    try {
      Deno.removeSync(this.#path(name));
    } catch {
      // Another process did it, or nobody may: it will be replaced.
    }
  }

  /** Writes an entry of a multiple of 4 bytes, or replaces it, at once for all who read. What goes wrong is told, not thrown: everything works without a cache. */
  write(name: string, contents: Uint8Array, proof: Uint8Array = NO_BYTES): void {
    const size = HEAD_BYTES + contents.length + proof.length;
    if (size > this.limit) return;
    const path = this.#path(name);
    const unfinished = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      const file = Deno.openSync(unfinished, { write: true, createNew: true, mode: 0o600 });
      try {
        writeAll(file, new TextEncoder().encode(headOf(contents)));
        writeAll(file, contents);
        writeAll(file, proof);
      } finally {
        file.close();
      }
      Deno.renameSync(unfinished, path);
    } catch (error) {
      try {
        Deno.removeSync(unfinished);
      } catch {
        // It was never made.
      }
      return this.#fail("written", error);
    }
    this.#figures.writes++;
    this.#figures.bytesWritten += size;
    this.#tidy();
  }

  /** Looks through the folder: takes away what other processes left unfinished, and what was used longest ago where there is too much. */
  #tidy(): void {
    const files: { readonly path: string; readonly size: number; readonly time: number }[] = [];
    try {
      const now = Date.now();
      for (const { name, isFile } of Deno.readDirSync(this.folder)) {
        const path = `${this.folder}/${name}`;
        if (!isFile || !(ENTRY.test(name) || UNFINISHED.test(name))) continue;
        const found = statOf(path);
        if (found === undefined) continue;
        const time = found.mtime?.getTime() ?? 0;
        if (ENTRY.test(name)) files.push({ path, size: found.size, time });
        else if (now - time > STALE_MS) Deno.removeSync(path);
      }
      let bytes = files.reduce((n, f) => n + f.size, 0), left = files.length;
      if (bytes > this.limit) {
        for (const { path, size } of files.sort((a, b) => a.time - b.time)) {
          if (bytes <= this.limit * LEFT) break;
          Deno.removeSync(path);
          this.#figures.evictions++;
          bytes -= size;
          left--;
        }
      }
      this.#figures.bytes = bytes;
      this.#figures.files = left;
    } catch (error) {
      // Another process tidies as well.
      if (!(error instanceof Deno.errors.NotFound)) this.#fail("tidied", error);
    }
  }

  /** Has the file count as used now. */
  #renew(path: string): void {
    const now = Date.now(), found = statOf(path);
    if (found === undefined || now - (found.mtime?.getTime() ?? 0) < RENEW_MS) return;
    try {
      Deno.utimeSync(path, now / 1000, now / 1000);
    } catch {
      // Who may only read uses it all the same.
    }
  }

  #path(name: string): string {
    return `${this.folder}/${name}.strata`;
  }

  #fail(what: string, error: unknown): void {
    // Once is enough: the next entry fails for the same reason.
    if (this.#failed) return;
    this.#failed = true;
    this.note(`the cache ${this.folder} cannot be ${what}: ${(error as Error).message}`);
  }
}

function headOf(contents: Uint8Array): string {
  return `${MAGIC}${contents.length.toString(16).padStart(8, "0")} ${checksum(contents)}`.padEnd(HEAD_BYTES);
}

/** Bytes of a proof that are read at a time: what stays in the processor's caches, since it is looked at once. */
const PIECE_BYTES = 128 * 1024;

function contentsOf(file: Deno.FsFile, proof: Uint8Array): Uint8Array<ArrayBuffer> | "damaged" | "other" {
  const { size } = file.statSync();
  const head = new Uint8Array(Math.min(size, HEAD_BYTES));
  readAll(file, head);
  const text = new TextDecoder("latin1").decode(head), length = Number.parseInt(text.slice(MAGIC.length), 16);
  if (!(HEAD_BYTES + length <= size)) return "damaged";
  const contents = new Uint8Array(length);
  if (!readAll(file, contents) || text !== headOf(contents)) return "damaged";
  if (size !== HEAD_BYTES + length + proof.length) return "other";
  const piece = new Uint8Array(Math.min(PIECE_BYTES, proof.length));
  for (let at = 0; at < proof.length; at += piece.length) {
    const part = piece.subarray(0, proof.length - at);
    if (!readAll(file, part) || !sameBytes(part, proof.subarray(at, at + part.length))) return "other";
  }
  return contents;
}

/** Fills `bytes`; false where the file ends before. */
function readAll(file: Deno.FsFile, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) return false;
    at += count;
  }
  return true;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Calls `action` when the process ends in an orderly way. */
export function beforeExit(action: () => void): void {
  globalThis.addEventListener("unload", action);
}

/**
 * What tells one state of the program from another: for a checkout, which may be edited, the latest change among the files below `folder`; otherwise its address.
 */
export function sourceState(folder: URL): string {
  if (folder.protocol !== "file:") return folder.href;
  try {
    let latest = 0, count = 0, bytes = 0;
    const visit = (directory: URL) => {
      for (const { name, isDirectory } of Deno.readDirSync(directory)) {
        if (isDirectory) visit(new URL(`${encodeURIComponent(name)}/`, directory));
        else {
          const { mtime, size } = Deno.statSync(new URL(encodeURIComponent(name), directory));
          latest = Math.max(latest, mtime?.getTime() ?? 0);
          bytes += size;
          count++;
        }
      }
    };
    visit(folder);
    return `${count} files, ${bytes} bytes, ${latest}`;
  } catch (error) {
    throw new Error(
      `a cache needs --allow-read for ${folder.pathname}, to tell its own state: ${(error as Error).message}`,
    );
  }
}
