import { assert, assertEquals } from "@std/assert";
import { Helper, HELPERS } from "../../src/abi/helpers.ts";
import {
  MEMORY,
  MEMORY_BYTES,
  RECORD,
  RECORD_BYTES,
  STACK,
  STACK_ARG_SLOTS,
  STACK_BLOCK_BYTES,
  TABLE,
  TABLE_BYTES,
  VMCTX,
  vmctxLayout,
} from "../../src/abi/vmctx.ts";
import { Exit } from "../../src/abi/exits.ts";
import { RAX } from "../../src/asm/x64/registers.ts";
import { STACK_REG, VMCTX_REG } from "../../src/abi/x64/registers.ts";
import { NativeRegion } from "../../src/platform/native_memory.ts";
import { Assembler } from "../../src/asm/x64/assembler.ts";
import { LIMITS } from "../../src/wasm/limits.ts";
import { ARGS, code, define, native, prepare, thunks } from "./machine.ts";
import { writeAddress } from "../../src/abi/native.ts";

/** Fields that are 32 bits wide, by table; all others have 64. */
const NARROW = new Set<unknown>([
  "callee",
  "helper",
  "trapSignal",
  "fuel",
  "typeId",
  "index",
  "instance",
  "checkShared",
]);

Deno.test("fields of a block do not overlap and are aligned to their width", () => {
  const tables: [Record<string, number>, number][] = [
    [STACK, STACK_BLOCK_BYTES],
    [RECORD, RECORD_BYTES],
    [MEMORY, MEMORY_BYTES],
    [TABLE, TABLE_BYTES],
    [VMCTX, vmctxLayout(counts(0)).size],
  ];
  for (const [table, bytes] of tables) {
    let end = 0;
    for (const [name, offset] of Object.entries(table).sort((a, b) => a[1] - b[1])) {
      const width = NARROW.has(name) ? 4 : 8;
      assert(offset >= end && offset % width === 0, name);
      end = offset + width;
    }
    assert(end <= bytes);
  }
  assert(STACK_ARG_SLOTS >= 2 * Math.max(LIMITS.params, LIMITS.results));
});

Deno.test("what machine code writes into the stack block stands where the table says", () => {
  const stack = native.stacks.take();
  for (const [n, field] of [STACK.thunk, STACK.vmctx, STACK.callee, STACK.trapPc, STACK.trapFp, STACK.args].entries()) {
    const f = define("writes", (a) => {
      a.mov32_mi(STACK_REG, field, 1000 + n);
      a.ret();
    });
    prepare(stack, f, [], []);
    assertEquals(native.enter(stack.pointer), Exit.DONE);
    assertEquals(stack.i32[field >> 2], 1000 + n);
  }
  native.stacks.giveBack(stack);
});

function counts(n: number) {
  return { importedFunctions: n, importedGlobals: n + 1, ownGlobals: n * 3, tables: n, memories: n, types: n * 5 };
}

Deno.test("what is written through vmctxLayout() is what machine code reads through the vmctx register", () => {
  const n = 3;
  const layout = vmctxLayout(counts(n));
  const parts: [offset: number, count: number, bytes: number][] = [
    [layout.ownGlobals, n * 3, 16],
    [layout.importedGlobals, n + 1, 8],
    [layout.memories, n, 8],
    [layout.tables, n, 8],
    [layout.importedFunctions, n, 8],
    [layout.typeIds, n * 5, 4],
  ];
  const region = new NativeRegion(65536, 65536);
  const words = new Int32Array(region.buffer);
  const recordAt = layout.size;
  const stack = native.stacks.take();
  const places: number[] = Object.values(VMCTX);
  for (const [offset, count, bytes] of parts) for (let k = 0; k < count; k++) places.push(offset + k * bytes);
  assertEquals(new Set(places).size, places.length);
  assert(Math.max(...places) < layout.size && layout.size % 16 === 0 && layout.ownGlobals % 16 === 0);
  places.forEach((offset, k) => words[offset >> 2] = 5000 + k);
  words[VMCTX.memory0Base >> 2] = 5000;
  places.forEach((offset, k) => {
    const a = new Assembler();
    a.mov32_rm(RAX, VMCTX_REG, offset);
    a.ret();
    const entry = code.install(a.finish({ name: "reads" }), "reads").entry;
    writeAddress(words, recordAt + RECORD.entry, entry);
    writeAddress(words, recordAt + RECORD.vmctx, region.address);
    writeAddress(stack.i32, STACK.record, region.address + recordAt);
    writeAddress(stack.i32, STACK.thunk, thunks.entry([], ["i32"]).entry);
    assertEquals(native.enter(stack.pointer), Exit.DONE);
    assertEquals(stack.i32[ARGS * 2], 5000 + k);
  });
  native.stacks.giveBack(stack);
  region.release();
});

Deno.test("every helper id has the row of its name", () => {
  assertEquals(new Set(HELPERS.map((h) => h.name)).size, HELPERS.length);
  assertEquals(Object.values(Helper), HELPERS.map((_, id) => id));
  for (const [name, id] of Object.entries(Helper)) {
    assertEquals(HELPERS[id].name.replaceAll(".", "_"), name.toLowerCase());
  }
});
