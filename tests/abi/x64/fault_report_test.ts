import { assertEquals, assertMatch } from "@std/assert";
import { testNative } from "../../skip.ts";

/** What a child that dies prints to standard error, and by which signal it dies. */
async function die(...args: string[]): Promise<{ lines: string[]; out: string; signal: string | null }> {
  const child = new URL("fault_report_child.ts", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", child, ...args],
    env: { NO_COLOR: "1" },
  });
  const { stdout, stderr, signal } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { lines: text(stderr).split("\n").filter((l) => l.startsWith("strata: ")), out: text(stdout).trim(), signal };
}

testNative(
  "a fault in a host function names the Wasm functions that called it, and the process dies as it would have",
  async () => {
    const { lines, signal } = await die("host", "jit");
    assertEquals(signal, "SIGSEGV");
    assertMatch(lines[0], /^strata: signal 0xb outside of compiled Wasm, pc 0x[0-9a-f]{6,16}, address 0x10$/);
    assertEquals(lines.slice(1), [
      "strata: last Wasm function: inner (jit)",
      ...Array(3).fill("strata:   called by outer (jit)"),
    ]);
  },
);

testNative("a fault below an interpreted function names that", async () => {
  for (const args of [["host", "interp"], ["mixed", "jit"]]) {
    const { lines, signal } = await die(...args);
    assertEquals([signal, ...lines.slice(1)], ["SIGSEGV", "strata: last Wasm function: inner (interp)"]);
  }
});

testNative("a fault when no Wasm runs names the function that ran last", async () => {
  const { lines, signal } = await die("after", "jit");
  assertEquals([signal, ...lines.slice(1)], ["SIGSEGV", "strata: last Wasm function: quiet (jit)"]);
});

testNative("faults that somebody handles, and signals that somebody sends, are not reported", async () => {
  assertEquals(await die("traps", "jit"), { lines: [], out: "10", signal: null });
  assertEquals(await die("sent", "jit"), { lines: [], out: "", signal: "SIGILL" });
});
