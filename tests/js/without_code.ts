// Run where `new Function` is forbidden: what tier js says, and that auto serves.

import { Engine } from "../../mod.ts";

try {
  new Engine({ tier: "js" });
} catch (error) {
  console.log((error as Error).message);
}
const engine = new Engine({ callThreshold: 1, loopThreshold: 1 });
const instance = engine.instantiate(engine.compile(`(module (func $f (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0)
    (then (i32.add (local.get 0) (call $f (i32.sub (local.get 0) (i32.const 1)))))
    (else (i32.const 0)))))`));
console.log(`auto gives ${instance.exports.f(10)}`);
