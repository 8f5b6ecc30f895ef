import { assertEquals, assertThrows } from "@std/assert";
import { BugError } from "../../src/base/bug.ts";
import { bufferAt } from "../../src/platform/ffi.ts";
import { Ledger, LEDGER_BLOCK_BYTES, settleLedger } from "../../src/platform/ledger.ts";
import { Access, mapForProcess, unmapForProcess } from "../../src/platform/native_memory.ts";
import { testNative } from "../skip.ts";

testNative("settleLedger() gives back what was noted and not struck out, over any number of blocks", () => {
  const ledger = new Ledger((bytes) => mapForProcess(bytes, Access.READ_WRITE));
  const count = LEDGER_BLOCK_BYTES / 16 * 2 + 5;
  for (let i = 1; i <= count; i++) ledger.add(i * 65536, i);
  for (let i = 2; i <= count; i += 2) ledger.remove(i * 65536);
  for (let i = 1; i <= 3; i++) ledger.add(i, 100 + i);
  assertThrows(() => ledger.remove(2 * 65536), BugError);
  const given = new Map<number, number>();
  let blocks = 0;
  settleLedger(ledger.address, (address, bytes) => {
    if (bytes === LEDGER_BLOCK_BYTES) {
      blocks++;
      unmapForProcess(address, bytes);
    } else given.set(address, bytes);
  });
  assertEquals(blocks, 2);
  assertEquals(given.size, Math.ceil(count / 2) + 3);
  for (let i = 1; i <= count; i += 2) assertEquals(given.get(i * 65536), i);
  assertEquals([given.get(1), given.get(2), given.get(3)], [101, 102, 103]);
  // Once more: nothing is given back twice.
  settleLedger(ledger.address, () => {
    throw new Error("given back twice");
  });
  assertEquals(new BigUint64Array(bufferAt(ledger.address, 8))[0], 0n);
  unmapForProcess(ledger.address, LEDGER_BLOCK_BYTES);
});
