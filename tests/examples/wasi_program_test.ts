import { assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

const SAYS = `the program says: was here
with the folder it ended with exit code 63
with the folder read only it ended with exit code 63
the note: was here
`;

for (const [permissions, test] of [[[], Deno.test], [["--allow-ffi"], testNative]] as const) {
  test(`examples/wasi_program.ts keeps the program in its folder (${permissions.join() || "no FFI"})`, async () => {
    const args = ["run", "--no-prompt", "--no-check", "--allow-read", "--allow-write", ...permissions];
    const { code, out, err } = await runDeno([...args, "examples/wasi_program.ts"]);
    assertEquals([code, out, err], [0, SAYS, ""]);
  });
}
