import { assertEquals } from "@std/assert";
import { nearestName } from "../../src/base/nearest.ts";

Deno.test("nearestName() gives what is a few letters away, whatever their case", () => {
  const names = ["tier", "fuel", "maxMemoryBytes", "maxTotalMemoryBytes"];
  assertEquals(nearestName("teir", names), "tier");
  assertEquals(nearestName("FUEL", names), "fuel");
  assertEquals(nearestName("maxMemorybyte", names), "maxMemoryBytes");
  assertEquals(nearestName("maxMemory", names), "maxMemoryBytes");
  assertEquals(nearestName("colour", names), undefined);
  assertEquals(nearestName("", []), undefined);
});
