// Random functions that throw and catch: in machine code, in the interpreter and mixed they must do the same, through host functions too.

import { testNative } from "../skip.ts";
import { assert, assertEquals } from "@std/assert";
import { Engine, Trap } from "../../mod.ts";

const FUNCTIONS = 16;
const MAX_DEPTH = 3;

/** Writes one module. */
class Writer {
  #label = 0;
  /** Index of the function that is written: it calls those before it. */
  #index = 0;

  constructor(public seed: number) {}

  random(n: number): number {
    this.seed = Math.imul(this.seed ^ (this.seed >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    return (this.seed >>> 3) % n;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)];
  }

  i32(depth: number): string {
    switch (this.random(depth > MAX_DEPTH ? 4 : 10)) {
      case 0:
        return `(i32.const ${this.random(100)})`;
      case 1:
      case 2:
      case 3:
        return `(local.get $i${this.random(4)})`;
      case 4:
        return `(i32.${this.pick(["add", "sub", "xor", "mul"])} ${this.i32(depth + 1)} ${this.i32(depth + 1)})`;
      case 5:
        return this.call(depth);
      case 6:
        return `(i32.wrap_i64 ${this.i64(depth + 1)})`;
      case 7:
        return `(struct.get $s 0 (select (result (ref $s)) (struct.new $s ${
          this.i32(depth + 1)
        }) (struct.new_default $s) ${this.i32(depth + 1)}))`;
      default:
        return this.tryValue(depth);
    }
  }
  i64(depth: number): string {
    switch (this.random(4)) {
      case 0:
        return `(i64.const ${this.random(2 ** 31)})`;
      case 1:
        return `(i64.add (local.get $l${this.random(2)}) (i64.extend_i32_s ${this.i32(depth + 1)}))`;
      default:
        return `(local.get $l${this.random(2)})`;
    }
  }
  f64(depth: number): string {
    return this.random(2) === 0
      ? `(f64.const ${this.random(50)})`
      : `(f64.add (local.get $d) (f64.convert_i32_s ${this.i32(depth + 1)}))`;
  }
  call(depth: number): string {
    if (this.#index === 0 || this.random(6) === 0) return `(call $host ${this.i32(depth + 1)})`;
    return `(call $f${this.random(this.#index)} ${this.i32(depth + 1)} ${this.i64(depth + 1)})`;
  }
  throws(depth: number): string {
    const condition = `(i32.eqz (i32.and ${this.i32(depth + 1)} (i32.const ${this.pick([1, 3, 7])})))`;
    const what = this.pick([
      `(throw $e)`,
      `(throw $u ${this.i32(depth + 1)})`,
      `(throw $t ${this.i32(depth + 1)} ${this.i64(depth + 1)} ${this.f64(depth + 1)})`,
    ]);
    return `(if ${condition} (then ${what}))`;
  }
  body(depth: number): string {
    return Array.from({ length: 1 + this.random(3) }, () => this.statement(depth + 1)).join("\n");
  }
  /** An operand with a handler, or several, while others wait on the stack. */
  tryValue(depth: number): string {
    const h = `$h${this.#label++}`;
    const inner = `(try_table (result i32) (catch $u ${h}) ${this.body(depth)} ${this.i32(depth + 1)})`;
    return `(block ${h} (result i32) ${inner})`;
  }

  statement(depth: number): string {
    const h = `$h${this.#label++}`, out = `$o${this.#label++}`;
    switch (this.random(depth > MAX_DEPTH ? 5 : 16)) {
      case 0:
        return `(local.set $i${this.random(4)} (i32.const ${this.random(1000)}))`;
      case 1:
        return `(local.set $l${this.random(2)} ${this.i64(depth)})`;
      case 2:
        return `(local.set $d ${this.f64(depth)})`;
      case 3:
        return `(call $hash ${this.i32(depth)})`;
      case 4:
        return `(local.set $i${this.random(4)} ${this.i32(depth)})`;
      case 5:
        return this.throws(depth);
      case 6:
        return `(block ${h} (try_table (catch_all ${h}) ${this.body(depth)}))`;
      case 7:
        return `(block ${h} (result i32 i64 f64)
          (try_table (result i32 i64 f64) (catch $t ${h}) ${this.body(depth)}
            ${this.i32(depth)} ${this.i64(depth)} ${this.f64(depth)}))
          (local.set $d) (local.set $l0) (local.set $i0)`;
      case 8:
        return `(block ${out} (block ${h} (result exnref)
          (try_table (catch $e ${out}) (catch_all_ref ${h}) ${this.body(depth)}) (br ${out}))
          (local.set $x) (call $hash ${this.i32(depth)})
          (br_if ${out} (i32.and ${this.i32(depth + 1)} (i32.const 1))) (throw_ref (local.get $x)))`;
      case 9: {
        const n = `$n${this.random(2)}`;
        return `(local.set ${n} (i32.const ${1 + this.random(3)}))
          (loop ${h} ${this.body(depth)} (call $hash (local.get ${n}))
            (local.set ${n} (i32.sub (local.get ${n}) (i32.const 1)))
            (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
            (br_if ${h} (i32.and (i32.gt_s (local.get ${n}) (i32.const 0)) (i32.gt_s (global.get $fuel) (i32.const 0)))))`;
      }
      case 10:
        return `(if ${this.i32(depth)} (then ${this.body(depth)}) (else ${this.body(depth)}))`;
      case 11:
        return `(block ${out} (block ${h} (result i32) (try_table (result i32) (catch $u ${h}) (catch_all ${out})
          ${this.body(depth)} ${this.i32(depth)})) (local.set $i1))`;
      case 12:
        return `(try ${h} (do ${this.body(depth)}) (catch $u (local.set $i2) ${this.body(depth)})
          (catch_all ${this.body(depth)} (if ${this.i32(depth)} (then (rethrow ${h})))))`;
      case 13:
        return `(call $hash (i32.add ${this.i32(depth)} (try ${h} (result i32) (do ${this.body(depth)} ${
          this.i32(depth)
        })
          (catch $u (local.set $i3) ${this.body(depth)} (local.get $i3))
          (catch $t (drop) (local.set $l1) (try ${out} (do ${this.body(depth)} (rethrow ${h}))
            (catch $u (local.set $i1)) (catch_all ${this.body(depth)}))))))`;
      case 14:
        return `(try ${out} (do (try ${h} (do ${this.body(depth)} (try (do ${this.body(depth)}) (delegate ${
          this.pick([h, out, "0"])
        }))) (catch $u (local.set $i1)))) (catch_all ${this.body(depth)}))`;
      default:
        return `(drop (block ${h} (result i32) (i64.const 3) ${this.i32(depth)}
          (try_table (param i32) (result i32) (catch $u ${h}) (local.set $i2) ${this.body(depth)} ${this.i32(depth)})
          (local.set $i3) (drop) (local.get $i3)))`;
    }
  }

  function(index: number): string {
    this.#index = index;
    const statements = Array.from({ length: 2 + this.random(4) }, () => this.statement(1));
    // The label of the function itself.
    if (this.random(2) === 0) {
      statements.push(`(drop (try_table (result i32) (catch $u 0) ${this.body(2)} ${this.i32(2)}))`);
    }
    return `(func $f${index} (export "f${index}") (param $i0 i32) (param $l0 i64) (result i32)
      (local $i1 i32) (local $i2 i32) (local $i3 i32) (local $l1 i64) (local $d f64) (local $x exnref)
      (local $n0 i32) (local $n1 i32)
      (if (i32.lt_s (global.get $fuel) (i32.const 0)) (then (return (i32.const 1))))
      (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
      ${statements.join("\n")}
      (call $hash (i32.trunc_sat_f64_s (local.get $d))) (call $hash (i32.wrap_i64 (local.get $l1)))
      (call $hash (local.get $i1)) (call $hash (local.get $i3))
      (i32.add (local.get $i0) (local.get $i2)))`;
  }

  module(): string {
    return `(module (type $s (struct (field (mut i32))))
      (import "host" "call" (func $host (param i32) (result i32)))
      (tag $e) (tag $u (param i32)) (tag $t (param i32 i64 f64))
      (global $h (export "h") (mut i32) (i32.const 1))
      (global $fuel (export "fuel") (mut i32) (i32.const 60))
      (func $hash (param i32) (global.set $h (i32.add (i32.mul (global.get $h) (i32.const 31)) (local.get 0))))
      ${Array.from({ length: FUNCTIONS }, (_, i) => this.function(i)).join("\n")})`;
  }
}

type How = "interp" | "jit" | "mixed";
interface Numbered {
  value: number;
}

/** What each function does: its result, or that it threw, and the digest; and how many threw. */
function outcomes(text: string, how: How, seed: number): { log: string[]; threw: number } {
  const engine = new Engine({ tier: how === "jit" ? "jit" : "interp", gcZeal: seed % 4 === 0 });
  let depth = 0;
  const instance = engine.load(text, {
    host: {
      call(x: number): number {
        if (x % 5 === 0) throw new Error("of the host");
        if (x % 3 !== 0 || depth > 2) return x + 1;
        depth++;
        try {
          return instance.exports[`f${(x >>> 0) % FUNCTIONS}`](x, 5n) as number;
        } finally {
          depth--;
        }
      },
    },
  });
  if (how === "mixed") {
    for (let i = 0; i < FUNCTIONS; i++) {
      if ((Math.imul(seed + i, 0x9e3779b1) >>> 28) & 1) instance.func(`f${i}`).tier = "jit";
    }
  }
  if (how !== "interp") {
    for (let i = 0; i < FUNCTIONS; i++) assertEquals(instance.func(`f${i}`).refusal("jit"), undefined);
  }
  const log: string[] = [];
  let threw = 0;
  for (let i = 0; i < FUNCTIONS; i++) {
    (instance.exports.fuel as Numbered).value = 60;
    let outcome: string;
    try {
      outcome = `${instance.exports[`f${i}`](i, 77n)}`;
    } catch (error) {
      if (error instanceof Trap || !(error instanceof Error)) throw error;
      outcome = error.constructor.name;
      threw++;
    }
    log.push(`f${i}: ${outcome}, ${(instance.exports.h as Numbered).value}`);
  }
  return { log, threw };
}

testNative("random functions that throw and catch do in machine code what they do in the interpreter", () => {
  let threw = 0;
  for (let seed = 1; seed <= 16; seed++) {
    const text = new Writer(seed * 7919).module();
    const wanted = outcomes(text, "interp", seed);
    threw += wanted.threw;
    assertEquals(outcomes(text, "jit", seed).log, wanted.log, `seed ${seed}, jit`);
    assertEquals(outcomes(text, "mixed", seed).log, wanted.log, `seed ${seed}, mixed`);
  }
  assert(threw > 20 && threw < 16 * FUNCTIONS * 0.8, `${threw} threw`);
});
