import { assertEquals } from "@std/assert";
import { ALL_RIGHTS, DIRECTORY_RIGHTS, FdFlag, FILE_RIGHTS, OpenFlag, Right } from "../../src/wasi/types.ts";
import { assertErrno, everyWay, Guest, MEMORY_BYTES, OUT, temporary, withFolder } from "./guest.ts";

everyWay("fd_close frees the number, which the next descriptor gets", (way) => {
  withFolder(way, (g) => {
    g.make("file", "text");
    assertEquals([g.open("file"), g.open("file"), g.open("file")], [4, 5, 6]);
    g.ok("fd_close", 5);
    g.ok("fd_close", 4);
    g.fails("BADF", "fd_close", 4);
    g.fails("BADF", "fd_read", 4, ...g.buffers(1), OUT);
    assertEquals([g.open("file"), g.open("file"), g.open("file")], [4, 5, 7]);
    g.ok("fd_close", 3);
    g.fails("BADF", "path_open", 3, 0, "file", 0, 0n, 0n, 0, OUT);
    g.fails("BADF", "fd_close", -1);
  });
});

everyWay("fd_renumber moves a descriptor over another that is open", (way) => {
  withFolder(way, (g) => {
    g.make("a", "from a");
    g.make("b", "from b");
    const a = g.open("a"), b = g.open("b");
    g.ok("fd_renumber", a, b);
    assertEquals(g.read(b), "from a");
    g.fails("BADF", "fd_tell", a, OUT);
    g.ok("fd_renumber", b, b);
    g.fails("BADF", "fd_renumber", b, 99);
    g.fails("BADF", "fd_renumber", 99, b);
    g.fails("BADF", "fd_renumber", 99, 99);
    g.ok("fd_tell", b, OUT);
    assertEquals([g.u64(), g.open("a")], [6n, a]);
    g.ok("fd_renumber", b, 3);
    g.fails("BADF", "fd_prestat_get", 3, OUT);
  });
});

everyWay("fd_fdstat_get tells type, flags and rights", (way) => {
  withFolder(way, (g) => {
    const get = (fd: number) => {
      g.ok("fd_fdstat_get", fd, OUT);
      return [g.memory[OUT], g.view.getUint16(OUT + 2, true), g.u64(OUT + 8), g.u64(OUT + 16)];
    };
    assertEquals(get(3), [3, 0, DIRECTORY_RIGHTS, DIRECTORY_RIGHTS | FILE_RIGHTS]);
    g.make("file");
    g.ok("path_open", 3, 0, "file", 0, Right.FD_READ, Right.FD_SEEK, FdFlag.NONBLOCK | FdFlag.APPEND, OUT);
    assertEquals(get(g.u32()), [4, FdFlag.NONBLOCK | FdFlag.APPEND, Right.FD_READ, Right.FD_SEEK]);
    assertEquals(BigInt(get(0)[2]) & (Right.FD_READ | Right.FD_WRITE), Right.FD_READ);
    assertEquals(BigInt(get(1)[2]) & (Right.FD_READ | Right.FD_WRITE), Right.FD_WRITE);
    g.fails("BADF", "fd_fdstat_get", 99, OUT);
    g.fails("FAULT", "fd_fdstat_get", 3, MEMORY_BYTES - 23);
  });
});

everyWay("fd_fdstat_set_flags sets flags, and none that there are not", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: OpenFlag.CREAT });
    g.ok("fd_fdstat_set_flags", fd, FdFlag.ALL);
    g.ok("fd_fdstat_get", fd, OUT);
    assertEquals(g.view.getUint16(OUT + 2, true), FdFlag.ALL);
    g.fails("INVAL", "fd_fdstat_set_flags", fd, 32);
    g.fails("BADF", "fd_fdstat_set_flags", 99, 0);
  });
});

everyWay("fd_fdstat_set_rights takes rights away and gives none", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: OpenFlag.CREAT });
    g.ok("fd_fdstat_set_rights", fd, Right.FD_SEEK | Right.FD_WRITE, 0n);
    g.ok("fd_seek", fd, 0n, 0, OUT);
    g.fails("NOTCAPABLE", "fd_read", fd, ...g.buffers(1), OUT);
    g.fails("NOTCAPABLE", "fd_fdstat_set_rights", fd, Right.FD_SEEK | Right.FD_READ, 0n);
    g.fails("NOTCAPABLE", "fd_fdstat_set_rights", fd, 0n, Right.FD_READ);
    g.fails("INVAL", "fd_fdstat_set_rights", fd, ALL_RIGHTS + 1n, 0n);
    g.fails("BADF", "fd_fdstat_set_rights", 99, 0n, 0n);
    g.ok("fd_fdstat_set_rights", fd, 0n, 0n);
    g.fails("NOTCAPABLE", "fd_write", fd, ...g.buffers(1), OUT);
  });
});

everyWay("fd_prestat_get and fd_prestat_dir_name tell the directories that are there from the start", (way) => {
  using folder = temporary();
  using g = new Guest(way, { preopens: { "/": folder.path, "däta": { path: folder.path, readOnly: true } } });
  g.ok("fd_prestat_get", 3, OUT);
  assertEquals([g.memory[OUT], g.u32(OUT + 4)], [0, 1]);
  g.ok("fd_prestat_get", 4, OUT);
  assertEquals(g.u32(OUT + 4), 5);
  g.memory.fill(255, OUT, OUT + 8);
  g.ok("fd_prestat_dir_name", 4, OUT, 5);
  assertEquals([g.string(OUT, 5), g.memory[OUT + 5]], ["däta", 255]);
  g.ok("fd_prestat_dir_name", 4, OUT, 6);
  g.fails("NAMETOOLONG", "fd_prestat_dir_name", 4, OUT, 4);
  g.fails("FAULT", "fd_prestat_dir_name", 4, MEMORY_BYTES - 4, 5);
  g.fails("FAULT", "fd_prestat_get", 3, MEMORY_BYTES - 7);
  g.fails("BADF", "fd_prestat_get", 5, OUT);
  g.fails("BADF", "fd_prestat_get", 1, OUT);
  g.fails("NOTDIR", "fd_prestat_dir_name", 1, OUT, 10);
  g.fails("BADF", "fd_prestat_dir_name", 5, OUT, 10);
  const opened = g.openDirectory(".");
  g.fails("BADF", "fd_prestat_get", opened, OUT);
});

everyWay("a program cannot open without end", (way) => {
  withFolder(way, (g) => {
    let code = 0, count = 0;
    while (code === 0 && count < 100_000) {
      code = g.call("path_open", 3, 0, ".", 0, 0n, 0n, 0, OUT);
      count++;
    }
    assertErrno(code, "MFILE");
    g.ok("fd_close", 5);
    assertEquals(g.openDirectory("."), 5);
  });
});
