// Rights, watchpoints, shrinking and figures of memories where native code may not run.

import { assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";

const MODULE = new URL("../../mod.ts", import.meta.url).href;

Deno.test("without any permission memories have rights, watchpoints, limits and figures too", async () => {
  const folder = await Deno.makeTempDir();
  const program = `
import { Engine } from ${JSON.stringify(MODULE)};
const message = (f) => { try { return f(); } catch (e) { return e.message; } };
const engine = new Engine({ maxMemoryBytes: 3 * 65536 });
const instance = engine.load(\`(module (memory (export "m") 1 4)
  (func (export "store") (param i32) (i32.store (local.get 0) (i32.const 7)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))\`);
const { store, load } = instance.exports, memory = instance.memory("m");
const { buffer } = memory;
memory.protect(8, 12, { read: true });
const out = [message(() => store(6)), message(() => store(12)), load(12), buffer.byteLength, message(() => memory.buffer)];
memory.unprotect();
store(6);
let seen = 0;
const watch = memory.watch(0, 4, { read: true }, () => seen++);
load(3);
watch.remove();
load(3);
memory.allow({ shrink: true });
out.push(seen, memory.grow(2), memory.shrink(2), message(() => memory.grow(3)), memory.use, engine.stacks.native ?? null);
console.log(JSON.stringify(out));
`;
  try {
    await Deno.writeTextFile(`${folder}/program.js`, program);
    const { code, out, err } = await runDeno([
      "run",
      "--no-prompt",
      "--no-config",
      "--no-check",
      `${folder}/program.js`,
    ]);
    assertEquals([code, err], [0, ""]);
    assertEquals(JSON.parse(out), [
      "forbidden memory access: write of 4 bytes at 0x6, but the region 0x8 to 0xc is for read only",
      null,
      7,
      0,
      "the memory has protected or watched places, so its buffer cannot be had: use read() and write()",
      1,
      1,
      3,
      "cannot grow by 3 pages from 1 (maximum 4)",
      { reserved: 65536, committed: 65536, highWater: 196608, grows: 1, shrinks: 1 },
      null,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
