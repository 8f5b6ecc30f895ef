import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { giveBackOfEnded, isolateFigures } from "../../src/platform/isolates.ts";
import { testNative } from "../skip.ts";

/** Runs a Worker up to its answer, after which it runs on for `spinMs`; terminates it then. */
function run(spinMs: number): Promise<unknown> {
  const worker = new Worker(new URL("isolates_worker.ts", import.meta.url), { type: "module" });
  return new Promise<unknown>((resolve, reject) => {
    worker.onmessage = (e) => resolve(e.data);
    worker.onerror = (e) => {
      e.preventDefault();
      reject(new Error(e.message));
    };
    worker.postMessage({ tier: "jit", spinMs });
  }).finally(() => worker.terminate());
}

/** Waits until no more than `living` isolates are left, and what others had is given back. */
async function wait(living: number): Promise<void> {
  giveBackOfEnded();
  while (isolateFigures().living > living) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    giveBackOfEnded();
  }
}

/** Mappings of the process that hold writable views of code. */
function codeViews(): number {
  return Deno.readTextFileSync("/proc/self/maps").split("\n").filter((line) => / rw-s .*\/dev\/zero/.test(line)).length;
}

for (const [what, spinMs] of [["that ended", 0], ["terminated while machine code runs", 300]] as const) {
  testNative(`what Workers had is given back, of those ${what}`, async () => {
    new Engine({ tier: "jit" }).load(`(module (func (export "f")))`).exports.f();
    giveBackOfEnded();
    const { entries, living } = isolateFigures(), views = codeViews();
    for (let round = 0; round < 3; round++) {
      assertEquals(await Promise.all([run(spinMs), run(spinMs), run(spinMs)]), Array(3).fill([144, 5, true]));
      await wait(living);
    }
    // Nine Workers had two and more each; tests before this one may have others that still begin.
    assert(codeViews() <= views + 6, `${codeViews()} views of code, before ${views}`);
    // Entries are used again: there were never more than three Workers of this test.
    assert(isolateFigures().entries <= entries + 6, `${isolateFigures().entries} entries`);
  });
}

testNative("a collection gives back what Workers had", async () => {
  const engine = new Engine({ tier: "jit" });
  engine.gc();
  const { living } = isolateFigures();
  await run(0);
  while (isolateFigures().living > living) {
    engine.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
