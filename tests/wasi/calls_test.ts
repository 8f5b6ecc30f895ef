import { assertEquals, assertThrows } from "@std/assert";
import { Engine, Wasi } from "../../mod.ts";
import { CALLS } from "../../src/wasi/calls.ts";
import { Errno, errnoName, errnoOf, errnoOfLinux } from "../../src/wasi/errno.ts";
import { everyWay, Guest, OUT } from "./guest.ts";

Deno.test("the table has all 46 functions, and imports() gives them", () => {
  assertEquals(CALLS.length, 46);
  assertEquals(Object.keys(new Wasi().imports().wasi_snapshot_preview1), CALLS.map((c) => c.name));
});

Deno.test("error codes are those of the specification", () => {
  const { SUCCESS, ACCES, BADF, EXIST, FAULT, ILSEQ, INVAL, NOENT, NOSYS, NOTSUP, PERM, XDEV, NOTCAPABLE } = Errno;
  assertEquals(
    [SUCCESS, ACCES, BADF, EXIST, FAULT, ILSEQ, INVAL, NOENT, NOSYS, NOTSUP, PERM, XDEV, NOTCAPABLE],
    [0, 2, 8, 20, 21, 25, 28, 44, 52, 58, 63, 75, 76],
  );
  assertEquals([errnoOfLinux(2), errnoOfLinux(95), errnoOfLinux(9999)], [NOENT, NOTSUP, Errno.IO]);
  assertEquals([errnoName(1), errnoName(77)], ["2big", "77"]);
  assertEquals(errnoOf(assertThrows(() => Deno.readFileSync("/there is no such file"))), NOENT);
  assertEquals(errnoOf(new TypeError()), undefined);
});

/** Numbers without pattern, the same in each run. */
function* numbers(seed: number): Generator<number> {
  for (let x = seed;;) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    yield x >>> 0;
  }
}

everyWay("no arguments whatever do harm", (way) => {
  using g = new Guest(way, { args: ["a"], env: { B: "c" }, stdin: { text: "abc" } });
  const random = numbers(1);
  const next = () => random.next().value as number;
  const edges = [0, 1, 2, 3, 4, 8, 24, 48, 64, 1024, 65536, 262143, 262144, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  const edge = () => edges[next() % edges.length];
  for (const { name, params } of CALLS) {
    if (name === "proc_exit" || name === "proc_raise") continue;
    for (let n = 0; n < 300; n++) {
      const args = [...params].map((type) => {
        const low = next() % 3 === 0 ? next() : edge();
        return type === "i" ? low : BigInt(edge()) << 32n | BigInt(low);
      });
      // A clock is waited for otherwise: nothing but zeros is a subscription to one that is due.
      if (name === "poll_oneoff") g.memory.fill(0);
      const code = g.call(name, ...args);
      if (!(code >= 0 && code <= Errno.NOTCAPABLE)) throw new Error(`${name}(${args}) gave ${code}`);
    }
  }
});

Deno.test("a memory that other threads see serves all calls", () => {
  const engine = new Engine({ tier: "interp", features: { threads: true } });
  const written: string[] = [];
  const wasi = new Wasi({
    args: ["ä"],
    stdin: { text: "input" },
    stdout: (b) => written.push(new TextDecoder().decode(b)),
  });
  const memory = engine.memory({ minimum: 1, maximum: 4, shared: true });
  wasi.initialize({ exports: { memory } });
  const { fd_read, fd_write, random_get, args_get, path_open } = wasi.imports().wasi_snapshot_preview1;
  const view = new DataView(memory.buffer);
  view.setUint32(0, 1000, true);
  view.setUint32(4, 100, true);
  assertEquals(fd_read(0, 0, 1, 16), 0);
  view.setUint32(4, 5, true);
  assertEquals(fd_write(1, 0, 1, 16), 0);
  assertEquals(written, ["input"]);
  assertEquals(random_get(2000, 100), 0);
  assertEquals(args_get(3000, 3100), 0);
  memory.grow(1);
  assertEquals(args_get(65536, 65600), 0);
  assertEquals(path_open(3, 0, 3100, 2, 0, 0n, 0n, 0, 16), Errno.BADF);
});

everyWay(
  "a memory with protected or watched places is not touched: the call ends with an error that says so",
  (way) => {
    using g = new Guest(way, {});
    const memory = g.instance.memory("memory");
    assertEquals(g.call("random_get", OUT, 8), 0);
    memory.protect(0, 64, {});
    for (const at of [0, OUT]) assertThrows(() => g.call("random_get", at, 8), Error, "protected or watched places");
    memory.unprotect();
    {
      using _watch = memory.watch(0, 64, { write: true }, () => {});
      assertThrows(() => g.call("clock_time_get", 0, 0n, OUT), Error, "protected or watched places");
    }
    assertEquals(g.call("random_get", 0, 8), 0);
  },
);
