// Random functions on structures, arrays and casts, run here with a collection at every allocation and by V8: results, traps, and what was done before a trap must agree.

import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import type { TierName } from "../../src/runtime/tier.ts";
import { assembleText } from "../../src/text/parser.ts";

const TYPES = `
  (rec
    (type $s0 (sub (struct (field (mut i32)) (field (mut i8)) (field (mut (ref null $s0))) (field (mut i64)))))
    (type $s1 (sub $s0 (struct (field (mut i32)) (field (mut i8)) (field (mut (ref null $s0))) (field (mut i64))
      (field (mut i16)) (field (mut f64)) (field (mut anyref))))))
  (type $a8 (array (mut i8)))
  (type $a16 (array (mut i16)))
  (type $a32 (array (mut i32)))
  (type $a64 (array (mut i64)))
  (type $af (array (mut f32)))
  (type $any (array (mut anyref)))
  (type $ss (array (mut (ref null $s0))))`;
const NUMBERS = ["a8", "a16", "a32", "a64", "af"];
const REFS = ["any", "ss"];

/** Writes one function after the other. */
class Writer {
  constructor(public seed: number) {}

  random(n: number): number {
    this.seed = Math.imul(this.seed ^ (this.seed >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    return (this.seed >>> 3) % n;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)];
  }

  small(): string {
    return `(i32.const ${this.random(60) === 0 ? 9 + this.random(40) : this.random(5)})`;
  }
  i32(): string {
    switch (this.random(6)) {
      case 0:
        return "(local.get $h)";
      case 1:
        return `(i32.const ${this.random(2 ** 31) - 2 ** 30})`;
      case 2:
        return `(i31.get_${this.pick(["s", "u"])} (ref.i31 (local.get $h)))`;
      case 3:
        return `(ref.test (ref ${this.pick(["null ", ""])}${this.heap()}) (local.get $any${this.random(3)}))`;
      case 4:
        return `(ref.eq ${this.eq()} ${this.eq()})`;
      default:
        return `(i32.const ${this.random(100)})`;
    }
  }
  heap(): string {
    return this.pick(["$s0", "$s1", "$a8", "$any", "struct", "array", "i31", "eq", "any", "none"]);
  }
  eq(): string {
    return this.random(3) === 0 ? `(ref.i31 ${this.i32()})` : `(local.get $${this.pick(["x0", "x1", "a8", "ss"])})`;
  }
  s0(): string {
    switch (this.random(5)) {
      case 0:
        return "(ref.null none)";
      case 1:
        return `(struct.new $s0 ${this.i32()} ${this.i32()} ${this.s0()} ${this.i64()})`;
      case 2:
        return `(struct.new $s1 ${this.i32()} ${this.i32()} ${this.s0()} ${this.i64()} ${this.i32()}
          (f64.convert_i32_s ${this.i32()}) ${this.any()})`;
      default:
        return `(local.get $x${this.random(3)})`;
    }
  }
  any(): string {
    switch (this.random(6)) {
      case 0:
        return `(ref.i31 ${this.i32()})`;
      case 1:
        return this.s0();
      case 2:
        return `(local.get $${this.pick([...NUMBERS, ...REFS])})`;
      case 3:
        return `(array.new_fixed $any 2 (local.get $any0) ${this.s0()})`;
      default:
        return `(local.get $any${this.random(3)})`;
    }
  }
  i64(): string {
    return `(i64.shl (i64.extend_i32_s ${this.i32()}) (i64.const ${this.random(40)}))`;
  }
  value(array: string): string {
    if (array === "a64") return this.i64();
    if (array === "af") return `(f32.convert_i32_s ${this.i32()})`;
    if (array === "any") return this.any();
    return array === "ss" ? this.s0() : this.i32();
  }
  /** An i32 made of an element. */
  digest(array: string, get: string): string {
    if (array === "a64") return `(i32.wrap_i64 ${get})`;
    if (array === "af") return `(i32.reinterpret_f32 ${get})`;
    if (array === "any") return `(ref.test (ref ${this.heap()}) ${get})`;
    return array === "ss" ? `(ref.is_null ${get})` : get;
  }

  statement(): string {
    const hash = (x: string) => `(call $hash ${x}) (local.set $h (global.get $h))`;
    const a = this.pick([...NUMBERS, ...REFS]);
    const packed = a === "a8" || a === "a16" ? this.pick(["_s", "_u"]) : "";
    switch (this.random(17)) {
      case 0:
        return `(local.set $x${this.random(3)} ${this.s0()})`;
      case 1:
        return `(local.set $any${this.random(3)} ${this.any()})`;
      case 2:
        return `(local.set $${a} (array.new $${a} ${this.value(a)} (i32.add (i32.const 9) ${this.small()})))`;
      case 3:
        return `(local.set $${a} (array.new_default $${a} (i32.add (i32.const 9) ${this.small()})))`;
      case 4:
        return `(local.set $${a} (array.new_fixed $${a} 9 ${
          Array.from({ length: 9 }, () => this.value(a)).join(" ")
        }))`;
      case 5:
        return hash(this.digest(a, `(array.get${packed} $${a} (local.get $${a}) ${this.small()})`));
      case 6:
        return `(array.set $${a} (local.get $${a}) ${this.small()} ${this.value(a)})`;
      case 7:
        return `(array.fill $${a} (local.get $${a}) ${this.small()} ${this.value(a)} ${this.small()})`;
      case 8:
        return `(array.copy $${a} $${a} (local.get $${a}) ${this.small()} (local.get $${a}) ${this.small()} ${this.small()})`;
      case 9: {
        const n = this.pick(NUMBERS);
        if (this.random(4) === 0) return `(local.set $${n} (array.new_data $${n} $d ${this.small()} ${this.small()}))`;
        return `(array.init_data $${n} $d (local.get $${n}) ${this.small()} ${this.small()} ${this.small()})`;
      }
      case 10:
        if (this.random(4) === 0) return `(local.set $ss (array.new_elem $ss $e ${this.small()} ${this.small()}))`;
        return `(array.init_elem $ss $e (local.get $ss) ${this.small()} ${this.small()} ${this.small()})`;
      case 11:
        return hash(`(array.len (local.get $${a}))`);
      case 12: {
        const [get, from] = this.pick([
          ["struct.get $s0 0", "$s0"],
          ["struct.get_s $s0 1", "$s0"],
          ["struct.get_u $s1 1", "$s1"],
          ["struct.get_s $s1 4", "$s1"],
          ["struct.get_u $s1 4", "$s1"],
        ]);
        return `(if (ref.test (ref ${from}) (local.get $x1)) (then ${
          hash(`(${get} (ref.cast (ref ${from}) (local.get $x1)))`)
        }))`;
      }
      case 13:
        return this.random(2) === 0
          ? `(struct.set $s0 ${this.pick([`0 (local.get $x0) ${this.i32()}`, `1 (local.get $x0) ${this.i32()}`])})`
          : `(struct.set $s0 ${this.pick([`2 (local.get $x1) ${this.s0()}`, `3 (local.get $x1) ${this.i64()}`])})`;
      case 14:
        return `(block $out (result anyref)
          (drop (br_on_cast${this.pick(["", "_fail"])} $out anyref (ref ${this.heap()}) ${this.any()}))
          ${hash("(i32.const 77)")} (ref.null none))
          (local.set $any${this.random(3)})`;
      case 15:
        return `(if (ref.test (ref $s0) (local.get $any1)) (then (local.set $x2 (ref.cast (ref $s0) (local.get $any1)))))`;
      default:
        return `(if (ref.test (ref $s1) (local.get $x2)) (then
          ${hash("(i32.trunc_sat_f64_s (struct.get $s1 5 (ref.cast (ref $s1) (local.get $x2))))")}
          (local.set $any2 (struct.get $s1 6 (ref.cast (ref $s1) (local.get $x2))))))`;
    }
  }

  function(name: string): string {
    const statements = Array.from({ length: 8 + this.random(25) }, () => this.statement());
    return `(func (export "${name}") (local $h i32)
      (local $x0 (ref null $s0)) (local $x1 (ref null $s0)) (local $x2 (ref null $s0))
      (local $any0 anyref) (local $any1 anyref) (local $any2 anyref)
      ${[...NUMBERS, ...REFS].map((a) => `(local $${a} (ref null $${a}))`).join(" ")}
      (local.set $x0 (struct.new_default $s1)) (local.set $x1 (struct.new_default $s0))
      ${[...NUMBERS, ...REFS].map((a) => `(local.set $${a} (array.new_default $${a} (i32.const 9)))`).join("\n")}
      ${statements.join("\n      ")})`;
  }

  module(functions: number): string {
    return `(module ${TYPES}
      (global $h (export "h") (mut i32) (i32.const 1))
      (data $d "\\01\\ff\\80\\7f\\00\\10\\20\\c0\\3f\\aa\\55\\fe\\dc\\ba\\98\\76\\54\\32\\10\\00\\80\\80\\ff\\ff")
      (elem $e (ref null $s0) (struct.new_default $s0) (ref.null none)
        (struct.new $s0 (i32.const 5) (i32.const 300) (struct.new_default $s1) (i64.const -1))
        (struct.new_default $s1) (ref.null $s1))
      (func $hash (param i32) (global.set $h (i32.add (i32.mul (global.get $h) (i32.const 31)) (local.get 0))))
      ${Array.from({ length: functions }, (_, i) => this.function(`f${i}`)).join("\n")})`;
  }
}

const FUNCTIONS = 40;

const WAYS: [TierName, boolean][] = canRunNative()
  ? [["interp", true], ["jit", true], ["jit", false]]
  : [["interp", true]];

for (const [tier, gcZeal] of WAYS) {
  const when = gcZeal ? ", with a collection at every allocation" : "";
  Deno.test(`random functions on objects do in ${tier} what they do in V8${when}`, () => compare(tier, gcZeal));
}

function compare(tier: TierName, gcZeal: boolean): void {
  let traps = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const bytes = assembleText(new Writer(seed * 7919).module(FUNCTIONS));
    const mine = new Engine({ tier, gcZeal }).load(bytes).exports;
    const theirs = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports;
    for (let i = 0; i < FUNCTIONS; i++) {
      const run = (f: unknown) => {
        try {
          (f as () => void)();
          return "returned";
        } catch (error) {
          if (error instanceof RangeError) throw error;
          return "trapped";
        }
      };
      const what = `seed ${seed}, function ${i}`;
      const outcome = run(mine[`f${i}`]);
      assertEquals(outcome, run(theirs[`f${i}`]), what);
      if (outcome === "trapped") traps++;
      assertEquals((mine.h as { value: unknown }).value, (theirs.h as WebAssembly.Global).value, what);
    }
  }
  assert(traps > 20 && traps < 12 * FUNCTIONS * 0.7, `${traps} traps`);
}
