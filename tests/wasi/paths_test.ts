import { assert, assertEquals } from "@std/assert";
import { ALL_RIGHTS, DIRECTORY_RIGHTS, FdFlag, FILE_RIGHTS, OpenFlag, Right, TimeFlag } from "../../src/wasi/types.ts";
import { everyWay, Guest, MEMORY_BYTES, OUT, READ_ONLY, READ_WRITE, temporary, withFolder } from "./guest.ts";

const { CREAT, DIRECTORY, EXCL, TRUNC } = OpenFlag;

everyWay("path_open makes, empties and refuses files as its flags say", (way) => {
  withFolder(way, (g, folder) => {
    g.fails("NOENT", "path_open", 3, 0, "file", 0, READ_WRITE, 0n, 0, OUT);
    g.fails("NOENT", "path_open", 3, 0, "file", TRUNC, READ_WRITE, 0n, 0, OUT);
    g.write(g.open("file", { flags: CREAT | EXCL }), "text");
    g.fails("EXIST", "path_open", 3, 0, "file", CREAT | EXCL, READ_WRITE, 0n, 0, OUT);
    assertEquals(g.read(g.open("file", { flags: CREAT })), "text");
    // Without the right to write a file can be made, and emptied.
    g.open("empty", { flags: CREAT, rights: READ_ONLY });
    g.open("file", { flags: TRUNC, rights: READ_ONLY });
    assertEquals(Deno.readTextFileSync(`${folder}/file`), "");
    g.ok("path_create_directory", 3, "dir");
    g.openDirectory("dir");
    g.fails("NOTDIR", "path_open", 3, 0, "file", DIRECTORY, 0n, 0n, 0, OUT);
    g.fails("ISDIR", "path_open", 3, 0, "dir", 0, READ_WRITE, 0n, 0, OUT);
    g.fails("ISDIR", "path_open", 3, 0, "dir", TRUNC, 0n, 0n, 0, OUT);
    g.fails("EXIST", "path_open", 3, 0, "dir", CREAT | EXCL, 0n, 0n, 0, OUT);
    for (const flag of [CREAT, EXCL, TRUNC]) {
      g.fails("INVAL", "path_open", 3, 0, "dir", DIRECTORY | flag, 0n, 0n, 0, OUT);
    }
  });
});

everyWay("path_open refuses flags and rights that there are not", (way) => {
  withFolder(way, (g) => {
    g.make("file");
    g.fails("INVAL", "path_open", 3, 2, "file", 0, 0n, 0n, 0, OUT);
    g.fails("INVAL", "path_open", 3, 0, "file", 16, 0n, 0n, 0, OUT);
    g.fails("INVAL", "path_open", 3, 0, "file", 0, 0n, 0n, 32, OUT);
    g.fails("INVAL", "path_open", 3, 0, "file", 0, ALL_RIGHTS + 1n, 0n, 0, OUT);
    g.fails("INVAL", "path_open", 3, 0, "file", 0, 0n, -1n, 0, OUT);
    assertEquals(g.open("file"), 4);
  });
});

everyWay("path_open gives no right that the directory does not hand on", (way) => {
  withFolder(way, (g) => {
    g.make("file", "text");
    g.ok("path_create_directory", 3, "dir");
    g.make("dir/file", "inner");
    g.ok("path_open", 3, 0, "dir", DIRECTORY, Right.PATH_OPEN, Right.FD_READ, 0, OUT);
    const dir = g.u32();
    g.fails("NOTCAPABLE", "path_open", dir, 0, "file", 0, Right.FD_WRITE, 0n, 0, OUT);
    g.fails("NOTCAPABLE", "path_open", dir, 0, "new", CREAT, Right.FD_READ, 0n, 0, OUT);
    g.fails("NOTCAPABLE", "path_open", dir, 0, "file", TRUNC, Right.FD_READ, 0n, 0, OUT);
    g.fails("NOTCAPABLE", "path_open", dir, 0, "file", 0, Right.FD_READ, 0n, FdFlag.SYNC, OUT);
    g.fails("NOTCAPABLE", "path_open", dir, 0, "file", 0, Right.FD_READ, 0n, FdFlag.DSYNC, OUT);
    for (
      const [name, ...args] of [
        ["path_create_directory", dir, "x"],
        ["path_filestat_get", dir, 0, "file", OUT],
        ["path_filestat_set_times", dir, 0, "file", 0n, 0n, 0],
        ["path_link", dir, 0, "file", 3, "x"],
        ["path_link", 3, 0, "file", dir, "x"],
        ["path_readlink", dir, "file", OUT, 10, OUT],
        ["path_remove_directory", dir, "x"],
        ["path_rename", dir, "file", 3, "x"],
        ["path_rename", 3, "file", dir, "x"],
        ["path_symlink", "file", dir, "x"],
        ["path_unlink_file", dir, "file"],
      ] as [string, ...(number | bigint | string)[]][]
    ) g.fails("NOTCAPABLE", name, ...args);
    g.ok("path_open", dir, 0, "file", 0, Right.FD_READ, READ_WRITE, 0, OUT);
    const fd = g.u32();
    assertEquals(g.read(fd), "inner");
    g.ok("fd_fdstat_get", fd, OUT);
    assertEquals([g.u64(OUT + 8), g.u64(OUT + 16)], [Right.FD_READ, Right.FD_READ]);
    // Rights that mean nothing for a kind are left out.
    g.ok("path_open", 3, 0, "file", 0, DIRECTORY_RIGHTS | FILE_RIGHTS, 0n, 0, OUT);
    g.ok("fd_fdstat_get", g.u32(), OUT);
    assertEquals(g.u64(OUT + 8), FILE_RIGHTS);
  });
});

everyWay("every path call wants a directory", (way) => {
  withFolder(way, (g) => {
    g.make("file");
    const file = g.open("file");
    g.fails("NOTDIR", "path_open", file, 0, "x", 0, 0n, 0n, 0, OUT);
    g.fails("BADF", "path_open", 1, 0, "x", 0, 0n, 0n, 0, OUT);
    g.fails("BADF", "path_open", 99, 0, "x", 0, 0n, 0n, 0, OUT);
    for (const fd of [file, 0, 99, -1]) {
      g.fails("BADF", "path_create_directory", fd, "x");
      g.fails("BADF", "path_filestat_get", fd, 0, "x", OUT);
      g.fails("BADF", "path_filestat_set_times", fd, 0, "x", 0n, 0n, 0);
      g.fails("BADF", "path_link", fd, 0, "x", 3, "y");
      g.fails("BADF", "path_link", 3, 0, "file", fd, "y");
      g.fails("BADF", "path_readlink", fd, "x", OUT, 10, OUT);
      g.fails("BADF", "path_remove_directory", fd, "x");
      g.fails("BADF", "path_rename", fd, "x", 3, "y");
      g.fails("BADF", "path_rename", 3, "file", fd, "y");
      g.fails("BADF", "path_symlink", "x", fd, "y");
      g.fails("BADF", "path_unlink_file", fd, "x");
    }
  });
});

everyWay("every path call wants paths that are text, within memory, without zeros, and not endless", (way) => {
  withFolder(way, (g) => {
    g.make("file");
    g.ok("path_symlink", "file", 3, "link");
    const bad: [string | Uint8Array | number, "ILSEQ" | "INVAL" | "NAMETOOLONG" | "NOENT" | "FAULT", number?][] = [
      [new Uint8Array([0x61, 0xff]), "ILSEQ"],
      [new Uint8Array([0xed, 0xa0, 0x80]), "ILSEQ"],
      ["file\0", "INVAL"],
      ["\0", "INVAL"],
      ["x".repeat(256), "NAMETOOLONG"],
      ["", "NOENT"],
      [MEMORY_BYTES - 1, "FAULT", 2],
      [-1, "FAULT", 1],
      [0, "FAULT", -1],
    ];
    for (const [path, error, length] of bad) {
      const p = length === undefined ? [path] : [path as number, length];
      g.fails(error, "path_open", 3, 0, ...p, 0, 0n, 0n, 0, OUT);
      g.fails(error, "path_create_directory", 3, ...p);
      g.fails(error, "path_filestat_get", 3, 0, ...p, OUT);
      g.fails(error, "path_filestat_set_times", 3, 0, ...p, 0n, 0n, 0);
      g.fails(error, "path_link", 3, 0, ...p, 3, "y");
      g.fails(error, "path_link", 3, 0, "file", 3, ...p);
      g.fails(error, "path_readlink", 3, ...p, OUT, 10, OUT);
      g.fails(error, "path_remove_directory", 3, ...p);
      g.fails(error, "path_rename", 3, ...p, 3, "y");
      g.fails(error, "path_rename", 3, "file", 3, ...p);
      g.fails(error, "path_symlink", "x", 3, ...p);
      g.fails(error, "path_unlink_file", 3, ...p);
    }
    g.fails("FAULT", "path_symlink", 0, -1, 3, "y");
    g.fails("ILSEQ", "path_symlink", new Uint8Array([0xff]), 3, "y");
    g.fails("INVAL", "path_symlink", "a\0", 3, "y");
    g.fails("NOENT", "path_symlink", "", 3, "y");
    g.fails("FAULT", "path_open", 3, 0, "new", CREAT, 0n, 0n, 0, MEMORY_BYTES - 3);
    g.fails("FAULT", "path_filestat_get", 3, 0, "file", MEMORY_BYTES - 63);
    g.fails("FAULT", "path_readlink", 3, "link", MEMORY_BYTES - 3, 4, OUT);
    g.fails("FAULT", "path_readlink", 3, "link", OUT, 4, -4);
    assert(!g.exists("new") && !g.exists("y") && g.exists("file"));
    const long = Array(5000).fill("a").join("/");
    g.fails(way.files === "linux" ? "NAMETOOLONG" : "NOENT", "path_open", 3, 0, long, 0, 0n, 0n, 0, OUT);
  });
});

everyWay("paths that lead out are EPERM, whatever they look like", (way) => {
  withFolder(way, (g) => {
    g.ok("path_create_directory", 3, "dir");
    g.make("dir/file", "text");
    const dir = g.openDirectory("dir");
    assertEquals(g.read(g.open("dir/.//../dir/../dir/./file")), "text");
    for (const path of ["..", "../x", "dir/../../x", "/", "/dir", "//", "dir/../..", "./..", "/etc/passwd"]) {
      g.fails("PERM", "path_open", 3, 0, path, 0, 0n, 0n, 0, OUT);
      g.fails("PERM", "path_filestat_get", 3, 0, path, OUT);
      g.fails("PERM", "path_filestat_set_times", 3, 0, path, 0n, 0n, 0);
      g.fails("PERM", "path_link", 3, 0, path, 3, "y");
      g.fails("PERM", "path_readlink", 3, path, OUT, 10, OUT);
    }
    for (const path of ["../x", "dir/../../x", "/", "/dir", "//"]) {
      g.fails("PERM", "path_create_directory", 3, path);
      g.fails("PERM", "path_link", 3, 0, "dir/file", 3, path);
      g.fails("PERM", "path_remove_directory", 3, path);
      g.fails("PERM", "path_rename", 3, path, 3, "y");
      g.fails("PERM", "path_rename", 3, "dir/file", 3, path);
      g.fails("PERM", "path_symlink", "x", 3, path);
      g.fails("PERM", "path_unlink_file", 3, path);
    }
    // A directory that was opened is a world of its own.
    g.fails("PERM", "path_open", dir, 0, "../dir/file", 0, 0n, 0n, 0, OUT);
    g.fails("PERM", "path_symlink", "/etc/passwd", 3, "link");
    assert(!g.exists("link"));
  });
});

everyWay("symbolic links are followed where the flags say so, but not out", (way) => {
  withFolder(way, (g, folder) => {
    g.ok("path_create_directory", 3, "dir");
    g.make("dir/file", "text");
    g.ok("path_symlink", "dir/file", 3, "link");
    g.ok("path_symlink", "dir", 3, "way");
    g.ok("path_symlink", "../dir/../way/file", 3, "dir/back");
    g.ok("path_symlink", "../..", 3, "dir/out");
    g.ok("path_symlink", "nothing", 3, "dangling");
    g.ok("path_symlink", "loop", 3, "loop");
    Deno.symlinkSync("/etc/passwd", `${folder}/absolute`);
    g.fails("LOOP", "path_open", 3, 0, "link", 0, 0n, 0n, 0, OUT);
    assertEquals(g.read(g.open("link", { follow: true })), "text");
    assertEquals(g.read(g.open("way/file")), "text");
    assertEquals(g.read(g.open("way/back", { follow: true })), "text");
    g.fails("PERM", "path_open", 3, 1, "dir/out", 0, 0n, 0n, 0, OUT);
    g.fails("PERM", "path_open", 3, 0, "dir/out/x", CREAT, 0n, 0n, 0, OUT);
    g.fails("PERM", "path_open", 3, 1, "absolute", 0, 0n, 0n, 0, OUT);
    g.fails("PERM", "path_filestat_get", 3, 1, "absolute", OUT);
    g.fails("PERM", "path_filestat_set_times", 3, 1, "absolute", 0n, 0n, 0);
    g.fails("PERM", "path_link", 3, 1, "absolute", 3, "stolen");
    g.fails("NOENT", "path_open", 3, 1, "dangling", 0, 0n, 0n, 0, OUT);
    g.fails("LOOP", "path_open", 3, 1, "loop", 0, 0n, 0n, 0, OUT);
    g.fails("LOOP", "path_filestat_get", 3, 1, "loop/x", OUT);
    g.open("dangling", { follow: true, flags: CREAT });
    assert(g.exists("nothing"));
    // A slash behind a link means what the link leads to.
    assertEquals(g.stat("way/").type, 3);
    g.fails("NOTDIR", "path_filestat_get", 3, 0, "link/", OUT);
    g.fails("PERM", "path_readlink", 3, "dir/out/", OUT, 10, OUT);
    g.fails("INVAL", "path_readlink", 3, "way/", OUT, 10, OUT);
  });
});

everyWay(
  "path_filestat_get and path_filestat_set_times tell and set about a link itself, or what it leads to",
  (way) => {
    withFolder(way, (g) => {
      g.make("file", "text");
      g.ok("path_symlink", "file", 3, "link");
      assertEquals([g.stat("link").type, g.stat("link", true).type], [7, 4]);
      assertEquals([g.stat("link").size, g.stat("link", true).size], [4n, 4n]);
      const { ATIM, MTIM, MTIM_NOW } = TimeFlag;
      g.ok("path_filestat_set_times", 3, 0, "link", 1_000_000_000n, 2_000_000_000n, ATIM | MTIM);
      g.ok("path_filestat_set_times", 3, 1, "link", 3_000_000_000n, 4_000_000_000n, ATIM | MTIM);
      assertEquals([g.stat("link").mtim, g.stat("file").mtim], [2_000_000_000n, 4_000_000_000n]);
      assertEquals(g.stat("file").atim, 3_000_000_000n);
      g.ok("path_filestat_set_times", 3, 0, "file", 0n, 0n, MTIM_NOW);
      assert(g.stat("file").mtim > 1_000_000_000_000_000_000n);
      g.fails("INVAL", "path_filestat_set_times", 3, 0, "file", 0n, 0n, MTIM | MTIM_NOW);
      g.fails("INVAL", "path_filestat_set_times", 3, 0, "file", 0n, 0n, 16);
      g.fails("INVAL", "path_filestat_set_times", 3, 2, "file", 0n, 0n, 0);
      g.fails("INVAL", "path_filestat_get", 3, 2, "file", OUT);
      g.fails("NOENT", "path_filestat_set_times", 3, 0, "nothing", 0n, 0n, 0);
      g.fails("NOTDIR", "path_filestat_get", 3, 0, "file/", OUT);
      g.fails("NOTDIR", "path_filestat_get", 3, 0, "file/x", OUT);
      g.fails("NOENT", "path_filestat_get", 3, 0, "no/x", OUT);
    });
  },
);

everyWay("path_create_directory and path_remove_directory make and remove empty directories", (way) => {
  withFolder(way, (g, folder) => {
    g.ok("path_create_directory", 3, "a");
    g.ok("path_create_directory", 3, "a/b/");
    assert(Deno.statSync(`${folder}/a/b`).isDirectory);
    g.fails("EXIST", "path_create_directory", 3, "a");
    g.fails("EXIST", "path_create_directory", 3, "a/.");
    g.fails("NOENT", "path_create_directory", 3, "x/y");
    g.fails("NOTEMPTY", "path_remove_directory", 3, "a");
    g.fails("INVAL", "path_remove_directory", 3, "a/.");
    g.fails("NOTEMPTY", "path_remove_directory", 3, "a/b/..");
    g.ok("path_remove_directory", 3, "a/b");
    g.make("a/file");
    g.fails("NOTDIR", "path_remove_directory", 3, "a/file");
    g.fails("NOTDIR", "path_remove_directory", 3, "a/file/");
    g.fails("NOTDIR", "path_create_directory", 3, "a/file/x");
    g.ok("path_symlink", "a", 3, "link");
    g.fails("NOTDIR", "path_remove_directory", 3, "link");
    g.fails("NOTDIR", "path_remove_directory", 3, "link/");
    g.fails("EXIST", "path_create_directory", 3, "link");
    g.fails("NOENT", "path_remove_directory", 3, "nothing");
    g.ok("path_unlink_file", 3, "a/file");
    g.ok("path_remove_directory", 3, "a/");
  });
});

everyWay("path_unlink_file removes files and links, and what is open stays", (way) => {
  withFolder(way, (g) => {
    g.make("file", "text");
    g.ok("path_create_directory", 3, "dir");
    g.ok("path_symlink", "dir", 3, "link");
    g.ok("path_symlink", "nothing", 3, "dangling");
    const fd = g.open("file");
    g.fails("NOTDIR", "path_unlink_file", 3, "file/");
    g.ok("path_unlink_file", 3, "file");
    assertEquals(g.read(fd), "text");
    g.fails("NOENT", "path_unlink_file", 3, "file");
    g.fails("ISDIR", "path_unlink_file", 3, "dir");
    g.fails("ISDIR", "path_unlink_file", 3, "dir/");
    g.fails("ISDIR", "path_unlink_file", 3, "dir/.");
    g.fails("NOTDIR", "path_unlink_file", 3, "link/");
    g.ok("path_unlink_file", 3, "link");
    g.ok("path_unlink_file", 3, "dangling");
    assertEquals(g.stat("dir").type, 3);
  });
});

everyWay("path_rename moves files and directories, over others where POSIX allows it", (way) => {
  withFolder(way, (g, folder) => {
    g.make("a", "from a");
    g.make("b", "from b");
    g.ok("path_rename", 3, "a", 3, "b");
    assertEquals(Deno.readTextFileSync(`${folder}/b`), "from a");
    g.fails("NOENT", "path_rename", 3, "a", 3, "c");
    g.ok("path_rename", 3, "b", 3, "b");
    g.ok("path_create_directory", 3, "dir");
    g.ok("path_create_directory", 3, "empty");
    const dir = g.openDirectory("dir");
    g.ok("path_rename", 3, "b", dir, "inner");
    assertEquals(Deno.readTextFileSync(`${folder}/dir/inner`), "from a");
    g.make("file");
    g.fails("ISDIR", "path_rename", 3, "file", 3, "empty");
    g.fails("NOTDIR", "path_rename", 3, "empty", 3, "file");
    g.fails("NOTEMPTY", "path_rename", 3, "empty", 3, "dir");
    g.fails("NOTDIR", "path_rename", 3, "file/", 3, "x");
    g.fails("NOTDIR", "path_rename", 3, "file", 3, "x/");
    g.fails("INVAL", "path_rename", 3, "dir", 3, "dir/sub");
    g.fails("BUSY", "path_rename", 3, ".", 3, "x");
    g.fails("BUSY", "path_rename", 3, "dir", 3, "empty/..");
    g.ok("path_rename", 3, "dir", 3, "empty");
    assertEquals(Deno.readTextFileSync(`${folder}/empty/inner`), "from a");
    // A link is moved, not what it leads to.
    g.ok("path_symlink", "empty", 3, "link");
    g.ok("path_rename", 3, "link", 3, "moved");
    assertEquals(Deno.readLinkSync(`${folder}/moved`), "empty");
    g.fails("NOTDIR", "path_rename", 3, "moved/", 3, "x");
  });
});

everyWay("path_link makes hard links, of links too", (way) => {
  withFolder(way, (g) => {
    g.make("file", "text");
    g.ok("path_create_directory", 3, "dir");
    const dir = g.openDirectory("dir");
    g.ok("path_link", 3, 0, "file", dir, "other");
    assertEquals([g.stat("file").ino, g.stat("file").nlink], [g.stat("dir/other").ino, 2n]);
    g.fails("EXIST", "path_link", 3, 0, "file", dir, "other");
    g.fails("EXIST", "path_link", 3, 0, "file", 3, "file");
    g.fails("EXIST", "path_link", 3, 0, "file", 3, "dir");
    g.fails("PERM", "path_link", 3, 0, "dir", 3, "x");
    g.fails("PERM", "path_link", 3, 0, ".", 3, "x");
    g.fails("NOENT", "path_link", 3, 0, "nothing", 3, "x");
    g.fails("NOENT", "path_link", 3, 0, "file", 3, "x/");
    g.fails("NOTDIR", "path_link", 3, 0, "file/", 3, "x");
    g.fails("INVAL", "path_link", 3, 2, "file", 3, "x");
    g.ok("path_symlink", "file", 3, "link");
    g.ok("path_link", 3, 1, "link", 3, "followed");
    assertEquals([g.stat("followed").type, g.stat("file").nlink], [4, 3n]);
    g.ok("path_link", 3, 0, "link", 3, "hard");
    assertEquals(g.stat("hard").type, 7);
  });
});

everyWay("path_symlink and path_readlink keep what a link contains", (way) => {
  withFolder(way, (g) => {
    g.ok("path_symlink", "where/ever ä", 3, "link");
    g.ok("path_readlink", 3, "link", 2048, 100, OUT);
    assertEquals(g.string(2048, g.u32()), "where/ever ä");
    g.ok("path_readlink", 3, "link", 2048, 5, OUT);
    assertEquals(g.string(2048, g.u32()), "where");
    g.ok("path_readlink", 3, "link", 2048, 0, OUT);
    assertEquals(g.u32(), 0);
    g.make("file");
    g.fails("INVAL", "path_readlink", 3, "file", 2048, 100, OUT);
    g.fails("INVAL", "path_readlink", 3, ".", 2048, 100, OUT);
    g.fails("NOENT", "path_readlink", 3, "nothing", 2048, 100, OUT);
    g.fails("EXIST", "path_symlink", "x", 3, "file");
    g.fails("EXIST", "path_symlink", "x", 3, "link");
    g.fails("NOENT", "path_symlink", "x", 3, "new/");
    g.fails("NOENT", "path_symlink", "x", 3, "no/link");
  });
});

everyWay("in a directory that is read only nothing changes", (way) => {
  using folder = temporary();
  Deno.writeTextFileSync(`${folder.path}/file`, "text");
  Deno.mkdirSync(`${folder.path}/dir`);
  Deno.symlinkSync("file", `${folder.path}/link`);
  using g = new Guest(way, { preopens: { "/": { path: folder.path, readOnly: true } } });
  for (const [rights, flags] of [[READ_WRITE, 0], [0n, CREAT], [0n, TRUNC]] as [bigint, number][]) {
    g.fails("PERM", "path_open", 3, 0, "file", flags, rights, 0n, 0, OUT);
  }
  const fd = g.open("file", { rights: READ_WRITE & ~Right.FD_WRITE });
  assertEquals(g.read(fd), "text");
  g.fails("PERM", "fd_filestat_set_size", fd, 0n);
  g.fails("PERM", "fd_allocate", fd, 0n, 100n);
  g.fails("PERM", "fd_filestat_set_times", fd, 0n, 0n, TimeFlag.MTIM);
  g.fails("PERM", "fd_filestat_set_times", 3, 0n, 0n, TimeFlag.MTIM);
  const dir = g.openDirectory("dir");
  for (const d of [3, dir]) {
    g.fails("PERM", "path_create_directory", d, "x");
    g.fails("PERM", "path_filestat_set_times", d, 0, ".", 0n, 0n, 0);
    g.fails("PERM", "path_link", 3, 0, "file", d, "x");
    g.fails("PERM", "path_remove_directory", d, "dir");
    g.fails("PERM", "path_rename", 3, "file", d, "x");
    g.fails("PERM", "path_symlink", "x", d, "y");
    g.fails("PERM", "path_unlink_file", d, "file");
  }
  assertEquals(g.stat("link", true).size, 4n);
  assertEquals([...Deno.readDirSync(folder.path)].length, 3);
});
