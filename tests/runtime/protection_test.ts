import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type Instance, type Memory, type MemoryRights, type TierName, Trap } from "../../mod.ts";
import { Protection } from "../../src/runtime/protection.ts";
import { Imm, INSTRUCTIONS, type OpInfo } from "../../src/wasm/opcodes.ts";
import { Right, rightsOf } from "../../src/wasm/rights.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

const FEATURES = { threads: true, "custom-page-sizes": true };
const TIERS: readonly TierName[] = canRunNative() ? ["interp", "jit"] : ["interp"];

/** Every instruction that accesses memory at one address. */
const ACCESSES = INSTRUCTIONS.filter(({ imm }) => imm === Imm.MEMORY_ACCESS || imm === Imm.MEMORY_LANE);

const OPERANDS: Readonly<Record<string, string>> = {
  i: "(i32.const 0x1234)",
  l: "(i64.const 0)",
  f: "(f32.const 1.5)",
  d: "(f64.const 2.5)",
  v: "(v128.const i64x2 0x0102030405060708 0x1112131415161718)",
};
const RESULTS: Readonly<Record<string, [type: string, from: (code: string) => string]>> = {
  "": ["", (code) => code],
  i: ["(result i64)", (code) => `(i64.extend_i32_u ${code})`],
  l: ["(result i64)", (code) => code],
  f: ["(result i64)", (code) => `(i64.extend_i32_u (i32.reinterpret_f32 ${code}))`],
  d: ["(result i64)", (code) => `(i64.reinterpret_f64 ${code})`],
  v: ["(result i64)", (code) =>
    `(local.set $v ${code}) (i64.add (i64x2.extract_lane 0 (local.get $v))
    (i64.mul (i64.const 31) (i64x2.extract_lane 1 (local.get $v))))`],
};

function accessText({ name, signature, imm }: OpInfo, memory: string, address: string, offset: number): string {
  const [taken, given] = signature.split(":");
  const operands = [...taken].map((letter) => letter === "a" ? "(local.get 0)" : OPERANDS[letter]);
  const lane = imm === Imm.MEMORY_LANE ? " 0" : "";
  const [result, from] = RESULTS[given];
  return `(func (export "${name} ${offset}") (param ${address}) ${result} (local $v v128)
    ${from(`(${name} ${memory}${offset === 0 ? "" : ` offset=${offset}`}${lane} ${operands.join(" ")})`)})`;
}

const OFFSET = 24;
const kindsOfMemory = [
  { what: "a memory", memories: `(memory $m (export "m") 2 3)`, address: "i32" },
  { what: "a second memory", memories: `(memory 1) (memory $m (export "m") 2 3)`, address: "i32" },
  { what: "a memory with 64-bit addresses", memories: `(memory $m (export "m") i64 2 3)`, address: "i64" },
  { what: "a shared memory", memories: `(memory $m (export "m") 2 3 shared)`, address: "i32" },
  {
    what: "a memory with pages of 1 byte",
    memories: `(memory $m (export "m") 131072 200000 (pagesize 1))`,
    address: "i32",
  },
];

function load(tier: TierName, memories: string, address: string): Instance {
  const code = ACCESSES.flatMap((
    info,
  ) => [accessText(info, "$m", address, 0), accessText(info, "$m", address, OFFSET)]);
  return new Engine({ tier, features: FEATURES }).load(`(module ${memories} (data $d "abcdefghijklmnopqrstuvwxyz")
    ${code.join("\n")}
    (func (export "fill") (param ${address} ${address}) (memory.fill $m (local.get 0) (i32.const 7) (local.get 1)))
    (func (export "copy") (param ${address} ${address} ${address})
      (memory.copy $m $m (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param ${address} i32)
      (memory.init $m $d (local.get 0) (i32.const 0) (local.get 1))))`);
}

function outcome(f: (...args: unknown[]) => unknown, args: unknown[]): unknown {
  try {
    return f(...args);
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    return error.kind;
  }
}

const RIGHTS: readonly MemoryRights[] = [
  {},
  { read: true },
  { write: true },
  { read: true, write: true },
];
/** Whole pages, half pages, borders within a word, one byte. */
const REGIONS = [[8192, 12288], [4096, 4096 + 2048], [65536 - 5, 65536 + 4099], [20001, 20002]] as const;

/** The bytes around the borders of a region, before anything happens. */
function prepare(memory: Memory, [start, end]: readonly [number, number]): void {
  memory.write(start - 48, Array.from({ length: 96 }, (_, i) => i + 1));
  memory.write(end - 48, Array.from({ length: 96 }, (_, i) => 255 - i));
}

for (const tier of TIERS) {
  for (const { what, memories, address } of kindsOfMemory) {
    Deno.test(`every access to ${what} is made or forbidden as the rights say, at every border, in ${tier}`, () => {
      const tested = load(tier, memories, address), reference = load("interp", memories, address);
      const memory = tested.memory("m"), free = reference.memory("m");
      // A region that stays, so that machine code and interpreter need not change their ways for each case.
      memory.protect(131071, 131072, { read: true });
      const pass = (n: number) => address === "i64" ? BigInt(n) : n;
      for (const region of REGIONS) {
        const [start, end] = region;
        for (const rights of RIGHTS) {
          const bits = (rights.read ? Right.READ : 0) | (rights.write ? Right.WRITE : 0);
          const check = (name: string, args: number[], ranges: [at: number, size: number, needs: number][]) => {
            memory.unprotect(0, 131071);
            for (const m of [memory, free]) prepare(m, region);
            memory.protect(start, end, rights);
            const expected = outcome(reference.exports[name], args.map(pass));
            const forbidden = ranges.some(([at, size, needs]) =>
              size > 0 && at < end && at + size > start && (needs & ~bits) !== 0
            );
            const where = `${name} ${args} with ${JSON.stringify(rights)} from ${start} to ${end}`;
            const got = outcome(tested.exports[name], args.map(pass));
            memory.unprotect(0, 131071);
            if (forbidden && expected !== "unaligned-atomic") {
              assertEquals(got, "memory-protection", where);
              prepare(free, region);
            } else assertEquals(got, expected, where);
            for (const border of [start, end]) {
              assertEquals(memory.read(border - 48, 96), free.read(border - 48, 96), where);
            }
          };
          for (const info of ACCESSES) {
            const size = 1 << info.accessLog2;
            for (const at of [start - size, start - size + 1, start - 1, start, end - 1, end - size, end]) {
              for (const offset of at === start ? [0, OFFSET] : [0]) {
                check(`${info.name} ${offset}`, [at - offset], [[at, size, rightsOf(info)]]);
              }
            }
          }
          for (const [at, size] of [[start - 9, 9], [start - 9, 10], [end - 1, 4], [end, 9], [start, 0]]) {
            check("fill", [at, size], [[at, size, Right.WRITE]]);
            check("copy", [at, at - 20, size], [[at, size, Right.WRITE], [at - 20, size, Right.READ]]);
            check("copy", [at + 20, at, size], [[at + 20, size, Right.WRITE], [at, size, Right.READ]]);
            if (address === "i32") check("init", [at, size], [[at, size, Right.WRITE]]);
          }
        }
      }
    });
  }

  Deno.test(`watched accesses are reported and made, whatever the instruction, in ${tier}`, () => {
    for (const { memories, address } of kindsOfMemory) {
      const instance = load(tier, memories, address), reference = load("interp", memories, address);
      const memory = instance.memory("m"), free = reference.memory("m");
      const at = 4096 + 16;
      for (const kinds of [{ read: true }, { write: true }, { read: true, write: true }]) {
        for (const info of ACCESSES) {
          const name = `${info.name} 0`, argument = address === "i64" ? BigInt(at) : at;
          for (const m of [memory, free]) prepare(m, [4096, 8192]);
          const seen: unknown[] = [];
          const watch = memory.watch(at, at + 1, kinds, (access) => seen.push(access));
          const expected = outcome(reference.exports[name], [argument]);
          assertEquals(outcome(instance.exports[name], [argument]), expected, name);
          watch.remove();
          const bits = rightsOf(info), read = (bits & Right.READ) !== 0, write = (bits & Right.WRITE) !== 0;
          const wanted = (read && kinds.read === true) || (write && kinds.write === true);
          const index = instance.func(name).index;
          const frame = { name, index, offset: (seen[0] as { frame?: { offset: number } })?.frame?.offset, tier };
          assertEquals(seen, wanted ? [{ address: at, size: 1 << info.accessLog2, read, write, frame }] : [], name);
          if (wanted) assertEquals(instanceName(instance, frame.offset!), info.name);
          assertEquals(memory.read(4096, 48), free.read(4096, 48), name);
        }
      }
    }
  });

  Deno.test(`what a watchpoint calls may do anything: call back in, collect, change rights, throw; in ${tier}`, () => {
    const engine = new Engine({ tier, gcZeal: true });
    const instance = engine.load(`(module (type $t (struct (field i32))) (memory (export "m") 1)
      (func (export "f") (param i32) (result i32) (local $o (ref null $t))
        (local.set $o (struct.new $t (i32.const 41)))
        (i32.store (local.get 0) (i32.const 5))
        (i32.add (struct.get $t 0 (local.get $o)) (i32.load (local.get 0))))
      (func (export "g") (result i32) (i32.load (i32.const 64))))`);
    const { f, g } = instance.exports, memory = instance.memory("m");
    memory.write(64, [3]);
    let inner: unknown;
    const watch = memory.watch(100, 104, { write: true, read: true }, () => {
      inner = g();
      engine.gc();
    });
    assertEquals([f(100), inner, watch.hits], [46, 3, 2]);
    watch.remove();
    watch.remove();
    const rights = memory.watch(100, 104, { write: true }, () => memory.protect(96, 128, { read: true }));
    assertThrows(() => f(100), Trap, "forbidden memory access");
    rights.remove();
    memory.unprotect();
    const gone = memory.watch(100, 104, { write: true }, () => gone.remove());
    assertEquals([f(100), f(100), gone.hits], [46, 46, 1]);
    const failing = memory.watch(100, 104, { read: true }, () => {
      throw new RangeError("enough");
    });
    assertThrows(() => f(100), RangeError, "enough");
    failing.remove();
    assertEquals(f(100), 46);
  });

  Deno.test(`rights given in the middle of a call hold for the frames that wait, in ${tier}`, () => {
    const engine = new Engine({ tier });
    const instance = engine.load(
      `(module (import "h" "h" (func $h)) (memory (export "m") 1) (memory $n 1)
      (func $inner (export "inner") (param i32) (i32.store (local.get 0) (i32.const 1)) (call $h))
      (func (export "f") (param i32) (result i32) (i32.store $n (i32.const 8) (i32.const 7)) (call $inner (local.get 0))
        (i32.store (local.get 0) (i32.const 2)) (i32.load (local.get 0))))`,
      { h: { h: () => change() } },
    );
    const memory = instance.memory("m");
    let change = () => memory.protect(50, 60, { read: true });
    const { f, inner } = instance.exports;
    assertThrows(() => f(56), Trap, "write of 4 bytes at 0x38, but the region 0x32 to 0x3c is for read only");
    change = () => memory.unprotect();
    assertThrows(() => f(56), Trap);
    assertEquals(f(60), 2);
    inner(60);
    assertEquals(f(56), 2);
  });
}

/** The mnemonic at a byte offset of the instance's module. */
function instanceName(instance: Instance, offset: number): string | undefined {
  const bytes = instance.module.bytes;
  const prefix = bytes[offset];
  const code = prefix >= 0xfb ? (prefix << 12) | bytes[offset + 1] : prefix;
  return INSTRUCTIONS.find((info) => info.code === code)?.name;
}

Deno.test("data segments and compiling ask for rights", () => {
  for (const tier of TIERS) {
    const engine = new Engine({ tier });
    const memory = engine.memory({ minimum: 1 });
    memory.protect(0, 16, { read: true });
    const text = (at: number) => `(module (memory (import "m" "m") 1) (data (i32.const ${at}) "abcd"))`;
    assertThrows(() => engine.load(text(12), { m: { m: memory } }), Trap, "write of 4 bytes at 0xc");
    engine.load(text(16), { m: { m: memory } });
    assertEquals(new TextDecoder().decode(memory.read(16, 4)), "abcd");
    const { bytes } = engine.compile(`(module (func (export "f") (result i32) (i32.const 6)))`);
    memory.write(512, bytes);
    const compiled = engine.compileFrom(memory, 512, 512 + bytes.length);
    assertEquals(engine.instantiate(compiled).exports.f(), 6);
    memory.protect(512, 520, { read: true, write: true });
    assertThrows(
      () => engine.compileFrom(memory, 512, 512 + bytes.length),
      Trap,
      `execute of ${bytes.length} bytes at 0x200, but the region 0x200 to 0x208`,
    );
    assertEquals(
      [
        memory.checkAccess(500, 512, "execute"),
        memory.checkAccess(500, 513, "execute"),
        memory.checkAccess(500, 513, "write"),
      ],
      [true, false, true],
    );
  }
});

Deno.test("an instance that comes later finds the rights of the memory it imports", () => {
  for (const tier of TIERS) {
    const engine = new Engine({ tier });
    const memory = engine.memory({ minimum: 1 });
    const module = engine.compile(`(module (memory (import "m" "m") 1)
      (func (export "f") (param i32) (i32.store8 (local.get 0) (i32.const 1))))`);
    const before = engine.instantiate(module, { m: { m: memory } });
    before.exports.f(5);
    memory.protect(5, 6, { read: true });
    const after = engine.instantiate(module, { m: { m: memory } });
    const free = engine.instantiate(module, { m: { m: engine.memory({ minimum: 1 }) } });
    for (const { exports } of [before, after]) {
      assertThrows(
        () => exports.f(5),
        Trap,
        "forbidden memory access: write of 1 byte at 0x5, but the region 0x5 to 0x6",
      );
      exports.f(6);
    }
    free.exports.f(5);
    memory.unprotect();
    for (const { exports } of [before, after, free]) exports.f(5);
  }
});

Deno.test("rights and lengths: growing keeps regions, shrinking is off unless allowed and zeroes, limits hold", () => {
  for (const tier of TIERS) {
    const engine = new Engine({ tier });
    const instance = engine.load(`(module (memory (export "m") 1 10)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "size") (result i32) (memory.size))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))`);
    const memory = instance.memory("m"), { grow, size, load, store } = instance.exports;
    memory.protect(65536, 65536 + 4096, { read: true });
    assertEquals(grow(1), 1);
    assertThrows(() => store(65536, 1), Trap, "forbidden memory access");
    store(65536 + 4096, 9);
    assertEquals([load(65536), load(65536 + 4096), size()], [0, 9, 2]);
    assertThrows(() => memory.shrink(1), RangeError, "allow({ shrink: true }) was not called");
    memory.allow({ shrink: true, growthLimit: 3 });
    assertEquals(memory.allowed, { grow: true, shrink: true, growthLimit: 3 });
    assertEquals([memory.shrink(1), size(), memory.pages], [2, 1, 1]);
    assertThrows(() => load(65536), Trap, "out of bounds");
    assertThrows(() => memory.shrink(1), RangeError, "minimum 1");
    assertEquals([grow(1), load(65536 + 4096)], [1, 0]);
    assertThrows(() => store(65536, 1), Trap, "forbidden memory access");
    assertEquals([grow(2), grow(1), grow(1)], [-1, 2, -1]);
    memory.allow({ growthLimit: Infinity, grow: false });
    assertEquals([grow(1), grow(0)], [-1, 3]);
    memory.allow({ grow: true });
    assertEquals(grow(7), 3);
    assertThrows(() => memory.allow({ growthLimit: -1 }), RangeError, "a growth limit");
    const { use } = memory;
    assertEquals([use.committed, use.highWater, use.grows, use.shrinks], [655360, 655360, 5, 1]);
    memory.unprotect();
    store(65536, 1);
  }
  const shared = new Engine().memory({ minimum: 1, maximum: 2, shared: true });
  shared.allow({ shrink: true });
  assertThrows(() => shared.shrink(0), RangeError, "it is shared");
});

Deno.test("the host reads and writes by rights, and gets no buffer while there are regions", () => {
  const memory = new Engine().memory({ minimum: 1 });
  const { buffer } = memory;
  memory.set("f64", 8, 1.5);
  memory.set("i64", 16, -2n);
  memory.set("u16", 30, 65535);
  assertEquals([memory.get("f64", 8), memory.get("u64", 16), memory.get("i16", 30), memory.get("u8", 31)], [
    1.5,
    2n ** 64n - 2n,
    -1,
    255,
  ]);
  memory.protect(16, 20, {});
  assertEquals(buffer.byteLength, 0, "detached");
  assertThrows(() => memory.buffer, Error, "use read() and write()");
  assertThrows(() => memory.get("i64", 12), Trap, "read of 8 bytes at 0xc");
  assertThrows(
    () => memory.set("i8", 19, 1),
    Trap,
    "write of 1 byte at 0x13, but the region 0x10 to 0x14 gives no access",
  );
  assertThrows(() => memory.read(0, 17), Trap);
  assertEquals(memory.get("i32", 20), -1);
  memory.write(20, [1, 2, 3]);
  assertEquals(memory.find([2, 3]), 21);
  assertEquals([memory.find([0xfe, 0xff]), memory.find([9, 9]), memory.find([1, 2, 3], 21)], [-1, -1, -1]);
  assertEquals(memory.regions, [{ start: 16, end: 20, read: false, write: false, execute: false }]);
  memory.unprotect();
  assertEquals([memory.regions, memory.find([0xfe, 0xff]), memory.buffer.byteLength], [[], 16, 65536]);
  assertThrows(
    () => memory.get("i64", 65529),
    RangeError,
    "bytes 65529 to 65537 are not within the memory's 65536 bytes",
  );
  assertThrows(() => memory.get("i128" as never, 0), TypeError, 'no type "i128"');
  assertThrows(() => memory.protect(5, 5, {}), RangeError, "no range of addresses");
  assertThrows(() => memory.protect(0, 5, "r" as never), TypeError, "{ read, write, execute }");
  assertThrows(() => memory.watch(0, 1, {}, () => {}), TypeError, "for read, write, or both");
  assertThrows(() => memory.checkAccess(0, 1, "fly" as never), TypeError, 'no right "fly"');
});

Deno.test("limits of an engine on memories are kept by creation and growth, and figures follow", () => {
  const engine = new Engine({ tier: "interp", maxMemoryBytes: 3 * 65536, maxTotalMemoryBytes: 5 * 65536 });
  const first = engine.memory({ minimum: 2 });
  assertThrows(() => engine.memory({ minimum: 4 }), Error, "beyond the engine's limit of 196608 per memory");
  const second = engine.load(`(module (memory (export "m") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`);
  assertEquals([first.grow(1), second.exports.grow(2), second.exports.grow(1)], [2, -1, 1]);
  assertThrows(() => engine.memory({ minimum: 1 }), Error, "limit of 327680 in all, of which 327680 are in use");
  const { memories, committedBytes, highWaterBytes, grows, refusals } = engine.memoryFigures;
  assertEquals([memories, committedBytes, highWaterBytes, grows, refusals], [2, 327680, 327680, 2, 3]);
  second.dispose();
  engine.gc();
  assertEquals([engine.memoryFigures.memories, engine.memoryFigures.committedBytes], [1, 3 * 65536]);
  engine.memory({ minimum: 2 });
});

Deno.test("Protection keeps regions apart, merged and in order, as bytes of a model have it", () => {
  let seed = 7;
  const random = (n: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1) % n;
  const protection = new Protection(), model = new Uint8Array(200).fill(Right.ALL);
  for (let round = 0; round < 2000; round++) {
    const start = random(190), end = start + random(20), rights = random(8);
    protection.setRights(start, end, rights);
    model.fill(rights, start, end);
    let before = -1;
    for (const r of protection.regions) {
      assert(r.start < r.end && r.start >= before && r.rights !== Right.ALL);
      before = r.end;
    }
    const at = random(190), size = 1 + random(10), needs = random(8);
    const denied = model.subarray(at, at + size).some((has) => (has & needs) !== needs);
    assertEquals(protection.denies(at, size, needs) !== undefined, denied);
  }
});

Deno.test("a memory with pages of 1 byte that shrinks has zeros when it grows again", () => {
  for (const tier of TIERS) {
    const engine = new Engine({ tier, features: FEATURES });
    const memory = engine.load(`(module (memory (export "m") 3 9000 (pagesize 1)))`).memory("m");
    memory.allow({ shrink: true });
    memory.grow(6000);
    memory.write(0, new Uint8Array(6003).fill(9));
    memory.protect(3, 5, { read: true });
    memory.shrink(5990);
    memory.grow(5000);
    assertEquals(memory.read(13, 5000), new Uint8Array(5000));
    assertEquals(memory.read(0, 13), new Uint8Array(13).fill(9));
  }
});
