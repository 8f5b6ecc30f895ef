import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testUnless } from "../../skip.ts";

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const NO_COLOR = { NO_COLOR: "1" };

/** Runs the command line with commands on standard input. */
async function strata(args: string[], input = "", permissions = ["-A"]): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, "cli.ts", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: NO_COLOR,
  }).spawn();
  const writer = child.stdin.getWriter();
  // A shell that ended early has closed its input.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
}

Deno.test("a pipe is read without a prompt, over several lines per command, up to its end", async () => {
  const { code, out, error } = await strata(
    ["repl"],
    `# a comment
:wat (module $m
  (; a block comment with ( ;)
  (func (export "f") (result i32 i64) ;; )
    (i32.const 1) (i64.const -2)))
f
:help quit`,
  );
  assertEquals(error, "");
  assertEquals(code, 0);
  assertStringIncludes(out, "loaded m: 1 function");
  assertStringIncludes(out, "=> 1:i32 -2:i64\n");
  assert(!out.includes("strata>") && !out.includes("\x1b"), out);
});

Deno.test("a pipe stops at the first error with exit code 1, and the error goes to standard error", async () => {
  const { code, out, error } = await strata([], ":load examples/fib.wat\nfib 10\ndivide 1 0\nfib 11\n");
  assertEquals(code, 1);
  assertStringIncludes(out, "=> 55:i32");
  assert(!out.includes("89"));
  assertMatch(error, /^error: trap: integer divide by zero\n {2}at divide \(wasm offset 0x[0-9a-f]+, \w+\)\n$/);
});

Deno.test("a pipe that ends within a command ends with exit code 1", async () => {
  const { code, error } = await strata(["repl"], ":wat (module\n");
  assertEquals([code, error], [1, "error: the input ends within a command\n"]);
});

Deno.test("an error of what :try runs does not end a pipe, nor decides its exit code", async () => {
  const { code, out, error } = await strata(["repl", "examples/fib.wat"], ":try divide 1 0\nfib 10\n");
  assertEquals(code, 0);
  assertStringIncludes(out, "=> 55:i32");
  assertStringIncludes(error, "integer divide by zero");
});

Deno.test(":quit ends with exit code 0 and leaves the rest of the input alone", async () => {
  const { code, out, error } = await strata(["repl"], ":quit\nnonsense\n");
  assertEquals([code, out, error], [0, "", ""]);
});

Deno.test("--json writes nothing but objects, one per line, and still ends with exit code 1", async () => {
  const { code, out, error } = await strata(
    ["repl", "--json", "examples/fib.wat"],
    `:wat (module (import "env" "log" (func $log (param i32))) (func (export "f") (call $log (i32.const 7))))
f
:nope
`,
  );
  const objects = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(objects.map((o) => o.ok), [true, true, true, false]);
  assertEquals(objects[2].printed, ["[env.log] 7"]);
  assertEquals(objects[3].error.name, "UsageError");
  assertEquals([code, error], [1, ""]);
});

Deno.test("-e runs commands one after the other and stops at the first error", async () => {
  const { code, out, error } = await strata(
    ["repl", "--tier", "interp", "examples/fib.wat", "-e", "fib 7", "-e", "fib", "-e", "fib 8"],
  );
  assertEquals(code, 1);
  assertStringIncludes(out, "=> 13:i32");
  assert(!out.includes("=> 21:i32"));
  assertStringIncludes(error, "error: fib takes 1 argument, not 0");
});

Deno.test("-x shows each command before what it gives, and says in which line an error was", async () => {
  const path = await Deno.makeTempFile({ suffix: ".strata" });
  try {
    await Deno.writeTextFile(path, "# two commands\n:load examples/fib.wat as f\nfib 5\n\nfib x\n");
    const { code, out, error } = await strata(["-x", path]);
    assertEquals(code, 1);
    assertMatch(out, /^# two commands\nstrata> :load .*\nloaded f: .*\n {2}exports .*\nstrata> fib 5\n=> 5:i32\n/);
    assertStringIncludes(error, `${path} stopped at line 5`);
    const quiet = await strata(["--no-echo", "-x", path]);
    assert(!quiet.out.includes("strata>") && !quiet.out.includes("#"));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file of commands that is not there is an error with exit code 1", async () => {
  const { code, error } = await strata(["-x", "nowhere.strata"]);
  assertEquals([code, error], [1, "error: there is no file nowhere.strata\n"]);
});

Deno.test("without any permission modules can be typed in and run, and the rest says what it needs", async () => {
  const { code, out, error } = await strata(
    ["repl"],
    `:wat (module (func (export "f") (result i32) (i32.const 4)))
f
:tier
:try :tier f jit
:load examples/fib.wat
`,
    [],
  );
  assertEquals(code, 1);
  assertStringIncludes(out, "=> 4:i32");
  assertStringIncludes(out, "0  f  interp");
  assertMatch(error, /error: tier jit cannot run here: .*--allow-ffi/);
  assertMatch(error, /error: reading examples\/fib\.wat needs --allow-read/);
});

const noSignals = Deno.build.os === "windows" ? "Windows has no signals" : undefined;

testUnless(noSignals, "an interrupted script ends with exit code 130", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "cli.ts", "repl", "examples/fib.wat", "-e", "spin"],
    stdout: "piped",
    stderr: "piped",
    env: NO_COLOR,
  }).spawn();
  const reader = child.stdout.getReader();
  // What :load writes means that `spin` is next.
  await reader.read();
  reader.releaseLock();
  const timer = setInterval(() => child.kill("SIGINT"), 500);
  const { code, stderr } = await child.output();
  clearInterval(timer);
  assertEquals(code, 130);
  assertMatch(new TextDecoder().decode(stderr), /error: trap: interrupted\n {2}at spin /);
});
