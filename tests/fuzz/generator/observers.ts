// Functions of every program that make a number of what JavaScript cannot look into: structures and arrays, vectors in globals, tables of all types.
// Takes the program so far, gives bodies.

import * as op from "../../../src/wasm/opcodes.ts";
import {
  F32,
  F64,
  type FieldType,
  Heap,
  heapOf,
  I32,
  I64,
  isPacked,
  V128,
  type ValType,
} from "../../../src/wasm/types.ts";
import { indexed } from "./constant_expression.ts";
import type { PaddedWriter } from "./padded_writer.ts";
import { type Builder, HOST_ID } from "./builder.ts";

/** Locals of both functions. */
export const DIGEST_LOCALS: readonly { count: number; type: ValType }[] = [
  { count: 1, type: I64 },
  { count: 1, type: I32 },
  { count: 1, type: F32 },
  { count: 1, type: F64 },
  { count: 1, type: V128 },
];
const EMPTY = 0x40;
/** How deep the digest follows references, and how many elements of an array and a table count. */
const DEPTH = 3, ELEMENTS = 8, ENTRIES = 32;

/** Writes code that mixes values into a local. */
class Mixer {
  readonly acc: number;
  readonly index: number;
  constructor(readonly b: Builder, readonly w: PaddedWriter, params: number) {
    this.acc = params;
    this.index = params + 1;
  }
  i32(n: number): void {
    this.w.opcode(op.I32_CONST);
    this.w.s32(n);
  }
  i64(n: number): void {
    this.w.opcode(op.I64_CONST);
    this.w.s64(BigInt(n));
  }
  get(local: number): void {
    indexed(this.w, op.LOCAL_GET, local);
  }
  set(local: number): void {
    indexed(this.w, op.LOCAL_SET, local);
  }

  /** Mixes the i64 on the stack into the local. */
  mix(): void {
    const { w } = this;
    this.get(this.acc);
    this.i64(1000003);
    w.opcode(op.I64_MUL);
    w.opcode(op.I64_ADD);
    this.i64(17);
    w.opcode(op.I64_ROTL);
    this.set(this.acc);
  }
  /** Mixes the value of type `t` on the stack. `depth` writes how deep a digest is to go. */
  value(t: ValType, depth: () => void): void {
    const { w, b, acc } = this;
    switch (t) {
      case I32:
        w.opcode(op.I64_EXTEND_I32_S);
        return this.mix();
      case I64:
        return this.mix();
      case F32:
        this.float(acc + 2, op.F32_EQ, [op.I32_REINTERPRET_F32, op.I64_EXTEND_I32_U]);
        return this.mix();
      case F64:
        this.float(acc + 3, op.F64_EQ, [op.I64_REINTERPRET_F64]);
        return this.mix();
      case V128:
        this.set(acc + 4);
        for (const lane of [0, 1]) {
          this.get(acc + 4);
          w.opcode(op.I64X2_EXTRACT_LANE);
          w.u8(lane);
          this.mix();
        }
        return;
    }
    const top = b.types.top(heapOf(t));
    if (top === Heap.FUNC || top === Heap.EXN || b.digest < 0) {
      w.opcode(op.REF_IS_NULL);
      return this.value(I32, depth);
    }
    if (top === Heap.EXTERN) w.opcode(op.ANY_CONVERT_EXTERN);
    depth();
    indexed(w, op.CALL, b.digest);
    this.mix();
  }
  /** Bits of the float on the stack, or 77 for a NaN. */
  float(local: number, equal: number, bits: readonly number[]): void {
    const { w } = this;
    this.set(local);
    this.get(local);
    for (const code of bits) w.opcode(code);
    this.i64(77);
    this.get(local);
    this.get(local);
    w.opcode(equal);
    w.opcode(op.SELECT);
  }
  /** Repeats `body` for the index local from 0, below the i32 that `length` writes and `most`. */
  loop(length: () => void, most: number, body: () => void): void {
    const { w, index } = this;
    this.i32(0);
    this.set(index);
    for (const code of [op.BLOCK, op.LOOP]) {
      w.opcode(code);
      w.u8(EMPTY);
    }
    this.get(index);
    length();
    w.opcode(op.I32_GE_U);
    indexed(w, op.BR_IF, 1);
    this.get(index);
    this.i32(most);
    w.opcode(op.I32_GE_U);
    indexed(w, op.BR_IF, 1);
    body();
    this.get(index);
    this.i32(1);
    w.opcode(op.I32_ADD);
    this.set(index);
    indexed(w, op.BR, 0);
    w.opcode(op.END);
    w.opcode(op.END);
  }
}

/** (anyref, depth) -> i64: equal for equal structures, by content, as deep as the second says. */
export function writeDigest(b: Builder): Uint8Array {
  return b.expression((w) => {
    const m = new Mixer(b, w, 2);
    const { types } = b;
    const answer = (test: () => void, value: () => void) => {
      test();
      w.opcode(op.IF);
      w.u8(EMPTY);
      value();
      w.opcode(op.RETURN);
      w.opcode(op.END);
    };
    const object = () => m.get(0);
    answer(() => (object(), w.opcode(op.REF_IS_NULL)), () => m.i64(11));
    answer(() => (object(), indexedHeap(w, op.REF_TEST, Heap.I31)), () => {
      object();
      indexedHeap(w, op.REF_CAST, Heap.I31);
      w.opcode(op.I31_GET_S);
      w.opcode(op.I64_EXTEND_I32_S);
    });
    const deeper = () => {
      m.get(1);
      m.i32(1);
      w.opcode(op.I32_SUB);
    };
    answer(() => {
      m.get(1);
      w.opcode(op.I32_EQZ);
      indexedHeap(w, op.REF_TEST, Heap.EQ, object);
      w.opcode(op.I32_AND);
    }, () => m.i64(12));
    const all = types.concrete(Heap.EQ).reverse();
    for (const x of all) {
      answer(() => (object(), indexedHeap(w, op.REF_TEST, x)), () => {
        const { kind } = types.defs[x].type;
        const cast = () => {
          object();
          indexedHeap(w, op.REF_CAST, x);
        };
        m.i64(x + 100);
        m.set(m.acc);
        types.fields(x).forEach((f, i) => {
          if (kind === "struct") {
            cast();
            indexed(w, fieldGet(f, op.STRUCT_GET, op.STRUCT_GET_S), x);
            w.u32(i);
            return m.value(isPacked(f.type) ? I32 : f.type, deeper);
          }
          const length = () => {
            cast();
            w.opcode(op.ARRAY_LEN);
          };
          length();
          m.value(I32, deeper);
          m.loop(length, ELEMENTS, () => {
            cast();
            m.get(m.index);
            indexed(w, fieldGet(f, op.ARRAY_GET, op.ARRAY_GET_S), x);
            m.value(isPacked(f.type) ? I32 : f.type, deeper);
          });
        });
        m.get(m.acc);
      });
    }
    object();
    w.opcode(op.EXTERN_CONVERT_ANY);
    indexed(w, op.CALL, HOST_ID);
    w.opcode(op.I64_EXTEND_I32_S);
  });
}

/** () -> i64: what all globals and tables hold. */
export function writeObserver(b: Builder): Uint8Array {
  return b.expression((w) => {
    const m = new Mixer(b, w, 0);
    const depth = () => m.i32(DEPTH);
    b.globals.forEach((g, i) => {
      indexed(w, op.GLOBAL_GET, i);
      m.value(g.type.type, depth);
    });
    b.tables.forEach(({ type }, i) => {
      const size = () => {
        indexed(w, op.TABLE_SIZE, i);
        if (type.is64) w.opcode(op.I32_WRAP_I64);
      };
      size();
      m.value(I32, depth);
      m.loop(size, ENTRIES, () => {
        m.get(m.index);
        if (type.is64) w.opcode(op.I64_EXTEND_I32_U);
        indexed(w, op.TABLE_GET, i);
        m.value(type.element, depth);
      });
    });
    m.get(m.acc);
  });
}

function fieldGet(f: FieldType, plain: number, packed: number): number {
  return isPacked(f.type) ? packed : plain;
}
function indexedHeap(w: PaddedWriter, code: number, heap: number, before?: () => void): void {
  before?.();
  w.opcode(code);
  w.heapType(heap);
}
