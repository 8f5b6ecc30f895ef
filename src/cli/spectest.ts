// The host module `spectest` that scripts of the specification's test suite import from (its interpreter/README, section "Spectest host module").
// It is a module itself, so that its functions have types of their own, around host functions that print nothing unless somebody listens.

import type { Engine } from "../api/engine.ts";
import type { Instance } from "../api/instance.ts";
import { publicModule } from "../api/module.ts";
import { assemble, decode, validate } from "../engine/pipeline.ts";
import { featureSet } from "../wasm/features.ts";

const TEXT = `(module $spectest
  (func (export "print") (import "host" "print"))
  (func (export "print_i32") (import "host" "print_i32") (param i32))
  (func (export "print_i64") (import "host" "print_i64") (param i64))
  (func (export "print_f32") (import "host" "print_f32") (param f32))
  (func (export "print_f64") (import "host" "print_f64") (param f64))
  (func (export "print_i32_f32") (import "host" "print_i32_f32") (param i32 f32))
  (func (export "print_f64_f64") (import "host" "print_f64_f64") (param f64 f64))
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (table (export "table64") i64 10 20 funcref)
  (memory (export "memory") 1 2)
  (memory (export "shared_memory") 1 2 shared))`;

/** What the module needs, whatever the engine lets others use. */
const FEATURES = featureSet({ threads: true });

const NAMES = ["print", "print_i32", "print_i64", "print_f32", "print_f64", "print_i32_f32", "print_f64_f64"];

/** Makes an instance of the module in an engine. `print` receives the name and arguments of each call. */
export function makeSpectest(engine: Engine, print?: (name: string, args: unknown[]) => void): Instance {
  const host = NAMES.map((name) => [name, (...args: unknown[]) => print?.(name, args)]);
  const module = publicModule(validate(decode(assemble(TEXT), FEATURES)));
  return engine.instantiate(module, { host: Object.fromEntries(host) });
}
