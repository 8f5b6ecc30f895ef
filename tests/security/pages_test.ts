// No page of Strata's is writable and executable at once, and code that was installed never changes: here, in a Worker, and in both at once.

import { assert, assertEquals } from "@std/assert";
import { testNative } from "../skip.ts";
import { watchPages } from "./pages.ts";

function inWorker(): Promise<ReturnType<typeof watchPages>> {
  const worker = new Worker(new URL("./pages_worker.ts", import.meta.url), { type: "module" });
  return new Promise<ReturnType<typeof watchPages>>((resolve, reject) => {
    worker.onmessage = (e) => resolve(e.data);
    worker.onerror = (e) => {
      e.preventDefault();
      reject(new Error(e.message));
    };
  }).finally(() => worker.terminate());
}

testNative("no page is writable and executable, and no installed code changes", () => {
  const { executable, functions, checks } = watchPages();
  assert(executable >= 2 && checks > 50);
  assertEquals(functions, 8);
});

testNative("the same holds in Workers, several at once", async () => {
  for (const { functions } of await Promise.all([inWorker(), inWorker()])) assertEquals(functions, 8);
});
