// Run as a process of its own by fault_report_test.ts: reads address 16 in a host function, or sends itself a signal. Takes what to do, and a tier.

import { Engine, type TierName, Trap } from "../../../mod.ts";

const [mode, tier] = Deno.args;
const engine = new Engine({ tier: tier as TierName });
const fault = () => Deno.UnsafePointerView.getCString(Deno.UnsafePointer.create(16n)!);
let calls = 0;
const { exports, func } = (() => {
  const instance = engine.load(
    `(module (import "h" "f" (func $host)) (memory 1)
      (func $inner (call $host))
      (func $outer (export "outer") (param i32)
        (if (local.get 0) (then (call $outer (i32.sub (local.get 0) (i32.const 1)))) (else (call $inner))))
      (func $quiet (export "quiet")) (func $grows (export "grows") (result i32) (memory.grow (i32.const 1)))
      (func $trap (export "trap") (drop (i32.load (i32.const -4)))))`,
    // The first call only has all functions compiled.
    { h: { f: () => calls++ > 0 && fault() } },
  );
  return { exports: instance.exports, func: (name: string) => instance.func(name) };
})();
exports.outer(2);
switch (mode) {
  case "host":
    exports.outer(2);
    break;
  case "mixed":
    func("inner").tier = "interp";
    exports.outer(2);
    break;
  case "after":
    exports.quiet();
    fault();
    break;
  case "traps": {
    // Faults of generated code and of V8's are handled, and are no reason for a report.
    const bytes =
      engine.compile(`(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const -4))))`).bytes;
    const v8 = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource)).exports.f as () => number;
    let traps = 0;
    for (let i = 0; i < 5; i++) {
      for (const f of [exports.trap, v8]) {
        try {
          f();
        } catch (e) {
          if (e instanceof Trap || e instanceof WebAssembly.RuntimeError) traps++;
        }
      }
    }
    console.log(traps);
    break;
  }
  case "sent":
    Deno.dlopen("libc.so.6", { raise: { parameters: ["i32"], result: "i32" } }).symbols.raise(4);
}
