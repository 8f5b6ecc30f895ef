import { assert, assertEquals } from "@std/assert";
import { type ElemDecl, emptyModuleDecl, writeModule } from "../../src/bytecode/module_writer.ts";
import { emptyNames } from "../../src/wasm/module.ts";
import { END, I32_ADD, I32_CONST, LOCAL_GET, REF_FUNC } from "../../src/wasm/opcodes.ts";
import { EXTERNREF, FUNCREF, Heap, I32, refType, type TypeDef } from "../../src/wasm/types.ts";

const ADD: TypeDef = {
  final: true,
  supers: [],
  type: { kind: "func", params: [I32, I32], results: [I32] },
  groupStart: 0,
  groupSize: 1,
  explicitGroup: false,
};
const ADD_CODE = Uint8Array.of(LOCAL_GET, 0, LOCAL_GET, 1, I32_ADD, END);

Deno.test("writeModule() writes a module that runs, and says where its code is", () => {
  const m = emptyModuleDecl();
  m.types.push(ADD);
  m.funcs.push({ type: 0, groups: [{ count: 200, type: I32 }], code: ADD_CODE }, {
    type: 0,
    groups: [],
    code: ADD_CODE,
  });
  m.exports.push({ name: "add", kind: 0, index: 1 });
  const { bytes, codeOffsets } = writeModule(m);
  const { add } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    add(a: number, b: number): number;
  };
  assertEquals(add(40, 2), 42);
  for (const at of codeOffsets) assertEquals([...bytes.subarray(at, at + ADD_CODE.length)], [...ADD_CODE]);
  assertEquals(codeOffsets.length, 2);
});

Deno.test("writeModule() writes an empty module as its header", () => {
  assertEquals([...writeModule(emptyModuleDecl()).bytes], [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  assertEquals(writeModule({ ...emptyModuleDecl(), names: emptyNames() }).bytes.length, 8);
});

Deno.test("writeModule() chooses the shortest form of an element segment", () => {
  const offset = Uint8Array.of(I32_CONST, 0, END);
  const item = Uint8Array.of(REF_FUNC, 0, END);
  const flags = (e: Partial<ElemDecl>) => {
    const m = emptyModuleDecl();
    const base = {
      mode: "active",
      table: 0,
      offset,
      type: refType(Heap.FUNC, false),
      funcs: [0],
      exprs: undefined,
    } as const;
    m.elems.push({ ...base, ...e });
    return writeModule(m).bytes[11];
  };
  assertEquals(flags({}), 0);
  assertEquals(flags({ mode: "passive", offset: undefined }), 1);
  assertEquals(flags({ table: 1 }), 2);
  assertEquals(flags({ mode: "declarative", offset: undefined }), 3);
  assertEquals(flags({ funcs: undefined, exprs: [item], type: FUNCREF }), 4);
  assertEquals(flags({ funcs: undefined, exprs: [item], type: FUNCREF, mode: "passive", offset: undefined }), 5);
  assertEquals(flags({ funcs: undefined, exprs: [item], type: EXTERNREF }), 6);
  assertEquals(flags({ funcs: undefined, exprs: [item], type: FUNCREF, mode: "declarative", offset: undefined }), 7);
});

Deno.test("writeModule() writes the data count section only when an instruction needs it", () => {
  const m = emptyModuleDecl();
  m.datas.push({ memory: 0, offset: undefined, bytes: Uint8Array.of(1) });
  const without = writeModule(m).bytes;
  m.needsDataCount = true;
  const bytes = writeModule(m).bytes;
  assertEquals(bytes.length, without.length + 3);
  assertEquals([...bytes.subarray(8, 11)], [12, 1, 1]);
});

Deno.test("writeModule() writes names in the order of their indices", () => {
  const m = emptyModuleDecl();
  m.types.push(ADD);
  m.funcs.push({ type: 0, groups: [], code: ADD_CODE });
  const names = emptyNames();
  names.locals.set(0, new Map([[1, "b"], [0, "a"]]));
  m.names = names;
  const module = new WebAssembly.Module(writeModule(m).bytes);
  const [section] = WebAssembly.Module.customSections(module, "name");
  assertEquals([...new Uint8Array(section)], [2, 9, 1, 0, 2, 0, 1, 0x61, 1, 1, 0x62]);
  assert(WebAssembly.validate(writeModule(m).bytes));
});
