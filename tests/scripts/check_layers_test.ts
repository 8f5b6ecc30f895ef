import { assertEquals } from "@std/assert";

const SCRIPT = new URL("../../scripts/check_layers.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

async function check(root?: string): Promise<{ code: number; lines: string[] }> {
  const args = [
    "run",
    "-A",
    "--no-check",
    "--config",
    CONFIG.pathname,
    SCRIPT.href,
    ...(root === undefined ? [] : [root]),
  ];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).output();
  return { code, lines: new TextDecoder().decode(stdout).trim().split("\n") };
}

Deno.test("check_layers finds nothing in this checkout", async () => {
  const { code, lines } = await check();
  assertEquals([code, lines.length], [0, 1], lines.join("\n"));
});

Deno.test("check_layers finds each kind of violation, and no other", async () => {
  const root = await Deno.makeTempDir();
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
    await Deno.writeTextFile(`${root}/${path}`, text);
  };
  try {
    await write("mod.ts", `export * from "./src/api/engine.ts";\n`);
    await write("cli.ts", `import "std/thing";\n`);
    await write(
      "src/api/engine.ts",
      `import { a } from "../runtime/store.ts"; // from "../cli/main.ts"\nconst s = 'Deno "rax"';\n`,
    );
    await write("src/runtime/store.ts", `import type { X } from "../engine/x.ts";\nimport { y } from "./y";\n`);
    await write("src/jit/a.ts", `import "../runtime/store.ts";\nconst t = \`rax \${rax}\`;\n`);
    await write("src/interp/b.ts", `await import("../jit/a.ts");\nDeno.exit();\nimport "node:fs";\n`);
    await write("src/jit/x64/c.ts", `const rax = 0;\n`);
    await write("src/jit/aarch64/d.ts", "");
    await write("src/cli/e.ts", `import "npm:foo@1.2.3";\nimport "../../mod.ts";\n`);
    await write("src/cli/f.ts", `import "npm:foo@1";\n`);
    await write("src/nowhere/g.ts", "");
    const { code, lines } = await check(root);
    assertEquals(code, 1);
    assertEquals(lines.slice(0, -1).sort(), [
      'cli.ts:1: "std/thing" needs an import map; use a relative path or a full npm: specifier',
      "npm package foo is imported by src/cli/e.ts, src/cli/f.ts; one file re-exports it",
      "src/cli/f.ts:1: npm:foo@1 names no exact version",
      "src/interp/b.ts:1: interp lies below jit, but it imports src/jit/a.ts",
      "src/interp/b.ts:2: Deno belongs into platform, wasi, parallel, cli",
      "src/interp/b.ts:3: node:fs belongs into platform, wasi, parallel, cli",
      "src/jit/a.ts:1: jit generates code and knows no runtime, but it imports src/runtime/store.ts",
      "src/jit/a.ts:2: rax is a register; only paths with x64 or aarch64 name registers",
      "src/jit/aarch64/d.ts: src/jit/x64 has no such file",
      "src/jit/x64/c.ts: src/jit/aarch64 has no such file",
      "src/nowhere/g.ts:1: src/nowhere is in no layer",
      "src/runtime/store.ts:1: runtime lies below engine, but it imports src/engine/x.ts",
      'src/runtime/store.ts:2: "./y" does not end in .ts',
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
