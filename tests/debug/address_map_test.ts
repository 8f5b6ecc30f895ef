import { assert, assertEquals, assertThrows } from "@std/assert";
import { AddressMap, Engine, type Module, type Place } from "../../mod.ts";
import { innerModule } from "../../src/api/module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { testNative } from "../skip.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../../examples/${path}`, import.meta.url));
const PROGRAMS = ["fib.wat", "memory.wat", "binary_trees.wat", "kernels/mandelbrot.wat", "exceptions.wat", "simd.wat"];

/** The offsets of all instructions, by function. */
function* instructions(module: Module): Iterable<[index: number, offset: number]> {
  const inner = innerModule(module).module;
  for (const [index, { body }] of inner.funcs.entries()) {
    if (body === undefined) continue;
    const r = new BytecodeReader(inner.bytes, body.codeStart, body.end);
    while (r.pos < body.end) {
      r.next();
      yield [index, r.at];
    }
  }
}

/** What tier `jit` made of it. */
const native = (place: Place) => place.tiers.find((t) => t.tier === "jit")!;

for (const path of PROGRAMS) {
  Deno.test(`AddressMap finds each instruction of ${path} again from every one of its forms`, () => {
    const engine = new Engine();
    const module = engine.compile(read(path));
    const { bytes } = module, printed = module.toText().split("\n");
    const fromText = engine.addresses(module), fromBytes = engine.addresses(engine.compile(bytes));
    const last = new Map([...instructions(module)]);
    for (const [index, offset] of instructions(module)) {
      const place = fromText.at(offset);
      assertEquals([place.index, place.offset], [index, offset]);
      assertEquals(place.bytes, bytes.slice(offset, offset + place.bytes.length));
      assertEquals(fromText.ofFunction(index, place.bodyOffset).offset, offset);
      for (let inside = 1; inside < place.bytes.length; inside++) {
        assertEquals(fromText.at(offset + inside).offset, offset);
      }
      assertEquals(printed[place.printed.line - 1], place.printed.text);
      // What ends a function stands behind the instruction before it.
      if (last.get(index) !== offset) assertEquals(fromText.ofPrinted(place.printed.line)?.offset, offset);
      const { line, column } = place.source!;
      assert(fromText.ofSource(line).some((p) => p.offset === offset));
      assertEquals(fromText.ofSource(line, column).map((p) => p.offset), [offset]);
      for (const { tier, ranges } of place.tiers) {
        for (const { start, end } of ranges) {
          assertEquals(fromText.ofCode(index, tier, start).offset, offset);
          assertEquals(fromText.ofCode(index, tier, end - 1).offset, offset);
        }
      }
      assertEquals({ ...fromBytes.at(offset) }, { ...place, source: undefined });
    }
  });
}

Deno.test("AddressMap.find() takes what people write", () => {
  const engine = new Engine();
  const addresses = engine.addresses(engine.compile(`(module
  (import "a" "b" (func $imported))
  (func $f (export "first") (param i32) (result i32)
    (i32.mul (local.get 0)
      (i32.const 2)))
  (func $a+b::c (result i32) (i32.const 7)))`));
  const find = (what: string) => addresses.find(what).map((p) => `${p.name}+${p.bodyOffset.toString(16)}`);
  const { offset } = addresses.ofFunction("f", 2);
  for (
    const [what, ...places] of [
      ["f", "f+0"],
      ["$f", "f+0"],
      ["first+4", "f+4"],
      ["f+0x3", "f+2"],
      ["1", "f+0"],
      ["func[2]+2", "a+b::c+2"],
      ["a+b::c", "a+b::c+0"],
      ["a+b::c+2", "a+b::c+2"],
      [`0x${offset.toString(16)}`, "f+2"],
      [":4", "f+0", "f+4"],
      [":4:6", "f+4"],
      [":4:14", "f+0"],
      ["some.wat:5:9", "f+2"],
      [":3", "f+0"],
      ["print:6", "f+0"],
      ["print:8", "f+2"],
    ]
  ) assertEquals(find(what), places, what);
  for (
    const [what, message] of [
      ["nobody", "the module has no function nobody"],
      ["imported", "imported is imported and has no code"],
      ["f+6", "f has 0x6 bytes of code, and none at +0x6"],
      ["f@jit+5000", "bytes of code in tier jit, and none at 0x5000"],
      ["f@jit", "belongs to f as a whole, and to no instruction"],
      ["f@turbo+1", "tier turbo is none that has code of its own; those are fast, js, jit"],
      ["0x3", "byte offset 0x3 lies in no function's body"],
      ["0x7fffffff0000", "0x7fffffff0000 is neither an offset in the module"],
      [":2", "no code stands at :2"],
      [":99", "the text has 6 lines, and no line 99"],
      ["print:1", "no code stands at print:1"],
    ]
  ) assertThrows(() => find(what), RangeError, message);
});

testNative(
  "AddressMap.ofPc() knows the addresses of installed code, and shows original bytes while copies differ",
  () => {
    const engine = new Engine({ tier: "jit" });
    const instance = engine.load(read("kernels/collatz.wat"));
    const { module } = instance, addresses: AddressMap = engine.addresses(module);
    const f = instance.functions[0];
    const before = addresses.ofFunction(f.index);
    assertEquals(native(before).address, undefined);
    for (const tier of ["interp", "jit"] as const) {
      f.tier = tier;
      f.call(...f.type.params.map((t) => t === "i64" ? 5n : 5));
    }
    for (const [index, offset] of instructions(module)) {
      const place = addresses.at(offset), { bytes } = place, { address, ranges } = native(place);
      assertEquals(bytes, module.bytes.slice(offset, offset + bytes.length));
      if (address === undefined || index !== f.index) continue;
      for (const { start, end } of ranges) {
        assertEquals(addresses.ofPc(address + start)?.offset, offset);
        assertEquals(addresses.find(`0x${(address + end - 1).toString(16)}`)[0].offset, offset);
      }
    }
    const { address } = native(addresses.ofFunction(f.index));
    assert(address !== undefined);
    assertEquals(addresses.ofPc(address), undefined, "a prologue is no instruction's");
    assertEquals(engine.addresses(engine.compile(module.bytes)).ofPc(address + 40), undefined, "another module's");
  },
);

Deno.test("AddressMap finds lines of the program that a module was compiled from", () => {
  const engine = new Engine({ tier: "interp" });
  const bytes = Deno.readFileSync(new URL("dwarf/primes.wasm", import.meta.url));
  const addresses = engine.addresses(engine.compile(bytes)),
    text = Deno.readTextFileSync(new URL("dwarf/primes.c", import.meta.url));
  let found = 0;
  for (const [i, line] of text.split("\n").entries()) {
    for (const place of addresses.ofOrigin("primes.c", i + 1)) {
      found++;
      assertEquals(place.origin?.line, i + 1, line);
      assert(addresses.find(`primes.c:${i + 1}`).some((p) => p.offset === place.offset));
    }
  }
  assert(found > 5, String(found));
  assertEquals(addresses.ofOrigin("other.c", 3), []);
});

Deno.test("AddressMap.find() refuses lines of source files where the module tells of none", () => {
  const engine = new Engine(), module = engine.compile(read("fib.wat"));
  const text = engine.addresses(module), binary = engine.addresses(engine.compile(module.bytes));
  for (const addresses of [text, binary]) {
    assertThrows(() => addresses.find("x.c:12"), RangeError, "the module has no DWARF and no source map");
  }
  assertEquals(text.find("fib.wat:5"), text.find(":5"));
  assertThrows(() => binary.find("fib.wat:5"), RangeError, "no line of fib.wat is known; :5 is one of its text");
});
