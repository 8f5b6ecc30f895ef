import { assertEquals } from "@std/assert";
import { testUnless } from "../skip.ts";
import { Instance } from "./machine.ts";

const FOLDER = new URL("../../../shared/bench/", import.meta.url);

function manifest(): Record<string, { n: number; result: string }> | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(new URL("manifest.json", FOLDER)));
  } catch {
    return undefined;
  }
}

const kernels = manifest();

const absent = kernels === undefined ? `there is no ${FOLDER.pathname}` : undefined;

testUnless(absent, "programs compiled from C give their checksums", () => {
  for (const [name, { n, result }] of Object.entries(kernels!)) {
    const instance = new Instance(Deno.readFileSync(new URL(`${name}.wasm`, FOLDER)));
    assertEquals(BigInt.asIntN(64, instance.call("run", BigInt(n))[0]), BigInt(result), name);
    instance.free();
  }
});
