import { assert, assertEquals } from "@std/assert";
import { draw, watch } from "../../examples/heap_figure.ts";

Deno.test("examples/heap_figure.ts draws a heap that grows and shrinks, and a bar for each collection", () => {
  const run = watch();
  assert(run.pauses.length > 5);
  for (const { at, ms, bytesBefore, bytesAfter } of run.pauses) {
    assert(at >= 0 && at + ms <= run.ms && bytesAfter <= bytesBefore);
  }
  const kept = run.pauses.map((p) => p.bytesAfter);
  assert(Math.max(...kept) > 2 * kept.at(-1)!, "what is kept shrinks in the end");
  const svg = draw(run);
  assertEquals(svg.match(/class="pause"/g)!.length, run.pauses.length);
  assert(!/NaN|undefined/.test(svg));
});
