import { assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { randomNumbers } from "../security/tiers.ts";

type Functions = Record<string, (...args: bigint[]) => bigint | number>;

function functions(tier: "interp" | "js", source: string): Functions {
  const engine = new Engine({ tier });
  return engine.instantiate(engine.compile(source)).exports as unknown as Functions;
}

const CONSTANTS = [
  0n,
  1n,
  -1n,
  3n,
  10n,
  64n,
  1000003n,
  8191n,
  8192n,
  8193n,
  2n ** 30n - 1n,
  2n ** 30n,
  2n ** 21n - 1n,
  2n ** 21n,
  2n ** 21n + 1n,
  65535n,
  65536n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 32n,
  -(2n ** 32n),
  -7n,
  -0x80000000n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

function arguments_(): bigint[] {
  const random = randomNumbers(3);
  const list = CONSTANTS.flatMap((c) => [c, c + 1n, c * 3n - 1n, 5n * c]);
  for (let i = 0; i < 100; i++) {
    let n = 0n;
    for (let part = 0; part < 4; part++) n = (n << 16n) | BigInt(random());
    list.push(n >> BigInt(random() % 64));
  }
  return list.map((n) => BigInt.asIntN(64, n));
}

Deno.test("i64 instructions with a constant give what the interpreter gives", () => {
  let source = "(module";
  const names: string[] = [];
  for (
    const name of ["and", "or", "xor", "add", "sub", "mul", "div_u", "div_s", "rem_u", "rem_s", "eq", "ne", "lt_u"]
  ) {
    CONSTANTS.forEach((c, i) => {
      if (c === 0n && /div|rem/.test(name)) return;
      const result = /eq|ne|lt/.test(name) ? "i32" : "i64", right = `${name} ${i}`, left = `${name} ${i} left`;
      source +=
        `(func (export "${right}") (param i64) (result ${result}) (i64.${name} (local.get 0) (i64.const ${c})))`;
      names.push(right);
      if (/div|rem/.test(name)) return;
      source += `(func (export "${left}") (param i64) (result ${result})
        (i64.${name} (i64.const ${c}) (i64.add (local.get 0) (i64.const 5))))`;
      names.push(left);
    });
  }
  source += ")";
  const expected = functions("interp", source), js = functions("js", source);
  for (const x of arguments_()) {
    for (const name of names) {
      // -2^63 by -1 traps.
      if (x === -(2n ** 63n) && name === `div_s ${CONSTANTS.indexOf(-1n)}`) continue;
      assertEquals(js[name](x), expected[name](x), `${name} of ${x}`);
    }
  }
});

Deno.test("shifts and rotations by variables take their count modulo 64, products of signed halves are exact", () => {
  const shifts = ["shl", "shr_s", "shr_u", "rotl", "rotr"];
  let source = "(module";
  for (const name of shifts) {
    source += `(func (export "${name}") (param i64 i64) (result i64) (i64.${name} (local.get 0) (local.get 1)))
      (func (export "${name} own") (param i64 i64) (result i64)
        (local.set 0 (i64.${name} (i64.xor (local.get 0) (local.get 1)) (i64.add (local.get 1) (i64.const 3))))
        (local.get 0))
      (func (export "${name} narrow") (param i64 i64) (result i64)
        (i64.${name} (i64.extend_i32_u (i32.wrap_i64 (local.get 0))) (i64.add (local.get 1) (local.get 1))))`;
  }
  for (const [name, sign] of [["mul", ""], ["product", "_s"], ["narrow product", "_u"]]) {
    const operand = (n: number) =>
      sign === "" ? `(local.get ${n})` : `(i64.extend_i32${sign} (i32.wrap_i64 (local.get ${n})))`;
    source += `(func (export "${name}") (param i64 i64) (result i64) (i64.mul ${operand(0)} ${operand(1)}))`;
  }
  source += `(func (export "summed product") (param i64 i64) (result i64)
    (i64.mul
      (i64.extend_i32_s (i32.add (i32.wrap_i64 (local.get 0)) (i32.const 9)))
      (i64.extend32_s (i64.add (local.get 1) (local.get 0)))))`;
  source += ")";
  const expected = functions("interp", source), js = functions("js", source), numbers = arguments_();
  for (const name of Object.keys(js)) {
    for (const x of numbers) {
      const counts = shifts.includes(name.split(" ")[0])
        ? Array.from({ length: 70 }, (_, n) => BigInt(n - 2))
        : numbers;
      for (const n of counts) assertEquals(js[name](x, n), expected[name](x, n), `${name} of ${x} and ${n}`);
    }
  }
});

Deno.test("an operand whose halves change places is put away while a result waits for its variables", () => {
  const source = `(module (func (export "f") (param i64 i64) (result i64)
    (i64.sub
      (i64.xor
        (i64.rotl (i64.add (local.get 0) (local.get 1)) (i64.const 32))
        (i64.add (local.get 1) (i64.const 77)))
      (i64.add (local.get 0) (local.get 0)))))`;
  const of = [0x123456789abcdefn, -0x123456789abcdefn] as const;
  assertEquals(functions("js", source).f(...of), functions("interp", source).f(...of));
});
