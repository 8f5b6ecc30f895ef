import { assertEquals } from "@std/assert";
import { Progress } from "../../src/cli/progress.ts";
import { Engine } from "../../mod.ts";

/** Standard error, and a clock that the test moves. */
function screen(terminal: boolean) {
  const state = { written: "", ms: 0 };
  const out = {
    isTerminal: () => terminal,
    writeSync(bytes: Uint8Array) {
      state.written += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
  return { state, make: (what: string) => new Progress(what, out, () => state.ms) };
}

Deno.test("progress is shown once it takes a second, not too often, and wiped away", () => {
  const { state, make } = screen(true);
  {
    using progress = make("reading a.wasm");
    for (const [ms, part] of [[500, 0.1], [1000, 0.25], [1050, 0.3], [1100, 0.999]]) {
      state.ms = ms;
      progress.tell("compiling a.wasm", part);
    }
  }
  assertEquals(state.written, "\r\x1b[Kcompiling a.wasm: 25 %\r\x1b[Kcompiling a.wasm: 99 %\r\x1b[K");
});

Deno.test("what is quick, and what goes to no terminal, shows no progress", () => {
  for (const [terminal, ms] of [[true, 900], [false, 5000]] as const) {
    const { state, make } = screen(terminal);
    {
      using progress = make("reading");
      state.ms = ms;
      progress.tell("compiling", 0.5);
    }
    assertEquals(state.written, "");
  }
});

Deno.test("compile() tells how far it is", () => {
  const parts: number[] = [];
  const text = `(module ${"(func (drop (i32.const 1)))".repeat(1000)})`;
  new Engine({ tier: "interp" }).compile(text, { progress: (part) => parts.push(part) });
  assertEquals(parts.length > 2 && parts.every((p, i) => p > (parts[i - 1] ?? 0) && p <= 1), true);
});
