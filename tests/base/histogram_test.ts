import { assert, assertEquals } from "@std/assert";
import { Histogram } from "../../src/base/histogram.ts";

Deno.test("Histogram gives percentiles to within 5 percent, whatever the order of magnitude", () => {
  const histogram = new Histogram();
  assertEquals([histogram.percentile(0.5), histogram.count], [0, 0]);
  for (const scale of [1e-4, 1, 1e4]) {
    const one = new Histogram();
    for (let i = 1; i <= 1000; i++) one.record(i * scale);
    for (const part of [0.1, 0.5, 0.9, 0.99]) {
      const wanted = part * 1000 * scale, got = one.percentile(part);
      assert(Math.abs(got - wanted) <= 0.05 * wanted, `${part}: ${got} instead of ${wanted}`);
    }
    assertEquals([one.longest, one.count], [1000 * scale, 1000]);
    assert(one.percentile(1) <= one.longest && one.percentile(1) > 950 * scale);
  }
  histogram.record(0);
  histogram.record(-1);
  assertEquals([histogram.percentile(1), histogram.count], [0, 2]);
});
