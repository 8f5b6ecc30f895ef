// The bundled command line does what the other does. Deno takes its bundler from npm.

import { assertEquals, assertMatch } from "@std/assert";
import { runDeno } from "../run_deno.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the bundle runs programs, compiles in a Worker, shows machine code, and finds errors", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const made = await runDeno(["run", "-A", "scripts/bundle.ts", folder], { cwd: ROOT });
    assertEquals([made.code, made.out], [0, `${folder}/cli.js\n`], made.err);
    const strata = (...args: string[]) => runDeno(["run", "-A", `${folder}/cli.js`, ...args], { cwd: ROOT });
    assertEquals((await strata("run", "examples/hello.wat")).out, "hello, world\n");
    const fib = await strata("run", "--compile", "worker", "--invoke", "fib", "examples/fib.wat", "25");
    assertEquals([fib.out, fib.err], ["=> 75025:i32\n", ""]);
    assertMatch((await strata("asm", "examples/fib.wat", "fib")).out, /machine code/);
    const wrong = await strata("validate", "nowhere.wasm");
    assertEquals([wrong.code, wrong.err], [1, "error: there is no file nowhere.wasm\n"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
