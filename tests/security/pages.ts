// Runs machine code in every way there is, and looks at the pages meanwhile: none of Strata's is writable and executable, and no installed code changes.
// Used by pages_test.ts, here and in a Worker.

import { Engine, Exception, type Instance, Trap } from "../../mod.ts";
import { startNative } from "../../src/abi/native.ts";
import { innerFunc } from "../../src/api/func.ts";
import { innerInstance } from "../../src/api/instance.ts";
import type { JitTier } from "../../src/engine/native_tier.ts";
import { bufferAt } from "../../src/platform/ffi.ts";

const TEXT =
  `(module (import "h" "f" (func $host (param i32) (result i32))) (memory 1) (tag $t (param i32)) (table 4 funcref)
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (call $host (local.get 0)))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $outside (export "outside") (result i32) (i32.load (i32.const -4)))
  (func $divide (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func $deep (export "deep") (call $deep))
  (func $throws (export "throws") (throw $t (i32.const 1)))
  (func $catches (export "catches") (result i32) (block $h (result i32) (try_table (catch $t $h) (call $throws)) (unreachable)))
  (func $grow (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func $call (export "call") (call_indirect (i32.const 0))))`;

/** A mapping of this process. */
interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly access: string;
  readonly name: string;
}

function mappings(): Mapping[] {
  return Deno.readTextFileSync("/proc/self/maps").trim().split("\n").map((line) => {
    const [, start, end, access, name] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line)!;
    return { start: parseInt(start, 16), end: parseInt(end, 16), access, name };
  });
}

/** Those that Strata made for code: the executable range of this isolate, what is mapped twice, the stubs. */
function ours(): Mapping[] {
  const { memory } = startNative();
  return mappings().filter((m) => memory.contains(m.start) || /^\/dev\/zero|memfd:strata/.test(m.name));
}

/** Throws when a page may be written and executed. Gives how many mappings of this isolate are executable: other Workers come and go. */
function checkPages(when: string): number {
  const found = ours();
  for (const { access, name, start } of found) {
    if (access.includes("w") && access.includes("x")) {
      throw new Error(`${when}: ${name} at ${start.toString(16)} is ${access}`);
    }
  }
  const { memory } = startNative();
  return found.filter((m) => m.access.includes("x") && memory.contains(m.start)).length;
}

/** The machine code of an instance's functions, as it stands in memory. */
function installedCode(instance: Instance): Map<string, string> {
  const inner = innerInstance(instance), jit = inner.store.native as JitTier;
  const code = new Map<string, string>();
  for (const f of instance.functions) {
    const place = f.isHost ? undefined : jit.peek(inner.valid, innerFunc(f).index);
    if (place === undefined) continue;
    code.set(f.name, new Uint8Array(bufferAt(place.start, place.end - place.start)).slice().toHex());
  }
  return code;
}

/** Gives what was looked at; throws Error for what must not be. */
export function watchPages(): { executable: number; functions: number; checks: number } {
  let checks = 0;
  const before = checkPages("before");
  const engine = new Engine({ tier: "jit" });
  const check = (when: string) => (checks++, checkPages(when));
  const instance = engine.load(TEXT, { h: { f: (x: number) => (check("in a host function"), x) } });
  const run = () => {
    for (
      const [name, ...args] of [["fib", 6], ["outside"], ["divide", 0], ["deep"], ["throws"], ["catches"], ["grow"], [
        "call",
      ]] as const
    ) {
      try {
        instance.exports[name](...args);
      } catch (e) {
        if (!(e instanceof Trap || e instanceof Exception)) throw e;
      }
      check(name);
    }
  };
  run();
  const code = installedCode(instance);
  for (const tier of ["interp", "jit", "interp", "jit"] as const) {
    for (const [i, f] of instance.functions.entries()) if (!f.isHost && i % 2 === 1) f.tier = tier;
    run();
  }
  // More code comes beside it, and goes.
  for (let i = 0; i < 20; i++) {
    using other = new Engine({ tier: "jit" }).load(TEXT, { h: { f: (x: number) => x } });
    other.exports.fib(3);
    check("another module");
  }
  for (const [name, bytes] of installedCode(instance)) {
    if (code.has(name) && code.get(name) !== bytes) throw new Error(`the code of ${name} changed`);
  }
  // The pages of a module's code are given back with it.
  const inner = innerInstance(instance), jit = inner.store.native as JitTier;
  const executable = check("at the end");
  instance.dispose();
  engine.gc();
  jit.release(inner.valid);
  if (checkPages("released") >= executable || executable <= before) throw new Error("no pages came or went");
  return { executable, functions: code.size, checks };
}
