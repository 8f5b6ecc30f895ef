import { assert, assertEquals } from "@std/assert";
import { binaryTrees, describe } from "../../examples/gc.ts";

Deno.test("examples/gc.ts keeps one tree and collects the others", () => {
  const result = binaryTrees(16);
  const nodes = 2 ** 17 - 1;
  assertEquals(result.kept, nodes);
  assert(result.figures.collections > 0 && result.figures.ms < result.ms);
  const { heap } = result.report;
  assertEquals(heap.objectsKept, nodes);
  assertEquals(heap.bytesAfter, 16 * nodes);
  assertEquals(heap.types.map((t) => [t.type, t.kept]), [["$node", nodes]]);
  assert(describe(result).at(-1)!.includes(String(nodes)));
});
