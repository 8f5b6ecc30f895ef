import { assertEquals } from "@std/assert";

Deno.test("the loop of tier fast is what its table says", async () => {
  const script = new URL("../../scripts/make_fast_loop.ts", import.meta.url);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.pathname, "--check"],
    stderr: "piped",
    stdout: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
