import { assertEquals } from "@std/assert";
import { NAME, NOTES, Notes } from "../../src/platform/notes.ts";
import { bufferAt } from "../../src/platform/ffi.ts";
import { testNative } from "../skip.ts";

function nameAt(notes: Notes, number: number): { text: string; start: bigint; bytes: bigint } {
  const names = new BigUint64Array(bufferAt(notes.address, 64))[NOTES.names / 8];
  const at = Number(names) + (number % NOTES.capacity) * (1 << NAME.sizeLog2);
  const view = new DataView(bufferAt(at, 1 << NAME.sizeLog2));
  const length = view.getUint32(NAME.length, true);
  const text = new TextDecoder().decode(new Uint8Array(view.buffer, NAME.text, length).slice());
  return { text, start: view.getBigUint64(NAME.start, true), bytes: view.getBigUint64(NAME.bytes, true) };
}

testNative("names are kept with their code, without control characters, and cut where they are long", () => {
  const notes = new Notes();
  assertEquals(notes.add("first", 0x7fff_1234_5678, 16), 0);
  assertEquals(notes.add("a\x1b[31mb\n\u202e"), 1);
  assertEquals(notes.add("ä".repeat(200)), 2);
  assertEquals(nameAt(notes, 0), { text: "first", start: 0x7fff_1234_5678n, bytes: 16n });
  assertEquals(nameAt(notes, 1), { text: "a?[31mb??", start: 0n, bytes: 0n });
  assertEquals(nameAt(notes, 2).text, "ä".repeat(54));
});

testNative("the newest names take the place of the oldest", () => {
  const notes = new Notes();
  for (let i = 0; i < NOTES.capacity + 3; i++) assertEquals(notes.add(`n${i}`), i);
  assertEquals(nameAt(notes, 2).text, `n${NOTES.capacity + 2}`);
  assertEquals(nameAt(notes, 3).text, "n3");
  assertEquals(nameAt(notes, NOTES.capacity - 1).text, `n${NOTES.capacity - 1}`);
});
