import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { testUnless } from "../skip.ts";

const CLI = new URL("../../cli.ts", import.meta.url);

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line with permissions `allow`. */
async function strata(args: readonly string[], options: { stdin?: string; allow?: string[] } = {}): Promise<Result> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...(options.allow ?? ["-A"]), CLI.href, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  if (options.stdin !== undefined) await writer.write(new TextEncoder().encode(options.stdin));
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

const noFull = Deno.build.os === "linux" ? undefined : "it needs /dev/full and sh";

const PROGRAM = `(module $m
  (import "env" "print" (func $print (param i32)))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "swap") (param i32 f32) (result f32 i32) (local.get 1) (local.get 0))
  (func (export "trap") (call $deep))
  (func $deep unreachable)
  (func (export "spin") (call $print (i32.const 1)) (loop (br 0))))`;

const folder = await Deno.makeTempDir();
const wat = `${folder}/program.wat`;
await Deno.writeTextFile(wat, PROGRAM);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

Deno.test("run calls an export with values of the text format, and prints results so", async () => {
  const { code, out } = await strata(["run", "--tier", "interp", "--invoke", "swap", wat, "-5", "nan:0x200000"]);
  assertEquals([code, out], [0, "=> nan:0x200000:f32\n=> -5:i32\n"]);
  const binary = await strata(["assemble", wat, "-o", `${folder}/program.wasm`]);
  assertEquals(binary.code, 0, binary.err);
  assertEquals((await strata(["run", "--invoke", "fib", `${folder}/program.wasm`, "20"])).out, "=> 6765:i32\n");
});

Deno.test("run ends with 134 and a Wasm stack trace after a trap", async () => {
  const { code, err } = await strata(["run", "--invoke", "trap", wat]);
  assertEquals(code, 134);
  assertMatch(
    err,
    /^error: trap: unreachable\n {2}at deep \(wasm offset 0x[0-9a-f]+, (jit|interp)\)\n {2}at trap \(wasm offset/,
  );
});

Deno.test("wrong usage ends with 2, what cannot be read or is not valid with 1, each with one clear line", async () => {
  const cases: [string[], number, RegExp][] = [
    [["run"], 2, /missing required argument 'module'/],
    [["run", "--tier", "turbo", wat], 2, /Allowed choices are interp, fast, js, jit, auto/],
    [["run", "--invoke", "fib", wat], 2, /^error: fib takes 1 argument, not 0: \(param i32\) \(result i32\)\n/],
    [["run", "--invoke", "fib", wat, "1.5"], 2, /^error: 1\.5 is not a value of type i32\n/],
    [["run", wat, "--invoke", "fib"], 2, /the module has no _start or main/],
    [["vaildate"], 2, /Did you mean validate\?/],
    [["program.wasm"], 2, /^error: unknown command 'program\.wasm'\n\(to run a module: run program\.wasm; /],
    [["wast", "--tier", "x", wat], 2, /there is no tier "x"/],
    [["run", "--invoke", "fob", wat], 1, /^error: the module exports no function "fob": it exports fib, swap/],
    [["validate", `${folder}/nothing.wasm`], 1, /^error: there is no file /],
  ];
  const results = await Promise.all(cases.map(([args]) => strata(args)));
  cases.forEach(([args, code, message], i) => {
    assertEquals(results[i].code, code, args.join(" "));
    assertMatch(results[i].err, message);
    assert(!results[i].err.includes(".ts:"), results[i].err);
  });
});

Deno.test("validate says where a module is wrong", async () => {
  const { code, err } = await strata(["validate", "-"], { stdin: "(module (func (result i32)))" });
  assertEquals([code, err], [
    1,
    "error: -:1:27: type mismatch: end expects i32, but the stack is empty (in func[0], byte offset 0x18)\n",
  ]);
  const text = await strata(["validate", "-"], { stdin: "(module\n  (fun))" });
  assertEquals([text.code, text.err], [1, "error: -:2:4: unknown operator fun, expected a module field\n"]);
});

Deno.test("a timeout of 0 ms is a wrong usage", async () => {
  const { code, err } = await strata(["run", "--timeout", "0", "-"], { stdin: "(module)" });
  assertEquals(code, 2);
  assertStringIncludes(err, "It is at least 1; without the option there is no limit.");
});

Deno.test("run lists all imports that nobody gives", async () => {
  const stdin = `(module (import "a" "f" (func (param i32))) (import "a" "m" (memory 1)) (func (export "main")))`;
  const { code, err } = await strata(["run", "-"], { stdin });
  assertEquals(code, 1);
  assertStringIncludes(
    err,
    "2 imports are missing:\n  a.f: func (param i32)\n  a.m: memory 1\n",
  );
});

Deno.test("run --missing lets functions that nobody gives be traced, or trap when they are called", async () => {
  const stdin = `(module (import "a" "f" (func $f (param i32) (result i32)))
    (func (export "main") (result i32) (i32.add (i32.const 4) (call $f (i32.const 3)))))`;
  const traced = await strata(["run", "--missing", "trace", "-"], { stdin });
  assertEquals([traced.code, traced.out, traced.err], [0, "=> 4:i32\n", "a.f(3) => 0\n"]);
  const trapped = await strata(["run", "--missing", "trap", "-"], { stdin });
  assertEquals(trapped.code, 134);
  assertEquals(trapped.err, `error: import "a" "f" is missing: func (param i32) (result i32), called with (3)\n`);
});

Deno.test("print gives text that assembles to the same bytes", async () => {
  await strata(["assemble", wat, "-o", `${folder}/a.wasm`]);
  await strata(["print", `${folder}/a.wasm`, "-o", `${folder}/b.wat`]);
  await strata(["assemble", `${folder}/b.wat`, "-o", `${folder}/b.wasm`]);
  assertEquals(await Deno.readFile(`${folder}/b.wasm`), await Deno.readFile(`${folder}/a.wasm`));
});

Deno.test("info --json gives sections, imports and exports", async () => {
  const { out } = await strata(["info", "--json", wat]);
  const info = JSON.parse(out);
  assertEquals([info.name, info.defined.functions, info.imports[0].name], ["m", 5, "print"]);
});

Deno.test("wast prints a line per failure, the sum at the end, and ends with 1", async () => {
  const script = `${folder}/s.wast`;
  await Deno.writeTextFile(
    script,
    `(module (func (export "f") (result i32) (i32.const 1)))\n(assert_return (invoke "f") (i32.const 2))`,
  );
  const { code, out } = await strata(["wast", "--tier", "interp", script]);
  assertEquals([code, out], [
    1,
    `${script}:2: [interp] assert_return: expected 2:i32, got 1:i32\n1 passed, 1 failed, 0 skipped\n`,
  ]);
  const json = (await strata(["wast", "--tier", "interp", "--json", folder])).out.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(json[0].failures, [{ line: 2, message: "assert_return: expected 2:i32, got 1:i32" }]);
  assertEquals(json[1], { passed: 1, failed: 1, skipped: 0 });
});

Deno.test("help, and what is wrong with the command line, need no permission", async () => {
  const allow: string[] = [];
  const help = await strata(["--help"], { allow });
  assertEquals([help.code, help.err], [0, ""]);
  assertMatch(help.out, /^Usage: strata /);
  assertMatch((await strata(["help", "asm"], { allow })).out, /^Usage: strata asm /);
  assertEquals((await strata(["run"], { allow })).code, 2);
});

Deno.test("names with control characters are shown, not obeyed by the terminal", async () => {
  const stdin = String.raw`(module (func (export "a\1b[2J\07\e2\80\ae") unreachable))`;
  const shown = "a\\u{1b}[2J\\u{7}\\u{202e}";
  const results = await Promise.all([
    strata(["info", "-"], { stdin }),
    strata(["asm", "-"], { stdin }),
    strata(["run", "--invoke", "x", "-"], { stdin }),
    strata(["-e", `:wat ${stdin}`, "-e", ":funcs", "-e", "0"]),
  ]);
  for (const { out, err } of results) {
    const text = out + err;
    assertStringIncludes(text, shown);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\u202e]/.test(text), JSON.stringify(text));
  }
});

Deno.test("what the disassembler needs is said", async () => {
  const { code, err } = await strata(["asm", "-"], { allow: [], stdin: "(module (func))" });
  assertEquals(code, 1);
  assertMatch(err, /^error: the disassembler, an npm package, cannot be loaded: that needs --allow-read\n$/);
});

testUnless(noFull, "a full disk is an error, and no bug", async () => {
  for (const command of ["asm", "print", "info"]) {
    const shell = `"$0" run --no-check -A "$1" ${command} "$2" > /dev/full`;
    const args = ["-c", shell, Deno.execPath(), CLI.href, wat];
    const { code, stderr } = await new Deno.Command("sh", { args, env: { NO_COLOR: "1" } }).output();
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), /^error: (?:cannot write to standard output: )?No space left .*\n$/);
  }
});

testUnless(noFull, "asm ends early, and in silence, when nobody reads on", async () => {
  const functions = Array.from({ length: 3000 }, () => "(func (drop (i32.div_s (i32.const 7) (i32.const 2))))");
  const many = `${folder}/many.wat`;
  await Deno.writeTextFile(many, `(module ${functions.join("\n")})`);
  const shell = `{ "$0" run --no-check -A "$1" asm "$2"; echo "exit code $?" >&2; } | head -1`;
  const args = ["-c", shell, Deno.execPath(), CLI.href, many];
  const { stdout, stderr } = await new Deno.Command("sh", { args, env: { NO_COLOR: "1" } }).output();
  assertEquals(new TextDecoder().decode(stdout), "func[0]\n");
  assertEquals(new TextDecoder().decode(stderr), "exit code 0\n");
});

Deno.test("without --allow-ffi the portable tier runs, and jit says what it needs", async () => {
  const allow = ["--allow-read"];
  assertEquals((await strata(["run", "--invoke", "fib", wat, "10"], { allow })).out, "=> 55:i32\n");
  const { code, err } = await strata(["run", "--tier", "jit", "--invoke", "fib", wat, "10"], { allow });
  assertEquals([code, err], [1, "error: tier jit cannot run here: native code needs --allow-ffi\n"]);
});

for (const tier of ["interp", "jit"]) {
  Deno.test(`Ctrl-C ends an endless loop of tier ${tier} with 130`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", CLI.href, "run", "--tier", tier, "--invoke", "spin", wat],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // What it prints says that it runs, and the Worker listens.
    const reader = child.stdout.getReader();
    assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "[env.print] 1");
    child.kill("SIGINT");
    const stderr = await new Response(child.stderr).text();
    await reader.cancel();
    const { code } = await child.status;
    assertEquals(code, 130);
    assertStringIncludes(stderr, "error: trap: interrupted\n  at spin");
  });
}

for (const tier of ["interp", "jit"]) {
  testUnless(
    tier === "jit" ? nativeUnavailable() : undefined,
    `run --fuel and --timeout end a program of tier ${tier}`,
    async () => {
      const run = (...args: string[]) => strata(["run", "--tier", tier, ...args]);
      const spent = await run("--fuel", "1_000", "--invoke", "fib", wat, "20");
      assertEquals(spent.code, 134);
      assertMatch(spent.err, /^error: trap: fuel exhausted\n {2}at fib /);
      assertEquals(
        (await run("--fuel", "1_000_000", "--timeout", "60000", "--invoke", "fib", wat, "10")).out,
        "=> 55:i32\n",
      );
      const late = await run("--timeout", "50", "--invoke", "spin", wat);
      assertEquals(late.code, 134);
      assertMatch(late.err, /^error: trap: deadline exceeded\n {2}at spin /);
      assertEquals((await run("--fuel", "-1", "--invoke", "fib", wat, "1")).code, 2);
      assertEquals((await run("--fuel", "", "--invoke", "fib", wat, "1")).code, 2);
    },
  );
}

Deno.test("profile, trace and run say what is wrong with a call before they report anything of it", async () => {
  for (const args of [["profile", "--exact"], ["profile"], ["profile", "--json"], ["trace"]]) {
    const { code, out, err } = await strata([...args, "--invoke", "nosuch", wat]);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^error: the module exports no function "nosuch": it exports fib, swap, trap, spin\n$/);
  }
  const bad = await strata(["profile", "--exact", "--invoke", "fib", wat, "x"]);
  assertEquals(bad.code, 2);
  assertMatch(bad.err, /^error: .*x/);
  const interval = await strata(["profile", "--interval", "x", "--invoke", "fib", wat, "1"]);
  assertEquals(interval.code, 2);
  assertStringIncludes(interval.err, "argument 'x' is invalid. It is no number of milliseconds.");
});

Deno.test("trace --json gives errors as objects, too", async () => {
  const lines = async (...args: string[]) => {
    const { code, err } = await strata(["trace", "--json", ...args]);
    return { code, objects: err.trim().split("\n").map((line) => JSON.parse(line)) };
  };
  const trap = await lines("--invoke", "trap", wat);
  assertEquals(trap.code, 134);
  assertEquals(trap.objects.map((o) => o.what), ["call", "call", "error"]);
  const { error } = trap.objects.at(-1);
  assertEquals([error.name, error.trap, error.frames[0].name], ["Trap", "unreachable", "deep"]);
  const missing = await lines("--invoke", "nosuch", wat);
  assertEquals([missing.code, missing.objects.length, missing.objects[0].what], [1, 1, "error"]);
  const usage = await lines("--what", "everything", wat);
  assertEquals([usage.code, usage.objects[0].error.name], [2, "UsageError"]);
});

Deno.test("debug stops in a start function, then at the first instruction of the call; a trap in it ends with 134", async () => {
  const starts = `${folder}/starts.wat`, traps = `${folder}/traps.wat`;
  await Deno.writeTextFile(
    starts,
    `(module (global $g (mut i32) (i32.const 0)) (func $init (global.set $g (i32.const 5))) (start $init)
      (func (export "add") (param $n i32) (result i32) (i32.add (local.get $n) (global.get $g))))`,
  );
  await Deno.writeTextFile(traps, `(module (func $init unreachable) (start $init) (func (export "f")))`);
  const { code, out } = await strata([
    "debug",
    ...["-e", ":break init+0x2", "-e", ":continue", "-e", ":continue", "-e", ":continue"],
    starts,
    "add",
    "3",
  ]);
  assertEquals(code, 0);
  assertMatch(
    out,
    /#0 {2}init \(\)[^]*#0 {2}init\+0x2 \(\)[^]*the start function has ended\nstopped\n#0 {2}add \(n = 3:i32\)[^]*=> 8:i32/,
  );
  const trapped = await strata(["debug", traps], { stdin: ":continue\n" });
  assertEquals(trapped.code, 134);
  assertMatch(trapped.err, /^error: trap: unreachable\n {2}at init /);
  assertEquals((await strata(["debug", wat, "fib", "x"])).code, 2);
  const host = await strata(["debug", "-", "f"], {
    stdin: `(module (import "spectest" "print" (func $p)) (start $p) (func (export "f")))`,
  });
  assertEquals(host.code, 0, host.err);
});

Deno.test("what cannot be written is told before the program runs, and nothing is left behind", async () => {
  const call = ["--invoke", "fib", wat, "5"], nowhere = `${folder}/nowhere/x`;
  for (const args of [["profile", "-o", nowhere], ["profile", "-o", folder], ["run", "--profile-out", nowhere]]) {
    const { code, out, err } = await strata([...args, ...call]);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^error: cannot write .*: (No such file or directory|Is a directory)\n$/);
  }
  const noProfile = await strata(["run", "--profile-out", wat, ...call]);
  assertEquals([noProfile.code, noProfile.out], [1, ""]);
  assertMatch(noProfile.err, /^error: .*program\.wat is no profile of branches: /);
  const file = `${folder}/made.json`;
  assertEquals((await strata(["profile", "-o", file, "--invoke", "nosuch", wat])).code, 1);
  assertEquals(await Deno.stat(file).catch((e) => e instanceof Deno.errors.NotFound), true);
});

Deno.test("options that need a permission say so in one line", async () => {
  const allow = [`--allow-read=${folder},${new URL("../..", import.meta.url).pathname}`];
  for (
    const [option, message] of [
      [
        ["--perf-map"],
        /^error: no machine code can run here that gdb or perf may see: native code needs --allow-ffi\n$/,
      ],
      [["--cache", `${folder}/cache`], /^error: the cache .* cannot be used: Requires write access .*\n$/],
    ] as const
  ) {
    const { code, out, err } = await strata(["run", ...option, "--invoke", "fib", wat, "5"], { allow });
    assertEquals([code, out], [1, ""]);
    assertMatch(err, message);
  }
});
