// Prints a function's machine code beside the Wasm it came from. The function stands on the command line, as in the text format; nothing is run.
// deno run --allow-read examples/machine_code.ts '(param $x i32) (result i32) (i32.mul (local.get $x) (i32.const 10))'

import { Engine, TextError } from "../mod.ts";

const DIVIDE_BY_SEVEN = "(param $x i32) (result i32) (i32.div_s (local.get $x) (i32.const 7))";
const body = Deno.args.join(" ") || DIVIDE_BY_SEVEN;

const engine = new Engine({ tier: "interp" });
let instance;
try {
  instance = engine.load(`(module (memory 1) (func $f (export "f") ${body}))`);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const kind = error instanceof TextError ? "that is no function in the text format" : "that is no valid function";
  console.error(`${kind}: ${error.message}`);
  Deno.exit(1);
}

const { rows, codeBytes, wasmBytes } = await instance.func("f").disassemble("jit");
const indented = rows.map((row) =>
  " ".repeat(2 * row.depth) + (row.kind === "instruction" ? row.text : `(${row.text})`)
);
const width = Math.max(...indented.map((text) => text.length)) + 3;

rows.forEach((row, i) => {
  // An instruction may need no code of its own: its work is folded into that of another.
  const machine = row.machine.map((m) => {
    const label = m.label === undefined ? "" : `${m.label}:`;
    return `${label.padEnd(5)}${m.text}${m.trap === undefined ? "" : `  ; trap ${m.trap}`}`;
  });
  console.log(`${indented[i].padEnd(width)}${machine[0] ?? ""}`.trimEnd());
  for (const line of machine.slice(1)) console.log(" ".repeat(width) + line);
});
console.log(`${wasmBytes} bytes of Wasm, ${codeBytes} bytes of machine code`);
