// What a probe is shown: a place in a function with its operands, locals, access to memory or branch, read when asked for. Takes a frame of the interpreter that stands
// before an instruction, gives values of JavaScript; none of it can be changed.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import { refMatches } from "../runtime/cast.ts";
import type { Store } from "../runtime/store.ts";
import type { Stop } from "../runtime/tier.ts";
import { isExnType, readSlot } from "../runtime/values.ts";
import { BodyValidator } from "../validate/body.ts";
import type { FuncBody } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { canonicalType, slotsOf, V128, type ValType } from "../wasm/types.ts";
import { type MemoryAccess, memoryAccesses, operandCount } from "./operands.ts";

/** Where a probe is told: at the beginning of a call, at its end, before an instruction, before a branch, before an access to memory. */
export type ProbeKind = "enter" | "exit" | "instruction" | "branch" | "memory";

/** An access to memory that is about to happen. */
export interface ProbeAccess extends MemoryAccess {
  /**
   * What is loaded or stored, as a number, a bigint for 64 bits, bytes for vectors and for several bytes at once; undefined when it is beyond the end, and for a `memory.copy` and its like
   * of more than 256 bytes. Of an atomic update, the operand.
   */
  readonly value: number | bigint | Uint8Array | undefined;
}

interface Types {
  readonly locals: readonly ValType[];
  readonly operands: readonly ValType[];
}
const KNOWN = new WeakMap<FuncBody, Map<number, Types>>();
/** More bytes are not copied for a probe. */
const MOST_BYTES = 256;

/** Types of locals and operands before the instruction at `offset`. */
function typesAt({ valid, module }: WasmInstance, index: number, offset: number): Types {
  const f = module.funcs[index], body = f.body!;
  let known = KNOWN.get(body);
  if (known === undefined) KNOWN.set(body, known = new Map());
  let types = known.get(offset);
  if (types === undefined) {
    const { locals, operands } = new BodyValidator(valid.context).typesBefore(f, body, offset + 1);
    const canonical = (t: ValType) => canonicalType(t, module);
    known.set(offset, types = { locals: [...locals].map(canonical), operands: operands.map(canonical) });
  }
  return types;
}

/** The value of type `t` in slot `at`: as a function of JavaScript would get it, bytes of a v128, the name of what JavaScript cannot have. */
function valueIn(store: Store, words: Int32Array, at: number, t: ValType): unknown {
  if (t === V128) return new Uint8Array(words.slice(2 * at, 2 * at + 4).buffer);
  if (isExnType(t)) return words[2 * at] === 0 ? null : "exnref";
  return readSlot(store, words, at, t);
}

/** What a probe's function gets. It holds only while that runs: afterwards, reading from it throws. */
export class ProbeEvent {
  /** What it is told of. */
  readonly kind: ProbeKind;
  readonly #stop: Stop;
  readonly #store: Store;
  readonly #instance: WasmInstance;
  #reader: BytecodeReader | undefined;
  #over = false;

  /** Made for each frame that comes to a probe. */
  constructor(kind: ProbeKind, stop: Stop, store: Store) {
    this.kind = kind;
    this.#stop = stop;
    this.#store = store;
    this.#instance = stop.func.instance!;
  }

  /** Ends it; for those who made it. */
  static end(event: ProbeEvent): void {
    event.#over = true;
  }

  #check(): Stop {
    if (this.#over) {
      throw new Error("the program has gone on: a probe's event can be read only while the probe is told");
    }
    return this.#stop;
  }

  /** The function's name: in the name section, else its first export, else `func[N]`. */
  get name(): string {
    return this.#stop.func.name;
  }
  /** Index of the function in its module. */
  get index(): number {
    return this.#stop.func.index;
  }
  /** Byte offset of the instruction in the module. */
  get offset(): number {
    return this.#stop.offset;
  }
  /** The instruction's mnemonic. */
  get opcode(): string {
    return this.#instruction.info.name;
  }
  /** Grows with the depth of the call, and is the same at the beginning and the end of one. */
  get frame(): number {
    return this.#stop.frame;
  }

  get #instruction(): BytecodeReader {
    if (this.#reader === undefined) {
      this.#reader = new BytecodeReader(this.#instance.module.bytes, this.#stop.offset);
      this.#reader.next();
    }
    return this.#reader;
  }

  /** The parameters and locals. At `enter`, the parameters are the arguments. */
  get locals(): unknown[] {
    const { words, locals: first } = this.#check();
    let at = first;
    return this.#types.locals.map((t) => {
      const value = valueIn(this.#store, words, at, t);
      at += slotsOf(t);
      return value;
    });
  }
  /** At `enter`: the arguments. */
  get args(): unknown[] {
    return this.locals.slice(0, this.#stop.func.type.params.length);
  }

  get #types(): Types {
    return typesAt(this.#instance, this.#stop.func.index, this.#stop.offset);
  }

  #topmost(count: number): unknown[] {
    const { words, top } = this.#check();
    const { operands } = this.#types;
    const types = operands.slice(Math.max(0, operands.length - count));
    let at = top - types.reduce((slots, t) => slots + slotsOf(t), 0);
    return types.map((t) => {
      const value = valueIn(this.#store, words, at, t);
      at += slotsOf(t);
      return value;
    });
  }

  /** All operands on the function's stack, the topmost last. */
  get stack(): unknown[] {
    return this.#topmost(Infinity);
  }
  /** Those that the instruction takes. */
  get operands(): unknown[] {
    const { func } = this.#stop, { module } = this.#instance;
    const { type, body } = module.funcs[func.index];
    return this.#topmost(operandCount(this.#instruction, module, type, body!.end));
  }
  /** At `exit`: what the call gives, or the arguments that a tail call passes on. */
  get results(): unknown[] {
    return this.operands;
  }

  /** For a branch: whether its condition holds, so that a `br_if` branches and an `if` runs its first arm; for a `br_table`, the number of the label in its list, the default last. */
  get taken(): boolean | number | undefined {
    const { words, top } = this.#check();
    const r = this.#instruction, word = words[2 * (top - 1)];
    switch (r.op) {
      case op.BR_IF:
      case op.IF:
      case op.BR_ON_NON_NULL:
        return word !== 0;
      case op.BR_ON_NULL:
        return word === 0;
      case op.BR_TABLE:
        return Math.min(word >>> 0, r.labels.length - 1);
      case op.BR_ON_CAST:
      case op.BR_ON_CAST_FAIL: {
        const heap = r.heap2 >= 0 ? this.#instance.module.canonical[r.heap2] : r.heap2;
        const matches = word === 0 ? (r.flags & 2) !== 0 : refMatches(this.#store, word, heap);
        return matches === (r.op === op.BR_ON_CAST);
      }
    }
    return undefined;
  }

  /** What of linear memory the instruction accesses: one access, two of a `memory.copy`, none of others. */
  get accesses(): ProbeAccess[] {
    const { operands } = this;
    return memoryAccesses(this.#instruction, operands).map((a) => ({ ...a, value: this.#valueOf(a, operands) }));
  }
  /** The only one, or the last. */
  get access(): ProbeAccess | undefined {
    return this.accesses.at(-1);
  }

  #valueOf({ memory, address, bytes, kind }: MemoryAccess, operands: readonly unknown[]): ProbeAccess["value"] {
    const r = this.#instruction, { imm, signature } = r.info;
    const isVector = imm === op.Imm.MEMORY_LANE || signature.includes("v");
    if (kind !== "load" && imm === op.Imm.MEMORY_ACCESS) return operands[1] as number | bigint | Uint8Array;
    if (r.op === op.MEMORY_FILL) return (operands[1] as number) & 255;
    const { u8 } = this.#instance.memories[memory];
    if (kind === "store" || bytes > MOST_BYTES || address + bytes > u8.length) return undefined;
    const found = u8.slice(address, address + bytes);
    if (isVector || imm !== op.Imm.MEMORY_ACCESS) return found;
    return loadedValue(found, r.info);
  }
}

/** What a load gives that finds these bytes. */
function loadedValue(bytes: Uint8Array, { signature, name }: op.OpInfo): number | bigint {
  const view = new DataView(bytes.buffer), signed = name.endsWith("_s");
  switch (signature.at(-1)) {
    case "f":
      return view.getFloat32(0, true);
    case "d":
      return view.getFloat64(0, true);
  }
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  if (signature.at(-1) === "l") return BigInt.asIntN(signed ? 8 * bytes.length : 64, value);
  return Number(BigInt.asIntN(signed ? 8 * bytes.length : 32, value));
}
