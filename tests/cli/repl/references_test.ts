// References that one call gave and another gets by `_`, vectors, and exceptions as values: what does not fit is refused before any code runs.

import { assertStringIncludes } from "@std/assert";
import { runShell } from "./shell.ts";

const MODULE =
  `:wat (module (type $s (struct (field i32))) (tag $t (param i32)) (global (export "v") (mut v128) (v128.const i64x2 1 2))
 (func (export "e") (param externref) (result externref) (local.get 0)) (func (export "f") (param funcref) (result funcref) (local.get 0))
 (func (export "make") (result anyref) (struct.new $s (i32.const 5))) (func (export "get") (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))
 (func (export "nothing") (result anyref) (ref.null any)) (func (export "i") (result anyref) (ref.i31 (i32.const 7)))
 (func (export "caught") (result exnref) (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t (i32.const 4))) (unreachable)))
 (func (export "again") (param exnref) (throw_ref (local.get 0))))`.replaceAll("\n", "");

const CASES: readonly [before: string, command: string, shown: string][] = [
  ["make", "get _", "=> 5:i32"],
  ["make\n:gc", "get _", "=> 5:i32"],
  ['e "text"', "f _", 'error: _ is "text":externref, which does not fit'],
  ["e 5", "get _", "error: _ is extern:5:externref, which does not fit"],
  ["i", "get _", "error: _ is i31:7:anyref, which does not fit"],
  ["i", "e _", "=> extern:7:externref"],
  ["nothing", "get _", "error: _ is null:anyref, which does not fit"],
  ["f $make", "f _", "=> $make:funcref"],
  ["f $make", "e _", "error: _ is $make:funcref, which does not fit"],
  ["", "caught", "=> exception:exnref"],
  ["caught\n:gc", "again _", "error: uncaught exception with tag (i32): 4\n  at again (wasm offset OFFSET, interp)"],
  ["", ":global v", "v = i32x4 0x00000001 0x00000000 0x00000002 0x00000000:v128"],
  [':global v "i64x2 5 -6"', ":global v", "v = i32x4 0x00000005 0x00000000 0xfffffffa 0xffffffff:v128"],
];

for (const [before, command, shown] of CASES) {
  const first = before === "" ? "" : `, after ${before.replace("\n", " and ")},`;
  Deno.test(`in the shell${first} ${command} gives ${shown.split("\n")[0]}`, async () => {
    const { text } = await runShell(`${MODULE}\n${before}\n:try ${command}`);
    assertStringIncludes(`${text.replace(/0x[0-9a-f]+(?=, interp)/, "OFFSET")}\n`, `\n${shown}\n`);
  });
}
