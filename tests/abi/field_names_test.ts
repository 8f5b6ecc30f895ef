import { assertEquals } from "@std/assert";
import { fieldNames } from "../../src/abi/field_names.ts";
import { RECORD, STACK, VMCTX, vmctxLayout } from "../../src/abi/vmctx.ts";

const layout = vmctxLayout({
  importedFunctions: 2,
  importedGlobals: 1,
  ownGlobals: 2,
  tables: 1,
  memories: 1,
  types: 3,
});
const names = fieldNames(layout, 1, {
  local: (i) => i < 2 ? `local ${i}` : undefined,
  global: (i) => `g${i}`,
  func: (i) => `f${i}`,
  memory: (i) => `m${i}`,
  table: (i) => `t${i}`,
});

Deno.test("fieldNames() names every field of the vmctx, fixed and variable", () => {
  assertEquals(names.vmctx(VMCTX.ownFunctions), "vmctx.ownFunctions");
  assertEquals(names.vmctx(layout.ownGlobals + 16), "vmctx.global g2");
  assertEquals(names.vmctx(layout.ownGlobals + 4), "vmctx.global g1 + 4");
  assertEquals(names.vmctx(layout.memories), "vmctx.memory m0");
  assertEquals(names.vmctx(layout.tables), "vmctx.table t0");
  assertEquals(names.vmctx(layout.importedGlobals), "vmctx.global g0");
  assertEquals(names.vmctx(layout.importedFunctions + 8), "vmctx.import f1");
  assertEquals(names.vmctx(layout.typeIds + 8), "vmctx.typeId 2");
  assertEquals(names.vmctx(layout.size), undefined);
});

Deno.test("fieldNames() names stack block, function records and frame slots", () => {
  assertEquals(names.stack(STACK.interruptPointer), "stack.interruptPointer");
  assertEquals(names.stack(STACK.args + 12), "stack.args[1] + 4");
  assertEquals(names.record(RECORD.entry), "record.entry");
  assertEquals(names.record(1), undefined);
  assertEquals([names.slot(1), names.slot(2)], ["local 1", "slot 2"]);
});
