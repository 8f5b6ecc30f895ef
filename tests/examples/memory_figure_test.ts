import { assert, assertEquals, assertMatch } from "@std/assert";
import { draw, measure } from "../../examples/memory_figure.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

Deno.test("the figure of memory use has what the memories took, and a line for each kind", () => {
  const uses = measure(40, 4);
  const of = (kind: string) => uses.filter((u) => u.kind === kind).map((u) => [u.instances, u.bytes]);
  assertEquals(of("committed"), [10, 20, 30, 40].map((n) => [n, n * 65536]));
  if (canRunNative()) {
    assertEquals(of("reserved"), [10, 20, 30, 40].map((n) => [n, n * 8.5 * 2 ** 30]));
    // Pages from the pool may be resident already.
    for (const [n, bytes] of of("touched")) assert(bytes >= n * 2 * 4096 && bytes <= n * 65536);
  }
  const svg = draw(uses);
  assertMatch(svg, /^<svg [^]*<\/svg>$/);
  assertEquals(svg.match(/<path [^>]*stroke="/g)?.length, canRunNative() ? 3 : 2);
  assertMatch(svg, />instances/);
});
