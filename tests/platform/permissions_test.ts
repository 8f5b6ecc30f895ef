import { assertEquals } from "@std/assert";

const child = new URL("signals_child.ts", import.meta.url);

async function report(...permissions: string[]): Promise<unknown> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, child.pathname, "report"],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("native code needs no permission but --allow-ffi", async () => {
  assertEquals(await report("--allow-ffi"), { reason: null, grown: true, guarded: true, traps: 30 });
});

Deno.test("without --allow-ffi nativeUnavailable() says so, and memories grow all the same", async () => {
  assertEquals(await report(), { reason: "native code needs --allow-ffi", grown: true, guarded: false, traps: 0 });
});
