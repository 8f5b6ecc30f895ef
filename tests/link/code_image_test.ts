import { assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { CodeImage, writeImage } from "../../src/link/code_image.ts";

Deno.test("what CodeImage reads is what writeImage() was given", () => {
  const { functions } = new Engine({ tier: "interp" }).load(`(module (memory 1) (tag $t) (table funcref (elem 0))
    (func (param i32) (result i32) (loop (br_if 0 (i32.load (local.get 0)))) (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "naïve") (try_table (catch_all 0) (call_indirect (i32.const 0)) (throw $t)))
    (func))`);
  const codes = functions.map((f, i) => ({ index: 3 + i, offset: 1000 * i, code: f.compile() }));
  const module = new Uint8Array([7, 8, 9]);
  const written = writeImage(module, "options", codes);
  // As it comes: with more behind it.
  const bytes = new Uint8Array(written.length + 100);
  bytes.set(written);
  const image = new CodeImage(bytes);
  assertEquals([image.fits, image.options, image.count, image.module], [true, "options", 3, module]);
  for (const { index, offset, code } of codes) {
    const found = image.function(index, (at, length) => {
      assertEquals([at, length], [offset, code.bytes.length]);
      return code.bytes;
    });
    assertEquals(found, { index, offset, code, byteLength: code.bytes.length });
  }
  assertEquals(image.function(2, () => module), undefined);
});
