// Random modules for comparing tiers: valid, terminating (loops burn fuel), and deterministic, since no bit pattern of a NaN ever reaches an integer.

import { emptyModuleDecl, writeModule } from "../../src/bytecode/module_writer.ts";
import { ByteWriter } from "../../src/bytecode/writer.ts";
import { ExternKind } from "../../src/wasm/module.ts";
import { Imm, INSTRUCTIONS, opByName } from "../../src/wasm/opcodes.ts";
import { F32, F64, FUNCREF, Heap, I32, I64, refType, type TypeDef, type ValType } from "../../src/wasm/types.ts";

/** A seeded source of random numbers (mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

const LETTERS: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64 };
const NAMES: Record<ValType, string> = { [I32]: "i32", [I64]: "i64", [F32]: "f32", [F64]: "f64" };
const NUMBERS = [I32, I64, F32, F64];

interface Op {
  readonly code: number;
  readonly name: string;
  readonly operands: ValType[];
}
const PURE_OPS = new Map<ValType, Op[]>(NUMBERS.map((t) => [t, []]));
const LOADS = new Map<ValType, { code: number; log2: number }[]>(NUMBERS.map((t) => [t, []]));
const STORES: { code: number; log2: number; type: ValType }[] = [];
for (const info of INSTRUCTIONS) {
  const [operands, results] = info.signature.split(":");
  if (info.feature !== undefined) continue;
  if (info.imm === Imm.NONE && operands && results) {
    PURE_OPS.get(LETTERS[results])?.push({
      code: info.code,
      name: info.name,
      operands: [...operands].map((l) => LETTERS[l]),
    });
  } else if (info.imm === Imm.MEMORY_ACCESS && operands === "a") {
    LOADS.get(LETTERS[results])?.push({ code: info.code, log2: info.accessLog2 });
  } else if (info.imm === Imm.MEMORY_ACCESS && LETTERS[operands[1]] !== undefined) {
    STORES.push({ code: info.code, log2: info.accessLog2, type: LETTERS[operands[1]] });
  }
}

/** What of WebAssembly 3.0 a random module uses besides. */
export interface Extensions {
  readonly is64: boolean;
  readonly shared: boolean;
  readonly pageSizeLog2: number;
  /** Atomic accesses, wide arithmetic, tail calls and references to functions. */
  readonly more: boolean;
}
const PLAIN: Extensions = { is64: false, shared: false, pageSizeLog2: 16, more: false };

interface Atomic {
  readonly code: number;
  readonly log2: number;
  /** Types behind the address. */
  readonly operands: ValType[];
  readonly result: ValType | undefined;
}
const ATOMICS: Atomic[] = [];
for (const info of INSTRUCTIONS) {
  if (!/atomic\.(load|store|rmw)/.test(info.name)) continue;
  const [operands, results] = info.signature.split(":");
  ATOMICS.push({
    code: info.code,
    log2: info.accessLog2,
    operands: [...operands.slice(1)].map((l) => LETTERS[l]),
    result: LETTERS[results],
  });
}

interface Func {
  readonly params: ValType[];
  readonly results: ValType[];
}
interface LabelInfo {
  readonly carried: readonly ValType[];
}
const FUEL = 0;
const EMPTY = 0x40;

class Generator {
  readonly types: Func[] = [];
  readonly funcs: Func[] = [];
  #w = new ByteWriter();
  #locals: ValType[] = [];
  #labels: LabelInfo[] = [];
  #self = 0;
  #budget = 0;

  constructor(readonly next: () => number, readonly hosts: number, readonly extensions = PLAIN) {}

  int(n: number): number {
    return Math.floor(this.next() * n);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)];
  }
  typeIndex(params: ValType[], results: ValType[]): number {
    const key = JSON.stringify([params, results]);
    const found = this.types.findIndex((t) => JSON.stringify([t.params, t.results]) === key);
    return found >= 0 ? found : this.types.push({ params, results }) - 1;
  }
  op(name: string): void {
    this.#w.opcode(opByName(name)!.code);
  }
  indexed(name: string, index: number): void {
    this.op(name);
    this.#w.u32(index);
  }

  body(self: number): { groups: { count: number; type: ValType }[]; code: Uint8Array } {
    const f = this.funcs[self];
    this.#w = new ByteWriter();
    this.#self = self;
    this.#budget = 60 + this.int(250);
    const groups = Array.from({ length: this.int(8) }, () => ({
      count: this.next() < 0.03 ? 40 + this.int(80) : 1 + this.int(4),
      type: this.pick(NUMBERS),
    }));
    this.#locals = [...f.params, ...groups.flatMap((g) => Array(g.count).fill(g.type))];
    this.#labels = [{ carried: f.results }];
    this.statements(2 + this.int(6));
    if (this.next() < 0.5) this.observe();
    for (const t of f.results) this.expression(t, 3);
    this.op("end");
    return { groups, code: this.#w.slice() };
  }

  /** Stores some locals where they can be seen. */
  observe(): void {
    this.#locals.forEach((t, x) => {
      if (this.next() < 0.4) return;
      this.op(this.extensions.is64 ? "i64.const" : "i32.const");
      this.#w.s32(1024 + 8 * x + 2048 * this.#self);
      this.indexed("local.get", x);
      if (t === F32 || t === F64) this.canonical(t);
      this.op(`${NAMES[t]}.store`);
      this.#w.u32(0);
      this.#w.u32(0);
    });
  }

  statements(count: number): void {
    for (let i = 0; i < count; i++) this.statement();
  }

  local(type: ValType): number {
    const found: number[] = [];
    this.#locals.forEach((t, i) => t === type && found.push(i));
    return found.length === 0 ? -1 : this.pick(found);
  }

  /** A statement that plain modules do not have. */
  extended(): void {
    switch (this.int(5)) {
      case 0:
        return this.atomic(this.pick(ATOMICS), true);
      case 1: {
        const name = this.pick(["i64.add128", "i64.sub128", "i64.mul_wide_s", "i64.mul_wide_u"]);
        for (let i = name.startsWith("i64.mul") ? 2 : 4; i > 0; i--) this.expression(I64, 2);
        this.op(name);
        for (let i = 0; i < 2; i++) {
          const x = this.local(I64);
          if (x >= 0) this.indexed("local.set", x);
          else this.op("drop");
        }
        return;
      }
      case 2:
        return this.tailCall();
      case 3:
        this.open("block", []);
        this.functionReference();
        this.indexed("br_on_null", 0);
        this.statement();
        this.op("drop");
        return this.close();
      default:
        this.open("block", [refType(Heap.FUNC, false)]);
        this.functionReference();
        this.indexed("br_on_non_null", 0);
        this.statement();
        this.indexed("ref.func", this.int(this.funcs.length));
        this.op("ref.as_non_null");
        this.close();
        this.op("drop");
    }
  }
  /** A reference that may be null. */
  functionReference(): void {
    this.expression(I32, 2);
    this.op("i32.const");
    this.#w.s32(3);
    this.op("i32.and");
    this.open("if", [FUNCREF]);
    this.op("i32.const");
    this.#w.s32(this.int(this.funcs.length));
    this.indexed("table.get", 0);
    this.op("else");
    this.op("ref.null");
    this.#w.heapType(Heap.FUNC);
    this.close();
  }
  tailCall(): void {
    const results = JSON.stringify(this.funcs[this.#self].results);
    const candidates: number[] = [];
    this.funcs.forEach((f, i) => {
      if ((i < this.hosts || i > this.#self) && JSON.stringify(f.results) === results) candidates.push(i);
    });
    if (candidates.length === 0) return;
    const callee = this.pick(candidates);
    const f = this.funcs[callee];
    this.expression(I32, 2);
    this.open("if", []);
    for (const t of f.params) this.expression(t, 2);
    switch (this.int(3)) {
      case 0:
        this.indexed("return_call", callee);
        break;
      case 1:
        this.op("i32.const");
        this.#w.s32(callee);
        this.op("return_call_indirect");
        this.#w.u32(this.typeIndex(f.params, f.results));
        this.#w.u32(0);
        break;
      default:
        this.indexed("ref.func", callee);
        this.indexed("return_call_ref", this.typeIndex(f.params, f.results));
    }
    this.close();
  }
  atomic(a: Atomic, dropped: boolean): void {
    this.address();
    if (this.next() < 0.9) {
      const type = this.extensions.is64 ? "i64" : "i32";
      this.op(`${type}.const`);
      this.#w.s32(-8);
      this.op(`${type}.and`);
    }
    for (const t of a.operands) this.expression(t, 2);
    this.#w.opcode(a.code);
    this.#w.u32(a.log2);
    this.#w.u64(BigInt(this.pick([0, 8, 104, 4096, 65536 - 8, 4])));
    if (dropped && a.result !== undefined) this.op("drop");
  }

  statement(): void {
    if (--this.#budget < 0) return this.op("nop");
    if (this.extensions.more && this.next() < 0.3) return this.extended();
    switch (this.int(17)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        if (this.#locals.length === 0) return;
        const x = this.int(this.#locals.length);
        this.expression(this.#locals[x], 5);
        this.indexed("local.set", x);
        return;
      }
      case 5:
      case 6:
        return this.store();
      case 7:
      case 8: {
        this.expression(I32, 3);
        this.open("if", []);
        this.statements(1 + this.int(3));
        if (this.next() < 0.6) {
          this.op("else");
          this.statements(1 + this.int(3));
        }
        return this.close();
      }
      case 9:
        this.open("block", []);
        this.statements(1 + this.int(4));
        return this.close();
      case 10:
      case 11:
        return this.loop();
      case 12:
        return this.branch();
      case 13:
        return this.table();
      case 14: {
        const results = this.call();
        for (let i = 0; i < results; i++) this.op("drop");
        return;
      }
      case 15:
        return this.multi();
      default:
        this.expression(I64, 4);
        this.indexed("global.set", 1);
    }
  }

  open(name: string, results: ValType[], params: ValType[] = []): void {
    this.op(name);
    if (params.length > 0 || results.length > 1) this.#w.s33(this.typeIndex(params, results));
    else if (results.length === 1) this.#w.valType(results[0]);
    else this.#w.u8(EMPTY);
    this.#labels.push({ carried: name === "loop" ? params : results });
  }
  close(): void {
    this.op("end");
    this.#labels.pop();
  }

  burn(): void {
    this.indexed("global.get", FUEL);
    this.op("i32.const");
    this.#w.s32(1);
    this.op("i32.sub");
    this.indexed("global.set", FUEL);
  }
  loop(): void {
    this.open("block", []);
    this.open("loop", []);
    this.burn();
    this.indexed("global.get", FUEL);
    this.op("i32.const");
    this.#w.s32(0);
    this.op("i32.le_s");
    this.indexed("br_if", 1);
    this.statements(1 + this.int(4));
    this.expression(I32, 3);
    this.indexed("br_if", 0);
    this.close();
    this.close();
  }

  /** A block with parameters and several results; the results go to locals or are dropped. */
  multi(): void {
    const types = (n: number) => Array.from({ length: this.int(n) }, () => this.pick(NUMBERS));
    const params = types(4), results = types(6);
    for (const t of params) this.expression(t, 2);
    const name = this.pick(["block", "if", "loop"]);
    if (name === "if") this.expression(I32, 2);
    this.open(name, results, params);
    this.rest(params, results, name === "loop");
    if (name === "if") {
      this.op("else");
      this.rest(params, results);
    }
    this.close();
    for (const t of results.toReversed()) {
      const x = this.local(t);
      if (x >= 0) this.indexed("local.set", x);
      else this.op("drop");
    }
  }
  rest(params: ValType[], results: ValType[], isLoop = false): void {
    for (const t of params.toReversed()) {
      const x = this.local(t);
      if (x >= 0) this.indexed("local.set", x);
      else this.op("drop");
    }
    if (isLoop) this.leaveWithoutFuel();
    this.statements(1 + this.int(2));
    if (isLoop) {
      for (const t of params) this.expression(t, 3);
      this.expression(I32, 2);
      this.indexed("global.get", FUEL);
      this.op("i32.const");
      this.#w.s32(0);
      this.op("i32.gt_s");
      this.op("i32.and");
      this.indexed("br_if", 0);
      for (const _ of params) this.op("drop");
    }
    for (const t of results) this.expression(t, 2);
    if (!isLoop && this.next() < 0.5) {
      this.expression(I32, 2);
      this.indexed("br_if", 0);
    }
  }

  /** Every way back to the head burns fuel, and without it the function is left. */
  leaveWithoutFuel(): void {
    this.burn();
    this.indexed("global.get", FUEL);
    this.op("i32.const");
    this.#w.s32(0);
    this.op("i32.le_s");
    this.open("if", []);
    this.op("unreachable");
    this.close();
  }

  branch(): void {
    const depth = this.int(this.#labels.length);
    const { carried } = this.#labels[this.#labels.length - 1 - depth];
    if (carried.some((t) => NAMES[t] === undefined)) return;
    const conditional = this.next() < 0.8;
    for (const t of carried) this.expression(t, 2);
    if (conditional) {
      this.expression(I32, 3);
      this.indexed("br_if", depth);
      for (const _ of carried) this.op("drop");
    } else {
      this.indexed("br", depth);
      // What follows is never reached, and must be of the right types all the same.
    }
  }

  table(): void {
    const n = 1 + this.int(8);
    for (let i = 0; i < n; i++) this.open("block", []);
    this.expression(I32, 3);
    if (this.next() < 0.8) {
      this.op("i32.const");
      this.#w.s32(7);
      this.op("i32.and");
    }
    this.op("br_table");
    const labels = Array.from({ length: this.int(9) }, () => this.int(n));
    this.#w.u32(labels.length);
    for (const l of [...labels, this.int(n)]) this.#w.u32(l);
    for (let i = 0; i < n; i++) {
      this.close();
      if (this.next() < 0.7) this.statement();
    }
  }

  /** Calls a function of higher index, or a host function; gives how many results it leaves. */
  call(): number {
    const from = this.#self + 1;
    const choice = this.int(this.funcs.length - from + this.hosts);
    const callee = choice < this.hosts ? choice : from + choice - this.hosts;
    if (callee >= this.funcs.length || (callee >= this.hosts && callee < from)) return 0;
    const f = this.funcs[callee];
    for (const t of f.params) this.expression(t, 2);
    if (this.extensions.more && this.next() < 0.3) {
      this.indexed("ref.func", callee);
      this.indexed("call_ref", this.typeIndex(f.params, f.results));
    } else if (callee >= this.hosts && this.next() < 0.4) {
      this.op("i32.const");
      this.#w.s32(callee);
      this.op("call_indirect");
      this.#w.u32(this.typeIndex(f.params, f.results));
      this.#w.u32(0);
    } else this.indexed("call", callee);
    return f.results.length;
  }

  address(): void {
    this.expression(I32, 2);
    if (this.next() < 0.95) {
      this.op("i32.const");
      this.#w.s32(0xffff);
      this.op("i32.and");
    }
    if (!this.extensions.is64) return;
    this.op("i64.extend_i32_u");
    if (this.next() < 0.03) {
      this.op("i64.const");
      this.#w.s64(this.pick([-1n, -(1n << 63n), -(1n << 32n), 1n << 32n]));
      this.op("i64.or");
    }
  }
  access(code: number, log2: number): void {
    this.#w.opcode(code);
    this.#w.u32(this.int(log2 + 1));
    const offset = BigInt(this.pick([0, 1, 8, 100, 4096, 65536 - 8]));
    if (!this.extensions.more || this.next() < 0.97) this.#w.u64(offset);
    else {this.#w.u64(
        this.extensions.is64 ? BigInt.asUintN(64, this.pick([-1n, -8n, 1n << 63n, 1n << 40n])) : 0xffff_fff8n,
      );}
  }
  store(): void {
    const s = this.pick(STORES);
    this.address();
    this.expression(s.type, 4);
    if (s.type === F32 || s.type === F64) this.canonical(s.type);
    this.access(s.code, s.log2);
  }

  /** Replaces a NaN by zero. */
  canonical(type: ValType): void {
    const name = NAMES[type], x = this.local(type);
    if (x < 0) {
      this.op("drop");
      this.constant(type);
      return;
    }
    this.indexed("local.tee", x);
    this.indexed("local.get", x);
    this.op(`${name}.eq`);
    if (type === F32) this.op("f32.convert_i32_u");
    else this.op("f64.convert_i32_u");
    this.indexed("local.get", x);
    this.op(`${name}.const`);
    if (type === F32) this.#w.bits32(0);
    else this.#w.bits64(0n);
    this.indexed("local.get", x);
    this.indexed("local.get", x);
    this.op(`${name}.eq`);
    this.op("select");
    this.op(`${name}.mul`);
    this.indexed("local.set", x);
    this.indexed("local.get", x);
  }

  constant(type: ValType): void {
    this.op(`${NAMES[type]}.const`);
    const small = this.int(40) - 8;
    switch (type) {
      case I32:
        return this.#w.s32(this.pick([small, small, 255, 0xffff, -0x80000000, 0x7fffffff, this.int(2 ** 32) | 0]));
      case I64:
        return this.#w.s64(
          this.pick([BigInt(small), 0xffffffffn, -(1n << 63n), BigInt(this.int(2 ** 32)) << 13n, 0x80000000n]),
        );
      case F32:
        return this.#w.bits32(this.pick([0, -0x80000000, 0x3f800000, 0x40490fdb, 0x7f800000, 0x4f000000, 0x7fc00000]));
      default:
        return this.#w.bits64(
          this.pick([0n, 1n << 63n, 0x3ff0000000000000n, 0x400921fb54442d18n, 0x41e0000000000000n]),
        );
    }
  }

  expression(type: ValType, depth: number): void {
    this.#budget--;
    const x = this.local(type);
    if (depth <= 0 || this.#budget < 0) {
      if (x >= 0 && this.next() < 0.75) return this.indexed("local.get", x);
      return this.constant(type);
    }
    switch (this.int(20)) {
      case 0:
        return this.constant(type);
      case 1:
      case 2:
        return x >= 0 ? this.indexed("local.get", x) : this.constant(type);
      case 3:
        this.expression(type, depth - 1);
        if (x >= 0) this.indexed("local.tee", x);
        return;
      case 4:
      case 5: {
        const l = this.pick(LOADS.get(type)!);
        this.address();
        return this.access(l.code, l.log2);
      }
      case 6:
        this.expression(type, depth - 1);
        this.expression(type, depth - 1);
        this.expression(I32, depth - 1);
        return this.op("select");
      case 7:
        this.expression(I32, depth - 1);
        this.open("if", [type]);
        this.expression(type, depth - 1);
        this.op("else");
        if (this.next() < 0.3) this.statement();
        this.expression(type, depth - 1);
        return this.close();
      case 8:
        this.open("block", [type]);
        if (this.next() < 0.3) this.statement();
        this.expression(type, depth - 1);
        this.expression(I32, depth - 1);
        this.indexed("br_if", 0);
        this.op("drop");
        this.expression(type, depth - 1);
        return this.close();
      case 9: {
        const candidates: number[] = [];
        for (let i = this.#self + 1; i < this.funcs.length; i++) {
          if (this.funcs[i].results.length === 1 && this.funcs[i].results[0] === type) candidates.push(i);
        }
        if (candidates.length === 0) return this.constant(type);
        const f = this.pick(candidates);
        for (const t of this.funcs[f].params) this.expression(t, depth - 2);
        return this.indexed("call", f);
      }
      case 10:
        if (type === I64) return this.indexed("global.get", 1);
        if (type === F64) return this.indexed("global.get", 2);
        if (type === I32) {
          this.indexed("memory.size", 0);
          if (this.extensions.is64) this.op("i32.wrap_i64");
          return;
        }
        return this.constant(type);
      case 11:
        if (this.extensions.more && (type === I32 || type === I64)) {
          return this.atomic(this.pick(ATOMICS.filter((a) => a.result === type)), false);
        }
        // falls through
      default: {
        const o = this.pick(PURE_OPS.get(type)!);
        // Divisions and checked conversions trap often: rarely.
        if (/(div|rem)_[su]$|\.trunc_f/.test(o.name) && this.next() < 0.8) return this.expression(type, depth);
        o.operands.forEach((t, i) => {
          this.expression(t, depth - 1);
          const reveals = /reinterpret/.test(o.name) || (/copysign/.test(o.name) && i === 1);
          if (reveals && (t === F32 || t === F64)) this.canonical(t);
        });
        this.#w.opcode(o.code);
      }
    }
  }
}

/** A random module: exports `run` (i32, i64, f32, f64) → i64, memory `memory` of two pages; imports `hosts` functions "h" "0" … of type (i32 i64) → i64. */
export function generateModule(seed: number, hosts = 1, extensions = PLAIN): Uint8Array {
  const g = new Generator(random(seed), hosts, extensions);
  for (let i = 0; i < hosts; i++) g.funcs.push({ params: [I32, I64], results: [I64] });
  g.funcs.push({ params: [I32, I64, F32, F64], results: [I64] });
  const types = (n: number) => Array.from({ length: g.int(n) }, () => g.pick(NUMBERS));
  const count = 1 + g.int(5);
  for (let i = 0; i < count; i++) {
    g.funcs.push({ params: types(g.next() < 0.2 ? 24 : 5), results: g.next() < 0.6 ? [g.pick(NUMBERS)] : types(6) });
  }
  const decl = emptyModuleDecl();
  const bodies = g.funcs.slice(hosts).map((f, i) => ({ ...g.body(hosts + i), type: g.typeIndex(f.params, f.results) }));
  const hostType = g.typeIndex([I32, I64], [I64]);
  decl.imports.push(
    ...Array.from({ length: hosts }, (_, i) => ({
      module: "h",
      name: String(i),
      kind: ExternKind.FUNC,
      type: hostType,
    } as const)),
  );
  decl.types.push(...g.types.map((t, i): TypeDef => ({
    final: true,
    supers: [],
    type: { kind: "func", ...t },
    groupStart: i,
    groupSize: 1,
    explicitGroup: false,
  })));
  decl.funcs.push(...bodies);
  const { is64, shared, pageSizeLog2 } = extensions;
  const min = 2n << BigInt(16 - pageSizeLog2);
  decl.memories.push({ min, max: shared ? min * 2n : undefined, is64, shared, pageSizeLog2 });
  const expression = (write: (w: ByteWriter) => void) => {
    const w = new ByteWriter();
    write(w);
    w.u8(0x0b);
    return w.slice();
  };
  const global = (type: ValType, init: Uint8Array) => decl.globals.push({ type: { type, mutable: true }, init });
  global(I32, expression((w) => (w.u8(0x41), w.s32(300))));
  global(I64, expression((w) => (w.u8(0x42), w.s64(77n))));
  global(F64, expression((w) => (w.u8(0x44), w.bits64(0x4000000000000000n))));
  const size = BigInt(g.funcs.length);
  decl.tables.push({
    type: { min: size, max: size, is64: false, shared: false, element: FUNCREF },
    init: undefined,
  });
  decl.elems.push({
    mode: "active",
    table: 0,
    offset: expression((w) => (w.u8(0x41), w.s32(0))),
    type: FUNCREF,
    funcs: g.funcs.map((_, i) => i),
    exprs: undefined,
  });
  decl.exports.push({ name: "run", kind: ExternKind.FUNC, index: hosts });
  decl.exports.push({ name: "memory", kind: ExternKind.MEMORY, index: 0 });
  decl.exports.push({ name: "fuel", kind: ExternKind.GLOBAL, index: 0 });
  return writeModule(decl).bytes;
}
