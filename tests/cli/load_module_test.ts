import { assertEquals, assertRejects } from "@std/assert";
import { CommandError, UsageError } from "../../src/cli/exit.ts";
import { loadModule } from "../../src/cli/load_module.ts";

Deno.test("loadModule() tells text from the binary format by the content", async () => {
  const path = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    await Deno.writeTextFile(path, "(module)");
    assertEquals((await loadModule(path)).source, "(module)");
    await Deno.writeFile(path, new Uint8Array([0, 0x61, 0x73, 0x6d]));
    assertEquals((await loadModule(path)).source, new Uint8Array([0, 0x61, 0x73, 0x6d]));
    await Deno.writeFile(path, new Uint8Array([0xff, 0xfe]));
    await assertRejects(() => loadModule(path), CommandError, "neither a binary module nor UTF-8 text");
    await Deno.writeTextFile(path, "<!DOCTYPE html>");
    await assertRejects(() => loadModule(path), CommandError, "neither a binary module nor the text format");
    await Deno.writeTextFile(path, "\n;; a comment\n(module)");
    assertEquals((await loadModule(path)).source, "\n;; a comment\n(module)");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("loadModule() reads URLs, and names modules by their files", async () => {
  const server = Deno.serve(
    { port: 0, onListen() {} },
    (request) =>
      new URL(request.url).pathname === "/a/fib.wat" ? new Response("(module)") : new Response("", { status: 404 }),
  );
  try {
    const base = `http://localhost:${server.addr.port}`;
    assertEquals(await loadModule(`${base}/a/fib.wat?x=1`), { name: "fib", source: "(module)" });
    await assertRejects(() => loadModule(`${base}/b.wat`), CommandError, "HTTP 404");
    assertEquals((await loadModule("data:text/plain,(module)")).source, "(module)");
  } finally {
    await server.shutdown();
  }
});

Deno.test("loadModule() says what cannot be read", async () => {
  await assertRejects(() => loadModule("/nowhere/at/all.wasm"), CommandError, "there is no file /nowhere/at/all.wasm");
  await assertRejects(() => loadModule("."), CommandError, ". is a directory");
  await assertRejects(() => loadModule("npm:only-a-name"), CommandError, "npm:package@version/path");
  await assertRejects(() => loadModule(""), UsageError);
});
