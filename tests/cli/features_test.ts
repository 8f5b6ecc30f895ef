import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/exit.ts";
import { featuresOfScript, parseFeatures, unknownProposal } from "../../src/cli/features.ts";
import { featureSet, STANDARD_FEATURES } from "../../src/wasm/features.ts";

Deno.test("parseFeatures() switches on, and off with a minus; a later list goes before an earlier one", () => {
  assertEquals(parseFeatures("threads,-gc"), { threads: true, gc: false });
  assertEquals(parseFeatures("+gc, simd", parseFeatures("threads,-gc")), { threads: true, gc: true, simd: true });
  assertEquals(parseFeatures(""), {});
});

Deno.test("parseFeatures() names all features when one is unknown", () => {
  assertThrows(
    () => parseFeatures("threads,wode"),
    UsageError,
    'there is no feature "wode"; features are multi-memory',
  );
});

Deno.test("featuresOfScript() switches on what a folder of proposals is about", () => {
  assertEquals(featuresOfScript("suite/core/i32.wast"), featureSet());
  assertEquals(
    featuresOfScript("proposals/wide-arithmetic/a.wast"),
    new Set([...STANDARD_FEATURES, "wide-arithmetic"]),
  );
  const threads = featuresOfScript("/x/proposals/threads/atomic.wast", { gc: false });
  assertEquals([threads.has("threads"), threads.has("gc"), threads.has("simd")], [true, false, true]);
  assertEquals(featuresOfScript("/x/proposals/threads/atomic.wast", { threads: false }).has("threads"), false);
});

Deno.test("unknownProposal() names the proposal of a script that Strata has no part of", () => {
  assertEquals(unknownProposal("suite/proposals/custom-descriptors/exact.wast"), "custom-descriptors");
  assertEquals(unknownProposal("suite/proposals/threads/atomic.wast"), undefined);
  assertEquals(unknownProposal("suite/core/i32.wast"), undefined);
});
