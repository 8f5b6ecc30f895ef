import { assertEquals } from "@std/assert";
import { checksum } from "../../src/base/checksum.ts";
import { Sha256 } from "../../src/base/sha256.ts";

async function oracle(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
}

Deno.test("Sha256 gives what the host's SHA-256 gives, for every length up to four blocks and in any pieces", async () => {
  const bytes = Uint8Array.from({ length: 260 }, (_, i) => i * 31 + 7);
  for (let n = 0; n <= bytes.length; n++) {
    const part = bytes.slice(0, n), cut = (n * 7) % (n + 1);
    assertEquals(new Sha256().update(part.subarray(0, cut)).update(part.subarray(cut)).hex(), await oracle(part));
  }
});

Deno.test("checksum() tells any change of one byte, and the length", () => {
  const bytes = Uint8Array.from({ length: 150 }, (_, i) => i);
  const seen = new Set([checksum(bytes)]);
  for (let i = 0; i < bytes.length; i++) {
    const changed = bytes.slice();
    changed[i] ^= 1 << (i % 8);
    seen.add(checksum(changed));
    seen.add(checksum(bytes.subarray(0, i)));
  }
  assertEquals(seen.size, 301);
  assertEquals(checksum(bytes.subarray(1)), checksum(bytes.slice(1)));
});
