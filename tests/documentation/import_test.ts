// Strata from a URL, as a stranger imports it: an empty folder, no configuration, no import map.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { canRunNative } from "../../src/platform/permissions.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

const ROOT = new URL("../../", import.meta.url);

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly { readonly specifier: string }[];
  }[];
}

for (const entry of ["mod.ts", "cli.ts"]) {
  Deno.test(`the graph of ${entry} is whole without a configuration, and names npm packages in full`, async () => {
    const { code, out, err } = await runDeno(["info", "--json", "--no-config", "--no-lock", new URL(entry, ROOT).href]);
    assertEquals(code, 0, err);
    const { modules }: Graph = JSON.parse(out);
    assert(modules.length > 40);
    for (const { specifier, error, dependencies } of modules) {
      assertEquals(error, undefined, specifier);
      if (!specifier.startsWith("file:")) continue;
      for (const d of dependencies ?? []) {
        const full =
          /^(?:\.{1,2}\/.*\.(?:ts|html|css|js)|node:[\w/]+|npm:(?:@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(?:\/[\w./-]+)?)$/;
        assertMatch(d.specifier, full, `imported by ${specifier}`);
        // The disassembler and OpenTelemetry, when they are asked for: mod.ts knows no more than their types; and two functions for paths.
        if (entry === "mod.ts" && d.specifier.startsWith("npm:")) {
          assertMatch(specifier, /\/(?:engine\/capstone|engine\/opentelemetry|wasi\/path)\.ts$/);
        }
      }
    }
  });
}

const TYPES: Record<string, string> = { ts: "application/typescript", wat: "text/plain", json: "application/json" };

/** Serves the checkout while `use` runs with its address, in an empty folder, with a cache of its own but for npm packages. */
async function served(use: (base: string, cwd: string, env: Record<string, string>) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    asked.push(path);
    const type = TYPES[path.split(".").pop()!] ?? "application/octet-stream";
    try {
      return new Response(await Deno.readFile(new URL(path, ROOT)), { headers: { "content-type": type } });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  const { npmCache } = JSON.parse((await runDeno(["info", "--json"])).out);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/empty`);
    await Deno.mkdir(`${folder}/cache`);
    await Deno.mkdir(npmCache, { recursive: true });
    await Deno.symlink(npmCache, `${folder}/cache/npm`);
    await use(`http://localhost:${server.addr.port}`, `${folder}/empty`, { DENO_DIR: `${folder}/cache` });
    // The rest of the checkout is nobody's business, the configuration least of all.
    assert(asked.includes("src/wasm/opcodes.ts"));
    assertEquals(asked.filter((path) => !/^(?:mod|cli)\.ts$|^(?:src|examples)\//.test(path)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PROGRAM = (base: string) =>
  `import { Engine, type Instance, Trap } from "${base}/mod.ts";
const engine = new Engine({ tier: "auto", callThreshold: 1 });
const instance: Instance = engine.load(\`(module
  (func (export "triple") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))
  (func (export "stop") unreachable))\`);
console.log(instance.exports.triple(14n), instance.func("triple").tier);
try {
  instance.exports.stop();
} catch (error) {
  console.log(error instanceof Trap && error.kind);
}
`;

Deno.test("mod.ts is imported from a URL into an empty folder, checked, and run with and without FFI", async () => {
  await served(async (base, cwd, env) => {
    await Deno.writeTextFile(`${cwd}/program.ts`, PROGRAM(base));
    const allow = `--allow-import=${new URL(base).host}`;
    const checked = await runDeno(["run", "--check", "--no-prompt", allow, "program.ts"], { cwd, env });
    assertEquals([checked.code, checked.out], [0, "42n fast\nunreachable\n"], checked.err);
    const native = await runDeno(["run", "--no-prompt", allow, "--allow-ffi", "program.ts"], { cwd, env });
    assertEquals([native.code, native.out], [0, `42n ${canRunNative() ? "jit" : "fast"}\nunreachable\n`], native.err);
    assertEquals([...Deno.readDirSync(cwd)].map((e) => e.name), ["program.ts"]);
  });
});

testNative("a Worker compiles for a program that imports mod.ts from a URL, when that is first loaded", async () => {
  await served(async (base, cwd, env) => {
    await Deno.writeTextFile(
      `${cwd}/program.ts`,
      `import { Engine } from "${base}/mod.ts";
const engine = new Engine({ compile: "worker" });
const { spin } = engine.load(\`(module (func (export "spin") (param i32)
  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))\`).exports;
spin(0x7fffffff);
console.log(engine.compileMode, engine.tierEvents.map((e) => e.worker).join());
`,
    );
    const allow = `--allow-import=${new URL(base).host}`;
    const run = await runDeno(["run", "--no-prompt", allow, "--allow-ffi", "program.ts"], { cwd, env });
    assertEquals([run.code, run.out], [0, "worker true,false\n"], run.err);
  });
});

Deno.test("cli.ts runs from a URL in an empty folder: a call, the shell, machine code, help", async () => {
  await served(async (base, cwd, env) => {
    const cli = (...args: string[]) => runDeno(["run", "-A", `${base}/cli.ts`, ...args], { cwd, env });
    const run = await cli("run", "--invoke", "fib", `${base}/examples/fib.wat`, "20");
    assertEquals([run.code, run.out], [0, "=> 6765:i32\n"], run.err);
    const shell = await cli("-e", `:load ${base}/examples/fib.wat`, "-e", "divide 17 5", "-e", "divide 1 0");
    assertEquals(shell.code, 1);
    assertMatch(shell.out, /^loaded fib: 4 functions.*\n.*\n=> 3:i32 2:i32\n$/);
    assertMatch(shell.err, /error: trap: integer divide by zero\n {2}at divide /);
    const asm = await cli("asm", `${base}/examples/fib.wat`, "mean");
    assertEquals(asm.code, 0, asm.err);
    assertMatch(asm.out, /call \$divide\n +[0-9a-f]{4} {2}mov /);
    assertEquals([...Deno.readDirSync(cwd)], []);
  });
});
