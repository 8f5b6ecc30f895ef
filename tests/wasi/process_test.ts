import { assertEquals, assertThrows } from "@std/assert";
import { Engine, Trap, Wasi, WasiExit } from "../../mod.ts";
import { everyWay, Guest } from "./guest.ts";
import { testNative } from "../skip.ts";

everyWay("proc_exit ends the program with its code", (way) => {
  using g = new Guest(way);
  for (const code of [0, 1, 125, 126, 255, 256, -1]) {
    const error = assertThrows(() => g.call("proc_exit", code), WasiExit);
    assertEquals(error.code, code >>> 0);
  }
});

everyWay("proc_raise ends the program as a shell tells it, or does nothing", (way) => {
  using g = new Guest(way);
  for (const [signal, code] of [[6, 134], [9, 137], [15, 143], [2, 130], [30, 159]]) {
    assertEquals(assertThrows(() => g.call("proc_raise", signal), WasiExit).code, code);
  }
  for (const signal of [0, 16, 17, 22, 27]) g.ok("proc_raise", signal);
  g.fails("NOTSUP", "proc_raise", 18);
  g.fails("INVAL", "proc_raise", 31);
  g.fails("INVAL", "proc_raise", -1);
});

everyWay("sched_yield succeeds", (way) => {
  using g = new Guest(way);
  g.ok("sched_yield");
});

const CATCHES = `(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $deep (param $n i32)
    (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1)))) (else (call $exit (i32.const 7)))))
  (func (export "_start")
    (block $caught (try_table (catch_all $caught) (call $deep (i32.const 100)) (unreachable)))))`;

for (const tier of ["interp", "jit"] as const) {
  (tier === "jit" ? testNative : Deno.test)(`no handler of Wasm catches proc_exit (${tier})`, () => {
    const wasi = new Wasi();
    assertEquals(wasi.start(new Engine({ tier }).load(CATCHES, wasi.imports())), 7);
  });
}

Deno.test("a command that returns ends with 0, and one that traps throws", () => {
  const engine = new Engine({ tier: "interp" });
  const run = (body: string) => new Wasi().start(engine.load(`(module (func (export "_start") ${body}))`));
  assertEquals(run(""), 0);
  assertThrows(() => run("unreachable"), Trap);
});

Deno.test("start() takes commands, initialize() reactors, and each Wasi one instance", () => {
  const engine = new Engine({ tier: "interp" });
  const command = engine.load(`(module (func (export "_start")))`);
  const reactor = engine.load(`(module (global (export "ready") (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set 0 (i32.const 1))))`);
  assertThrows(() => new Wasi().start(reactor), TypeError, "a WASI command exports a function _start");
  assertThrows(() => new Wasi().initialize(command), TypeError, "a WASI reactor exports no _start");
  const wasi = new Wasi();
  wasi.initialize(reactor);
  assertEquals(reactor.global("ready").value, 1);
  assertThrows(() => wasi.initialize(reactor), Error, "serves one instance");
});

Deno.test("a call before start() says what is missing", () => {
  const wasi = new Wasi();
  assertThrows(
    () =>
      new Engine({ tier: "interp" }).load(
        `(module (import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32)))
        (func $s (drop (call $y))) (start $s))`,
        wasi.imports(),
      ),
    Error,
    "before Wasi.start() or Wasi.initialize()",
  );
});
