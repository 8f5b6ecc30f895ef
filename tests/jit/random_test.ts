import { assertEquals } from "@std/assert";
import { BASELINE_CPU, type CpuFeatures } from "../../src/platform/cpu.ts";
import { generateModule } from "./generate.ts";
import { Instance, native, TrapError } from "./machine.ts";

/** How many modules; more by the environment variable when its permission is there. */
const SEEDS = Number(Deno.env.get("JIT_SEEDS") ?? 600);
const FIRST = Number(Deno.env.get("JIT_FIRST") ?? 1);

const ARGS: [number, bigint, number, number][] = [[1, 2n, 1.5, -2.25], [-1, -(1n << 63n), NaN, 1e18], [
  0x7fffffff,
  0x123456789n,
  -0,
  Infinity,
]];

const view = new DataView(new ArrayBuffer(8));
function bits(args: [number, bigint, number, number]): bigint[] {
  view.setFloat32(0, args[2]);
  const f = BigInt(view.getUint32(0));
  view.setFloat64(0, args[3]);
  return [BigInt(args[0] >>> 0), BigInt.asUintN(64, args[1]), f, view.getBigUint64(0)];
}

function hash(bytes: Uint8Array): number {
  let h = 0;
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i], 0x01000193) + 1 | 0;
  return h;
}

function compare(seed: number, cpu: CpuFeatures): void {
  const bytes = generateModule(seed);
  const log: [bigint[], bigint[]] = [[], []];
  const instance = new Instance(bytes, [(a) => {
    const x = BigInt.asIntN(64, a[1]) * 3n + BigInt.asIntN(32, a[0]);
    log[0].push(BigInt.asIntN(64, x));
    return [x];
  }], { cpu });
  const oracle = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
    h: {
      0: (a: number, b: bigint) => {
        const x = BigInt.asIntN(64, b * 3n + BigInt(a));
        log[1].push(x);
        return x;
      },
    },
  }).exports as unknown as {
    run: (...args: unknown[]) => bigint;
    memory: WebAssembly.Memory;
  };
  for (const args of ARGS) {
    let expected: bigint | string, actual: bigint | string;
    try {
      expected = BigInt.asUintN(64, oracle.run(...args));
    } catch (e) {
      if (!(e instanceof WebAssembly.RuntimeError)) throw e;
      expected = "trap";
    }
    try {
      actual = instance.call("run", ...bits(args))[0];
    } catch (e) {
      if (!(e instanceof TrapError)) throw e;
      actual = "trap";
    }
    assertEquals(actual, expected, `seed ${seed}, arguments ${args}`);
    assertEquals(log[0], log[1], `seed ${seed}: calls of the host`);
    const memory = hash(new Uint8Array(instance.memories[0].buffer));
    assertEquals(memory, hash(new Uint8Array(oracle.memory.buffer)), `seed ${seed}: memory after ${args}`);
  }
  instance.free();
}

Deno.test("random programs do what they do in V8", () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) compare(seed, native.cpu);
});

Deno.test("random programs do what they do in V8 with code for the baseline processor", () => {
  for (let seed = FIRST + 100000; seed < FIRST + 100000 + SEEDS / 3; seed++) compare(seed, BASELINE_CPU);
});
