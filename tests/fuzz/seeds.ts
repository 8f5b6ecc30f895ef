// Valid modules for the mutator: one for each row of the instruction table, some for sections and control, those of text_seeds.ts, and those found in a folder.
// Takes nothing; gives named bytes. Built by bytecode/module_writer.ts, so that a new row of the table gets its seed without a change here, or is missed.

import { emptyModuleDecl, writeModule } from "../../src/bytecode/module_writer.ts";
import { ByteWriter } from "../../src/bytecode/writer.ts";
import { emptyNames, ExternKind } from "../../src/wasm/module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { assembleText } from "../../src/text/parser.ts";
import { reduce } from "./mutator.ts";
import { TEXT_SEEDS } from "./text_seeds.ts";
import { V8_FEATURES } from "./verdict.ts";
import * as op from "../../src/wasm/opcodes.ts";
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  type FuncType,
  Heap,
  I32,
  I64,
  refType,
  type TypeDef,
  V128,
  type ValType,
} from "../../src/wasm/types.ts";

/** A valid module to mutate. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LETTERS: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64, v: V128, a: I32 };
const NONFUNC = refType(Heap.FUNC, false);

/** Operands and results of the instructions whose row has no signature, in the context of {@link moduleOf}; `e` externref, `u` funcref. */
const SIGNATURES: Record<string, string> = {
  "unreachable": ":",
  "br": ":",
  "br_if": "i:",
  "br_table": "i:",
  "return": ":",
  "call": "il:d",
  "call_indirect": "ili:d",
  "drop": "l:",
  "select": "ffi:f",
  "local.get": ":i",
  "local.set": "i:",
  "local.tee": "i:i",
  "global.get": ":i",
  "global.set": "i:",
  "table.get": "i:u",
  "table.set": "iu:",
  "memory.size": ":i",
  "memory.grow": "i:i",
  "ref.null": ":u",
  "ref.is_null": "e:i",
  "ref.func": ":u",
  "memory.init": "iii:",
  "memory.copy": "iii:",
  "memory.fill": "iii:",
  "table.init": "iii:",
  "table.copy": "iii:",
  "table.grow": "ui:i",
  "table.size": ":i",
  "table.fill": "iui:",
};
const TYPE_OF: Record<string, ValType> = { ...LETTERS, e: EXTERNREF, u: FUNCREF };

function func(params: readonly ValType[], results: readonly ValType[]): FuncType {
  return { kind: "func", params, results };
}
function typeDef(type: FuncType, index: number): TypeDef {
  return { final: true, supers: [], type, groupStart: index, groupSize: 1, explicitGroup: false };
}
function code(write: (w: ByteWriter) => void): Uint8Array<ArrayBuffer> {
  const w = new ByteWriter();
  write(w);
  w.opcode(op.END);
  return w.slice();
}
const i32Const = (n: number) =>
  code((w) => {
    w.opcode(op.I32_CONST);
    w.s32(n);
  });

/** A module whose second function has the given type, locals and body; around it, one of everything that instructions can name. */
function moduleOf(name: string, type: FuncType, body: Uint8Array): Seed {
  const m = emptyModuleDecl();
  m.types.push(typeDef(func([I32, I64], [F64]), 0), typeDef(type, 1), typeDef(func([I32], [I32, I64]), 2));
  m.imports.push({ module: "m", name: "f", kind: ExternKind.FUNC, type: 0 });
  m.funcs.push({ type: 1, groups: [{ count: 2, type: I32 }, { count: 1, type: EXTERNREF }], code: body });
  m.tables.push({ type: { min: 2n, max: 5n, is64: false, shared: false, element: FUNCREF }, init: undefined });
  m.memories.push({ min: 1n, max: 300n, is64: false, shared: false, pageSizeLog2: 16 });
  m.globals.push({ type: { type: I32, mutable: true }, init: i32Const(-7) });
  m.exports.push({ name: "run", kind: ExternKind.FUNC, index: 1 });
  m.elems.push({ mode: "active", table: 0, offset: i32Const(0), type: NONFUNC, funcs: [0, 1], exprs: undefined });
  m.datas.push({ memory: 0, offset: i32Const(8), bytes: new Uint8Array([1, 2, 3]) });
  m.needsDataCount = true;
  return { name, bytes: writeModule(m).bytes };
}

function instructionSeed(row: op.OpInfo, covered: ReadonlySet<number>): Seed | undefined {
  if (row.imm === op.Imm.BLOCK || row.code === op.ELSE || row.code === op.END || row.code === op.CATCH) {
    return undefined;
  }
  if (row.feature !== undefined && !V8_FEATURES.has(row.feature)) return undefined;
  if (row.signature === "" && covered.has(row.code)) return undefined;
  const signature = row.code === op.SELECT_T ? "eei:e" : row.signature || SIGNATURES[row.name];
  if (signature === undefined) throw new Error(`no signature for ${row.name}: add it to SIGNATURES or text_seeds.ts`);
  const [params, results] = signature.split(":").map((s) => [...s].map((c) => TYPE_OF[c]));
  const body = code((w) => {
    params.forEach((_, i) => {
      w.opcode(op.LOCAL_GET);
      w.u32(i);
    });
    w.opcode(row.code);
    immediates(w, row, params.length);
  });
  return moduleOf(row.name, func(params, results), body);
}

function immediates(w: ByteWriter, row: op.OpInfo, params: number): void {
  switch (row.imm) {
    case op.Imm.NONE:
      return;
    case op.Imm.LABEL_TABLE:
      return [3, 0, 0, 0, 0].forEach((n) => w.u32(n));
    case op.Imm.SELECT_TYPES:
      w.u32(1);
      return w.valType(EXTERNREF);
    case op.Imm.LOCAL:
      return w.u32(params);
    case op.Imm.MEMORY_ACCESS:
    case op.Imm.MEMORY_LANE:
      w.u32(row.accessLog2);
      w.u32(1234567);
      return row.imm === op.Imm.MEMORY_LANE ? w.u8(1) : undefined;
    case op.Imm.V128:
    case op.Imm.SHUFFLE:
      return w.raw(Uint8Array.from({ length: 16 }, (_, i) => i));
    case op.Imm.I32:
      return w.s32(-123456);
    case op.Imm.I64:
      return w.s64(-0x123456789abcdefn);
    case op.Imm.F32:
      return w.bits32(0x7fa00001);
    case op.Imm.F64:
      return w.bits64(0x7ff4000000000001n);
    case op.Imm.HEAP_TYPE:
      return w.heapType(Heap.FUNC);
    case op.Imm.DATA_MEMORY:
    case op.Imm.MEMORY_MEMORY:
    case op.Imm.TYPE_TABLE:
    case op.Imm.ELEM_TABLE:
    case op.Imm.TABLE_TABLE:
      w.u32(0);
      return w.u32(0);
    default:
      return w.u32(0);
  }
}

/** Blocks, loops and ifs with every form of block type, branches that carry values, code that cannot be reached. */
function controlSeed(): Seed {
  const body = code((w) => {
    const put = (...codes: number[]) => codes.forEach((c) => w.opcode(c));
    const one = (c: number, n: number) => {
      w.opcode(c);
      w.s32(n);
    };
    const block = (c: number, t: number | undefined) => {
      w.opcode(c);
      if (t === undefined) w.u8(0x40);
      else if (t < 0) w.u8(t & 0x7f);
      else w.s33(t);
    };
    block(op.BLOCK, undefined);
    one(op.LOCAL_GET, 0);
    block(op.IF, undefined);
    one(op.BR, 1);
    put(op.END, op.END);
    one(op.I32_CONST, 5);
    block(op.LOOP, 2);
    one(op.I64_CONST, 1);
    one(op.LOCAL_GET, 0);
    one(op.BR_IF, 1);
    one(op.LOCAL_GET, 0);
    w.opcode(op.BR_TABLE);
    [2, 1, 1, 1].forEach((n) => w.u32(n));
    put(op.I32_ADD, op.DROP, op.UNREACHABLE, op.END, op.DROP, op.DROP);
    one(op.LOCAL_GET, 0);
    block(op.IF, -2);
    one(op.I64_CONST, 3);
    put(op.ELSE);
    one(op.I32_CONST, 9);
    one(op.LOCAL_GET, 0);
    block(op.IF, 2);
    one(op.I64_CONST, 4);
    put(op.ELSE, op.DROP, op.UNREACHABLE, op.END, op.RETURN, op.END);
    one(op.I32_CONST, 8);
    w.opcode(op.CALL);
    w.u32(1);
    put(op.RETURN);
  });
  return moduleOf("control", func([I32], [I32, I64]), body);
}

/** Every section, with imports and exports of every kind, every form of segment, names and a custom section. */
function sectionsSeed(): Seed {
  const m = emptyModuleDecl();
  const limits = (min: bigint, max?: bigint) => ({ min, max, is64: false, shared: false });
  const refNull = (heap: number) =>
    code((w) => {
      w.opcode(op.REF_NULL);
      w.heapType(heap);
    });
  const refFunc = (i: number) =>
    code((w) => {
      w.opcode(op.REF_FUNC);
      w.u32(i);
    });
  const globalGet = code((w) => {
    w.opcode(op.GLOBAL_GET);
    w.u32(0);
  });
  m.types.push(typeDef(func([], []), 0), typeDef(func([I32, F32, EXTERNREF], [I64, F64]), 1));
  m.imports.push(
    { module: "env", name: "callback", kind: ExternKind.FUNC, type: 1 },
    { module: "env", name: "table", kind: ExternKind.TABLE, type: { ...limits(1n), element: EXTERNREF } },
    { module: "env", name: "base", kind: ExternKind.GLOBAL, type: { type: I32, mutable: false } },
    { module: "env", name: "größe", kind: ExternKind.GLOBAL, type: { type: FUNCREF, mutable: true } },
    { module: "", name: "", kind: ExternKind.MEMORY, type: { ...limits(0n, 65536n), pageSizeLog2: 16 } },
  );
  m.funcs.push(
    { type: 0, groups: [], code: code(() => {}) },
    {
      type: 0,
      groups: [{ count: 0, type: I32 }, { count: 200, type: F64 }, { count: 1, type: FUNCREF }],
      code: code((w) => w.opcode(op.UNREACHABLE)),
    },
  );
  m.tables.push(
    { type: { ...limits(4n, 8n), element: FUNCREF }, init: undefined },
    { type: { ...limits(0n), element: EXTERNREF }, init: undefined },
  );
  m.globals.push(
    { type: { type: I64, mutable: true }, init: code((w) => (w.opcode(op.I64_CONST), w.s64(1n << 40n))) },
    { type: { type: F32, mutable: false }, init: code((w) => (w.opcode(op.F32_CONST), w.bits32(0x3f800000))) },
    { type: { type: F64, mutable: false }, init: code((w) => (w.opcode(op.F64_CONST), w.bits64(1n))) },
    { type: { type: FUNCREF, mutable: false }, init: refFunc(1) },
    { type: { type: EXTERNREF, mutable: true }, init: refNull(Heap.EXTERN) },
    { type: { type: I32, mutable: false }, init: globalGet },
  );
  m.exports.push(
    { name: "f", kind: ExternKind.FUNC, index: 0 },
    { name: "", kind: ExternKind.TABLE, index: 1 },
    { name: "mem", kind: ExternKind.MEMORY, index: 0 },
    { name: "g", kind: ExternKind.GLOBAL, index: 4 },
  );
  m.start = 1;
  const elem = { table: 1, offset: undefined, type: NONFUNC, funcs: undefined, exprs: undefined };
  m.elems.push(
    { ...elem, mode: "active", offset: globalGet, funcs: [0, 1, 2] },
    { ...elem, mode: "active", table: 0, offset: i32Const(0), type: EXTERNREF, exprs: [refNull(Heap.EXTERN)] },
    { ...elem, mode: "passive", funcs: [2] },
    { ...elem, mode: "declarative", funcs: [] },
    { ...elem, mode: "passive", type: FUNCREF, exprs: [refNull(Heap.FUNC), refFunc(0)] },
    { ...elem, mode: "declarative", type: FUNCREF, exprs: [refFunc(1)] },
  );
  m.datas.push(
    { memory: 0, offset: globalGet, bytes: new Uint8Array(5) },
    { memory: 0, offset: undefined, bytes: new Uint8Array(0) },
  );
  m.needsDataCount = true;
  m.customs.push({ name: "note", place: Infinity, bytes: new Uint8Array([1, 2, 3]) });
  const names = emptyNames();
  names.module = "sections";
  names.funcs.set(0, "callback").set(1, "empty");
  names.locals.set(2, new Map([[0, "x"], [1, "y"]]));
  m.names = names;
  return { name: "sections", bytes: writeModule(m).bytes };
}

/** Function types in recursion groups and below one another, and functions of these types. */
function typesSeed(): Seed {
  const m = emptyModuleDecl();
  const def = (type: FuncType, final: boolean, supers: number[], groupStart: number, groupSize: number): TypeDef => ({
    final,
    supers,
    type,
    groupStart,
    groupSize,
    explicitGroup: groupSize > 1,
  });
  m.types.push(
    def(func([I32], [I64]), false, [], 0, 1),
    def(func([I32], [I64]), false, [0], 1, 2),
    def(func([I32], [I64]), true, [1], 1, 2),
    def(func([I32], [I64]), true, [0], 3, 1),
    def(func([], []), true, [], 4, 1),
  );
  const body = code((w) => {
    w.opcode(op.LOCAL_GET);
    w.u32(0);
    w.opcode(op.LOCAL_GET);
    w.u32(0);
    w.opcode(op.CALL_INDIRECT);
    w.u32(0);
    w.u32(0);
  });
  for (const type of [0, 2, 3]) m.funcs.push({ type, groups: [], code: body });
  m.tables.push({ type: { min: 3n, max: undefined, is64: false, shared: false, element: FUNCREF }, init: undefined });
  return { name: "types", bytes: writeModule(m).bytes };
}

/** Segments in the forms that name table 0 and memory 0 without saying so (flags 0 and 4), which need these to come first. */
function shortSegmentsSeed(): Seed {
  const m = emptyModuleDecl();
  m.types.push(typeDef(func([], []), 0));
  m.funcs.push({ type: 0, groups: [], code: code((w) => w.opcode(op.NOP)) });
  m.tables.push({ type: { min: 1n, max: undefined, is64: false, shared: false, element: FUNCREF }, init: undefined });
  m.memories.push({ min: 0n, max: undefined, is64: false, shared: false, pageSizeLog2: 16 });
  const refFunc = code((w) => (w.opcode(op.REF_FUNC), w.u32(0)));
  const offset = code((w) => {
    [1, 2].forEach((n) => (w.opcode(op.I32_CONST), w.s32(n)));
    w.opcode(op.I32_ADD);
  });
  const elem = { mode: "active", table: 0, offset, funcs: undefined, exprs: undefined } as const;
  m.elems.push({ ...elem, type: NONFUNC, funcs: [0] }, { ...elem, type: FUNCREF, exprs: [refFunc, refFunc] });
  m.datas.push({ memory: 0, offset, bytes: new TextEncoder().encode("data") });
  return { name: "short segments", bytes: writeModule(m).bytes };
}

/** Codes of the instructions in a module's functions. */
function instructionsIn(bytes: Uint8Array): number[] {
  const codes: number[] = [];
  for (const { body } of decodeModule(bytes, V8_FEATURES).funcs) {
    if (body === undefined) continue;
    const r = new BytecodeReader(bytes, body.codeStart, body.end);
    while (r.pos < body.end) codes.push(r.next());
  }
  return codes;
}

/** The seeds that need no file. */
export function builtInSeeds(): Seed[] {
  const empty: Seed = { name: "empty", bytes: writeModule(emptyModuleDecl()).bytes };
  const texts = TEXT_SEEDS.map(([name, text]) => ({ name, bytes: assembleText(text) }));
  const covered = new Set(texts.flatMap(({ bytes }) => instructionsIn(bytes)));
  const rows = op.INSTRUCTIONS.map((row) => instructionSeed(row, covered)).filter((s) => s !== undefined);
  return [empty, ...texts, sectionsSeed(), typesSeed(), shortSegmentsSeed(), controlSeed(), ...rows];
}

/** The .wasm files of a folder, each reduced to `bodies` of its functions; none if the folder is absent. */
export function folderSeeds(folder: URL, bodies: number): Seed[] {
  let entries;
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
  return entries.filter((e) => e.name.endsWith(".wasm")).map((e) => e.name).sort()
    .map((name) => ({ name, bytes: reduce(Deno.readFileSync(new URL(name, folder)), bodies) }));
}
