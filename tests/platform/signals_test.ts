import { assertEquals } from "@std/assert";

const child = new URL("signals_child.ts", import.meta.url);

function startWorker(): { worker: Worker; traps: (slices: number, count: number) => Promise<number> } {
  const worker = new Worker(child, { type: "module" });
  const traps = (slices: number, count: number) =>
    new Promise<number>((done, fail) => {
      worker.onmessage = (event) => done(event.data);
      worker.onerror = (event) => fail(new Error(event.message));
      worker.postMessage({ slices, count });
    });
  return { worker, traps };
}

Deno.test("Workers trap at once, also after one of them was terminated", async () => {
  const workers = [startWorker(), startWorker(), startWorker()];
  const doomed = startWorker();
  doomed.traps(1_000_000, 10);
  const first = workers.map(({ traps }) => traps(10, 20));
  assertEquals(await first[0], 600);
  doomed.worker.terminate();
  assertEquals(await Promise.all(first), [600, 600, 600]);
  const late = startWorker();
  assertEquals(await Promise.all([late, ...workers].map(({ traps }) => traps(5, 20))), [300, 300, 300, 300]);
  for (const { worker } of [late, ...workers]) worker.terminate();
});

for (
  const [name, mode, signal] of [
    ["a fault outside generated code", "fault", "SIGSEGV"],
    ["a SIGFPE that somebody sends", "8", "SIGFPE"],
    ["a SIGILL that somebody sends", "4", "SIGILL"],
  ]
) {
  Deno.test(`${name} still has its old effect after the handler is installed`, async () => {
    const { stdout, signal: died } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", child.pathname, mode],
      stderr: "null",
    }).output();
    assertEquals([new TextDecoder().decode(stdout), died], ["", signal]);
  });
}
