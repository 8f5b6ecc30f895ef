// A small world for tests of compiled code: instances with memories, tables and globals, all functions compiled, calls through the thunks.

import { Exit } from "../../src/abi/exits.ts";
import { Helper } from "../../src/abi/helpers.ts";
import { readAddress, startNative, writeAddress } from "../../src/abi/native.ts";
import type { SlotKind } from "../../src/abi/signature.ts";
import { GLOBAL_BYTES, MEMORY, RECORD, RECORD_BYTES, STACK, TABLE, VMCTX } from "../../src/abi/vmctx.ts";
import { entryThunk, exitThunk } from "../../src/abi/x64/thunks.ts";
import type { Code } from "../../src/asm/code.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { JitCompiler, type JitOptions } from "../../src/jit/compile_function.ts";
import { moduleLayout } from "../../src/abi/vmctx.ts";
import { CodeSpace } from "../../src/link/install.ts";
import { LinearMemory } from "../../src/platform/linear_memory.ts";
import { NativeRegion } from "../../src/platform/native_memory.ts";
import { validateModule, type ValidModule } from "../../src/validate/validate_module.ts";
import { ExternKind, type Module } from "../../src/wasm/module.ts";
import * as op from "../../src/wasm/opcodes.ts";
import { TRAPS } from "../../src/wasm/traps.ts";
import { F32, F64, type FuncType, I32, I64, type ValType } from "../../src/wasm/types.ts";

export const native = startNative();
export const space = new CodeSpace<string>(native.memory);

/** What ended a call. */
export class TrapError extends Error {
  constructor(readonly trap: string, readonly offset: number) {
    super(trap);
  }
}

const kindOf = (t: ValType): SlotKind =>
  t === I32 ? "i32" : t === I64 ? "i64" : t === F32 ? "f32" : t === F64 ? "f64" : "ref";
const kinds = (types: readonly ValType[]) => types.map(kindOf);

/** What an import is bound to: a function here (slots as 64-bit patterns in, patterns out) or an instance's export. */
export type HostFunction = ((args: bigint[]) => bigint[]) | { readonly instance: Instance; readonly name: string };

export const stack = native.stacks.take();
const ARGS = STACK.args >> 3;
const i64 = new BigUint64Array(stack.block);

export class Instance {
  readonly valid: ValidModule;
  readonly module: Module;
  readonly codes: Code[] = [];
  readonly memories: LinearMemory[] = [];
  readonly #region = new NativeRegion(1 << 22, 1 << 22);
  readonly #words = new Int32Array(this.#region.buffer);
  readonly #records: number;
  readonly #thunks = new Map<FuncType, number>();
  readonly #code = space.newModule();
  readonly #vmctx = this.#region.address;
  compileTime = 0;

  constructor(bytes: Uint8Array, hosts: HostFunction[] = [], options: Partial<JitOptions> = {}) {
    const module = this.module = decodeModule(bytes);
    this.valid = validateModule(module);
    const layout = moduleLayout(module);
    const words = this.#words, base = this.#region.address;
    this.#records = 65536 * 4;
    let at = this.#records + RECORD_BYTES * (module.funcs.length + 1);
    const put = (offset: number, address: number) => writeAddress(words, offset, address);
    put(VMCTX.functionRecords, base + this.#records);
    put(VMCTX.ownFunctions, base + this.#record(module.importedFuncs));
    module.canonical.forEach((id, i) => words[(layout.typeIds + 4 * i) >> 2] = id);
    module.memories.forEach((m, i) => {
      const memory = new LinearMemory(Number(m.type.min) * 65536);
      this.memories.push(memory);
      put(layout.memories + 8 * i, base + at);
      put(at + MEMORY.base, memory.address);
      words[(at + MEMORY.pages) >> 2] = Number(m.type.min);
      at += 32;
      if (i === 0) put(VMCTX.memory0Base, memory.address);
    });
    module.tables.forEach((t, i) => {
      put(layout.tables + 8 * i, base + at);
      put(at + TABLE.base, base + at + 16);
      words[(at + TABLE.length) >> 2] = Number(t.type.min);
      at += 16 + 4 * Number(t.type.min) + 15 & ~15;
    });
    module.globals.forEach((g, i) => {
      const r = new BytecodeReader(module.bytes, g.init!.start, g.init!.end);
      r.next();
      words[(layout.ownGlobals + GLOBAL_BYTES * i) >> 2] = r.lo;
      words[(layout.ownGlobals + GLOBAL_BYTES * i + 4) >> 2] = r.op === op.I64_CONST || r.op === op.F64_CONST
        ? r.hi
        : 0;
    });
    for (const e of module.elems) {
      if (e.mode !== "active") continue;
      const table = readAddress(words, layout.tables + 8 * e.table) - base;
      e.funcs!.forEach((f, i) => words[(table + 16 >> 2) + this.#constant(e.offsetExpr!.start) + i] = f + 1);
    }
    for (const d of module.datas) {
      if (d.mode !== "active") continue;
      new Uint8Array(this.memories[d.memory].buffer).set(
        bytes.subarray(d.start, d.end),
        this.#constant(d.offsetExpr!.start),
      );
    }
    const jit = new JitCompiler(this.valid, { cpu: native.cpu, layout, ...options });
    module.funcs.forEach((f, i) => {
      const record = this.#record(i);
      let entry: number;
      if (f.body === undefined) {
        entry = this.#code.install(exitThunk(kinds(f.type.params), kinds(f.type.results)), "exit").entry;
        const host = hosts[i];
        put(
          layout.importedFunctions + 8 * i,
          typeof host === "object" ? host.instance.recordAddress(host.name) : base + record,
        );
      } else {
        const start = performance.now();
        const code = jit.compile(i);
        this.compileTime += performance.now() - start;
        this.codes.push(code);
        entry = this.#code.install(code, code.name).entry;
      }
      put(record + RECORD.entry, entry);
      put(record + RECORD.vmctx, this.#vmctx);
      words[(record + RECORD.typeId) >> 2] = module.canonical[f.typeIndex];
      words[(record + RECORD.index) >> 2] = i + 1;
    });
    this.#hosts = hosts;
  }
  readonly #hosts: HostFunction[];

  #record(index: number): number {
    return this.#records + RECORD_BYTES * (index + 1);
  }
  recordAddress(name: string): number {
    return this.#region.address + this.#record(this.func(name));
  }
  #constant(start: number): number {
    const r = new BytecodeReader(this.module.bytes, start);
    r.next();
    return r.lo;
  }

  func(name: string): number {
    return this.module.exports.find((e) => e.kind === ExternKind.FUNC && e.name === name)!.index;
  }

  /** Calls an export with bit patterns; gives those of the results. Throws a TrapError. */
  call(name: string, ...args: bigint[]): bigint[] {
    return this.callIndex(this.func(name), args);
  }

  callIndex(index: number, args: bigint[]): bigint[] {
    const type = this.module.funcs[index].type;
    let thunk = this.#thunks.get(type);
    if (thunk === undefined) {
      thunk = this.#code.install(entryThunk(kinds(type.params), kinds(type.results)), "entry").entry;
      this.#thunks.set(type, thunk);
    }
    writeAddress(stack.i32, STACK.sp, stack.top);
    writeAddress(stack.i32, STACK.thunk, thunk);
    writeAddress(stack.i32, STACK.record, this.#region.address + this.#record(index));
    for (let i = 0; i < args.length; i++) i64[ARGS + i] = args[i];
    let status = native.enter(stack.pointer);
    while (status === Exit.CALL || status === Exit.HELPER) {
      if (status === Exit.CALL) this.#host(stack.i32[STACK.callee >> 2] - 1);
      else this.#help(stack.i32[STACK.helper >> 2]);
      status = native.resume(stack.pointer);
    }
    if (status === Exit.TRAP) this.#trap();
    if (status === Exit.SAFEPOINT) throw new TrapError("interrupted", -1);
    return type.results.map((t, i) => {
      const bits = i64[ARGS + i];
      return t === I64 || t === F64 ? bits : bits & 0xffffffffn;
    });
  }

  #host(index: number): void {
    const type = this.module.funcs[index].type;
    const host = this.#hosts[index] as (args: bigint[]) => bigint[];
    const results = host(type.params.map((_, i) => i64[ARGS + i]));
    results.forEach((v, i) => i64[ARGS + i] = BigInt.asUintN(64, v));
  }

  #help(id: number): void {
    const args = (i: number) => Number(i64[ARGS + i] & 0xffffffffn);
    const record = readAddress(this.#words, moduleLayout(this.module).memories) - this.#region.address;
    if (id === Helper.MEMORY_GROW) {
      const memory = this.memories[args(0)], pages = memory.byteLength / 65536;
      const ok = memory.resize((pages + args(1)) * 65536);
      if (ok) this.#words[(record + MEMORY.pages) >> 2] = pages + args(1);
      i64[ARGS] = BigInt(ok ? pages : 0xffffffff);
    } else if (id === Helper.MEMORY_FILL) {
      new Uint8Array(this.memories[args(0)].buffer).fill(args(2), args(1), args(1) + args(3));
    } else if (id === Helper.MEMORY_COPY) {
      new Uint8Array(this.memories[args(0)].buffer).copyWithin(args(2), args(3), args(3) + args(4));
    } else throw new Error(`helper ${id}`);
    // Resumed code may rely on nothing but its frame.
  }

  /** What a call throws: the trap's message and offset. */
  trapOf(name: string, ...args: bigint[]): { trap: string; offset: number } {
    try {
      const results = this.call(name, ...args);
      throw new Error(`no trap, but ${results}`);
    } catch (e) {
      if (!(e instanceof TrapError)) throw e;
      return { trap: e.trap, offset: e.offset };
    }
  }

  #trap(): never {
    const pc = readAddress(stack.i32, STACK.trapPc);
    const found = space.lookup(pc);
    const address = readAddress(stack.i32, STACK.trapAddress);
    if (found === undefined) throw new Error("trap outside of code");
    const sites = found.code.trapSites;
    const i = sites.offsets.indexOf(found.offset);
    if (stack.i32[STACK.trapSignal >> 2] === 11 && stack.isGuard(address)) {
      throw new TrapError("call stack exhausted", -1);
    }
    if (i < 0) throw new Error(`no trap site at ${found.offset} of ${found.code.name}`);
    throw new TrapError(TRAPS[sites.codes[i]].message, sites.sourceOffsets[i]);
  }

  free(): void {
    for (const m of this.memories) m.dispose();
    this.#code.free();
    this.#region.release();
  }
}
