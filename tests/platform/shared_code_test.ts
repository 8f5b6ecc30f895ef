import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { startNative } from "../../src/abi/native.ts";
import { bufferAt } from "../../src/platform/ffi.ts";
import { closeSharedCode, openSharedCode, shareCode } from "../../src/platform/shared_code.ts";
import { ResourceError } from "../../src/wasm/errors.ts";
import { testNative } from "../skip.ts";

/** Rights of the page at an address. */
function access(address: number): string {
  for (const line of Deno.readTextFileSync("/proc/self/maps").split("\n")) {
    const [, start, end, rights] = /^([0-9a-f]+)-([0-9a-f]+) (....)/.exec(line) ?? [];
    if (parseInt(start, 16) <= address && address < parseInt(end, 16)) return rights;
  }
  return "none";
}

testNative("shared code can be run and read, and goes with its last use", () => {
  startNative();
  const made = shareCode(new Uint8Array([1, 2, 3]), new Uint8Array([4, 5]), false);
  assertEquals(access(made.address), "r-xs");
  assertEquals([...new Uint8Array(bufferAt(made.address, 3))], [1, 2, 3]);
  assertEquals([...made.image.slice(0, 2)], [4, 5]);
  assertEquals(
    access(Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(made.image as Uint8Array<ArrayBuffer>)))),
    "r--p",
  );
  const found = openSharedCode(made.token)!;
  assertEquals([found.address, found.byteLength], [made.address, 65536]);
  const other = shareCode(new Uint8Array(65537), new Uint8Array(1), false);
  assertNotEquals(other.token, made.token);
  assert(other.address >= made.address + 65536 || other.address + 131072 <= made.address);
  closeSharedCode(made);
  assertEquals(access(found.address), "r-xs");
  closeSharedCode(found);
  assertEquals([access(found.address), openSharedCode(made.token)], ["---p", undefined]);
  const again = shareCode(new Uint8Array([9]), new Uint8Array(1), true);
  assertEquals([again.address, openSharedCode(made.token)], [made.address, undefined]);
  closeSharedCode(again);
  closeSharedCode(other);
});

testNative("shared code has a limit", () => {
  startNative();
  const large = new Uint8Array(100 * 2 ** 20);
  const made = shareCode(large, new Uint8Array(1), false);
  assertThrows(() => shareCode(large, new Uint8Array(1), false), ResourceError, "no room for");
  closeSharedCode(made);
  closeSharedCode(shareCode(large, new Uint8Array(1), false));
});
