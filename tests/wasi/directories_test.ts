import { assert, assertEquals } from "@std/assert";
import { OpenFlag, Right } from "../../src/wasi/types.ts";
import { DATA, everyWay, type Guest, MEMORY_BYTES, OUT, withFolder } from "./guest.ts";

interface Entry {
  readonly next: bigint;
  readonly ino: bigint;
  readonly type: number;
  readonly name: string;
}

/** Entries from a cookie on, as far as they fit whole into a buffer of `length` bytes; and whether there may be more. */
function read(g: Guest, fd: number, cookie: bigint, length: number): { entries: Entry[]; more: boolean } {
  g.ok("fd_readdir", fd, DATA, length, cookie, OUT);
  const used = g.u32(), entries: Entry[] = [];
  for (let at = DATA; at + 24 <= DATA + used;) {
    const nameLength = g.view.getUint32(at + 16, true);
    if (at + 24 + nameLength > DATA + used) break;
    const name = g.string(at + 24, nameLength);
    entries.push({ next: g.u64(at), ino: g.u64(at + 8), type: g.memory[at + 20], name });
    at += 24 + nameLength;
  }
  return { entries, more: used === length };
}

/** All entries, read in pieces. */
function readAll(g: Guest, fd: number, length: number): Entry[] {
  const list: Entry[] = [];
  for (let cookie = 0n;;) {
    const { entries, more } = read(g, fd, cookie, length);
    list.push(...entries);
    if (!more) return list;
    assert(entries.length > 0, "the buffer holds no entry");
    cookie = entries.at(-1)!.next;
  }
}

everyWay("an empty directory has two entries", (way) => {
  withFolder(way, (g) => {
    const list = readAll(g, 3, 4096);
    assertEquals(list.map(({ name, type, next }) => [name, type, next]), [[".", 3, 1n], ["..", 3, 2n]]);
    g.ok("fd_filestat_get", 3, OUT);
    assertEquals(list[0].ino, g.u64(OUT + 8));
  });
});

everyWay("entries tell type and inode, whatever the kind", (way) => {
  withFolder(way, (g) => {
    g.make("file");
    g.ok("path_create_directory", 3, "dir");
    g.ok("path_symlink", "file", 3, "link");
    g.make("ünï😀");
    const list = readAll(g, 3, 4096).slice(2).sort((a, b) => a.name < b.name ? -1 : 1);
    assertEquals(list.map((e) => [e.name, e.type]), [["dir", 3], ["file", 4], ["link", 7], ["ünï😀", 4]]);
    for (const { name, ino } of list) assertEquals(g.stat(name).ino, ino);
  });
});

everyWay("many entries are read once each, with buffers of any size, while files come and go", (way) => {
  withFolder(way, (g, folder) => {
    const names = Array.from({ length: 1500 }, (_, i) => `file with a name of some length ${i}`);
    for (const name of names) Deno.writeTextFileSync(`${folder}/${name}`, "");
    for (const length of [100, 1000, 65536]) {
      const list = readAll(g, 3, length).map((e) => e.name);
      assertEquals(list.length, names.length + 2);
      assertEquals(new Set(list).size, list.length);
    }
    const seen: string[] = [];
    for (let cookie = 0n;;) {
      const { entries, more } = read(g, 3, cookie, 400);
      for (const { name } of entries) {
        seen.push(name);
        if (!name.startsWith(".")) g.ok("path_unlink_file", 3, name);
      }
      if (!more) break;
      cookie = entries.at(-1)!.next;
    }
    assertEquals(seen.length, names.length + 2);
    assertEquals([...Deno.readDirSync(folder)].length, 0);
  });
});

everyWay("a buffer that is too small is filled with what fits", (way) => {
  withFolder(way, (g) => {
    g.memory.fill(255, DATA, DATA + 100);
    for (const length of [0, 1, 23, 24, 25, 30]) {
      g.ok("fd_readdir", 3, DATA, length, 0n, OUT);
      assertEquals(g.u32(), length);
    }
    assertEquals([g.u64(DATA), g.string(DATA + 24, 1)], [1n, "."]);
    assertEquals(g.memory[DATA + 30], 255);
  });
});

everyWay("a cookie beyond the end finds nothing, and cookie 0 begins anew", (way) => {
  withFolder(way, (g) => {
    for (const cookie of [2n, 3n, -1n]) {
      g.ok("fd_readdir", 3, DATA, 100, cookie, OUT);
      assertEquals(g.u32(), 0);
    }
    g.make("late");
    assertEquals(readAll(g, 3, 100).length, 3);
    const { entries } = read(g, 3, 2n, 100);
    assertEquals(entries.map((e) => e.name), ["late"]);
  });
});

everyWay("fd_readdir needs a directory, a right and a buffer", (way) => {
  withFolder(way, (g) => {
    g.make("file");
    g.fails("BADF", "fd_readdir", g.open("file"), DATA, 100, 0n, OUT);
    g.fails("BADF", "fd_readdir", 0, DATA, 100, 0n, OUT);
    g.fails("BADF", "fd_readdir", 99, DATA, 100, 0n, OUT);
    g.fails("FAULT", "fd_readdir", 3, MEMORY_BYTES - 9, 10, 0n, OUT);
    g.fails("FAULT", "fd_readdir", 3, DATA, 100, 0n, -1);
    g.ok("path_open", 3, 0, ".", OpenFlag.DIRECTORY, Right.PATH_OPEN, 0n, 0, OUT);
    g.fails("NOTCAPABLE", "fd_readdir", g.u32(), DATA, 100, 0n, OUT);
  });
});

everyWay("a name that is no UTF-8 is EILSEQ", (way) => {
  withFolder(way, (g, folder) => {
    const args = ["-c", "touch \"$(printf 'a\\377')\""];
    const { success } = new Deno.Command("sh", { args, cwd: folder, stderr: "null" }).outputSync();
    if (!success) return; // the host's file system takes no such names
    g.fails("ILSEQ", "fd_readdir", 3, DATA, 100, 0n, OUT);
  });
});
