// What validation found out about modules, kept on disk: when it is written, and that streams write and read it as well.

import { assertEquals, assertThrows } from "@std/assert";
import { CompileError, Engine } from "../../mod.ts";
import { runDeno } from "../run_deno.ts";
import { largeModule } from "./cache_modules.ts";

async function inFolder(action: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await action(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function engineIn(cache: string): Engine {
  const onCacheNote = (note: string) => {
    throw new Error(note);
  };
  return new Engine({ tier: "interp", cache, onCacheNote });
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return ReadableStream.from([0, 1, 2].map((i) => bytes.subarray(i * 30_000, i === 2 ? undefined : (i + 1) * 30_000)));
}

function figures(engine: Engine): number[] {
  const { hits, misses, writes } = engine.caches.disk!;
  return [hits, misses, writes];
}

Deno.test("a stream finds what validation found out in an earlier run, whether that was a stream or not", () =>
  inFolder(async (folder) => {
    const first = engineIn(folder);
    const streamed = first.instantiate(await first.compileStreaming(streamOf(largeModule(4))));
    assertEquals(streamed.exports.f(1), 13);
    first.saveCache();
    assertEquals(figures(first), [0, 0, 1]);
    const second = engineIn(folder);
    assertEquals(second.load(largeModule(4)).exports.f(2), 14);
    const again = second.instantiate(await second.compileStreaming(streamOf(largeModule(4))));
    assertEquals(again.exports.f(3), 15);
    second.saveCache();
    assertEquals(figures(second), [2, 0, 0]);
  }));

Deno.test("a stream that begins like a known module is looked at all the same", () =>
  inFolder(async (folder) => {
    const engine = engineIn(folder);
    engine.compile(largeModule(4));
    engine.saveCache();
    const other = engineIn(folder);
    const instance = other.instantiate(await other.compileStreaming(streamOf(largeModule(4, 77))));
    assertEquals(instance.exports.f(0), 89);
    other.saveCache();
    assertEquals(figures(other)[0], 0);
    const invalid = largeModule(4);
    // The addition before the end of the last body becomes an instruction that takes one operand only.
    const at = invalid.findLastIndex((byte, i) => byte === 0x6a && invalid[i + 1] === 0x0b);
    invalid[at] = 0x45;
    const message = assertThrows(() => other.compile(invalid), CompileError).message;
    const error = await other.compileStreaming(streamOf(invalid)).then(() => undefined, (e: Error) => e);
    assertEquals(error?.message, message);
  }));

Deno.test("a module that waits to be written is known already, and the end of the process writes it", () =>
  inFolder(async (folder) => {
    const engine = engineIn(folder);
    engine.compile(largeModule(5));
    engine.compile(largeModule(5));
    assertEquals([...Deno.readDirSync(folder)].length, 0);
    engine.saveCache();
    engine.saveCache();
    assertEquals(figures(engine), [0, 1, 1]);
    Deno.removeSync([...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`)[0]);
    const [mod, modules] = ["../../mod.ts", "cache_modules.ts"].map((file) => new URL(file, import.meta.url).href);
    const script = `import { Engine } from "${mod}"; import { largeModule } from "${modules}";
      new Engine({ tier: "interp", cache: "${folder}" }).compile(largeModule(5));`;
    await runDeno(["eval", "--no-check", script]);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));
