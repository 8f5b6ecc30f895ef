// The fast path of validation: passes over the instructions of which bodies mostly consist, as far as they are valid beyond doubt.
// Stops before any other and before any fault, which body.ts then looks at; so nothing is reported here.

import { LIMITS } from "../wasm/limits.ts";
import type { FuncDecl, Module } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { F32, F64, I32, I64, isRef, V128, type ValType } from "../wasm/types.ts";
import { labelTypes, NONE, SINGLE } from "./blocks.ts";
import type { BodyValidator } from "./body.ts";

const Kind = {
  OTHER: 0,
  GET: 1,
  SET: 2,
  TEE: 3,
  CONST: 4,
  FLOAT: 5,
  BINARY: 6,
  UNARY: 7,
  LOAD: 8,
  STORE: 9,
  DROP: 10,
  GLOBAL_GET: 11,
  GLOBAL_SET: 12,
  END: 13,
  BRANCH: 14,
  BRANCH_IF: 15,
  BLOCK: 16,
  LOOP: 17,
  IF: 18,
  ELSE: 19,
  CALL: 20,
  SELECT: 21,
  RETURN: 22,
  UNREACHABLE: 23,
  NOP: 24,
} as const;

/** Bytes of the longest of these instructions. */
const LONGEST = 10;
const TYPES: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64 };

/** By opcode of one byte: what kind of instruction it is, the type of its operands (the value that a store takes), and that of its result. */
const KINDS = new Uint8Array(256);
const OPERANDS = new Int32Array(256);
const RESULTS = new Int32Array(256);
/** Immediate bytes of a constant: exactly these for floats, at most for integers; longer forms are rare. For accesses, log2 of their size. */
const SIZES = new Uint8Array(256);
/** By the byte of a block type: what the block gives; undefined where it is looked at elsewhere. */
const BLOCK_RESULTS: (readonly ValType[] | undefined)[] = new Array(256).fill(undefined);
BLOCK_RESULTS[0x40] = NONE;
for (const [byte, type] of [[0x7f, I32], [0x7e, I64], [0x7d, F32], [0x7c, F64]]) BLOCK_RESULTS[byte] = SINGLE[type];

for (const { code, signature, imm, accessLog2, feature } of op.INSTRUCTIONS) {
  if (code >= 256 || feature !== undefined || !/^[ilfda]{0,2}:[ilfd]?$/.test(signature)) continue;
  const [operands, result] = signature.split(":");
  const set = (kind: number, operand: string, size = 0) => {
    KINDS[code] = kind;
    OPERANDS[code] = TYPES[operand] ?? 0;
    RESULTS[code] = TYPES[result] ?? 0;
    SIZES[code] = size;
  };
  if (imm === op.Imm.I32) set(Kind.CONST, "", 4);
  else if (imm === op.Imm.I64) set(Kind.CONST, "", 9);
  else if (imm === op.Imm.F32) set(Kind.FLOAT, "", 4);
  else if (imm === op.Imm.F64) set(Kind.FLOAT, "", 8);
  else if (imm === op.Imm.MEMORY_ACCESS) {
    if (operands === "a" && result !== "") set(Kind.LOAD, "", accessLog2);
    else if (operands.length === 2 && operands[0] === "a" && result === "") set(Kind.STORE, operands[1], accessLog2);
  } else if (imm !== op.Imm.NONE || result === "") continue;
  else if (operands.length === 1) set(Kind.UNARY, operands);
  else if (operands.length === 2 && operands[0] === operands[1]) set(Kind.BINARY, operands[0]);
}
KINDS[op.LOCAL_GET] = Kind.GET;
KINDS[op.LOCAL_SET] = Kind.SET;
KINDS[op.LOCAL_TEE] = Kind.TEE;
KINDS[op.DROP] = Kind.DROP;
KINDS[op.GLOBAL_GET] = Kind.GLOBAL_GET;
KINDS[op.GLOBAL_SET] = Kind.GLOBAL_SET;
KINDS[op.END] = Kind.END;
KINDS[op.BR] = Kind.BRANCH;
KINDS[op.BR_IF] = Kind.BRANCH_IF;
KINDS[op.BLOCK] = Kind.BLOCK;
KINDS[op.LOOP] = Kind.LOOP;
KINDS[op.IF] = Kind.IF;
KINDS[op.ELSE] = Kind.ELSE;
KINDS[op.CALL] = Kind.CALL;
KINDS[op.SELECT] = Kind.SELECT;
KINDS[op.RETURN] = Kind.RETURN;
KINDS[op.UNREACHABLE] = Kind.UNREACHABLE;
KINDS[op.NOP] = Kind.NOP;

/** What the fast path knows of a module's declarations. */
export class UsualFacts {
  readonly funcs: readonly FuncDecl[];
  /** By type index: 1 for function types without vectors. */
  readonly plain: Uint8Array;
  /** By index: the type of a global that is a scalar or reference; otherwise 0. */
  readonly globals: Int32Array;
  /** The same for those that can be written. */
  readonly mutables: Int32Array;
  /** Whether there is a first memory, with 32-bit addresses. */
  readonly accesses: boolean;

  constructor(m: Module) {
    this.funcs = m.funcs;
    this.plain = Uint8Array.from(
      m.types,
      ({ type }) => type.kind === "func" && !type.params.includes(V128) && !type.results.includes(V128) ? 1 : 0,
    );
    this.globals = Int32Array.from(m.globals, ({ type: { type } }) => type === V128 ? 0 : type);
    this.mutables = this.globals.map((type, i) => m.globals[i].type.mutable ? type : 0);
    this.accesses = m.memories[0]?.type.is64 === false;
  }
}

/** Passes over usual instructions from `v.r.pos` on. */
export function passUsual(v: BodyValidator, facts: UsualFacts): void {
  const { r, stack, locals, localCount, controls, initialized } = v;
  const { bytes, end } = r;
  let pos = r.pos, { sp, maxSlots, top } = v, { height } = top;
  // A scalar takes one slot, and nothing else is moved here.
  let more = v.slots - sp;
  // The operand stack does not grow here.
  const room = Math.min(stack.length, LIMITS.operandSlots - more);
  // The last bytes are left to the other path, so that no instruction reaches beyond the body.
  const last = end - LONGEST;
  scan: while (pos < last) {
    const code = bytes[pos];
    let at = pos + 1;
    switch (KINDS[code]) {
      case Kind.GET: {
        let index = bytes[at++];
        if (index >= 0x80) {
          const high = bytes[at++];
          if (high >= 0x80) break scan;
          index = (index & 0x7f) | high << 7;
        }
        if (index >= localCount || initialized !== undefined || sp >= room) break scan;
        const type = locals[index];
        if (type === V128) break scan;
        stack[sp++] = type;
        break;
      }
      case Kind.SET:
      case Kind.TEE: {
        let index = bytes[at++];
        if (index >= 0x80) {
          const high = bytes[at++];
          if (high >= 0x80) break scan;
          index = (index & 0x7f) | high << 7;
        }
        if (index >= localCount || initialized !== undefined) break scan;
        const type = locals[index];
        if (type === V128 || sp <= height || stack[sp - 1] !== type) break scan;
        if (code === op.LOCAL_SET) sp--;
        break;
      }
      case Kind.CONST: {
        const limit = at + SIZES[code];
        while (at < limit && bytes[at] >= 0x80) at++;
        if (at++ === limit || sp >= room) break scan;
        stack[sp++] = RESULTS[code];
        break;
      }
      case Kind.BINARY: {
        const operand = OPERANDS[code];
        if (sp - 2 < height || stack[sp - 1] !== operand || stack[sp - 2] !== operand) break scan;
        stack[--sp - 1] = RESULTS[code];
        break;
      }
      case Kind.UNARY:
        if (sp <= height || stack[sp - 1] !== OPERANDS[code]) break scan;
        stack[sp - 1] = RESULTS[code];
        break;
      case Kind.LOAD:
      case Kind.STORE: {
        // Alignment above the natural one, or another memory, is more than this.
        if (!facts.accesses || bytes[at++] > SIZES[code]) break scan;
        const limit = at + 4;
        while (at < limit && bytes[at] >= 0x80) at++;
        if (at++ === limit) break scan;
        if (RESULTS[code] !== 0) {
          if (sp <= height || stack[sp - 1] !== I32) break scan;
          stack[sp - 1] = RESULTS[code];
        } else {
          if (sp - 2 < height || stack[sp - 1] !== OPERANDS[code] || stack[sp - 2] !== I32) break scan;
          sp -= 2;
        }
        break;
      }
      case Kind.FLOAT:
        at += SIZES[code];
        if (sp >= room) break scan;
        stack[sp++] = RESULTS[code];
        break;
      case Kind.DROP:
        if (sp <= height || stack[sp - 1] === V128) break scan;
        sp--;
        break;
      case Kind.SELECT: {
        if (sp - 3 < height || stack[sp - 1] !== I32) break scan;
        const type = stack[sp - 2];
        if (type === V128 || type === 0 || isRef(type) || stack[sp - 3] !== type) break scan;
        sp -= 2;
        break;
      }
      case Kind.GLOBAL_GET:
      case Kind.GLOBAL_SET: {
        let index = bytes[at++];
        if (index >= 0x80) {
          const high = bytes[at++];
          if (high >= 0x80) break scan;
          index = (index & 0x7f) | high << 7;
        }
        if (index >= facts.globals.length) break scan;
        if (code === op.GLOBAL_GET) {
          const type = facts.globals[index];
          if (type === 0 || sp >= room) break scan;
          stack[sp++] = type;
        } else {
          const type = facts.mutables[index];
          if (type === 0 || sp <= height || stack[sp - 1] !== type) break scan;
          sp--;
        }
        break;
      }
      case Kind.CALL: {
        let index = bytes[at++];
        if (index >= 0x80) {
          const middle = bytes[at++];
          index = (index & 0x7f) | (middle & 0x7f) << 7;
          if (middle >= 0x80) {
            const high = bytes[at++];
            if (high >= 0x80) break scan;
            index |= high << 14;
          }
        }
        if (index >= facts.funcs.length) break scan;
        const callee = facts.funcs[index];
        if (facts.plain[callee.typeIndex] === 0) break scan;
        const { params, results } = callee.type;
        let base = sp - params.length;
        if (base < height || base + results.length > room) break scan;
        for (let i = 0; i < params.length; i++) if (stack[base + i] !== params[i]) break scan;
        for (let i = 0; i < results.length; i++) stack[base++] = results[i];
        sp = base;
        break;
      }
      case Kind.BLOCK:
      case Kind.LOOP: {
        const results = BLOCK_RESULTS[bytes[at++]];
        if (results === undefined) break scan;
        v.sp = sp;
        v.slots = sp + more;
        top = v.pushControl(code, NONE, results);
        height = sp;
        if (code === op.LOOP) v.beginLoop(top, pos, at);
        break;
      }
      case Kind.IF: {
        const results = BLOCK_RESULTS[bytes[at++]];
        if (results === undefined || sp <= height || stack[sp - 1] !== I32) break scan;
        height = v.sp = --sp;
        v.slots = sp + more;
        top = v.pushControl(code, NONE, results);
        v.beginIf(top);
        break;
      }
      case Kind.ELSE:
      case Kind.END: {
        // The last one of the body, and blocks that are more than blocks, are left to the other path.
        const { results, opcode } = top, count = results.length;
        if (controls.length === 1 || count > 1 || top.params.length > 0 || initialized !== undefined) break scan;
        if (top.handler !== undefined || top.caught >= 0 || (count === 1 && results[0] === V128)) break scan;
        // Behind a branch, the operands of the block need not be there.
        if (sp !== height + count) {
          if (!top.unreachable || sp !== height || sp >= room) break scan;
        } else if (count === 1 && stack[height] !== results[0]) break scan;
        if (code === op.ELSE) {
          if (opcode !== op.IF) break scan;
          v.turnElse(top, at);
          sp = height;
        } else {
          if (opcode === op.IF) {
            if (count !== 0) break scan;
            v.patch(top.ifEntry, at);
          }
          if (top.fixup >= 0) v.patchAll(top, at);
          if (count === 1) stack[height] = results[0];
          sp = height + count;
          controls.pop();
          v.top = top = controls[controls.length - 1];
          height = top.height;
        }
        break;
      }
      case Kind.BRANCH:
      case Kind.BRANCH_IF: {
        const depth = bytes[at++], index = controls.length - 1 - depth;
        if (depth >= 0x80 || index < 0) break scan;
        const target = controls[index];
        const types = labelTypes(target);
        if (types.length > 1) break scan;
        let below = sp;
        if (code === op.BR_IF && (--below < height || stack[below] !== I32)) break scan;
        if (types.length === 1 && (below <= height || stack[below - 1] !== types[0] || types[0] === V128)) break scan;
        v.edge(target);
        sp = below;
        if (code === op.BR_IF) break;
        top.unreachable = true;
        sp = height;
        more = top.slots - height;
        break;
      }
      case Kind.RETURN: {
        const { results } = v;
        if (results.length > 1) break scan;
        if (results.length === 1 && (sp <= height || stack[sp - 1] !== results[0])) break scan;
        top.unreachable = true;
        sp = height;
        more = top.slots - height;
        break;
      }
      case Kind.UNREACHABLE:
        top.unreachable = true;
        sp = height;
        more = top.slots - height;
        break;
      case Kind.NOP:
        break;
      default:
        break scan;
    }
    pos = at;
    if (sp + more > maxSlots) maxSlots = sp + more;
  }
  r.pos = pos;
  v.sp = sp;
  v.slots = sp + more;
  v.maxSlots = maxSlots;
}
