import { assertEquals, assertThrows } from "@std/assert";
import { CodeBuffer, FIXUP_TABLE } from "../../src/asm/buffer.ts";
import { BugError } from "../../src/base/bug.ts";

/** An architecture whose only instruction is a byte, and whose only distance is an absolute offset of 8 bits. */
class ByteBuffer extends CodeBuffer {
  protected override patch(_kind: number, at: number, target: number, addend: number): void {
    this.bytes[at] = target + addend;
  }

  protected override nops(count: number): void {
    this.emit(...new Array<number>(count).fill(0x90));
  }

  emit(...bytes: number[]): void {
    this.emitBytes(Uint8Array.from(bytes));
  }
}

Deno.test("bind() patches all uses of a label, and later uses are patched at once", () => {
  const b = new ByteBuffer();
  const label = b.newLabel();
  b.emit(0, 0, 0, 0);
  b.fixup(label, 1, 0, 0);
  b.fixup(label, 1, 2, 5);
  b.bind(label);
  b.fixup(label, 1, 3, 1);
  assertEquals([...b.finish({ name: "f" }).bytes], [4, 0, 9, 5]);
});

Deno.test("labels bound twice, never bound or unknown are bugs", () => {
  const b = new ByteBuffer();
  const label = b.here();
  assertThrows(() => b.bind(label), BugError);
  assertThrows(() => b.bind(99), BugError);
  b.emit(0);
  b.fixup(b.newLabel(), 1, 0, 0);
  assertThrows(() => b.finish({ name: "f" }), BugError);
});

Deno.test("CodeBuffer grows without losing bytes, labels or fix-ups", () => {
  const b = new ByteBuffer();
  const labels: number[] = [];
  for (let i = 0; i < 5000; i++) {
    const label = b.newLabel();
    labels.push(label);
    b.emit(i & 0xff, 0);
    b.fixup(label, 1, b.position - 1, i);
  }
  for (const label of labels) b.bind(label);
  const { bytes } = b.finish({ name: "f" });
  assertEquals(bytes.length, 10000);
  for (let i = 0; i < 5000; i++) assertEquals([bytes[2 * i], bytes[2 * i + 1]], [i & 0xff, 10000 + i & 0xff]);
});

Deno.test("constant() shares equal constants and aligns them behind the code", () => {
  const b = new ByteBuffer();
  const eight = b.constant(new Uint8Array(8).fill(8));
  const sixteen = b.constant(new Uint8Array(16).fill(1));
  assertEquals(b.constant(new Uint8Array(8).fill(8)), eight);
  b.emit(0xc3);
  const code = b.finish({ name: "f" });
  assertEquals([code.instructionLength, code.bytes.length, code.alignment], [1, 40, 16]);
  assertEquals([b.offsetOf(sixteen), b.offsetOf(eight)], [16, 32]);
  assertEquals([...code.bytes.subarray(16, 17), ...code.bytes.subarray(32)], [1, 8, 8, 8, 8, 8, 8, 8, 8]);
});

Deno.test("jumpTable() holds distances from its own start, to labels before and after it is asked for", () => {
  const b = new ByteBuffer();
  const first = b.here();
  const second = b.newLabel();
  b.emit(1, 2);
  const table = b.jumpTable([first, second, first]);
  b.bind(second);
  b.emit(3);
  const code = b.finish({ name: "f" });
  assertEquals(b.offsetOf(table), 4);
  assertEquals([...new Int32Array(code.bytes.buffer, 4, 3)], [-4, -2, -4]);
  assertEquals(FIXUP_TABLE, 0);
});

Deno.test("finish() gives trap sites, source map and frame maps, and reset() starts anew", () => {
  const b = new ByteBuffer();
  b.markSource(10);
  b.markSource(11);
  b.emit(1);
  b.markSource(11);
  b.trapSite(3, 11);
  b.emit(2);
  b.markSource(12);
  const entry = b.here();
  const map = { offset: 2, references: Uint32Array.of(1), registers: new Uint32Array() };
  b.addFrameMap(map);
  const code = b.finish({ name: "f", entry, frameSize: 32 });
  assertEquals([...code.sourceMap], [0, 11, 2, 12]);
  assertEquals([code.trapSites.offsets, code.trapSites.codes, code.trapSites.sourceOffsets].map((a) => [...a]), [
    [1],
    [3],
    [11],
  ]);
  assertEquals([code.entry, code.frameSize, code.frameMaps], [2, 32, [map]]);
  b.reset();
  const empty = b.finish({ name: "g" });
  assertEquals([empty.bytes.length, empty.trapSites.offsets.length, empty.sourceMap.length], [0, 0, 0]);
  assertEquals(empty.frameMaps, []);
});
