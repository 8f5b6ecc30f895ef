// The examples in comments of the public classes run as they stand.

import { assert, assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("every example in a comment of src/ runs", async () => {
  const files = [...sources("src")].filter((path) => /^ *\* ```ts$/m.test(Deno.readTextFileSync(path)));
  assert(files.length > 5);
  const { code, out, err } = await runDeno(["test", "-A", "--doc", "--no-check", ...files]);
  assertEquals(code, 0, out + err);
});
