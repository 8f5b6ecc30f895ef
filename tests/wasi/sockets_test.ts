import { assert, assertEquals, assertThrows } from "@std/assert";
import { Wasi } from "../../mod.ts";
import { fileCalls } from "../../src/platform/file_calls.ts";
import { listen } from "../../src/wasi/linux_sockets.ts";
import { FdFlag, OpenFlag } from "../../src/wasi/types.ts";
import { testUnless } from "../skip.ts";
import { DATA, everyWay, Guest, noLinux, OUT, withFolder } from "./guest.ts";

const WAY = { files: "linux", tier: "jit" } as const;

everyWay("what is no socket is ENOTSOCK", (way) => {
  withFolder(way, (g) => {
    for (const fd of [0, 3, g.open("file", { flags: OpenFlag.CREAT })]) {
      g.fails("NOTSOCK", "sock_accept", fd, 0, OUT);
      g.fails("NOTSOCK", "sock_recv", fd, ...g.buffers(1), 0, OUT, OUT + 4);
      g.fails("NOTSOCK", "sock_send", fd, ...g.buffers(1), 0, OUT);
      g.fails("NOTSOCK", "sock_shutdown", fd, 1);
    }
    g.fails("BADF", "sock_accept", 99, 0, OUT);
    g.fails("BADF", "sock_recv", 99, ...g.buffers(1), 0, OUT, OUT + 4);
    g.fails("BADF", "sock_send", 99, ...g.buffers(1), 0, OUT);
    g.fails("BADF", "sock_shutdown", 99, 1);
  });
});

testUnless(noLinux, "a program accepts connections, receives, sends and shuts down", async () => {
  using g = new Guest(WAY, { sockets: [{ listen: "127.0.0.1:0" }] });
  g.ok("fd_fdstat_get", 3, OUT);
  assertEquals(g.memory[OUT], 6);
  g.ok("fd_fdstat_set_flags", 3, FdFlag.NONBLOCK);
  g.fails("AGAIN", "sock_accept", 3, 0, OUT);
  g.fails("INVAL", "sock_accept", 3, FdFlag.APPEND, OUT);
  g.fails("NOTCAPABLE", "sock_recv", 3, ...g.buffers(1), 0, OUT, OUT + 4);
  // Which port it is, the kernel alone knows; ours is the last socket that listens.
  const port = portOfListener();
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  g.ok("sock_accept", 3, FdFlag.NONBLOCK, OUT);
  const fd = g.u32();
  assertEquals(fd, 4);
  g.fails("AGAIN", "sock_recv", fd, ...g.buffers(10), 0, OUT, OUT + 4);
  await client.write(new TextEncoder().encode("hello world"));
  await new Promise((done) => setTimeout(done, 50));
  g.ok("fd_fdstat_set_flags", fd, 0);
  g.ok("sock_recv", fd, ...g.buffers(5), 1, OUT, OUT + 4);
  assertEquals(g.string(DATA, g.u32()), "hello");
  g.ok("sock_recv", fd, ...g.buffers(2, 4), 0, OUT, OUT + 4);
  assertEquals([g.string(DATA, g.u32()), g.view.getUint16(OUT + 4, true)], ["hello ", 0]);
  assertEquals(g.read(fd), "world");
  g.memory.set(new TextEncoder().encode("answer"), DATA);
  g.ok("sock_send", fd, ...g.buffers(3, 3), 0, OUT);
  assertEquals(g.u32(), 6);
  assertEquals(g.write(fd, "!"), 1);
  g.fails("INVAL", "sock_send", fd, ...g.buffers(1), 1, OUT);
  g.fails("INVAL", "sock_recv", fd, ...g.buffers(1), 4, OUT, OUT + 4);
  g.fails("INVAL", "sock_shutdown", fd, 0);
  g.fails("INVAL", "sock_shutdown", fd, 4);
  g.fails("FAULT", "sock_send", fd, ...g.buffers(1), 0, -1);
  g.fails("FAULT", "sock_recv", fd, ...g.buffers(1), 0, OUT, -1);
  g.ok("sock_shutdown", fd, 2);
  const got = new Uint8Array(100);
  let length = 0;
  for (let n; (n = await client.read(got.subarray(length))) !== null;) length += n;
  assertEquals(new TextDecoder().decode(got.subarray(0, length)), "answer!");
  client.close();
  g.ok("fd_close", fd);
});

/** The port of this process's socket that listens on 127.0.0.1. */
function portOfListener(): number {
  for (let fd = 200; fd > 2; fd--) {
    const accepts = new Int32Array(1), length = new Uint32Array([4]);
    const getsockopt = LIBC.symbols.getsockopt(fd, 1, 30, /* SO_ACCEPTCONN */ accepts, length);
    if (getsockopt !== 0 || accepts[0] !== 1) continue;
    const address = new DataView(new ArrayBuffer(28));
    fileCalls().getsockname(fd, address, new Uint32Array([28]));
    return address.getUint16(2);
  }
  throw new Error("no socket listens");
}
const LIBC = noLinux !== undefined ? undefined! : Deno.dlopen("libc.so.6", {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
});

testUnless(noLinux, "addresses are numbers, of either version", () => {
  for (const address of ["127.0.0.1:0", "[::1]:0"]) {
    try {
      const socket = listen(address);
      assert(socket.port > 0);
      socket.close();
    } catch (e) {
      // A machine may be without version 6.
      assertEquals([address, (e as Error).message], ["[::1]:0", "afnosupport"]);
    }
  }
  for (const wrong of ["localhost:80", "127.0.0.1", "127.0.0.1:65536", "::1:80"]) {
    assertThrows(() => listen(wrong), TypeError, "is not of the form");
  }
});

Deno.test("sockets without libc, and numbers that are none, are refused with the reason", () => {
  const sockets = [{ listen: "127.0.0.1:0" }];
  assertThrows(() => new Wasi({ files: "deno", sockets }), Error, "sockets need Linux");
  if (noLinux !== undefined) return;
  assertThrows(() => new Wasi({ sockets: [{ fd: 1000 }] }), Error, "cannot be given to a program: badf");
  assertThrows(() => new Wasi({ sockets: [{ fd: 2.5 }] }), Error, "badf");
});
