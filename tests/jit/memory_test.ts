import { assertEquals } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { Imm, INSTRUCTIONS } from "../../src/wasm/opcodes.ts";
import { Instance } from "./machine.ts";

const PAGE = 65536;
const out: Record<string, (x: string) => string> = {
  i: (x) => `(i64.extend_i32_u ${x})`,
  l: (x) => x,
  f: (x) => `(i64.extend_i32_u (i32.reinterpret_f32 ${x}))`,
  d: (x) => `(i64.reinterpret_f64 ${x})`,
};
const into: Record<string, string> = {
  i: "(i32.wrap_i64 (local.get 1))",
  l: "(local.get 1)",
  f: "(f32.reinterpret_i32 (i32.wrap_i64 (local.get 1)))",
  d: "(f64.reinterpret_i64 (local.get 1))",
};
const ACCESSES = INSTRUCTIONS.filter((i) =>
  i.imm === Imm.MEMORY_ACCESS && i.feature === undefined && /^a[ilfd]?:[ilfd]?$/.test(i.signature)
);

Deno.test("every load and store gives V8's results up to the last byte, and traps behind it", () => {
  const offsets = [0, 1, 100, PAGE - 8, 0x7fffffff, 0x80000000, 0xffffffff];
  const functions: string[] = [];
  for (const info of ACCESSES) {
    const [operands, result] = info.signature.split(":");
    for (const o of offsets) {
      const n = functions.length;
      functions.push(
        operands === "a"
          ? `(func (export "${n}") (param i32 i64) (result i64) ${
            out[result](`(${info.name} offset=${o} (local.get 0))`)
          })`
          : `(func (export "${n}") (param i32 i64) (result i64)
              (${info.name} offset=${o} (local.get 0) ${into[operands[1]]}) (i64.const 0))`,
      );
    }
    // Constant addresses and values.
    for (
      const [o, address] of [[4, 8], [0, PAGE - 1], [8, PAGE - 9], [0, -1], [0x7fffffff, 0x7fffffff], [0xffffffff, 1]]
    ) {
      const value = operands.length < 2 ? "" : operands[1] === "l" ? "(i64.const -2)" : into[operands[1]];
      const access = `(${info.name} offset=${o} (i32.const ${address}) ${value})`;
      functions.push(
        `(func (export "${functions.length}") (param i32 i64) (result i64) ${
          result ? out[result](access) : `${access} (i64.const 0)`
        })`,
      );
    }
  }
  const bytes = assembleText(
    `(module (memory (export "memory") 1) (data (i32.const 0) "\\80\\ff\\7f\\00\\c0\\7f\\a0\\ff\\fe")
    ${functions.join("\n")})`,
  );
  const instance = new Instance(bytes);
  const oracle = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource)).exports as Record<
    string,
    CallableFunction
  >;
  const memory = oracle.memory as unknown as WebAssembly.Memory;
  const fill = () => {
    for (const buffer of [memory.buffer, instance.memories[0].buffer]) {
      const b = new Uint8Array(buffer);
      for (let i = 0; i < 32; i++) b[i] = b[PAGE - 32 + i] = i * 29 + 130;
      b.set([0x01, 0x00, 0xa0, 0x7f], 8);
    }
  };
  fill();
  let traps = 0;
  for (let n = 0; n < functions.length; n++) {
    for (
      const address of [0, 1, 8, PAGE - 1, PAGE - 2, PAGE - 4, PAGE - 8, PAGE - 9, PAGE, PAGE - 108, -1, 0x80000000 | 0]
    ) {
      for (const value of [0x7fa00001_7fa00001n, 0x8000000000000001n]) {
        let expected: bigint | string, actual: bigint | string;
        try {
          expected = BigInt.asUintN(64, oracle[n](address, BigInt.asIntN(64, value)));
        } catch {
          expected = "out of bounds memory access";
        }
        try {
          actual = instance.call(String(n), BigInt(address >>> 0), value)[0];
        } catch (e) {
          actual = (e as Error).message;
          traps++;
        }
        assertEquals(actual, expected, `${functions[n]} at ${address}`);
      }
    }
    const [a, b] = [new Uint32Array(memory.buffer), new Uint32Array(instance.memories[0].buffer)];
    for (const i of [0, 1, 2, 3, 25, 26, 27, PAGE / 4 - 1, PAGE / 4 - 2, PAGE / 4 - 3, PAGE / 4 - 27]) {
      assertEquals(b[i], a[i], `${functions[n]}, word ${i}`);
    }
  }
  assertEquals(traps > 100, true);
  instance.free();
});

Deno.test("memories other than the first are reached through their records", () => {
  const bytes = assembleText(`(module (memory $a 1) (memory $b 2)
    (func (export "f") (param i32 i32) (result i32)
      (i32.store $b offset=4 (local.get 0) (local.get 1))
      (i32.store8 $b (i32.const 70000) (i32.const 200))
      (i32.store $a (i32.const 0) (i32.const 1))
      (i32.add (i32.load $a (i32.const 0)) (i32.add (i32.load $b offset=4 (local.get 0))
        (i32.add (i32.load8_s $b (i32.const 70000)) (memory.size $b))))))`);
  const instance = new Instance(bytes);
  assertEquals(instance.call("f", 131064n, 50n)[0], 1n + 50n - 56n + 2n + (1n << 32n));
  assertEquals(instance.trapOf("f", 131065n, 50n).trap, "out of bounds memory access");
  instance.free();
});
