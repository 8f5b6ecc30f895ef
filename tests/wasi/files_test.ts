import { assert, assertEquals } from "@std/assert";
import { FdFlag, OpenFlag, Right, TimeFlag } from "../../src/wasi/types.ts";
import { DATA, everyWay, MEMORY_BYTES, OUT, READ_ONLY, READ_WRITE, withFolder } from "./guest.ts";

const { CREAT, TRUNC } = OpenFlag;
const BEYOND = 1n << 63n;

everyWay("fd_write and fd_read move the position, fd_pwrite and fd_pread do not", (way) => {
  withFolder(way, (g, folder) => {
    const fd = g.open("file", { flags: CREAT });
    assertEquals(g.write(fd, "hello world"), 11);
    g.ok("fd_tell", fd, OUT);
    assertEquals(g.u64(), 11n);
    g.memory.set(new TextEncoder().encode("W"), DATA);
    g.ok("fd_pwrite", fd, ...g.buffers(1), 6n, OUT);
    g.ok("fd_tell", fd, OUT);
    assertEquals(g.u64(), 11n);
    assertEquals(g.read(fd), "");
    g.ok("fd_seek", fd, 0n, 0, OUT);
    assertEquals(g.read(fd, 5), "hello");
    g.ok("fd_pread", fd, ...g.buffers(100), 8n, OUT);
    assertEquals(g.string(DATA, g.u32()), "rld");
    assertEquals(g.read(fd, 3), " Wo");
    assertEquals(Deno.readTextFileSync(`${folder}/file`), "hello World");
  });
});

everyWay("lists of buffers are filled one after the other, however long they are", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: CREAT });
    for (const lengths of [[1, 0, 3, 1000], [0, 0], [], [40_000, 1, 50_000], [65536, 65536 / 2]]) {
      const total = lengths.reduce((a, b) => a + b, 0);
      for (let i = 0; i < total; i++) g.memory[DATA + i] = i * 7 + (i >> 8);
      const wanted = g.memory.slice(DATA, DATA + total);
      g.ok("fd_seek", fd, 0n, 0, OUT);
      g.ok("fd_write", fd, ...g.buffers(...lengths), OUT);
      assertEquals(g.u32(), total);
      g.memory.fill(0, DATA, DATA + total);
      g.ok("fd_seek", fd, 0n, 0, OUT);
      g.ok("fd_read", fd, ...g.buffers(...lengths), OUT);
      assertEquals(g.u32(), total);
      assertEquals(g.memory.slice(DATA, DATA + total), wanted);
    }
  });
});

everyWay("buffers that overlap hold what was read last", (way) => {
  withFolder(way, (g) => {
    g.make("file", "abcdef");
    const fd = g.open("file");
    for (const [i, [at, length]] of [[DATA, 4], [DATA + 1, 2]].entries()) {
      g.view.setUint32(8 * i, at, true);
      g.view.setUint32(8 * i + 4, length, true);
    }
    g.ok("fd_read", fd, 0, 2, OUT);
    assertEquals([g.u32(), g.string(DATA, 4)], [6, "aefd"]);
  });
});

everyWay("buffers outside of memory are EFAULT, whatever overflows, and nothing is transferred", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: CREAT });
    g.write(fd, "text");
    const wrong: [number, number][] = [[MEMORY_BYTES, 1], [MEMORY_BYTES - 1, 2], [0, -1], [-1, 1], [-1, -1], [
      DATA,
      0x7fff_ffff,
    ]];
    for (const name of ["fd_read", "fd_write", "fd_pread", "fd_pwrite"]) {
      const tail = name.startsWith("fd_p") ? [0n, OUT] : [OUT];
      for (const [at, length] of wrong) {
        g.view.setUint32(0, DATA, true);
        g.view.setUint32(4, 1, true);
        g.view.setUint32(8, at, true);
        g.view.setUint32(12, length, true);
        g.fails("FAULT", name, fd, 0, 2, ...tail);
      }
      g.fails("FAULT", name, fd, MEMORY_BYTES - 7, 1, ...tail);
      g.fails("FAULT", name, fd, 0, 0x2000_0000, ...tail);
      g.fails("FAULT", name, fd, 0, -1, ...tail);
      g.fails("FAULT", name, fd, -8, 1, ...tail);
      g.fails("FAULT", name, fd, ...g.buffers(1), ...tail.slice(0, -1), MEMORY_BYTES - 3);
      // Nothing but the lists: no buffers at the very end are no error.
      g.ok(name, fd, MEMORY_BYTES, 0, ...tail);
    }
    g.ok("fd_tell", fd, OUT);
    assertEquals(g.u64(), 4n);
    assertEquals(g.stat("file").size, 4n);
  });
});

everyWay("more buffers than one call takes are a short transfer", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: CREAT });
    for (let i = 0; i < 2000; i++) {
      g.view.setUint32(2048 + 8 * i, DATA, true);
      g.view.setUint32(2048 + 8 * i + 4, 1, true);
    }
    g.ok("fd_write", fd, 2048, 2000, OUT);
    assertEquals(g.u32(), 1024);
  });
});

everyWay("fd_seek goes from the beginning, the position or the end, and not before the beginning", (way) => {
  withFolder(way, (g) => {
    g.make("file", "0123456789");
    const fd = g.open("file");
    const seek = (offset: bigint, whence: number) => {
      g.ok("fd_seek", fd, offset, whence, OUT);
      return g.u64();
    };
    assertEquals([seek(4n, 0), seek(3n, 1), seek(-2n, 1), seek(-1n, 2), seek(5n, 2)], [4n, 7n, 5n, 9n, 15n]);
    assertEquals(g.read(fd), "");
    assertEquals(seek(1n << 62n, 0), 1n << 62n);
    g.fails("INVAL", "fd_seek", fd, (1n << 62n) + (1n << 61n) * 2n, 1, OUT);
    g.fails("INVAL", "fd_seek", fd, -1n, 0, OUT);
    g.fails("INVAL", "fd_seek", fd, -11n, 2, OUT);
    g.fails("INVAL", "fd_seek", fd, 0n, 3, OUT);
    g.fails("INVAL", "fd_seek", fd, 0n, 255, OUT);
    g.fails("FAULT", "fd_seek", fd, 0n, 0, -1);
    g.ok("fd_tell", fd, OUT);
    assertEquals(g.u64(), 1n << 62n);
    g.fails("FAULT", "fd_tell", fd, MEMORY_BYTES - 7);
  });
});

everyWay("a write beyond the end leaves zeros between", (way) => {
  withFolder(way, (g, folder) => {
    const fd = g.open("file", { flags: CREAT });
    g.ok("fd_seek", fd, 3n, 0, OUT);
    g.write(fd, "x");
    assertEquals(Deno.readFileSync(`${folder}/file`), new Uint8Array([0, 0, 0, 120]));
  });
});

everyWay("positions that no file has are EINVAL", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: CREAT });
    g.fails("INVAL", "fd_pread", fd, ...g.buffers(1), BEYOND, OUT);
    g.fails("INVAL", "fd_pwrite", fd, ...g.buffers(1), -1n, OUT);
    g.fails("INVAL", "fd_filestat_set_size", fd, -1n);
    g.fails("INVAL", "fd_allocate", fd, BEYOND, 1n);
    g.fails("INVAL", "fd_allocate", fd, 0n, 0n);
    g.fails("INVAL", "fd_advise", fd, BEYOND, 1n, 0);
    assertEquals(g.stat("file").size, 0n);
  });
});

everyWay(
  "a file that is open for appending grows at its end, also by fd_pwrite, until the flag is taken away",
  (way) => {
    withFolder(way, (g, folder) => {
      const fd = g.open("file", { flags: CREAT, fdflags: FdFlag.APPEND });
      g.write(fd, "one");
      g.ok("fd_seek", fd, 0n, 0, OUT);
      g.write(fd, "two");
      g.ok("fd_tell", fd, OUT);
      assertEquals(g.u64(), 6n);
      g.memory.set(new TextEncoder().encode("three"), DATA);
      g.ok("fd_pwrite", fd, ...g.buffers(5), 0n, OUT);
      assertEquals(Deno.readTextFileSync(`${folder}/file`), "onetwothree");
      g.ok("fd_fdstat_set_flags", fd, 0);
      g.ok("fd_seek", fd, 0n, 0, OUT);
      g.write(fd, "ONE");
      assertEquals(Deno.readTextFileSync(`${folder}/file`), "ONEtwothree");
      g.ok("fd_fdstat_set_flags", fd, FdFlag.APPEND);
      g.write(fd, "!");
      assertEquals(Deno.readTextFileSync(`${folder}/file`), "ONEtwothree!");
    });
  },
);

everyWay("flags to write through are kept, and do what they say", (way) => {
  withFolder(way, (g) => {
    const fdflags = FdFlag.SYNC | FdFlag.DSYNC | FdFlag.RSYNC;
    const fd = g.open("file", { flags: CREAT, fdflags });
    g.ok("fd_fdstat_get", fd, OUT);
    assertEquals(g.view.getUint16(OUT + 2, true), fdflags);
    g.write(fd, "text");
    g.ok("fd_seek", fd, 0n, 0, OUT);
    assertEquals(g.read(fd), "text");
    g.ok("fd_sync", fd);
    g.ok("fd_datasync", fd);
    g.fails("BADF", "fd_sync", 99);
    g.fails("BADF", "fd_datasync", 99);
  });
});

everyWay("fd_filestat_set_size cuts and grows, fd_allocate only grows", (way) => {
  withFolder(way, (g) => {
    g.make("file", "0123456789");
    const fd = g.open("file");
    g.ok("fd_filestat_set_size", fd, 4n);
    assertEquals(g.read(fd), "0123");
    g.ok("fd_filestat_set_size", fd, 6n);
    assertEquals(g.read(fd), "\0\0");
    g.ok("fd_allocate", fd, 2n, 2n);
    assertEquals(g.stat("file").size, 6n);
    g.ok("fd_allocate", fd, 5n, 10n);
    assertEquals(g.stat("file").size, 15n);
    g.fails("BADF", "fd_allocate", 99, 0n, 1n);
    g.fails("BADF", "fd_filestat_set_size", 3, 0n);
  });
});

everyWay("fd_advise takes all kinds of advice, and no others", (way) => {
  withFolder(way, (g) => {
    const fd = g.open("file", { flags: CREAT });
    for (let advice = 0; advice <= 5; advice++) g.ok("fd_advise", fd, 0n, 100n, advice);
    g.fails("INVAL", "fd_advise", fd, 0n, 100n, 6);
    g.fails("INVAL", "fd_advise", fd, 0n, 100n, -1);
    g.fails("BADF", "fd_advise", 3, 0n, 0n, 0);
  });
});

everyWay("fd_filestat_get tells about files and directories", (way) => {
  withFolder(way, (g, folder) => {
    g.make("file", "text");
    const host = Deno.lstatSync(`${folder}/file`);
    g.ok("fd_filestat_get", g.open("file"), OUT);
    assertEquals(g.statAt().type, 4);
    assertEquals([g.u64(OUT), g.u64(OUT + 8)], [BigInt(host.dev), BigInt(host.ino!)]);
    assertEquals([g.u64(OUT + 24), g.u64(OUT + 32)], [1n, 4n]);
    assertEquals(g.u64(OUT + 48) / 1_000_000n, BigInt(host.mtime!.getTime()));
    g.ok("fd_filestat_get", 3, OUT);
    assertEquals(g.statAt().type, 3);
    g.fails("FAULT", "fd_filestat_get", 3, MEMORY_BYTES - 63);
    g.fails("BADF", "fd_filestat_get", 99, OUT);
  });
});

everyWay("fd_filestat_set_times sets what its flags say", (way) => {
  withFolder(way, (g) => {
    const { ATIM, ATIM_NOW, MTIM, MTIM_NOW } = TimeFlag;
    g.make("file");
    const fd = g.open("file");
    g.ok("fd_filestat_set_times", fd, 1_000_000_000_000_000_000n, 1_100_000_000_000_000_000n, ATIM | MTIM);
    let s = g.stat("file");
    assertEquals([s.atim, s.mtim], [1_000_000_000_000_000_000n, 1_100_000_000_000_000_000n]);
    g.ok("fd_filestat_set_times", fd, 5n, 1_200_000_000_000_000_000n, MTIM);
    s = g.stat("file");
    assertEquals([s.atim, s.mtim], [1_000_000_000_000_000_000n, 1_200_000_000_000_000_000n]);
    const before = BigInt(Date.now()) * 1_000_000n;
    g.ok("fd_filestat_set_times", fd, 0n, 0n, ATIM_NOW);
    s = g.stat("file");
    assert(s.atim > before - 100_000_000n);
    assertEquals(s.mtim, 1_200_000_000_000_000_000n);
    g.ok("fd_filestat_set_times", fd, 0n, 0n, 0);
    g.ok("fd_filestat_set_times", 3, 0n, 0n, MTIM_NOW);
    g.fails("INVAL", "fd_filestat_set_times", fd, 0n, 0n, ATIM | ATIM_NOW);
    g.fails("INVAL", "fd_filestat_set_times", fd, 0n, 0n, MTIM | MTIM_NOW);
    g.fails("INVAL", "fd_filestat_set_times", fd, 0n, 0n, 16);
    g.fails("BADF", "fd_filestat_set_times", 99, 0n, 0n, 0);
  });
});

everyWay("what a descriptor was not given the right to is ENOTCAPABLE", (way) => {
  withFolder(way, (g) => {
    g.make("file", "text");
    const reader = g.open("file", { rights: READ_ONLY });
    g.fails("NOTCAPABLE", "fd_write", reader, ...g.buffers(1), OUT);
    g.fails("NOTCAPABLE", "fd_pwrite", reader, ...g.buffers(1), 0n, OUT);
    g.fails("NOTCAPABLE", "fd_filestat_set_size", reader, 0n);
    g.fails("NOTCAPABLE", "fd_allocate", reader, 0n, 1n);
    g.fails("NOTCAPABLE", "fd_datasync", reader);
    const writer = g.open("file", { rights: READ_WRITE & ~Right.FD_READ, flags: TRUNC });
    g.fails("NOTCAPABLE", "fd_read", writer, ...g.buffers(1), OUT);
    g.fails("NOTCAPABLE", "fd_pread", writer, ...g.buffers(1), 0n, OUT);
    const nothing = g.open("file", { rights: 0n });
    g.fails("NOTCAPABLE", "fd_read", nothing, ...g.buffers(1), OUT);
    g.fails("NOTCAPABLE", "fd_seek", nothing, 0n, 0, OUT);
    g.fails("NOTCAPABLE", "fd_tell", nothing, OUT);
    g.fails("NOTCAPABLE", "fd_sync", nothing);
    g.fails("NOTCAPABLE", "fd_advise", nothing, 0n, 0n, 0);
    g.fails("NOTCAPABLE", "fd_filestat_get", nothing, OUT);
    g.fails("NOTCAPABLE", "fd_filestat_set_times", nothing, 0n, 0n, 0);
    g.fails("NOTCAPABLE", "fd_fdstat_set_flags", nothing, 0);
    // fd_tell is allowed by either of two rights, and so is a seek that moves nothing.
    const teller = g.open("file", { rights: Right.FD_TELL });
    g.ok("fd_tell", teller, OUT);
    g.ok("fd_seek", teller, 0n, 1, OUT);
    g.fails("NOTCAPABLE", "fd_seek", teller, 1n, 1, OUT);
  });
});

everyWay("directories, and numbers that no descriptor has, are EBADF for what files can do", (way) => {
  withFolder(way, (g) => {
    for (const fd of [3, 4, 99, -1]) {
      g.fails("BADF", "fd_read", fd, ...g.buffers(1), OUT);
      g.fails("BADF", "fd_write", fd, ...g.buffers(1), OUT);
      g.fails("BADF", "fd_pread", fd, ...g.buffers(1), 0n, OUT);
      g.fails("BADF", "fd_pwrite", fd, ...g.buffers(1), 0n, OUT);
      g.fails("BADF", "fd_seek", fd, 0n, 0, OUT);
      g.fails("BADF", "fd_tell", fd, OUT);
    }
  });
});
