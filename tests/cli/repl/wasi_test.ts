import { assertEquals, assertStringIncludes } from "@std/assert";
import { runAfter, runShell } from "./shell.ts";
import { temporary } from "../../wasi/guest.ts";

const LOAD = ":load examples/hello.wat";

Deno.test(":wasi runs a command with arguments, as often as one likes, and its memory can be looked at", async () => {
  assertEquals(await runAfter(LOAD, `:wasi you "and you"`), "hello, you\nhello, and you\n=> exit code 0");
  const { text, stopped } = await runShell(`${LOAD}\n:wasi a\n:wasi b\n:mem read 65542 2`);
  assertEquals(stopped, undefined);
  assertStringIncludes(text, "hello, a\n=> exit code 0\nhello, b\n=> exit code 0\n");
  assertStringIncludes(text, "62 00");
});

Deno.test(":wasi tells the exit code to programs, with what was printed", async () => {
  const { text } = await runShell(`${LOAD}\n:wasi x`, { json: true });
  assertEquals(JSON.parse(text.split("\n")[1]), {
    command: ":wasi x",
    ok: true,
    exitCode: 0,
    printed: ["hello, x"],
  });
});

Deno.test(":wasi gives directories and variables", async () => {
  using folder = temporary();
  const shown = await runAfter(LOAD, `:wasi --dir ${folder.path}::/data:ro --env A=b -- --dir`);
  assertEquals(shown, "hello, --dir\n=> exit code 0");
  assertStringIncludes(await runAfter(LOAD, ":wasi --dir /there/is/none::/x"), "it does not exist");
});

Deno.test(":wasi is for commands", async () => {
  const text = await runAfter(":load examples/fib.wat", ":wasi");
  assertEquals(text, "error: fib is no WASI command: it exports no _start");
});

Deno.test("a reactor is readied when it is loaded, and its exports can be called", async () => {
  const module = `:wat (module $reactor
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 1)))
    (func (export "random") (result i32 i32) (global.get $ready) (call $random (i32.const 0) (i32.const 8))))`;
  assertEquals(await runAfter(module, "random"), "=> 1:i32 0:i32");
});
