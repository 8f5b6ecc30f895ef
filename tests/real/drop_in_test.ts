// Unmodified npm packages on Strata by installGlobal(): each does the same work in V8 and in the tiers, in processes of their own, and gives equal results.

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { runDeno } from "../run_deno.ts";
import { testUnless } from "../skip.ts";
import { MARK, type Program, PROGRAMS } from "./drop_in.ts";

const PROCESS = fromFileUrl(new URL("./drop_in_process.ts", import.meta.url));

/** What came of a program: its result as text, or what it printed about an error. */
async function runProgram(
  { name }: Program,
  tier: "v8" | "interp" | "jit",
): Promise<{ result?: string; error?: string }> {
  const { code, out, err } = await runDeno(["run", "-A", "--no-check", "--no-config", PROCESS, name, tier]);
  const at = out.indexOf(MARK);
  return code === 0 && at >= 0 ? { result: out.slice(at + MARK.length) } : { error: `exit code ${code}: ${out}${err}` };
}

const expected = new Map<Program, ReturnType<typeof runProgram>>();
/** What V8 gives, asked for once. */
function inV8(program: Program): ReturnType<typeof runProgram> {
  let outcome = expected.get(program);
  if (outcome === undefined) expected.set(program, outcome = runProgram(program, "v8"));
  return outcome;
}

const OFFLINE = /error sending request|failed to lookup|not found in the cache|--cached-only|client error \(Connect\)/i;

for (const tier of ["jit", "interp"] as const) {
  for (const program of PROGRAMS) {
    const { name, toolchain, onlyNative } = program;
    const reason = tier === "jit" ? nativeUnavailable() : onlyNative;
    testUnless(reason, `${name} (${toolchain}) gives V8's results by installGlobal() in ${tier}`, async () => {
      const wanted = await inV8(program);
      if (wanted.error !== undefined && OFFLINE.test(wanted.error)) {
        console.log(`skipped: ${name} cannot be had: ${wanted.error} (deno cache npm:${name} fetches it)`);
        return;
      }
      assertEquals(wanted.error, undefined);
      assertEquals(await runProgram(program, tier), wanted);
    });
  }
}
