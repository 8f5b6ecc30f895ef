// Random programs on vectors: locals, merges that carry vectors, loops, calls with many vectors, more of them alive than there are registers.
// Takes a seed, gives text of a module whose `run` (i32, i64, i32) gives a bit pattern. No instruction in it gives a NaN, whose bits may differ.

import { Imm } from "../../src/wasm/opcodes.ts";
import { randomWords, SIMD } from "../interp/simd_oracle.ts";

const LOCALS = 9, COUNTERS = 3;
/** Instructions on integer lanes and bits, by number of operands. */
const PURE = SIMD.filter((i) =>
  i.code < 0xfd100 && i.imm === Imm.NONE && !/f32x4|f64x2/.test(i.name) && /^v+:v$/.test(i.signature)
);
const SHIFTS = SIMD.filter((i) => i.signature === "vi:v" && i.imm === Imm.NONE);
const TESTS = SIMD.filter((i) => i.signature === "v:i" && i.imm === Imm.NONE);
const PARAMS = "v128 i32 v128 v128 v128 v128 i64 v128 v128 v128 v128 i32 v128 v128".split(" ");

class Program {
  readonly #random: () => number;
  #loops = 0;

  constructor(seed: number) {
    this.#random = randomWords(seed);
  }
  #below(n: number): number {
    return this.#random() % n;
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)];
  }

  #int(depth: number): string {
    switch (this.#below(depth > 0 ? 6 : 2)) {
      case 0:
        return `(i32.const ${this.#random() | 0})`;
      case 1:
        return `(local.get $i${this.#below(COUNTERS)})`;
      case 2:
        return `(${this.#pick(TESTS).name} ${this.vector(depth - 1)})`;
      case 3:
        return `(i16x8.extract_lane_s ${this.#below(8)} ${this.vector(depth - 1)})`;
      case 4:
        return `(i32.add ${this.#int(depth - 1)} ${this.#int(depth - 1)})`;
      default:
        return `(i32.load8_u (i32.and ${this.#int(depth - 1)} (i32.const 1023)))`;
    }
  }

  vector(depth: number): string {
    const get = () => `(local.get $v${this.#below(LOCALS)})`;
    if (depth <= 0) return this.#below(5) > 0 ? get() : this.#constant();
    switch (this.#below(13)) {
      case 0:
        return get();
      case 1:
        return `(i8x16.shuffle ${Array.from({ length: 16 }, () => this.#below(32)).join(" ")} ${
          this.vector(depth - 1)
        } ${this.vector(depth - 1)})`;
      case 2:
        return `(${this.#pick(SHIFTS).name} ${this.vector(depth - 1)} ${this.#int(depth - 1)})`;
      case 3:
        return `(select ${this.vector(depth - 1)} ${this.vector(depth - 1)} ${this.#int(depth - 1)})`;
      case 4:
        return `(if (result v128) ${this.#int(depth - 1)} (then ${this.statement(depth - 2)} ${
          this.vector(depth - 1)
        }) (else ${this.vector(depth - 1)}))`;
      case 5:
        return `(block $b${depth} (result v128) (br_if $b${depth} ${this.vector(depth - 1)} ${
          this.#int(depth - 1)
        }) drop ${this.statement(depth - 2)} ${this.vector(depth - 1)})`;
      case 6:
        return `(i32x4.replace_lane ${this.#below(4)} ${this.vector(depth - 1)} ${this.#int(depth - 1)})`;
      case 7:
        return `(v128.load offset=${this.#below(64)} (i32.and ${this.#int(depth - 1)} (i32.const 1023)))`;
      case 8:
        return `(local.tee $v${this.#below(LOCALS)} ${this.vector(depth - 1)})`;
      case 9:
        return `(${this.#pick(["i8x16", "i16x8", "i32x4"])}.splat ${this.#int(depth - 1)})`;
      default: {
        const { name, signature } = this.#pick(PURE);
        const operands = Array.from({ length: signature.indexOf(":") }, () => this.vector(depth - 1));
        return `(${name} ${operands.join(" ")})`;
      }
    }
  }

  #constant(): string {
    const lanes = Array.from({ length: 4 }, () => this.#pick([0, 1, -1, 0x7fffffff, this.#random() | 0]));
    return `(v128.const i32x4 ${lanes.join(" ")})`;
  }

  statement(depth: number): string {
    switch (this.#below(depth > 0 ? 8 : 3)) {
      case 0:
        return `(local.set $v${this.#below(LOCALS)} ${this.vector(depth)})`;
      case 1:
        return `(local.set $i${this.#below(COUNTERS)} ${this.#int(depth)})`;
      case 2:
        return `(v128.store (i32.and ${this.#int(depth)} (i32.const 1023)) ${this.vector(depth)})`;
      case 3: {
        const loop = this.#loops++;
        return `(local.set $n${loop} (i32.const ${1 + this.#below(4)}))
          (loop $l${loop} ${this.statement(depth - 1)} ${this.statement(depth - 1)}
            (br_if $l${loop} (local.tee $n${loop} (i32.sub (local.get $n${loop}) (i32.const 1)))))`;
      }
      case 4:
        return `(if ${this.#int(depth - 1)} (then ${this.statement(depth - 1)} ${this.statement(depth - 1)}))`;
      case 5: {
        const args = PARAMS.map((t) =>
          t === "v128" ? this.vector(depth - 2) : t === "i32" ? this.#int(depth - 2) : "(local.get $long)"
        );
        return `${args.join(" ")} (call $mix) (local.set $v${this.#below(LOCALS)}) (local.set $i0) (local.set $v${
          this.#below(LOCALS)
        })`;
      }
      case 6:
        return `(global.set $g ${this.vector(depth)}) (local.set $v${this.#below(LOCALS)} (v128.xor (global.get $g) ${
          this.vector(0)
        }))`;
      default:
        return `(block $o${depth} (block $p${depth} (br_table $p${depth} $o${depth} $p${depth} ${this.#int(depth - 1)}))
          ${this.statement(depth - 1)})`;
    }
  }

  text(): string {
    const body = Array.from({ length: 8 }, () => this.statement(4)).join("\n");
    const mixed = PARAMS.map((t, i) => t === "v128" ? `(local.get ${i})` : "").filter((x) => x !== "");
    const sum = mixed.reduce((sum, x) => `(i32x4.add (i32x4.mul ${sum} (v128.const i32x4 3 5 7 9)) ${x})`);
    return `(module (memory 1) (global $g (mut v128) (v128.const i64x2 5 -6))
      (func $mix (param ${PARAMS.join(" ")}) (result v128 i32 v128)
        ${sum} (i32.add (local.get 1) (local.get 11)) (v128.xor (i64x2.splat (local.get 6)) ${sum}))
      (func (export "run") (param $i0 i32) (param $long i64) (param $i1 i32) (result i64) (local $i2 i32)
        ${Array.from({ length: LOCALS }, (_, i) => `(local $v${i} v128)`).join(" ")}
        ${Array.from({ length: this.#loops }, (_, i) => `(local $n${i} i32)`).join(" ")}
        (local.set $v0 (i64x2.splat (local.get $long)))
        ${body}
        ${
      Array.from({ length: LOCALS }, (_, i) =>
        `(global.set $g (i32x4.add (i32x4.mul (global.get $g) (v128.const i32x4 3 5 7 11)) (local.get $v${i})))`).join(
          " ",
        )
    }
        (i64.xor (i64x2.extract_lane 0 (global.get $g)) (i64x2.extract_lane 1 (global.get $g)))))`;
  }
}

/** The module of a seed. */
export function vectorProgram(seed: number): string {
  return new Program(seed).text();
}
