// What the interpreter knows of modules, instances and functions: private copies of the bytes, in which stops may be set, side tables joined into one per module,
// and per function the numbers that a call needs. Made when a function is first called.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { InterpCode, WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import { ENTRY_INTS, TARGET_STP } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { BLOCK, Imm, RETURN } from "../wasm/opcodes.ts";

/** The byte that stands for an opcode where the loop is to stop. No instruction has it. */
export const STOP = 0xff;
/** The byte that stands for an access to another memory than the first. No instruction has it. */
export const OTHER_MEMORY = 0xfe;

/** The byte that stands for a run of blocks, the distance to whose end is in the next byte. No instruction has it. */
export const BLOCKS = 0xe0;

/** Joins the run of blocks that begins at `at`, as far as one byte can tell; gives the offset behind it. */
export function joinBlocks(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end] === BLOCK && bytes[end + 1] < 128 && end + 2 - (at + 1) < 256) end += 2;
  bytes[at] = BLOCKS;
  bytes[at + 1] = end - (at + 1);
  return end;
}

/** The bytes and branches of a module. */
export class ModuleCode {
  /** The module's bytes as the loop reads them: the last `end` of a function is a `return`; stops are set here. Offsets are the module's. */
  readonly bytes: Uint8Array;
  /** The same. */
  readonly data: DataView;
  /** Side tables of all functions. Cursors are absolute. */
  readonly table: Int32Array;
  /** Where the side table of each defined function begins. */
  readonly tableStarts: Int32Array;
  #allStops: Uint8Array | undefined;

  constructor(readonly valid: ValidModule) {
    const { module, bodies } = valid;
    this.bytes = module.bytes.slice();
    this.data = new DataView(this.bytes.buffer);
    this.tableStarts = new Int32Array(bodies.length);
    this.table = new Int32Array(bodies.reduce((n, b) => n + b.sideTable.length, 0));
    let at = 0;
    bodies.forEach((facts, i) => {
      this.tableStarts[i] = at;
      this.table.set(facts.sideTable, at);
      const end = at + facts.sideTable.length;
      for (let k = at; k < end; k += ENTRY_INTS) this.table[k + TARGET_STP] += at;
      at = end;
    });
    for (const f of module.funcs) if (f.body !== undefined) this.bytes[f.body.end - 1] = RETURN;
    if (module.memories.length > 1) this.#markOtherMemories();
  }

  #markOtherMemories(): void {
    const { module } = this.valid;
    for (const { body } of module.funcs) {
      if (body === undefined) continue;
      const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
      while (r.pos < r.end) {
        r.next();
        if (r.info.imm === Imm.MEMORY_ACCESS && r.index !== 0) this.bytes[r.at] = OTHER_MEMORY;
      }
    }
  }

  /** What the byte at `pc` is when no stop is set there. */
  #unstopped(pc: number): number {
    if (this.bytes[pc] !== STOP && this.bytes[pc] !== BLOCKS) return this.bytes[pc];
    const { module } = this.valid;
    const last = module.funcs.some((f) => f.body !== undefined && f.body.end - 1 === pc);
    if (last) return RETURN;
    if (module.memories.length > 1) {
      const r = new BytecodeReader(module.bytes, pc);
      r.next();
      if (r.info.imm === Imm.MEMORY_ACCESS && r.index !== 0) return OTHER_MEMORY;
    }
    return module.bytes[pc];
  }

  /** Sets a stop before the instruction at `pc`. */
  setStop(pc: number): void {
    this.#separateBlocks(pc);
    this.bytes[pc] = STOP;
  }
  /** Undoes what `joinBlocks()` did to the function that holds `pc`, so that no run leads over a stop. */
  #separateBlocks(pc: number): void {
    const { module } = this.valid;
    const body = module.funcs.find((f) => f.body !== undefined && f.body.codeStart <= pc && pc < f.body.end)!.body!;
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    while (r.pos < r.end) {
      if (r.next() === BLOCK && this.bytes[r.at] === BLOCKS) this.bytes.set(module.bytes.subarray(r.at, r.pos), r.at);
    }
  }
  /** Takes it away. */
  clearStop(pc: number): void {
    this.bytes[pc] = this.#unstopped(pc);
  }

  /** Bytes that stop before every instruction; `allow()` opens one for a step. */
  get allStops(): Uint8Array {
    return this.#allStops ??= new Uint8Array(this.bytes.length).fill(STOP);
  }
  /** Opens the instruction at `pc` in `allStops`; gives the offset behind it, for `forbid()`. */
  allow(pc: number): number {
    const { bytes } = this.valid.module;
    const r = new BytecodeReader(bytes, pc);
    r.next();
    this.allStops.set(bytes.subarray(pc, r.pos), pc);
    this.allStops[pc] = this.#unstopped(pc);
    return r.pos;
  }
  /** Closes what `allow()` opened. */
  forbid(pc: number, end: number): void {
    this.allStops.fill(STOP, pc, end);
  }
}

/** What the loop needs of an instance. */
export class InstanceCode {
  /** Index in the store arena's words of each global's cell. */
  readonly globals: Int32Array;
  readonly funcs: readonly WasmFunc[];

  constructor(readonly instance: WasmInstance, readonly code: ModuleCode) {
    this.funcs = instance.funcs;
    this.globals = Int32Array.from(instance.globals, (g) => g.cell >> 2);
  }
}

/** A function as the loop sees it. Heights and sizes in words, two per slot. */
export class FunctionCode implements InterpCode {
  readonly kind = "interp";
  readonly view: InstanceCode;
  /** First instruction. */
  readonly start: number;
  /** Cursor in the joined side table at the start. */
  readonly stp: number;
  readonly paramWords: number;
  /** Parameters and locals. */
  readonly localWords: number;
  /** All that a frame may take. */
  readonly frameWords: number;
  readonly resultWords: number;

  constructor(readonly func: WasmFunc) {
    const instance = func.instance!;
    this.view = instanceCode(instance);
    const i = func.index - instance.module.importedFuncs;
    const facts = instance.valid.bodies[i];
    this.start = instance.module.funcs[func.index].body!.codeStart;
    this.stp = this.view.code.tableStarts[i];
    this.paramWords = facts.paramSlots * 2;
    this.localWords = facts.localSlots * 2;
    this.frameWords = (facts.localSlots + facts.maxOperandSlots) * 2;
    this.resultWords = facts.resultSlots * 2;
  }
}

const modules = new WeakMap<ValidModule, ModuleCode>();
const instances = new WeakMap<WasmInstance, InstanceCode>();

/** The one ModuleCode of a module. */
export function moduleCode(valid: ValidModule): ModuleCode {
  let code = modules.get(valid);
  if (code === undefined) modules.set(valid, code = new ModuleCode(valid));
  return code;
}
function instanceCode(instance: WasmInstance): InstanceCode {
  let code = instances.get(instance);
  if (code === undefined) instances.set(instance, code = new InstanceCode(instance, moduleCode(instance.valid)));
  return code;
}
/** The FunctionCode of a function of a module. */
export function functionCode(func: WasmFunc): FunctionCode {
  return (func.interp ??= new FunctionCode(func)) as FunctionCode;
}
