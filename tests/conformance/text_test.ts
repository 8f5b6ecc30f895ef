// The text modules of the specification's test suite: their bytes before V8, and printed and assembled again.

import { assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { featuresOfScript } from "../../src/cli/features.ts";
import { assembleText } from "../../src/text/parser.ts";
import { printModule } from "../../src/text/printer.ts";
import { parseScript, type ScriptModule } from "../../src/text/script.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { CompileError, TextError } from "../../src/wasm/errors.ts";
import type { FeatureSet } from "../../src/wasm/features.ts";
import { V8_LIMITS } from "../fuzz/verdict.ts";
import { PENDING } from "./pending.ts";
import { testUnless } from "../skip.ts";
import { scriptsIn, SUITE } from "./suite.ts";

/** Bytes of the text modules of a script that can be assembled, with their lines. */
function* modulesOf(file: URL): Generator<{ line: number; bytes: Uint8Array<ArrayBuffer> }> {
  for (const command of parseScript(Deno.readFileSync(file))) {
    const module: ScriptModule | undefined = "module" in command && typeof command.module === "object"
      ? command.module
      : undefined;
    if (module === undefined || module.form === "binary") continue;
    try {
      yield { line: command.line, bytes: module.assemble().bytes };
    } catch (e) {
      if (!(e instanceof TextError)) throw e;
    }
  }
}

function isValid(bytes: Uint8Array, features: FeatureSet): boolean {
  try {
    validateModule(decodeModule(bytes, features));
    return true;
  } catch (e) {
    if (e instanceof CompileError) return false;
    throw e;
  }
}
/** What is wrong with a verdict, V8 being the judge; undefined if nothing is. */
function wrong(valid: boolean, bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    new WebAssembly.Module(bytes);
    return valid ? undefined : "refused, but V8 accepts";
  } catch (e) {
    const { message } = e as Error;
    return !valid || V8_LIMITS.test(message) ? undefined : `accepted, but V8 says: ${message}`;
  }
}

/** What V8 cannot judge: of these proposals it has threads alone, whose scripts are older than modules with several memories. */
const UNKNOWN_TO_V8 = /^proposals\//;
const pending = new Set(Object.values(PENDING).flat());
const suite = SUITE;
const scripts = suite === undefined ? [] : scriptsIn(suite).filter((path) => !pending.has(path));
const absent = suite === undefined ? "the suite is absent; `deno task suite` fetches it" : undefined;

testUnless(absent, "V8 agrees on the text modules of the specification's test suite", () => {
  for (const path of scripts.filter((p) => !UNKNOWN_TO_V8.test(p))) {
    const features = featuresOfScript(path);
    for (const { line, bytes } of modulesOf(new URL(path, suite))) {
      assertEquals(wrong(isValid(bytes, features), bytes), undefined, `${path}:${line}`);
    }
  }
});

testUnless(absent, "the valid text modules of the specification's test suite are the same bytes once printed", () => {
  for (const path of scripts) {
    const features = featuresOfScript(path);
    for (const { line, bytes } of modulesOf(new URL(path, suite))) {
      if (!isValid(bytes, features)) continue;
      const module = decodeModule(bytes, features);
      for (const folded of [false, true]) {
        const again = assembleText(printModule(module, { folded }));
        if (again.toHex() !== bytes.toHex()) throw new Error(`${path}:${line} differs, folded: ${folded}`);
      }
    }
  }
});
