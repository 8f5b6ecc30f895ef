import { assertEquals, assertThrows } from "@std/assert";
import { FdFlag } from "../../src/wasi/types.ts";
import { everyWay, Guest, OUT } from "./guest.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

everyWay("standard streams are what the embedder gives", (way) => {
  const out: string[] = [], err: string[] = [];
  using g = new Guest(way, {
    stdin: { text: "one two" },
    stdout: (b) => out.push(text(b)),
    stderr: (b) => err.push(text(b)),
  });
  assertEquals([g.read(0, 3), g.read(0), g.read(0)], ["one", " two", ""]);
  g.write(1, "to output");
  g.write(2, "to error");
  assertEquals([out, err], [["to output"], ["to error"]]);
});

everyWay("a line in several buffers arrives whole", (way) => {
  const out: string[] = [];
  using g = new Guest(way, { stdout: (b) => out.push(text(b)) });
  const at = 65536;
  g.memory.set(new TextEncoder().encode("hello\n"), at);
  g.ok("fd_write", 1, ...g.buffers(2, 3, 0, 1), OUT);
  assertEquals([g.u32(), out], [6, ["hello\n"]]);
});

everyWay("a stream is asked once for a list of buffers", (way) => {
  let asked = 0;
  using g = new Guest(way, {
    stdin: (into) => {
      asked++;
      into.set([1, 2, 3]);
      return 3;
    },
  });
  g.ok("fd_read", 0, ...g.buffers(2, 2, 2), OUT);
  assertEquals([g.u32(), asked, [...g.memory.subarray(65536, 65540)]], [3, 1, [1, 2, 3, 0]]);
  g.ok("fd_read", 0, ...g.buffers(3, 70_000), OUT);
  assertEquals([g.u32(), asked], [3, 2]);
});

everyWay("input by default is empty, and output to nowhere is taken", (way) => {
  using g = new Guest(way);
  assertEquals(g.read(0), "");
  assertEquals(g.write(1, "lost"), 4);
  g.ok("fd_close", 1);
  g.fails("BADF", "fd_write", 1, ...g.buffers(1), OUT);
});

everyWay("streams have no positions, and no size", (way) => {
  using g = new Guest(way);
  for (const fd of [0, 1, 2]) {
    g.fails("SPIPE", "fd_seek", fd, 0n, 0, OUT);
    g.fails("SPIPE", "fd_tell", fd, OUT);
    g.fails("SPIPE", "fd_pread", fd, ...g.buffers(1), 0n, OUT);
    g.fails("SPIPE", "fd_pwrite", fd, ...g.buffers(1), 0n, OUT);
    g.fails("NOTCAPABLE", "fd_filestat_set_size", fd, 0n);
    g.fails("NOTCAPABLE", "fd_allocate", fd, 0n, 1n);
    g.fails("NOTCAPABLE", "fd_advise", fd, 0n, 1n, 0);
    g.fails("BADF", "fd_readdir", fd, 65536, 10, 0n, OUT);
    g.ok("fd_filestat_get", fd, OUT);
    assertEquals([g.memory[OUT + 16], g.u64(OUT + 32)], [0, 0n]);
    g.ok("fd_fdstat_get", fd, OUT);
    assertEquals(g.memory[OUT], 0);
    g.ok("fd_fdstat_set_flags", fd, FdFlag.NONBLOCK);
  }
  g.fails("NOTCAPABLE", "fd_read", 1, ...g.buffers(1), OUT);
  g.fails("NOTCAPABLE", "fd_write", 0, ...g.buffers(1), OUT);
});

everyWay("what the embedder's own functions throw passes through the program", (way) => {
  using g = new Guest(way, {
    stdin: () => 1.5,
    stdout: () => {
      throw new SyntaxError("mine");
    },
  });
  assertThrows(() => g.call("fd_write", 1, ...g.buffers(1), OUT), SyntaxError, "mine");
  assertThrows(() => g.call("fd_read", 0, ...g.buffers(1), OUT), RangeError, "gave 1.5 bytes");
});
