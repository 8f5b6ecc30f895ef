import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseNpmFile, readNpmFile } from "../../src/platform/npm.ts";

Deno.test("parseNpmFile() tells package and path apart, with and without scope and version", () => {
  const forms: [string, string, string][] = [
    ["npm:a@1.2.3/lib/b.wasm", "a@1.2.3", "lib/b.wasm"],
    ["npm:/a@^1/b.wasm", "a@^1", "b.wasm"],
    ["npm:a/b.wasm", "a", "b.wasm"],
    ["npm:@s/a@2.0.0-rc.1/b/c@d.wasm", "@s/a@2.0.0-rc.1", "b/c@d.wasm"],
  ];
  for (const [specifier, name, path] of forms) assertEquals(parseNpmFile(specifier), { package: name, path });
});

Deno.test("parseNpmFile() rejects what is no file of a package", () => {
  for (const s of ["a/b.wasm", "npm:a@1.0.0", "npm:@s/a@1.0.0", "npm:", "npm:a@1.0.0/"]) {
    assertThrows(() => parseNpmFile(s), Error, "npm:package@version/path");
  }
  assertThrows(() => parseNpmFile("npm:a@1.0.0/../b.wasm"), Error, "leads out of its package");
});

Deno.test({
  name: "readNpmFile() says that it may not run Deno",
  permissions: { run: false },
  fn: async () => {
    await assertRejects(() => readNpmFile("npm:deno-std@1.4.0/package.json"), Error, "needs --allow-run");
  },
});

Deno.test("readNpmFile() reads a file of a cached package and names a file that is not there", async () => {
  const bytes = await readNpmFile("npm:deno-std@1.4.0/package.json");
  assertEquals(JSON.parse(new TextDecoder().decode(bytes)).name, "deno-std");
  await assertRejects(() => readNpmFile("npm:deno-std@1.4.0/none.wasm"), Error, "has no file none.wasm");
});
