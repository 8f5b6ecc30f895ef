// Random valid programs: the same in every tier and in V8. The same programs at every run; `deno task fuzz programs` makes more. What those runs found stands in FINDINGS.md.

import { assert, assertEquals } from "@std/assert";
import { INSTRUCTIONS } from "../../src/wasm/opcodes.ts";
import { compareProgram } from "./compare.ts";
import { instructionCounts } from "./coverage.ts";
import { Choices } from "./generator/choices.ts";
import { PaddedWriter } from "./generator/padded_writer.ts";
import { generateProgram } from "./generator/program.ts";
import { strataHosts } from "./hosts.ts";
import { shrink } from "./shrink.ts";

const PROGRAMS = 120;

Deno.test("random programs give the same results, traps, host calls, memories, globals and tables in every tier and in V8", () => {
  const hosts = strataHosts();
  let compared = 0;
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const found = compareProgram(generateProgram(seed), hosts, seed);
    if (found === undefined) compared++;
    else if (found !== "incomparable") {
      throw new Error(`seed ${seed}: ${found.hosts.join(" and ")} differ after ${found.expected}\n${found.got}`);
    }
  }
  assert(compared > PROGRAMS * 0.9, `only ${compared} could be compared`);
});

Deno.test("generateProgram() uses every instruction of the table", () => {
  const counts = instructionCounts(function* () {
    for (let seed = 1; seed <= 1500; seed++) yield generateProgram(seed).bytes;
  }());
  assertEquals(INSTRUCTIONS.filter((i) => !counts.has(i.code)).map((i) => i.name), []);
});

Deno.test("generateProgram() makes modules that V8 accepts, from a seed and from any decisions", () => {
  for (let seed = 1000; seed < 1300; seed++) {
    const program = generateProgram(seed);
    const cut = program.decisions.program.filter((_, i) => (i * seed) % 7 !== 0);
    for (const { bytes, profile } of [program, generateProgram({ program: cut, padding: [] })]) {
      if (!profile.proposals) new WebAssembly.Module(bytes);
    }
  }
});

Deno.test("generateProgram() makes the same program from the decisions that it gives", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { bytes, decisions, calls } = generateProgram(seed);
    const again = generateProgram(decisions);
    assertEquals(again.bytes, bytes);
    assertEquals(again.calls, calls);
    assertEquals(again.decisions, decisions);
  }
});

Deno.test("PaddedWriter writes numbers longer than they need to be, and never longer than they may be", () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const w = new PaddedWriter(new Choices(seed), 2);
    w.s32(-1);
    lengths.add(w.pos);
  }
  assertEquals([...lengths].sort(), [1, 2, 3, 4, 5]);
});

Deno.test("shrink() finds the least decisions that fail", async () => {
  const start = { program: Array.from({ length: 300 }, (_, i) => i % 9), padding: [1, 2, 3] };
  // Fails as long as there is a 7 before a 3 or more.
  const fails = (list: readonly number[]) => list.slice(list.indexOf(7) + 1).some((x) => x >= 3) && list.includes(7);
  const { program, padding } = await shrink(start, (d) => fails(d.program), 2000);
  assertEquals(program, [7, 3]);
  assertEquals(padding, []);
});
