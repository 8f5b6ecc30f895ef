// The web platform's tests of the JS API, from a folder that holds them (test/js-api of the specification's repository, or wasm/jsapi of web-platform-tests): JS_API_TESTS names it.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createWebAssembly } from "../../src/js_api/namespace.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { testUnless } from "../skip.ts";
import { type Outcome, runFile } from "./harness.ts";

const FOLDER = Deno.env.get("JS_API_TESTS");

/** Tests that are known to fail, by the start of what they are reported as, with the reason. */
const KNOWN: Readonly<Record<string, string>> = {
  "table/grow-memory64.any.js: Basic i64": "the file does not include the script that defines `nulls`; V8 fails too",
  "table/grow-memory64.any.js: Reached maximum (i64)": "as above",
  "table/grow-memory64.any.js: Exceeded maximum (i64)": "as above",
};

function filesBelow(folder: string, prefix = ""): string[] {
  const files: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) files.push(...filesBelow(join(folder, name), `${prefix}${name}/`));
    else if (name.endsWith(".any.js")) files.push(prefix + name);
  }
  return files.sort();
}

for (const tier of ["interp", "jit"] as const) {
  const reason = FOLDER === undefined
    ? "JS_API_TESTS names no folder with the tests"
    : tier === "jit"
    ? nativeUnavailable()
    : undefined;
  testUnless(reason, `${tier}: the web platform's tests of the JS API pass`, async () => {
    const failed: Outcome[] = [];
    let passed = 0;
    for (const file of filesBelow(FOLDER!)) {
      // They compile modules of up to 1 GiB, for minutes.
      if (file === "limits.any.js") continue;
      for (const outcome of await runFile(FOLDER!, file, createWebAssembly({ tier }))) {
        if (outcome.failure === undefined) passed++;
        else if (KNOWN[`${outcome.file}: ${outcome.name}`] === undefined) failed.push(outcome);
      }
    }
    console.log(`${tier}: ${passed} passed`);
    assertEquals(failed, []);
  });
}
