import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS, findCommand } from "../../../src/cli/repl/commands.ts";
import { nativeUnavailable } from "../../../src/platform/permissions.ts";
import { testNative, testUnless } from "../../skip.ts";
import { runAfter, runShell } from "./shell.ts";

const FIB = ":load examples/fib.wat";
const MEMORY = ":load examples/memory.wat";

for (const command of COMMANDS) {
  const missing = /:tier \S+ jit/.test(command.example) ? nativeUnavailable() : undefined;
  testUnless(missing, `the example of :${command.name} runs without an error`, async () => {
    const { text, stopped } = await runShell(command.example);
    assertEquals(stopped, undefined, text);
  });
  testUnless(missing, `the example of :${command.name} gives only one object per command with --json`, async () => {
    const { text, session: { recorder } } = await runShell(command.example, { json: true });
    const objects = text.split("\n").map((line) => JSON.parse(line));
    for (const { command: source, ok, ...data } of objects) {
      assertEquals([typeof source, ok], ["string", true], text);
      // What leaves the shell has nothing to say.
      if (source !== ":quit") assert(Object.keys(data).length > 0, `${source} gives no data`);
    }
    // A script within a script shows its own commands first.
    if (command.example.includes(":source")) return;
    assertEquals(objects.map((o) => o.command), recorder.typed.map((t) => t.source));
  });
}

Deno.test("every command has one line of help that fits a terminal", () => {
  for (const c of COMMANDS) assert(c.help.length <= 88 && !c.help.includes("\n"), `:${c.name}: ${c.help}`);
});

Deno.test("findCommand() takes prefixes that fit one command only", () => {
  assertEquals(findCommand("lo").name, "load");
  assertEquals(findCommand("gc").name, "gc");
});

Deno.test("calls print results with their types, and _ stands for them", async () => {
  const { text } = await runShell(`${FIB}\nfib 20\nfib 0xa\ndivide -17 5\n_2\nfib _\n$fib 3\n0 4`);
  const results = text.split("\n").filter((line) => line.startsWith("=>"));
  assertEquals(results, [
    "=> 6765:i32",
    "=> 55:i32",
    "=> -3:i32 -2:i32",
    "=> -2:i32",
    "=> -3:i32",
    "=> 2:i32",
    "=> 3:i32",
  ]);
});

Deno.test("calls keep the bits of NaNs, and 64-bit integers whole", async () => {
  const { text } = await runShell(`:wat (module
    (func (export "f") (param f32 f64 i64) (result f32 f64 i64) (local.get 0) (local.get 1) (local.get 2)))
f nan:0x200000 nan:0x4 -9223372036854775808
f f32:1.5 -inf i64:0xffff_ffff_ffff_ffff`);
  assertStringIncludes(text, "=> nan:0x200000:f32 nan:0x4:f64 -9223372036854775808:i64");
  assertStringIncludes(text, "=> 1.5:f32 -inf:f64 -1:i64");
});

const WRONG: readonly [prepare: string, command: string, expected: RegExp][] = [
  ["", "fib 1", /^error: nothing is loaded yet/],
  ["", ":nope", /^error: there is no command :nope/],
  ["", ":t", /^error: :t may be :table or :tier or :trace/],
  ["", ":load", /^error: the module is missing\nusage: :load <module>/],
  ["", ":load nowhere.wasm", /^error: there is no file nowhere\.wasm$/],
  ["", ":load examples", /^error: examples is a directory$/],
  ["", ":load examples/fib.wat under x", /^error: after the module only/],
  ["", ":load README-that-is-not-there.md as", /^error: the name is missing/],
  ["", ":wat (module (func", /^error: .*\(at \d+:\d+\)/],
  ["", ":wat (module (func (result i32)))", /^error: type mismatch.*\(in func\[0\], at 1:27, byte offset 0x/],
  ["", ":source nowhere", /^error: there is no file nowhere/],
  ["", ":use nobody", /^error: there is no instance nobody/],
  ["", ":help nope", /^error: there is no command :nope/],
  [FIB, "fob 1", /^error: there is no function fob in fib; there are? /],
  [FIB, "fib", /^error: fib takes 1 argument, not 0: \(param i32\) \(result i32\)/],
  [FIB, "fib 1 2", /^error: fib takes 1 argument, not 2/],
  [FIB, "fib x", /^error: .*\bx\b.*\bi32/],
  [FIB, "fib 1.5", /^error: .*1\.5.*\bi32/],
  [FIB, "fib 4294967296", /^error: 4294967296 is out of range for i32/],
  [FIB, "fib i64:1", /^error: i64:1 .*\bi32/],
  [FIB, "fib _", /^error: there is no result _ yet/],
  [FIB, 'fib "', /^error: a string does not end/],
  [FIB, "divide 1 0", /^error: trap: integer divide by zero\n {2}at divide \(wasm offset 0x[0-9a-f]+, interp\)$/],
  [FIB, "mean 1 0", /^error: trap: .*\n {2}at divide .*\n {2}at mean /],
  [FIB, "fib 2000000000", /^error: trap: call stack exhausted\n(.*\n){12} {2}… \d+ more frames …/],
  [FIB, ":mem read 0", /^error: fib has no memory/],
  [FIB, ":tier fib turbo", /^error: there is no tier turbo/],
  [FIB, ":tier nope interp", /^error: there is no function nope/],
  [FIB, ":asm", /^error: the function is missing/],
  [FIB, ":asm fib --tier quick", /^error: --tier is one of/],
  [FIB, ":dis fib again", /^error: too many words/],
  [FIB, ":time", /^error: a call is missing/],
  [FIB, ":where", /^error: the place is missing/],
  [FIB, ":where fib+500", /^error: fib has 0x1b bytes of code, and none at \+0x500$/],
  [FIB, ":where :1", /^error: no code stands at :1$/],
  [FIB, ":where 0x7fffffff0000", /^error: 0x7fffffff0000 is neither an offset in the module/],
  [FIB, ":time --runs 0 fib 1", /^error: --runs needs/],
  [MEMORY, ":mem read 65530 16", /^error: bytes 65530 to 65546 are not within/],
  [MEMORY, ":mem read -1", /^error: an address is a number without sign/],
  [MEMORY, ":mem write 65535 1 2", /^error: bytes 65535 to 65537 are not within/],
  [MEMORY, ":mem write 0 256", /^error: 256 does not fit into 1 byte/],
  [MEMORY, ":mem write 0 i32:x", /^error: i32:x is no byte/],
  [MEMORY, ":mem write 0", /^error: what to write is missing/],
  [MEMORY, ":mem grow 16", /^error: cannot grow by 16 pages from 1/],
  [MEMORY, ":mem other read 0", /^error: there is no memory "other"/],
  [MEMORY, ":mem copy 0 1", /:mem does not know copy 0; it can read, write, /],
  [MEMORY, ":mem frob", /^error: :mem does not know frob; it can read, write, /],
  [FIB, ":help mem read", /^ *:mem read <address> \[length\] +hex dump$/],
  [FIB, ":help tier fib", /^error: :tier has no fib; :help tier shows/],
  [FIB, `:try :mem write 0 "x`, /^error: a string does not end: "x\nusage: :mem/],
  [MEMORY, ":mem protect 0", /^error: the address is missing/],
  [MEMORY, ":mem protect 0 16 rx2", /^error: rights are r, w and x in this order, or -, not rx2/],
  [MEMORY, ":mem protect 16 16 r", /^error: 16 to 16 is no range of addresses/],
  [MEMORY, ":mem protect 32 16 r", /^error: the start 32 is behind the end 16/],
  [MEMORY, ":set timeout 0", /^error: a timeout has at least 1 ms/],
  [MEMORY, ":mem find", /^error: what to look for is missing/],
  [MEMORY, ":mem value i128 0", /^error: there is no type "i128" of values/],
  [MEMORY, ":mem value i16 65535", /^error: bytes 65535 to 65537 are not within/],
  [MEMORY, ":mem save", /^error: the file is missing/],
  [MEMORY, ":mem map now", /^error: too many words: now/],
  [MEMORY, ":stacks all", /^error: too many words: all/],
  [MEMORY, ":global nope", /^error: there is no global "nope"/],
  [MEMORY, ":global count x", /^error: .*\bx\b.*\bi32/],
  [MEMORY, ":table names 4", /^error: index 4 is not within/],
  [MEMORY, ":table names 0 x", /^error: x .*\bexternref/],
  [MEMORY, ":table nope", /^error: there is no table "nope"/],
];
for (const [prepare, command, expected] of WRONG) {
  Deno.test(`a wrong input says what is wrong: ${command}${prepare === "" ? "" : ` (after ${prepare})`}`, async () => {
    assertMatch(await runAfter(prepare, command), expected);
  });
}

Deno.test("a script stops at the first error with its line", async () => {
  const { text, stopped } = await runShell(`${FIB}\n\n# a comment\ndivide 1 0\nfib 5`);
  assertEquals(stopped, "script stopped at line 4");
  assert(!text.includes("=> 5:i32"));
});

Deno.test(":mem writes bytes, texts and numbers, and reads them as a hex dump", async () => {
  const { text } = await runShell(`${MEMORY}
:mem write 0x40 "hi\\n\\u{e9}" 7 0xff i16:-2 f64:1
:mem read 0x40 24
:mem memory read 0 64
:mem write 4 i32:8
:mem grow
:mem info`);
  assertStringIncludes(text, "  0x0040  68 69 0a c3 a9 07 ff fe  ff 00 00 00 00 00 00 f0  |hi..............|");
  assertStringIncludes(text, "  0x0050  3f 00 00 00 00 00 00 00");
  assertStringIncludes(text, "|Hello from linea|");
  assertStringIncludes(text, "grew from 1 to 2 pages (131072 bytes)");
  assertStringIncludes(text, "2 pages of 64 KiB (131072 bytes), at most 16, grew 1 time");
});

Deno.test(":gc reports what was kept and freed, and _ keeps what it holds", async () => {
  const { text } = await runShell(`${MEMORY}
keep 0 "a"
keep 1 "b"
name 1
keep 1 null
:gc
keep 0 null
:gc
_`);
  const rows = text.split("\n").filter((line) => line.includes("host references"));
  // `keep` gave nothing, which took the place of "b" in _ before the first collection.
  assertEquals(rows.map((r) => r.trim().split(/\s{2,}/).slice(1)), [["1", "1"], ["0", "1"]]);
  const kept = await runShell(`${MEMORY}\nkeep 0 "a"\nname 0\n:table names 0 null\n:gc\n_`);
  assertMatch(kept.text, /roots: 1 in host/);
  assert(kept.text.endsWith('=> "a":externref'), kept.text);
});

Deno.test("exports of a loaded instance satisfy imports from a module of its name, and :import names another", async () => {
  const numbers = '(module $numbers (func (export "seven") (result i32) (i32.const 7)))';
  const user = (from: string) =>
    `(module $user (import "${from}" "seven" (func $s (result i32))) (func (export "f") (result i32) (call $s)))`;
  const { text } = await runShell(`:wat ${numbers}
:wat ${user("numbers")}
f
numbers.seven
:try :wat ${user("other")}
:import other numbers
:wat ${user("other")}
f
:unload
:use numbers
seven`);
  assertEquals(text.split("\n").filter((l) => l.startsWith("=>")).length, 4, text);
  assertStringIncludes(
    text,
    "error: 1 import is missing:\n  other.seven: func (result i32)\nload what exports it first: :load <module> as other",
  );
});

Deno.test("the shell offers printing and spectest to modules", async () => {
  const { text, stopped } = await runShell(`:wat (module
  (import "env" "log" (func $log (param i32 f64)))
  (import "spectest" "print_i32" (func $print (param i32)))
  (import "spectest" "global_i32" (global $g i32))
  (func (export "f") (call $log (i32.const 5) (f64.const 1.5)) (call $print (global.get $g))))
f`);
  assertEquals(stopped, undefined);
  assertStringIncludes(text, "[env.log] 5 1.5\n[spectest.print_i32] 666\n=> nothing");
});

Deno.test(":asm shows Wasm with both offsets, machine code with names of fields, and traps", async () => {
  const { text } = await runShell(`${FIB}\n:asm divide\n:asm fib --bytes`);
  assertMatch(
    text,
    /^divide \(param i32 i32\) \(result i32 i32\)\nfunction 1: \d+ bytes of Wasm → \d+ bytes of machine code/m,
  );
  assertMatch(text, /^0x[0-9a-f]{4} \+04 {3}i32\.div_s$/m);
  assertMatch(text, /^ +L\d+: {2}[0-9a-f]{4} {2}call +.*trapThunk\] +; trap integer-divide-by-zero$/m);
  assertMatch(text, /^ +0000 {2}55 +push rbp$/m);
  assertStringIncludes(text, "[r10 + record.entry]");
});

testNative(":tier moves functions between tiers and shows sizes of machine code", async () => {
  const { text } = await runShell(
    `${FIB}\n:tier fib jit\nfib 20\n:tier fib\n:tier * interp\nfib 20\n:tier\n:tier auto`,
  );
  assertMatch(text, /0 {2}fib {2}jit {2}\d+ bytes of machine code/);
  assertEquals(text.match(/=> 6765:i32/g)?.length, 2);
  assertStringIncludes(text, "4 functions now run in tier interp");
  assertStringIncludes(text, "4 functions now run in tier auto");
});

Deno.test("--json gives one object per command, also for errors and traps", async () => {
  const script = [
    "fib 1",
    FIB,
    "fib 10",
    "divide 1 0",
    ":mem read 0",
    ":funcs",
    ":info",
    ":dis fib",
    ":asm fib",
    ":gc",
    ":tier",
    ":global",
    ":help",
    ":use",
    ":time fib 5",
  ];
  const { text } = await runShell(script.map((line) => `:try ${line}`).join("\n"), { json: true });
  const objects = text.split("\n").map((line) => JSON.parse(line).result);
  assertEquals(objects.map((o) => o.command), script);
  assertEquals(objects.map((o) => o.ok), script.map((_, i) => ![0, 3, 4].includes(i)));
  assertEquals(objects[2].results, [{ type: "i32", value: "55" }]);
  assertEquals(objects[3].error.trap, "integer-divide-by-zero");
  assertEquals(objects[3].error.frames[0].name, "divide");
  assertEquals(objects[8].rows.some((r: { machine: { text: string }[] }) => r.machine.length > 0), true);
});

Deno.test(":set limits the calls that follow, by time and by fuel", async () => {
  const { text } = await runShell(`${FIB}\n:set timeout 20\n:try spin\n:set timeout off\nfib 9`);
  assertStringIncludes(text, "error: trap: deadline exceeded\n  at spin");
  assertStringIncludes(text, "=> 34:i32");
  const metered = await runShell(`${FIB}\nfib 9\n:set fuel 50\n:try fib 9\n:set`, { fuel: 1000 });
  assertMatch(metered.text, /=> 34:i32[^]*error: trap: fuel exhausted\n {2}at fib[^]*fuel {5}50, taken so far \d+$/);
  assertStringIncludes(await runAfter("", ":set fuel 5"), "error: this shell does not count fuel");
  assertStringIncludes(await runAfter("", ":set speed 5"), "error: there is timeout and fuel to set, no speed");
});

Deno.test(":mem protects, maps, finds, saves and shows values, and says what it takes", async () => {
  const file = await Deno.makeTempFile();
  const script = `${MEMORY}
:mem protect 64 128 r
:mem memory protect 0x1000 0x2000 -
:mem map
:mem find "Hello"
:mem find "nowhere"
:mem value i16 200 -5
:mem value u16 200
:mem value i64 200
:mem save ${file} 16 5
:try upper 16 60
:mem protect 64 0x2000 rwx
:mem map
:mem stats
:stacks`;
  const { text, stopped } = await runShell(script);
  assertEquals(stopped, undefined, text);
  assertStringIncludes(text, "0x0040 to 0x0080 is now r--");
  assertMatch(text, /^ {2}0x00040 to 0x00080 +64 bytes {2}r--/m);
  assertMatch(text, /^ {2}0x01000 to 0x02000 +4 KiB {2}---/m);
  assertStringIncludes(
    text,
    "\n  0x0010\nnot found\ni16 at 0x00c8 = -5\nu16 at 0x00c8 = 65531\ni64 at 0x00c8 = 65531\n",
  );
  assertEquals(await Deno.readTextFile(file), "Hello");
  assertStringIncludes(text, "=> 20:i32");
  assertMatch(text, /^ {2}0x00000 to 0x10000 +64 KiB {2}rwx/m);
  assertMatch(text, /^ {2}committed +64 KiB +64 KiB$/m);
  assertMatch(text, /^ {2}interpreter +1048576 slots, 65535 frames/m);
  const json = await runShell(script, { json: true });
  const objects = json.text.split("\n").map((line) => JSON.parse(line));
  const of = (command: string) => objects.findLast((o) => o.command === command);
  assertEquals(of(":mem value i64 200").value, "65531");
  assertEquals(of(':mem find "Hello"').addresses, [16]);
  assertEquals(of(":mem map").parts.map((p: { start: number }) => p.start), [0]);
  assertEquals(of(":mem stats").engine.memories, 1);
  assertEquals(of(":stacks").stacks.interpreter.frames, 65535);
  await Deno.remove(file);
});

const TREES = ":load examples/binary_trees.wat";

Deno.test(":heap tells what lives in the heap, what changed, why, and where it came from", async () => {
  const { text } = await runShell(
    `${TREES}\n:heap types\n:heap sites on\nkeep 2\n:heap diff\n:heap path $node\n:heap retained 1\n:heap sites\n:heap v`,
  );
  assertStringIncludes(text, "\nno objects\n");
  assertMatch(text, /objects +bytes +type\n +\+7 +\+112 +\$node\n/);
  assertMatch(
    text,
    /\$node, with which 112 bytes would go\n +an instance in use +→ +instance \d+\n +global \$kept of instance \d+ +→ +\$node\n/,
  );
  assertMatch(text, / +7 +112 +112 +\$node\n +retained +object +by\n +112 +\$node +global \$kept/);
  assertMatch(text, / +4 +64 +\$node +make at 0x[0-9a-f]+\n +3 +48 +\$node +make at/);
  assertStringIncludes(text, "7 objects, all in order");
  assertMatch(await runAfter(`${TREES}\nmake 3`, ":heap path _"), /a root that the host added +→ +\$node/);
  assertMatch(await runAfter(TREES, ":heap path $other"), /^error: there is no object of a type "\$other"/);
  assertMatch(await runAfter(TREES, ":heap diff"), /^error: there is nothing to compare with yet/);
  assertMatch(await runAfter(TREES, ":heap s"), /^error: s is none of types, diff/);
  assertMatch(await runAfter(TREES, ":heap sp"), /mapped +1 MiB\n +blocks of small objects/);
  assertMatch(await runAfter(`${TREES}\nkeep 2`, ":gc"), /objects +7 +0\n +\$node +7 +0\n/);
});

Deno.test(":heap gives data with --json", async () => {
  const { text } = await runShell(`${TREES}\nkeep 2\n:heap types\n:heap path $node\n:heap spaces`, { json: true });
  const [, , types, path, spaces] = text.split("\n").map((line) => JSON.parse(line));
  assertEquals(types.census, { objects: 7, bytes: 112, types: [{ type: "$node", objects: 7, bytes: 112 }] });
  assertEquals(path.path.retainedBytes, 112);
  assertEquals(spaces.spaces.hostReferences, 0);
});
