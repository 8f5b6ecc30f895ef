// `strata run` with WASI commands, as processes of their own.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testUnless } from "../skip.ts";
import { noLinux, temporary } from "../wasi/guest.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const HELLO = new URL("../../examples/hello.wat", import.meta.url).pathname;

/** Copies standard input to standard output, and ends with the number of bytes. */
const CAT = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $sum (mut i32) (i32.const 0))
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (loop $more
      (i32.store (i32.const 4) (i32.const 4096))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (i32.eqz (i32.load (i32.const 8))) (then (call $exit (global.get $sum))))
      (global.set $sum (i32.add (global.get $sum) (i32.load (i32.const 8))))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $more)))
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))`;

const SPIN = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\03\\00\\00\\00go\\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (loop $l (br $l))))`;

interface Ran {
  readonly code: number;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line with permissions; `act` may do something to the process while it runs. */
async function strata(
  permissions: readonly string[],
  args: readonly string[],
  input = "",
  act?: (child: Deno.ChildProcess) => void,
): Promise<Ran> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", ...permissions, CLI, "run", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
  const child = command.spawn();
  const err = new Response(child.stderr).text();
  let out = "";
  const reading = (async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (out === "") act?.(child);
      out += part;
    }
  })();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  if (act === undefined) await writer.close();
  const { code, signal } = await child.status;
  await reading;
  if (act !== undefined) await writer.close().catch(() => {});
  return { code, signal, out, err: await err };
}

function withFile(name: string, text: string, fn: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = temporary();
  Deno.writeTextFileSync(`${folder.path}/${name}`, text);
  return fn(`${folder.path}/${name}`, folder.path).finally(() => folder[Symbol.dispose]());
}

Deno.test("run gives a command its arguments, and its name", async () => {
  assertEquals((await strata(["-A"], [HELLO])).out, "hello, world\n");
  assertEquals((await strata(["-A"], [HELLO, "you", "--tier", "-x"])).out, "hello, you\nhello, --tier\nhello, -x\n");
  assertEquals((await strata(["-A"], ["--argv0", "other", HELLO])).code, 0);
});

Deno.test("run connects standard input and output, and gives the exit code", async () => {
  await withFile("cat.wat", CAT, async (path) => {
    for (const permissions of [["-A"], ["--allow-read"]]) {
      const { code, out, err } = await strata(permissions, [path], "some\ntext");
      assertEquals([code, out, err], [9, "some\ntext", ""]);
    }
    // Only the lowest eight bits reach whoever waits, as with any process.
    assertEquals((await strata(["-A"], [path], "x".repeat(5000))).code, 5000 & 255);
  });
});

Deno.test("run --invoke calls another export of a command", async () => {
  await withFile("cat.wat", CAT, async (path) => {
    const { code, out } = await strata(["-A"], ["--invoke", "twice", path, "21"]);
    assertEquals([code, out], [0, "=> 42:i32\n"]);
  });
});

for (const [what, program] of [["that computes", SPIN], ["that waits for input", CAT]]) {
  Deno.test(`Ctrl-C ends a command ${what} as it ends any program`, async () => {
    await withFile("program.wat", program, async (path) => {
      const { code, signal, err } = await strata(["-A"], [path], "go\n", (child) => child.kill("SIGINT"));
      assertEquals([code, signal, err], [130, "SIGINT", ""]);
    });
  });
}

Deno.test("a command ends when nobody reads its output any more, as any program does", async () => {
  const source = SPIN.replace(
    "(loop $l (br $l))",
    "(loop $l (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))) (br $l))",
  );
  await withFile("yes.wat", source, async (path) => {
    const args = ["run", "-A", "--no-check", CLI, "run", path];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const err = await new Response(child.stderr).text();
    assertEquals([(await child.status).code, err], [141, ""]);
  });
});

Deno.test("a trap of a command is shown, with exit code 134", async () => {
  const source = `(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    (func $bad (export "_start") unreachable))`;
  await withFile("trap.wat", source, async (path) => {
    const { code, err } = await strata(["-A"], [path]);
    assertEquals(code, 134);
    assertMatch(err, /^error: trap: unreachable\n {2}at bad/);
  });
});

Deno.test("an import of WASI with another type, and one that there is not, are link errors", async () => {
  for (const [name, type] of [["fd_close", "(param i64)"], ["fd_dup", "(param i32)"]]) {
    const source =
      `(module (import "wasi_snapshot_preview1" "${name}" (func ${type} (result i32))) (func (export "_start")))`;
    await withFile("link.wat", source, async (path) => {
      const { code, err } = await strata(["-A"], [path]);
      assertEquals(code, 1);
      assertStringIncludes(
        err,
        name === "fd_dup"
          ? "1 import is missing"
          : `incompatible import type: import "wasi_snapshot_preview1" "fd_close"`,
      );
    });
  }
});

Deno.test("directories need Deno's permissions, whichever way files are reached", async () => {
  using folder = temporary();
  const modules = [`--allow-read=${HELLO}`];
  for (const ffi of [[], ["--allow-ffi"]]) {
    const dir = `${folder.path}::/data`;
    const none = await strata([...modules, ...ffi], ["--dir", dir, HELLO]);
    assertStringIncludes(none.err, `needs --allow-read=${folder.path}`);
    const readable = [`--allow-read=${HELLO},${folder.path}`, ...ffi];
    const read = await strata(readable, ["--dir", dir, HELLO]);
    assertStringIncludes(read.err, `needs --allow-write=${folder.path}, or to be read only`);
    assertEquals((await strata(readable, ["--dir", `${dir}:ro`, HELLO])).out, "hello, world\n");
    const both = await strata([...readable, `--allow-write=${folder.path}`], ["--dir", dir, HELLO]);
    assertEquals(both.out, "hello, world\n");
  }
  const net = await strata([...modules, "--allow-ffi"], ["--tcplisten", "127.0.0.1:0", HELLO]);
  assert(/needs --allow-net=127.0.0.1:0|sockets need Linux/.test(net.err), net.err);
});

Deno.test("what options cannot mean is said in a line", async () => {
  for (
    const [args, message] of [
      [
        ["--dir", "/there is no such folder::/x"],
        "the directory /there is no such folder cannot be given to a program",
      ],
      [["--dir", ""], "--dir takes host::guest"],
      [["--env", "=x"], "--env takes NAME=value"],
      [["--files", "other"], "Allowed choices are auto, linux, deno"],
    ] as [string[], string][]
  ) {
    const { code, err } = await strata(["-A"], [...args, HELLO]);
    assert(code === 1 || code === 2);
    assertStringIncludes(err, message);
  }
});

testUnless(noLinux, "standard input that must not wait is EAGAIN until there is some", async () => {
  const source = `(module
    (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $flags (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\40\\00\\00\\00\\01\\00\\00\\00")
    (data (i32.const 64) "!")
    (data (i32.const 136) "\\01")
    (func (export "_start")
      (if (call $flags (i32.const 0) (i32.const 4)) (then (call $exit (i32.const 1))))
      (if (i32.ne (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 6))
        (then (call $exit (i32.const 2))))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 3))))
      (if (i32.or (i32.load16_u (i32.const 264)) (i32.ne (i32.load8_u (i32.const 266)) (i32.const 1)))
        (then (call $exit (i32.const 4))))
      (if (i64.ne (i64.load (i32.const 272)) (i64.const 3)) (then (call $exit (i32.const 5))))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 6))))
      (call $exit (i32.load8_u (i32.const 64)))))`;
  await withFile("wait.wat", source, async (path) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", CLI, "run", path],
      stdin: "piped",
      stdout: "piped",
    });
    const child = command.spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(value, new Uint8Array([33]));
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("abc"));
    assertEquals((await child.status).code, 97);
    await writer.close().catch(() => {});
    await reader.cancel();
  });
});
