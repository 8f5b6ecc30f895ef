// Nothing that was not given to a program is reachable: ten thousand attempts with paths, links and renames, and against somebody on the host who exchanges directories for links.

import { assert, assertEquals } from "@std/assert";
import { Errno } from "../../src/wasi/errno.ts";
import { OpenFlag, Right } from "../../src/wasi/types.ts";
import { testUnless } from "../skip.ts";
import { DATA, everyWay, Guest, noLinux, OUT, READ_WRITE, temporary } from "./guest.ts";

const SECRET = "SECRET", ATTEMPTS = 10_000;

/** A tree of the host with a secret beside what the program gets. */
function makeTree(base: string): { inside: string; outside: string } {
  const inside = `${base}/inside`, outside = `${base}/outside`;
  for (const path of [inside, `${inside}/a`, `${inside}/a/b`, outside, `${outside}/a`, `${base}/inside-not`]) {
    Deno.mkdirSync(path);
  }
  for (const path of [`${outside}/f`, `${outside}/a/f`, `${base}/f`, `${base}/inside-not/f`]) {
    Deno.writeTextFileSync(path, SECRET);
  }
  Deno.writeTextFileSync(`${inside}/f`, "harmless");
  // Traps that the host itself has laid.
  Deno.symlinkSync("../outside", `${inside}/h1`);
  Deno.symlinkSync(outside, `${inside}/h2`);
  Deno.symlinkSync("../../outside/f", `${inside}/a/h3`);
  Deno.symlinkSync("/proc/self/root", `${inside}/h4`);
  Deno.symlinkSync("/", `${inside}/h5`);
  return { inside, outside };
}

/** All that is outside: names, kinds, contents, dates and numbers of links. */
function look(base: string): { state: string[]; inodes: Set<bigint> } {
  const state: string[] = [], inodes = new Set<bigint>();
  const visit = (path: string) => {
    const s = Deno.lstatSync(path);
    inodes.add(BigInt(s.ino!));
    const content = s.isFile ? Deno.readTextFileSync(path) : "";
    // The parent's date changes if the program's own folder is moved, which it cannot be either.
    state.push(`${path} ${s.isDirectory} ${s.mtime?.getTime()} ${s.nlink} ${content}`);
    if (s.isDirectory && path !== `${base}/inside`) {
      for (const e of [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1)) {
        if (`${path}/${e.name}` !== `${base}/inside`) visit(`${path}/${e.name}`);
      }
    }
  };
  visit(base);
  return { state, inodes };
}

/** Numbers without pattern, the same in each run. */
function* numbers(seed: number): Generator<number> {
  for (let x = seed;;) {
    x = (x + 0x6d2b79f5) | 0;
    let n = Math.imul(x ^ (x >>> 15), x | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    yield (n ^ (n >>> 14)) >>> 0;
  }
}

const NAMES = [
  "a",
  "b",
  "c",
  "f",
  "l",
  "m",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "..",
  "..",
  "..",
  ".",
  "",
  "outside",
  "inside",
  "inside-not",
];

everyWay("no path, link or rename leads out, in ten thousand attempts", (way) => {
  using folder = temporary();
  const base = folder.path;
  const { inside, outside } = makeTree(base);
  const before = look(base);
  using g = new Guest(way, { preopens: { "/": inside } });
  const random = numbers(20_260_101);
  const pick = <T>(list: readonly T[]): T => list[(random.next().value as number) % list.length];
  const path = () => {
    const start = pick(["", "", "", "", "", "", "", "", "", "", "", "", "/", `${outside}/`, `${base}/`, "./"]);
    const names = Array.from({ length: 1 + pick([0, 0, 0, 0, 1, 1, 2, 3, 7]) }, () => pick(NAMES));
    return start + names.join("/") + pick(["", "", "", "", "", "", "", "/", "//", "/."]);
  };
  const done = new Map<string, number>();
  const inodes = new Set(before.inodes);
  for (let i = 0; i < ATTEMPTS; i++) {
    const follow = pick([0, 1]), one = path(), two = path();
    const attempt = (name: string, ...args: (number | bigint | string)[]) => {
      const code = g.call(name, ...args);
      if (code === Errno.SUCCESS) done.set(name, (done.get(name) ?? 0) + 1);
      return code === Errno.SUCCESS;
    };
    switch (pick([0, 0, 0, 1, 1, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9])) {
      case 0: {
        const rights = pick([READ_WRITE, Right.FD_READ, READ_WRITE | Right.PATH_OPEN | Right.FD_READDIR]);
        const flags = pick([0, 0, OpenFlag.CREAT, OpenFlag.TRUNC, OpenFlag.CREAT | OpenFlag.EXCL, OpenFlag.DIRECTORY]);
        if (!attempt("path_open", 3, follow, one, flags, rights, rights, 0, OUT)) break;
        const fd = g.u32();
        if (g.call("fd_read", fd, ...g.buffers(100), OUT) === Errno.SUCCESS) {
          assert(!g.string(DATA, g.u32()).includes(SECRET), `${one} was read`);
        }
        g.memory.set(new TextEncoder().encode("evil"), DATA);
        g.call("fd_write", fd, ...g.buffers(4), OUT);
        if (g.call("fd_readdir", fd, DATA, 4096, 2n, OUT) === Errno.SUCCESS && g.u32() >= 24) {
          assert(!inodes.has(g.u64(DATA + 8)), `${one} was listed`);
        }
        // From a directory within, the same again.
        if (g.call("path_open", fd, 1, two, 0, Right.FD_READ, 0n, 0, OUT) === Errno.SUCCESS) {
          const inner = g.u32();
          if (g.call("fd_read", inner, ...g.buffers(100), OUT) === Errno.SUCCESS) {
            assert(!g.string(DATA, g.u32()).includes(SECRET), `${one} then ${two} was read`);
          }
          g.ok("fd_close", inner);
        }
        g.ok("fd_close", fd);
        break;
      }
      case 1:
        if (attempt("path_filestat_get", 3, follow, one, OUT)) {
          assert(!inodes.has(g.u64(OUT + 8)), `${one} was looked at`);
        }
        break;
      case 2:
        attempt("path_filestat_set_times", 3, follow, one, 1n, 1n, 5);
        break;
      case 3: {
        const up = "../".repeat(pick([0, 1, 2, 3, 6]));
        attempt("path_symlink", pick([one, `${up}outside`, `${up}outside/f`, "..", "a/../..", outside]), 3, two);
        break;
      }
      case 4:
        attempt("path_rename", 3, one, 3, two);
        break;
      case 5:
        attempt("path_link", 3, follow, pick([one, "f", "a/f"]), 3, pick([two, `n${i}`, `${two}/n${i}`]));
        break;
      case 6:
        attempt("path_create_directory", 3, one);
        break;
      case 7:
        attempt("path_unlink_file", 3, one);
        break;
      case 8:
        attempt("path_remove_directory", 3, one);
        break;
      case 9:
        attempt("path_readlink", 3, one, OUT + 8, 200, OUT);
        break;
    }
    // So that there is always something to go through.
    if (i % 50 === 0) {
      for (const name of ["a", "a/b", "c"]) g.call("path_create_directory", 3, name);
      for (const name of ["f", "a/f"]) {
        if (g.call("path_open", 3, 0, name, OpenFlag.CREAT, 0n, 0n, 0, OUT) === Errno.SUCCESS) {
          g.ok("fd_close", g.u32());
        }
      }
    }
  }
  assertEquals(look(base).state, before.state);
  // The attempts were none at all if hardly any succeeded.
  assertEquals(done.size, 10, [...done.keys()].join(" "));
  for (const [name, count] of done) assert(count >= 10, `${name} succeeded only ${count} times`);
});

/** What the Worker runs: until told to end, `d` is in turn a directory and a link to what is outside. */
function swap(): void {
  const self = globalThis as unknown as Worker;
  self.onmessage = ({ data }: MessageEvent<{ inside: string; state: Int32Array }>) => {
    const { inside, state } = data;
    for (let n = 0; Atomics.load(state, 0) === 0; n++) {
      Deno.renameSync(`${inside}/d`, `${inside}/d.directory`);
      Deno.renameSync(`${inside}/d.link`, `${inside}/d`);
      Deno.renameSync(`${inside}/d`, `${inside}/d.link`);
      Deno.renameSync(`${inside}/d.directory`, `${inside}/d`);
      Atomics.store(state, 1, n);
    }
    self.postMessage("ended");
  };
}

testUnless(noLinux, "no race with the host leads out through the kernel, in ten thousand attempts", async () => {
  using folder = temporary();
  const { inside, outside } = makeTree(folder.path);
  Deno.mkdirSync(`${inside}/d`);
  Deno.writeTextFileSync(`${inside}/d/f`, "harmless");
  Deno.symlinkSync("../outside", `${inside}/d.link`);
  const names = () => [...Deno.readDirSync(outside)].map((e) => e.name).sort();
  const before = names();
  const state = new Int32Array(new SharedArrayBuffer(8));
  const source = "data:text/javascript," + encodeURIComponent(`(${swap})();`);
  const worker = new Worker(source, { type: "module" });
  worker.postMessage({ inside, state });
  while (Atomics.load(state, 1) < 2) await new Promise((done) => setTimeout(done, 5));
  using g = new Guest({ files: "linux", tier: "jit" }, { preopens: { "/": inside } });
  let reached = 0, refused = 0;
  for (let i = 0; i < ATTEMPTS; i++) {
    if (g.call("path_open", 3, 1, "d/f", 0, Right.FD_READ, 0n, 0, OUT) === Errno.SUCCESS) {
      const fd = g.u32();
      g.ok("fd_read", fd, ...g.buffers(100), OUT);
      assertEquals(g.string(DATA, g.u32()), "harmless");
      g.ok("fd_close", fd);
      reached++;
    } else refused++;
    switch (i % 5) {
      case 0:
        g.call("path_create_directory", 3, `d/new${i}`);
        break;
      case 1:
        g.call("path_rename", 3, `d/new${i - 1}`, 3, `d/moved${i}`);
        break;
      case 2:
        g.call("path_symlink", "x", 3, `d/link${i}`);
        break;
      case 3:
        g.call("path_unlink_file", 3, "d/a/f");
        g.call("path_remove_directory", 3, `d/moved${i - 2}`);
        break;
      case 4:
        g.call("path_link", 3, 1, "d/f", 3, `stolen${i}`);
        if (g.exists(`stolen${i}`)) assertEquals(g.stat(`stolen${i}`).size, 8n);
        g.call("path_unlink_file", 3, `stolen${i}`);
    }
  }
  const ended = new Promise((done) => worker.onmessage = done);
  Atomics.store(state, 0, 1);
  await ended;
  worker.terminate();
  assert(reached > 0 && refused > 0, `${reached} reached, ${refused} refused: there was no race`);
  assertEquals(names(), before);
  assertEquals(Deno.readTextFileSync(`${outside}/a/f`), SECRET);
});
