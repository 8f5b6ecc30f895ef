import { assertEquals, assertThrows } from "@std/assert";
import { Wasi } from "../../mod.ts";
import { everyWay, Guest, MEMORY_BYTES, OUT } from "./guest.ts";

everyWay("args_get and args_sizes_get give the arguments", (way) => {
  using g = new Guest(way, { args: ["program", "", "ä€😀"] });
  g.ok("args_sizes_get", OUT, OUT + 4);
  assertEquals([g.u32(), g.u32(OUT + 4)], [3, 8 + 1 + 10]);
  g.ok("args_get", 2048, 4096);
  assertEquals([g.u32(2048), g.u32(2052), g.u32(2056)], [4096, 4104, 4105]);
  assertEquals(g.string(4096, 19), "program\0\0ä€😀\0");
});

everyWay("environ_get and environ_sizes_get give the variables", (way) => {
  using g = new Guest(way, { env: { A: "1", B: "x=y" } });
  g.ok("environ_sizes_get", OUT, OUT + 4);
  assertEquals([g.u32(), g.u32(OUT + 4)], [2, 10]);
  g.ok("environ_get", 2048, 4096);
  assertEquals(g.string(4096, 10), "A=1\0B=x=y\0");
});

everyWay(
  "without options there are no arguments and no variables, and tables without entries may lie anywhere within",
  (way) => {
    using g = new Guest(way);
    for (const name of ["args", "environ"]) {
      g.ok(`${name}_sizes_get`, OUT, OUT + 4);
      assertEquals([g.u32(), g.u32(OUT + 4)], [0, 0]);
      g.ok(`${name}_get`, MEMORY_BYTES, MEMORY_BYTES);
    }
  },
);

everyWay("arguments that do not fit into memory are EFAULT, and nothing is written", (way) => {
  using g = new Guest(way, { args: ["abc"], env: { A: "b" } });
  for (const name of ["args", "environ"]) {
    g.fails("FAULT", `${name}_sizes_get`, MEMORY_BYTES - 3, OUT);
    g.fails("FAULT", `${name}_sizes_get`, OUT, -1);
    g.fails("FAULT", `${name}_get`, MEMORY_BYTES - 3, OUT);
    g.fails("FAULT", `${name}_get`, OUT, MEMORY_BYTES - 3);
    assertEquals(g.u32(), 0);
  }
});

Deno.test("Wasi refuses arguments and variables that C cannot hold", () => {
  assertThrows(() => new Wasi({ args: ["a\0b"] }), TypeError, "zero character");
  assertThrows(() => new Wasi({ args: "a" as never }), TypeError, "in an array");
  assertThrows(() => new Wasi({ env: { A: "\0" } }), TypeError, "zero character");
  assertThrows(() => new Wasi({ env: { "A=B": "" } }), TypeError, "no variable can be called");
  assertThrows(() => new Wasi({ env: { "": "" } }), TypeError, "no variable can be called");
});
