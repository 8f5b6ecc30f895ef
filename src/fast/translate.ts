// Translates one validated body to register code, in one pass: operands that are constants or locals are folded into what takes them, the rest stands in the slots where the interpreter has it.
// At calls, loop heads and wherever else a frame may stop, every operand stands there. Takes a function of a module, gives inert code; installing it is code.ts's affair.

import { BugError } from "../base/bug.ts";
import { BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import { layoutOf, type Storage } from "../gc/layout.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { FuncBody, FuncDecl, Module } from "../wasm/module.ts";
import { evaluate } from "../wasm/numeric.ts";
import * as w from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { type FuncType, slotCount, slotsOf } from "../wasm/types.ts";
import { Emitter, op, opIfAny } from "./emitter.ts";
import { formByName, type NumericForm, numericForm, testForm } from "./numeric_forms.ts";
import type { FastOptions } from "./options.ts";
import type { Explanation } from "./explanation.ts";
import { LETTER_WIDTH, type Shape, shapeOf, Width, widthOf, widthOfStorage, wordsOf } from "./widths.ts";

/** What the code of all functions of a module depends on. */
export interface TranslationOptions extends FastOptions {
  /** Whether passes and calls cost fuel. */
  readonly metered: boolean;
  /** Whether calls and passes are counted. */
  readonly counts: boolean;
}

/** Words of an entry of `Translation.points`. */
export const POINT_WORDS = 3;

/** Register code as inert data. Places in it are words from its start. */
export interface Translation {
  readonly words: Int32Array<ArrayBuffer>;
  /** Words that name constants, which are relative to the start in pairs of words. */
  readonly poolWords: readonly number[];
  /** Words of instructions; constants follow. */
  readonly codeWords: number;
  /**
   * Where frames stop and go on, ascending: place in the code, the interpreter's pc there, and words of the frame in use. Of several at one place, frames stop at the first, or are the
   * same at both.
   */
  readonly points: Int32Array;
  /** Words that a frame may take. */
  readonly frameWords: number;
}

/** An operand stands where it belongs, or in a local, or is a constant, or the sum of a register and a constant that nobody has computed yet. */
const Kind = { REGISTER: 0, LOCAL: 1, CONSTANT: 2, SUM: 3 } as const;
const NO_WIDTHS: readonly Width[] = [];
const SINGLE: Record<number, readonly Width[]> = { 1: [1], 2: [2], 4: [4] };

/** A block that is open. */
interface Block {
  opcode: number;
  /** Operands below its parameters, and the words of the frame that they and the locals take. */
  height: number;
  words: number;
  params: readonly Width[];
  results: readonly Width[];
  /** Where branches to a loop lead. */
  head: number;
  /** Pairs: the word of a distance, and from where it counts. */
  jumps: number[];
  /** The false edge of an `if`: the same; -1 if there is none. */
  otherwise: number;
  otherwiseFrom: number;
  /** Whether an exception handler leads to its end. */
  caughtAt: boolean;
  /** Word of the slot that keeps the exception in a legacy catch block; -1 otherwise. */
  kept: number;
  /** Whether it was opened in code that is never reached. */
  dead: boolean;
}

/** The stops of a body, beside its words. */
export class Translator {
  readonly e = new Emitter();
  readonly r: BytecodeReader;
  readonly m: Module;
  #facts!: BodyFacts;
  #decl!: FuncDecl;
  /** Operands: what they are, the register or low word of a constant, its high word, the width, and the register where the operand belongs. */
  #kind = new Uint8Array(256);
  #value = new Int32Array(256);
  #high = new Int32Array(256);
  #width = new Uint8Array(256);
  #place = new Int32Array(256);
  /** For explanations: the instruction that an operand is from. */
  #origin = new Int32Array(256);
  #h = 0;
  /** Words of the frame in use: locals and operands. */
  #top = 0;
  #aliases = 0;
  #most = 0;
  #blocks: Block[] = [];
  #block!: Block;
  #dead = false;
  #points: number[] = [];
  /** Where the last loop, or the function, goes on behind its count. */
  #head = -1;
  #loops = 0;
  #caughtDepth = 0;
  #localWidths = new Uint8Array(64);
  #localWords = 0;
  readonly #explain: Explanation | undefined;
  readonly #globals: readonly Width[];

  constructor(readonly valid: ValidModule, readonly options: TranslationOptions, explain?: Explanation) {
    this.m = valid.module;
    this.r = new BytecodeReader(this.m.bytes);
    this.#explain = explain;
    this.#globals = this.m.globals.map((g) => widthOf(g.type.type));
  }

  /** Translates the function with this index in the module. */
  translate(index: number): Translation {
    const { m, e } = this;
    const decl = this.#decl = m.funcs[index], body = decl.body!;
    this.#facts = this.valid.bodies[index - m.importedFuncs];
    this.#begin(body, decl);
    const entry = op("enter");
    e.emit(entry, 0, this.#facts.localSlots * 2, index - m.importedFuncs);
    e.extend(this.#facts.paramSlots * 2);
    this.#point(body.codeStart);
    if (this.options.counts) {
      e.emit(op("count"), 0);
      this.#point(body.codeStart);
    }
    this.#head = e.at;
    e.seal();
    this.#run(body);
    const frameWords = Math.max(this.#most, this.#localWords);
    e.words[1] = frameWords;
    const codeWords = e.at;
    return {
      words: e.finish(),
      poolWords: e.poolWords,
      codeWords,
      points: Int32Array.from(this.#points),
      frameWords,
    };
  }

  #begin(body: FuncBody, decl: FuncDecl): void {
    this.e.begin();
    this.#h =
      this.#aliases =
      this.#loops =
      this.#caughtDepth =
        0;
    this.#dead = false;
    this.#points = [];
    this.#blocks.length = 0;
    this.#localWords = this.#top = this.#most = this.#facts.localSlots * 2;
    const count = body.localCount;
    if (count > this.#localWidths.length) this.#localWidths = new Uint8Array(count * 2);
    let at = 0;
    for (const t of decl.type.params) this.#localWidths[at++] = widthOf(t);
    for (const g of body.groups) {
      this.#localWidths.fill(widthOf(g.type), at, at + g.count);
      at += g.count;
    }
    this.r.pos = body.codeStart;
    this.r.end = body.end;
    this.#open(w.BLOCK, NO_WIDTHS, shapeOf(decl.type).results);
  }

  #run(body: FuncBody): void {
    const { r } = this, explain = this.#explain;
    while (r.pos < body.end) {
      const code = r.next();
      if (explain === undefined) this.#step(code);
      else {
        const before = this.e.at, wasDead = this.#dead;
        explain.begin(r.at);
        this.#step(code);
        explain.end(before, this.e, wasDead && this.#dead);
      }
    }
  }

  // Operands

  #push(kind: number, value: number, high: number, width: Width): void {
    const h = this.#h++;
    if (h === this.#kind.length) this.#growStack();
    this.#kind[h] = kind;
    this.#value[h] = value;
    this.#high[h] = high;
    this.#width[h] = width;
    this.#place[h] = this.#top;
    if (this.#explain !== undefined) {
      this.#origin[h] = this.r.at;
      if (kind !== Kind.REGISTER) this.#explain.waits();
    }
    this.#top += width === Width.VECTOR ? 4 : 2;
    if (kind === Kind.LOCAL || kind === Kind.SUM) this.#aliases++;
    if (this.#top > this.#most) this.#most = this.#top;
  }
  #growStack(): void {
    const n = this.#kind.length * 2;
    const wider = (a: Int32Array<ArrayBuffer>) => {
      const b = new Int32Array(n);
      b.set(a);
      return b;
    };
    const bytes = (a: Uint8Array<ArrayBuffer>) => {
      const b = new Uint8Array(n);
      b.set(a);
      return b;
    };
    this.#kind = bytes(this.#kind);
    this.#width = bytes(this.#width);
    this.#value = wider(this.#value);
    this.#high = wider(this.#high);
    this.#place = wider(this.#place);
    this.#origin = wider(this.#origin);
  }
  /** The next operand stands where it belongs. Gives that register. */
  #pushRegister(width: Width): number {
    const register = this.#top;
    this.#push(Kind.REGISTER, register, 0, width);
    return register;
  }
  #pushAll(widths: readonly Width[]): void {
    for (let i = 0; i < widths.length; i++) this.#pushRegister(widths[i]);
  }
  #pop(): void {
    const h = --this.#h;
    if (this.#kind[h] & 1) this.#aliases--;
    this.#top = this.#place[h];
    if (this.#explain !== undefined) this.#explain.use(this.#origin[h]);
  }
  #popMany(n: number): void {
    for (; n > 0; n--) this.#pop();
  }
  /** Cuts the operands off at a height, without using them. */
  #cut(height: number, words: number): void {
    while (this.#h > height) if (this.#kind[--this.#h] & 1) this.#aliases--;
    this.#top = words;
  }

  /** Puts operand `i` where it belongs. */
  #flush(i: number): void {
    const kind = this.#kind[i];
    if (kind === Kind.REGISTER) return;
    this.#moveTo(i, this.#place[i]);
    if (kind & 1) this.#aliases--;
    this.#kind[i] = Kind.REGISTER;
    this.#value[i] = this.#place[i];
    this.#explain?.use(this.#origin[i]);
  }
  #flushFrom(first: number): void {
    for (let i = first; i < this.#h; i++) if (this.#kind[i] !== Kind.REGISTER) this.#flush(i);
  }
  #flushAll(): void {
    this.#flushFrom(0);
  }
  /** Writes operand `i` to a register. */
  #moveTo(i: number, register: number): void {
    const width = this.#width[i];
    if (this.#kind[i] === Kind.CONSTANT) this.#constantTo(register, this.#value[i], this.#high[i], width);
    else if (this.#kind[i] === Kind.SUM) this.#sumTo(register, this.#value[i], this.#high[i]);
    else if (this.#value[i] !== register) this.#move(register, this.#value[i], width);
  }
  /** Computes the sum of a register and a constant. */
  #sumTo(register: number, from: number, k: number): void {
    const { e } = this, { words, last } = e;
    if (from >= this.#localWords && e.lastWriting(from) === op_add) {
      const first = words[last + 2], second = words[last + 3];
      e.retract();
      e.emit(op_add3_k, register, first, second);
      e.extend(k);
    } else e.emit(op_add_k, register, from, k);
  }
  #move(to: number, from: number, width: number): void {
    const { e } = this, { words, last } = e;
    if (width === Width.NARROW && this.options.fuse && last >= 0 && words[last] === op_mov32) {
      words[last] = op_mov32x2;
      words[last + 3] = to;
      e.extend(from);
      const { before } = e;
      if (before >= 0 && words[before] === op_mov32x2) {
        const [a, b, c, d] = [words[last + 1], words[last + 2], to, from];
        e.retract();
        words[e.last] = op_mov32x4;
        for (const word of [a, b, c, d]) e.extend(word);
      }
      return;
    }
    e.emit(width === Width.NARROW ? op_mov32 : width === Width.FULL ? op_mov64 : op_mov128, to, from);
  }
  #constantTo(register: number, lo: number, hi: number, width: number): void {
    const { e } = this;
    if (width === Width.NARROW) return e.emit(op_const32, register, lo);
    e.emit(op_const64, register, e.constant(lo, hi));
    e.poolWord(2);
  }
  /** The register where operand `i` can be read. */
  #read(i: number): number {
    if (this.#kind[i] >= Kind.CONSTANT) this.#flush(i);
    return this.#value[i];
  }

  // Places

  /** Takes note that frames stop here, where the interpreter would be at `pc`. */
  #point(pc: number): void {
    this.#points.push(this.e.at, pc, this.#top);
  }
  /**
   * Whether frames stop here that are not what they are at the head of a loop to come: behind a call whose results nothing has used yet, or at the head of another, with
   * operands that were dropped since.
   */
  #isTaken(): boolean {
    const points = this.#points, last = points.length - POINT_WORDS;
    return points[last] === this.e.at && (this.#head !== this.e.at || points[last + 2] !== this.#top);
  }
  /** The last instruction may trap, as that which the reader stands at. */
  #traps(): void {
    this.#explain?.trap(this.e.latest, this.r.pos);
  }

  // Blocks

  #open(opcode: number, params: readonly Width[], results: readonly Width[]): Block {
    let words = this.#top;
    if (!this.#dead) {
      for (let i = this.#h - params.length; i < this.#h; i++) {
        words -= wordsOf(this.#width[i] as Width);
      }
    }
    const height = this.#h - (this.#dead ? 0 : params.length);
    const block: Block = {
      opcode,
      height,
      words,
      params,
      results,
      head: -1,
      jumps: [],
      otherwise: -1,
      otherwiseFrom: -1,
      caughtAt: false,
      kept: -1,
      dead: this.#dead,
    };
    this.#blocks.push(block);
    return this.#block = block;
  }

  #blockShape(): Shape {
    const { r } = this;
    if (r.blockIndex !== NO_TYPE_INDEX) return shapeOf(this.m.types[r.blockIndex].type as FuncType);
    return { params: NO_WIDTHS, results: r.blockResult === 0 ? NO_WIDTHS : SINGLE[widthOf(r.blockResult)] };
  }

  #label(depth: number): Block {
    return this.#blocks[this.#blocks.length - 1 - depth];
  }
  #arity(block: Block): readonly Width[] {
    return block.opcode === w.LOOP ? block.params : block.results;
  }

  /** Lets the distance in `word` lead from `from` to the label. */
  #aim(block: Block, word: number, from: number): void {
    if (block.opcode === w.LOOP) this.e.words[word] = block.head - from;
    else block.jumps.push(word, from);
  }
  /** All that waits for this place. */
  #land(jumps: readonly number[]): void {
    const { words, at } = this.e;
    for (let i = 0; i < jumps.length; i += 2) words[jumps[i]] = at - jumps[i + 1];
    this.e.seal();
  }

  /** Whether a branch to the label carries nothing that must move. */
  #isReady(block: Block): boolean {
    const arity = this.#arity(block), first = this.#h - arity.length;
    let place = block.words;
    for (let i = 0; i < arity.length; i++) {
      if (this.#kind[first + i] !== Kind.REGISTER || this.#value[first + i] !== place) return false;
      place += wordsOf(arity[i]);
    }
    return true;
  }
  /** Moves the topmost operands to where the label takes them. */
  #carry(block: Block): void {
    const arity = this.#arity(block), first = this.#h - arity.length;
    let place = block.words;
    for (let i = 0; i < arity.length; i++) {
      this.#moveTo(first + i, place);
      this.#explain?.use(this.#origin[first + i]);
      place += wordsOf(arity[i]);
    }
  }
  /** Jumps to a label, with the topmost operands. */
  #jump(block: Block): void {
    if (block === this.#blocks[0]) return this.#return();
    this.#carry(block);
    const { e } = this;
    if (block.opcode === w.LOOP && this.options.fuse && e.last >= 0 && e.words[e.last] === op_mov32) {
      e.words[e.last] = op_mov32_br_back;
      this.#aim(block, e.last + 3, e.at);
    } else {
      e.emit(block.opcode === w.LOOP ? op_br_back : op_br);
      this.#aim(block, e.last + 1, e.at);
    }
    this.e.seal();
  }

  /** Returns with the topmost operands. */
  #return(): void {
    const { e } = this, { results } = this.#blocks[0];
    const first = this.#h - results.length;
    if (results.length === 0) e.emit(op_return);
    else if (results.length === 1 && results[0] !== Width.VECTOR) {
      if (this.#kind[first] === Kind.CONSTANT) {
        this.#constantTo(0, this.#value[first], this.#high[first], results[0]);
        e.emit(results[0] === Width.NARROW ? op_return32 : op_return64, 0);
      } else if (this.#kind[first] === Kind.SUM) {
        this.#sumTo(0, this.#value[first], this.#high[first]);
        e.emit(op_return32, 0);
      } else e.emit(results[0] === Width.NARROW ? op_return32 : op_return64, this.#value[first]);
      this.#explain?.use(this.#origin[first]);
    } else {
      // Results take the place of locals, which others of them may still be read from.
      const { kinds, values, aliases } = this.#save(first);
      this.#flushFrom(first);
      let words = 0;
      for (const width of results) words += wordsOf(width);
      e.emit(op_return_n, this.#place[first], words);
      this.#restore(first, kinds, values, aliases);
    }
    e.seal();
  }
  #save(first: number) {
    return {
      kinds: this.#kind.slice(first, this.#h),
      values: this.#value.slice(first, this.#h),
      aliases: this.#aliases,
    };
  }
  #restore(first: number, kinds: Uint8Array, values: Int32Array, aliases: number): void {
    this.#kind.set(kinds, first);
    this.#value.set(values, first);
    this.#aliases = aliases;
  }

  #setDead(): void {
    this.#dead = true;
    this.#cut(this.#block.height, this.#block.words);
    this.e.seal();
  }

  /** Begins the code at the label of a block: values of `widths` stand above what was below the block. */
  #resume(block: Block, widths: readonly Width[]): void {
    this.#cut(block.height, block.words);
    this.#dead = false;
    this.#pushAll(widths);
  }

  #endBlock(): void {
    const { e } = this, block = this.#block;
    const outermost = this.#blocks.length === 1;
    let reached = !this.#dead;
    if (reached && outermost) {
      if (block.jumps.length === 0 && !block.caughtAt) {
        this.#return();
        this.#blocks.pop();
        return;
      }
    }
    if (reached) this.#flushFrom(this.#h - block.results.length);
    if (block.otherwise >= 0) {
      this.#land([block.otherwise, block.otherwiseFrom]);
      reached = true;
    }
    if (block.jumps.length > 0) {
      this.#land(block.jumps);
      reached = true;
    }
    if (block.caughtAt) reached = true;
    if (block.opcode === w.CATCH || block.opcode === w.CATCH_ALL) this.#caughtDepth--;
    this.#blocks.pop();
    if (!outermost) this.#block = this.#blocks[this.#blocks.length - 1];
    if (!reached) {
      this.#dead = true;
      return;
    }
    this.#resume(block, block.results);
    e.seal();
    if (block.caughtAt) this.#point(outermost ? this.r.at : this.r.pos);
    if (outermost) {
      this.#blocks.push(block);
      this.#return();
      this.#blocks.pop();
    }
  }
  // Instructions

  #step(code: number): void {
    if (this.#dead) return this.#pass(code);
    const form = code < 256 ? numericForm(code) : undefined;
    if (form !== undefined) return this.#numeric(form);
    switch (code) {
      case w.LOCAL_GET:
        return this.#localGet();
      case w.LOCAL_SET:
        return this.#localSet(false);
      case w.LOCAL_TEE:
        return this.#localSet(true);
      case w.I32_CONST:
      case w.F32_CONST:
        return this.#constant(this.r.lo, 0, Width.NARROW);
      case w.I64_CONST:
      case w.F64_CONST:
        return this.#constant(this.r.lo, this.r.hi, Width.FULL);
      case w.REF_NULL:
        return this.#constant(0, 0, Width.FULL);
      case w.NOP:
      case w.ANY_CONVERT_EXTERN:
      case w.EXTERN_CONVERT_ANY:
        return;
      case w.DROP:
        return this.#pop();
      case w.SELECT:
      case w.SELECT_T:
        return this.#select();
      case w.GLOBAL_GET:
        return this.#globalGet();
      case w.GLOBAL_SET:
        return this.#globalSet();
      case w.REF_FUNC:
        this.e.emit(op("ref.func"), this.#pushRegister(Width.FULL), this.r.index);
        return;
      case w.REF_IS_NULL:
        return this.#numeric(formByName("i32.eqz"));
      case w.REF_AS_NON_NULL: {
        const register = this.#read(this.#h - 1);
        this.e.emit(op("trap_if_null"), TrapCode.NULL_REFERENCE, register);
        this.e.seal();
        return this.#traps();
      }
      case w.UNREACHABLE:
        this.e.emit(op("unreachable"), this.r.pos);
        this.#traps();
        return this.#setDead();
    }
    if (this.#control(code) || this.#call(code)) return;
    this.#memoryOrOther(code);
  }

  /** Code that is never reached: only blocks matter, since their ends may be. */
  #pass(code: number): void {
    switch (code) {
      case w.LOOP:
        this.#loops++;
        // falls through
      case w.BLOCK:
      case w.IF:
      case w.TRY:
      case w.TRY_TABLE:
        this.#open(code, NO_WIDTHS, NO_WIDTHS);
        return;
      case w.ELSE:
      case w.CATCH:
      case w.CATCH_ALL:
      case w.END:
      case w.DELEGATE:
        if (!this.#block.dead) {
          this.#control(code);
          return;
        }
        if (code !== w.END && code !== w.DELEGATE) {
          this.#catchDepth(code);
          return;
        }
        if (this.#block.opcode === w.CATCH || this.#block.opcode === w.CATCH_ALL) this.#caughtDepth--;
        this.#blocks.pop();
        this.#block = this.#blocks[this.#blocks.length - 1];
    }
  }
  /** Counts the exceptions that are kept; the block becomes the clause. */
  #catchDepth(code: number): void {
    if (code === w.ELSE) return;
    const block = this.#block;
    if (block.opcode === w.CATCH || block.opcode === w.CATCH_ALL) this.#caughtDepth--;
    block.opcode = code;
    // Behind the locals: see validate/exceptions.ts.
    block.kept = 2 * (this.#declaredSlots() + this.#caughtDepth++);
  }
  #declaredSlots(): number {
    const { params } = this.#decl.type;
    let slots = slotCount(params);
    for (const g of this.#decl.body!.groups) slots += g.count * slotsOf(g.type);
    return slots;
  }

  #constant(lo: number, hi: number, width: Width): void {
    this.#push(Kind.CONSTANT, lo, hi, width);
    if (!this.options.fold) this.#flush(this.#h - 1);
  }

  #localWord(index: number): number {
    const { localSlot } = this.#facts;
    return 2 * (localSlot === undefined ? index : localSlot[index]);
  }
  #localGet(): void {
    const { index } = this.r;
    this.#push(Kind.LOCAL, this.#localWord(index), 0, this.#localWidths[index] as Width);
    if (!this.options.fold) this.#flush(this.#h - 1);
  }
  #localSet(keeps: boolean): void {
    const { e } = this, { index } = this.r;
    const local = this.#localWord(index), width = this.#localWidths[index] as Width, i = this.#h - 1;
    let aliased = false;
    if (this.#aliases > (this.#kind[i] & 1)) {
      for (let k = 0; k < i; k++) {
        if ((this.#kind[k] & 1) === 0 || this.#value[k] !== local) continue;
        aliased = true;
        this.#flush(k);
      }
    }
    const kind = this.#kind[i];
    if (!aliased && kind === Kind.REGISTER && this.options.fuse && e.lastWriting(this.#place[i]) >= 0) {
      e.words[e.last + 1] = local;
    } else if (kind === Kind.CONSTANT) this.#constantTo(local, this.#value[i], this.#high[i], width);
    else if (kind === Kind.SUM) this.#sumTo(local, this.#value[i], this.#high[i]);
    else if (this.#value[i] !== local) this.#move(local, this.#value[i], width);
    this.#pop();
    if (!keeps) return;
    this.#push(Kind.LOCAL, local, 0, width);
    if (!this.options.fold) this.#flush(this.#h - 1);
  }

  #select(): void {
    const i = this.#h - 3, width = this.#width[i] as Width;
    const test = this.#read(i + 2), second = this.#read(i + 1), first = this.#read(i);
    this.#popMany(3);
    const number = width === Width.NARROW ? op("select32") : width === Width.FULL ? op("select64") : op("select128");
    this.e.emit(number, this.#pushRegister(width), first, second);
    this.e.extend(test);
  }

  #globalGet(): void {
    const { index } = this.r, width = this.#globals[index];
    if (width === Width.VECTOR) return this.#other(0, [width]);
    this.e.emit(width === Width.NARROW ? op_get32 : op_get64, this.#pushRegister(width), this.#globalCell(index));
  }
  #globalSet(): void {
    const { index } = this.r, width = this.#globals[index];
    if (width === Width.VECTOR) return this.#other(1, NO_WIDTHS);
    const register = this.#read(this.#h - 1);
    this.#pop();
    this.e.emit(width === Width.NARROW ? op_set32 : op_set64, this.#globalCell(index), register);
  }
  /** Where an instance's cells have the place of a global. */
  #globalCell(index: number): number {
    return 2 * this.m.funcs.length + index;
  }

  // Numbers

  #numeric(form: NumericForm): void {
    if (form.operands === 1) return this.#unary(form);
    const { e } = this, i = this.#h - 2;
    const first = this.#kind[i] === Kind.CONSTANT, second = this.#kind[i + 1] === Kind.CONSTANT;
    if (first && second && this.#evaluated(form, i)) return;
    if (first !== second && this.#sum(form.code, i, first)) return;
    if (this.options.fold && form.constant >= 0) {
      if (second) return this.#withConstant(form, form.constant, i, i + 1, form.result);
      if (first && form.commutes) return this.#withConstant(form, form.constant, i + 1, i, form.result);
      if (first && form.mirrored !== undefined) {
        return this.#withConstant(form, formByName(form.mirrored).constant, i + 1, i, form.result);
      }
    }
    if (second && this.options.fold && form.code === w.I32_SUB) {
      this.#value[i + 1] = -this.#value[i + 1] | 0;
      return this.#withConstant(form, op_add_k, i, i + 1, form.result);
    }
    if (second && this.options.fold && form.code === w.I64_SUB) {
      const lo = -this.#value[i + 1] | 0;
      this.#high[i + 1] = (~this.#high[i + 1] + (lo === 0 ? 1 : 0)) | 0;
      this.#value[i + 1] = lo;
      return this.#withConstant(form, op_add64_k, i, i + 1, form.result);
    }
    if (second && this.options.fold && form.code === w.I64_ROTR) {
      this.#value[i + 1] = -this.#value[i + 1] & 63;
      return this.#withConstant(form, op_rotl64_k, i, i + 1, form.result);
    }
    if (first && this.options.fold && form.constantFirst >= 0) {
      return this.#withConstant(form, form.constantFirst, i + 1, i, form.result);
    }
    const a = this.#read(i), b = this.#read(i + 1);
    this.#popMany(2);
    if (this.options.fuse && this.#fused(form, a, b)) return;
    e.emit(form.registers, this.#pushRegister(form.result), a, b);
    if (form.traps) this.#traps();
  }

  /** An addition of a constant, which is put off: loads and stores do it themselves. */
  #sum(code: number, i: number, first: boolean): boolean {
    if ((code !== w.I32_ADD && (code !== w.I32_SUB || first)) || !this.options.fold || !this.options.fuse) return false;
    const other = first ? i + 1 : i, kind = this.#kind[other], value = this.#value[other];
    // What stands above the sum is not kept.
    if (value >= this.#localWords && value !== this.#place[i]) return false;
    const k = this.#value[first ? i : i + 1];
    const sum = ((kind === Kind.SUM ? this.#high[other] : 0) + (code === w.I32_ADD ? k : -k)) | 0;
    this.#popMany(2);
    this.#push(Kind.SUM, value, sum, Width.NARROW);
    return true;
  }

  /** Emits a form with operand `i` in a register and the constant `k`. */
  #withConstant(form: NumericForm, number: number, i: number, k: number, result: Width): void {
    const { e } = this;
    const a = this.#read(i), lo = this.#value[k], hi = this.#high[k];
    this.#popMany(2);
    if (this.options.fuse && form.immediate && this.#fusedConstant(number, a, lo)) return;
    const register = this.#pushRegister(result);
    if (form.immediate) {
      e.emit(number, register, a, /* Shifts take what is left of 64. */ form.operand === Width.FULL ? lo & 63 : lo);
    } else {
      e.emit(number, register, a, e.constant(lo, hi));
      e.poolWord(3);
    }
    if (form.traps) this.#traps();
  }

  /** Folds a constant expression. */
  #evaluated(form: NumericForm, i: number): boolean {
    if (!this.options.constants || form.traps || !/^i(32|64)\./.test(w.opInfo(form.code)?.name ?? "")) return false;
    const bits = (k: number) =>
      BigInt(this.#value[k] >>> 0) | BigInt(form.operand === Width.FULL ? this.#high[k] >>> 0 : 0) << 32n;
    const result = form.operands === 2 ? evaluate(form.code, bits(i), bits(i + 1)) : evaluate(form.code, bits(i));
    this.#popMany(form.operands);
    this.#constant(Number(BigInt.asIntN(32, result)), Number(BigInt.asIntN(32, result >> 32n)), form.result);
    return true;
  }

  #unary(form: NumericForm): void {
    const { e } = this, i = this.#h - 1;
    if (form.nothing) return this.#reinterpret(form, i);
    if (this.#kind[i] === Kind.CONSTANT && this.#evaluated(form, i)) return;
    const a = this.#read(i);
    if (form.code === w.I32_EQZ && this.options.fuse) {
      const test = testForm(e.lastWriting(a));
      if (this.#kind[i] === Kind.REGISTER && test !== undefined && test.opposite >= 0) {
        e.words[e.last] = test.opposite;
        this.#pop();
        this.#pushRegister(Width.NARROW);
        return;
      }
    }
    this.#pop();
    if (form.code === w.I32_EQZ) e.emit(op_eq_k, this.#pushRegister(Width.NARROW), a, 0);
    else e.emit(form.registers, this.#pushRegister(form.result), a);
    if (form.traps) this.#traps();
  }

  /** The operand is taken for another type: its bits stay. */
  #reinterpret(form: NumericForm, i: number): void {
    if (this.#kind[i] === Kind.SUM) this.#flush(i);
    this.#width[i] = form.result;
    if (form.result === Width.NARROW && this.#kind[i] === Kind.CONSTANT) this.#high[i] = 0;
  }

  /** Joins an operation of two registers with the one before. */
  #fused(form: NumericForm, a: number, b: number): boolean {
    const { e } = this, { words, last } = e;
    if (last < 0) return false;
    const place = this.#top;
    const join = (number: number, first: number, second: number, third: number) => {
      e.retract();
      e.emit(number, this.#pushRegister(form.result), first, second);
      e.extend(third);
      return true;
    };
    // The result of the last instruction must be one of the operands, and nobody else's: it then stands above what is left.
    const isB = b >= place && e.lastWriting(b) >= 0, isA = !isB && a >= place && a !== b && e.lastWriting(a) >= 0;
    if ((!isA && !isB) || a === b) return false;
    const number = words[last], other = isB ? a : b;
    switch (number) {
      case op_mul64f:
        if (form.code === w.F64_ADD) return join(op_mul_add64f, words[last + 2], words[last + 3], other);
        if (form.code === w.F64_MUL) return join(op_mul3_64f, words[last + 2], words[last + 3], other);
        if (form.code === w.F64_SUB && isB) return join(op_mul_sub64f, words[last + 2], words[last + 3], other);
        return false;
      case op_load64:
      case op_load64_sum: {
        const joined = LOAD64_JOINS.get(form.code === w.F64_SUB && isB ? -1 : form.code);
        if (joined === undefined) return false;
        if (number === op_load64) return join(joined[0], words[last + 2], words[last + 3], other);
        const offset = words[last + 4];
        if (!join(joined[1], words[last + 2], words[last + 3], offset)) return false;
        e.extend(other);
        return true;
      }
    }
    const joined = JOINS.get(number * 256 + form.code);
    return joined !== undefined && join(joined, words[last + 2], words[last + 3], other);
  }

  /** The same with a constant. */
  #fusedConstant(number: number, a: number, k: number): boolean {
    const { e } = this, { words, last } = e;
    if (last < 0 || a < this.#top) return false;
    const before = e.lastWriting(a);
    if (before < 0) return false;
    const join = (joined: number, third: number) => {
      const first = words[last + 2], second = words[last + 3];
      e.retract();
      e.emit(joined, this.#pushRegister(Width.NARROW), first, second);
      e.extend(third);
      return true;
    };
    if (number === op_shl_k && before === op_and_k) return join(op_and_shl, k);
    if (number === op_and_k && before === op_shr_u_k) return join(op_shr_u_and, k);
    if (number === op_add_k && before === op_add) return join(op_add3_k, k);
    if (number === op_rotl_k && before === op_xor && (k & 31) !== 0) return join(op_xor_rotl, k & 31);
    if (number === op_add_k && before === op_add_k) {
      const first = words[last + 2], sum = (words[last + 3] + k) | 0;
      e.retract();
      e.emit(op_add_k, this.#pushRegister(Width.NARROW), first, sum);
      return true;
    }
    return false;
  }

  // Branches

  /** Branches on the topmost operand, which is taken: the distance is still to be aimed from the place behind. Gives the word of the distance. */
  #branchOn(taken: boolean, block: Block | undefined): number {
    const { e } = this, i = this.#h - 1, isBack = block?.opcode === w.LOOP;
    const a = this.#read(i);
    const fuses = this.options.fuse && this.#kind[i] === Kind.REGISTER;
    this.#pop();
    for (;;) {
      const number = fuses ? e.lastWriting(a) : -1;
      const test = number < 0 ? undefined : testForm(number);
      if (test === undefined) break;
      const { words, last } = e, first = words[last + 2], second = words[last + 3];
      if (number === op_eq_k && second === 0) {
        // It negates what is before it, perhaps.
        const { before } = e;
        e.retract();
        taken = !taken;
        if (first === a && before >= 0 && e.lastWriting(a) >= 0 && testForm(words[before]) !== undefined) continue;
        return this.#plainBranch(taken, first, isBack);
      }
      if (number === op_ne_k && second === 0) {
        e.retract();
        return this.#plainBranch(taken, first, isBack);
      }
      const back = taken ? test.takenBack : test.untakenBack;
      if (isBack && back < 0) break;
      const { before } = e;
      e.retract();
      const add = taken ? test.addTaken : test.addUntaken;
      if (isBack && add >= 0 && before >= 0 && words[before] === op_add_k && words[before + 1] === first) {
        const from = words[before + 2], by = words[before + 3];
        e.retract();
        e.emit(add, first, from, by);
        e.extend(second);
        e.extend(0);
        const at = e.last + 5;
        e.seal();
        return at;
      }
      e.emit(isBack ? back : taken ? test.taken : test.untaken, first, test.operands === 2 ? second : 0);
      const at = e.last + 1 + test.operands;
      e.seal();
      return at;
    }
    return this.#plainBranch(taken, a, isBack);
  }
  #plainBranch(taken: boolean, register: number, isBack: boolean): number {
    const { e } = this, { words, last } = e;
    if (isBack && this.options.fuse && e.lastWriting(register) === op_add_k) {
      const from = words[last + 2], by = words[last + 3];
      e.retract();
      e.emit(taken ? op_add_ne_back : op_add_eq_back, register, from, by);
      e.extend(0);
      e.extend(0);
      const at = e.last + 5;
      e.seal();
      return at;
    }
    e.emit(taken ? (isBack ? op_nz_back : op_nz) : isBack ? op_z_back : op_z, register);
    const at = e.last + 2;
    e.seal();
    return at;
  }

  /** `br_if` and its like: branches to the label if the topmost operand is (not) zero. */
  #branchIf(taken: boolean, block: Block): void {
    const { e } = this;
    const arity = this.#arity(block);
    const isReturn = block === this.#blocks[0];
    const test = this.#h - 1;
    if (!isReturn && arity.length === 0) {
      const at = this.#branchOn(taken, block);
      return this.#aim(block, at, e.at);
    }
    if (!isReturn) {
      // Where the values stand in place already, only the branch is needed.
      this.#h--;
      const ready = this.#isReady(block);
      this.#h++;
      if (ready) {
        const at = this.#branchOn(taken, block);
        return this.#aim(block, at, e.at);
      }
    }
    this.#read(test);
    const at = this.#branchOn(!taken, undefined), from = e.at;
    const first = this.#h - arity.length;
    const { kinds, values, aliases } = this.#save(first);
    this.#jump(block);
    this.#restore(first, kinds, values, aliases);
    this.#land([at, from]);
  }

  #branchTable(): void {
    const { e, r } = this;
    const labels = r.labels.slice();
    const arity = this.#arity(this.#label(labels[0])).length;
    if (this.#kind[this.#h - 1] === Kind.CONSTANT && this.options.constants) {
      const k = this.#value[this.#h - 1] >>> 0;
      this.#pop();
      this.#jump(this.#label(labels[Math.min(k, labels.length - 1)]));
      return this.#setDead();
    }
    const register = this.#read(this.#h - 1);
    this.#pop();
    this.#flushFrom(this.#h - arity);
    e.emit(op("br_table"), register, labels.length - 1);
    const table = e.at;
    for (let i = 0; i < labels.length; i++) e.extend(0);
    e.seal();
    const stubs = new Map<number, number>();
    labels.forEach((depth, i) => {
      const block = this.#label(depth);
      if (block !== this.#blocks[0] && block.opcode !== w.LOOP && this.#isReady(block)) {
        return this.#aim(block, table + i, table);
      }
      let stub = stubs.get(depth);
      if (stub === undefined) {
        stubs.set(depth, stub = e.at);
        this.#jump(block);
      }
      e.words[table + i] = stub - table;
    });
    this.#setDead();
  }

  /** Structured control; false if the instruction is something else. */
  #control(code: number): boolean {
    const { e, r } = this;
    switch (code) {
      case w.BLOCK:
      case w.TRY:
      case w.TRY_TABLE: {
        const { params, results } = this.#blockShape();
        this.#flushAll();
        if (code === w.TRY_TABLE) this.#catchClauses();
        this.#open(code, params, results);
        return true;
      }
      case w.LOOP:
        this.#loop();
        return true;
      case w.IF: {
        const { params, results } = this.#blockShape();
        for (let i = 0; i < this.#h - 1; i++) this.#flush(i);
        const at = this.#branchOn(false, undefined);
        const block = this.#open(code, params, results);
        block.otherwise = at;
        block.otherwiseFrom = e.at;
        return true;
      }
      case w.ELSE: {
        const block = this.#block;
        if (!this.#dead) {
          this.#flushFrom(this.#h - block.results.length);
          e.emit(op_br);
          block.jumps.push(e.last + 1, e.at);
        }
        this.#land([block.otherwise, block.otherwiseFrom]);
        block.otherwise = -1;
        block.opcode = w.ELSE;
        this.#resume(block, block.params);
        return true;
      }
      case w.CATCH:
      case w.CATCH_ALL: {
        const block = this.#block;
        if (!this.#dead) {
          this.#flushFrom(this.#h - block.results.length);
          e.emit(op_br);
          block.jumps.push(e.last + 1, e.at);
        }
        this.#catchDepth(code);
        e.seal();
        this.#resume(block, code === w.CATCH ? this.#tagParams(r.index) : NO_WIDTHS);
        this.#point(r.pos);
        return true;
      }
      case w.END:
      case w.DELEGATE:
        this.#endBlock();
        return true;
      case w.BR:
        this.#jump(this.#label(r.index));
        this.#setDead();
        return true;
      case w.RETURN:
        this.#return();
        this.#setDead();
        return true;
      case w.BR_IF:
        if (this.#kind[this.#h - 1] === Kind.CONSTANT && this.options.constants) {
          const taken = this.#value[this.#h - 1] !== 0;
          this.#pop();
          if (!taken) return true;
          this.#jump(this.#label(r.index));
          this.#setDead();
        } else this.#branchIf(true, this.#label(r.index));
        return true;
      case w.BR_TABLE:
        this.#branchTable();
        return true;
      case w.BR_ON_NULL: {
        const i = this.#h - 1;
        const register = this.#read(i), kind = this.#kind[i], value = this.#value[i];
        e.seal();
        this.#branchIf(false, this.#label(r.index));
        // Otherwise it stays.
        if (kind === Kind.LOCAL) this.#push(Kind.LOCAL, value, 0, Width.FULL);
        else if (this.#pushRegister(Width.FULL) !== register) throw new BugError("an operand has moved");
        return true;
      }
      case w.BR_ON_NON_NULL: {
        // The reference is both the condition and the last of the values.
        const register = this.#read(this.#h - 1);
        const block = this.#label(r.index);
        e.seal();
        e.emit(op_z, register);
        const at = e.last + 2, from = e.at;
        const first = this.#h - this.#arity(block).length;
        const { kinds, values, aliases } = this.#save(first);
        this.#jump(block);
        this.#restore(first, kinds, values, aliases);
        this.#land([at, from]);
        this.#pop();
        return true;
      }
      case w.BR_ON_CAST:
      case w.BR_ON_CAST_FAIL:
        this.#branchOnCast();
        return true;
      case w.THROW:
      case w.THROW_REF:
      case w.RETHROW:
        this.#throw(code);
        return true;
    }
    return false;
  }

  #loop(): void {
    const { e, options } = this;
    const { params, results } = this.#blockShape();
    const number = ++this.#loops;
    this.#flushAll();
    if (options.metered) {
      e.emit(op("pass"));
      this.#point(this.r.pos);
    } else if (this.#isTaken()) e.emit(op_br);
    e.seal();
    const block = this.#open(w.LOOP, params, results);
    block.head = e.at;
    this.#point(this.r.pos);
    // The interpreter has as many counters.
    if (options.counts && number < 256) {
      e.emit(op("count"), number);
      this.#point(this.r.pos);
      e.seal();
    }
    this.#head = e.at;
  }

  #tagParams(index: number): readonly Width[] {
    return shapeOf(this.m.types[this.m.tags[index].typeIndex].type as FuncType).params;
  }
  /** What catches leads to labels, which are reached then. */
  #catchClauses(): void {
    for (const { label } of this.r.catches) this.#label(label).caughtAt = true;
  }

  #branchOnCast(): void {
    const { e, r } = this, block = this.#label(r.index);
    this.#flushAll();
    e.emit(op("other br"), this.#top, r.at);
    this.#traps();
    const at = e.last + 3, from = e.at;
    e.seal();
    if (block !== this.#blocks[0] && block.opcode !== w.LOOP && this.#isReady(block)) return this.#aim(block, at, from);
    e.emit(op_br);
    const over = e.last + 1, overFrom = e.at;
    this.#land([at, from]);
    this.#jump(block);
    this.#land([over, overFrom]);
  }

  #throw(code: number): void {
    const { e, r } = this;
    this.#flushAll();
    e.emit(op("throw"), this.#top, r.at, code === w.RETHROW ? this.#label(r.index).kept : 0);
    this.#traps();
    this.#point(r.pos);
    this.#setDead();
  }

  // Calls

  #call(code: number): boolean {
    const { e, r, m } = this;
    switch (code) {
      case w.CALL: {
        const shape = shapeOf(m.funcs[r.index].type);
        const args = this.#arguments(shape);
        e.emit(r.index < m.importedFuncs ? op("call_import") : op("call"), args, r.index);
        this.#called(shape);
        return true;
      }
      case w.RETURN_CALL: {
        const args = this.#arguments(shapeOf(m.funcs[r.index].type));
        e.emit(op("return_call"), args, r.index);
        this.#tailCalled();
        return true;
      }
      case w.CALL_INDIRECT:
      case w.RETURN_CALL_INDIRECT: {
        const shape = shapeOf(m.types[r.index].type as FuncType);
        const register = this.#callee(m.tables[r.index2].type.is64);
        const args = this.#arguments(shape);
        e.emit(op(code === w.CALL_INDIRECT ? "call_indirect" : "return_call_indirect"), args, register, r.index2);
        e.extend(m.canonical[r.index]);
        if (code === w.CALL_INDIRECT) this.#called(shape);
        else this.#tailCalled();
        return true;
      }
      case w.CALL_REF:
      case w.RETURN_CALL_REF: {
        const shape = shapeOf(m.types[r.index].type as FuncType);
        const register = this.#callee();
        const args = this.#arguments(shape);
        e.emit(op(code === w.CALL_REF ? "call_ref" : "return_call_ref"), args, register);
        if (code === w.CALL_REF) this.#called(shape);
        else this.#tailCalled();
        return true;
      }
    }
    return false;
  }
  /** Takes the topmost operand, what is to be called; gives its register, which the arguments do not touch. */
  #callee(is64 = false): number {
    const register = this.#read(this.#h - 1);
    this.#pop();
    if (!is64) return register;
    this.e.emit(op("index64"), this.#top, register);
    return this.#top;
  }
  /** Puts all operands where they belong, and takes the arguments; gives the register of the first. */
  #arguments(shape: Shape): number {
    this.#flushAll();
    this.#popMany(shape.params.length);
    return this.#top;
  }
  #called(shape: Shape): void {
    this.#traps();
    const top = this.#top;
    this.#point(this.r.pos);
    this.e.seal();
    this.#top = top;
    this.#pushAll(shape.results);
  }
  #tailCalled(): void {
    this.#traps();
    this.#point(this.r.pos);
    this.#setDead();
  }

  // Memory, and what the interpreter's functions do

  #memoryOrOther(code: number): void {
    const { r, m } = this, { info } = r;
    if (code < 256 && info.imm === w.Imm.MEMORY_ACCESS && r.index === 0 && !m.memories[0].type.is64) {
      return info.signature.endsWith(":") ? this.#store() : this.#load();
    }
    if (code >>> 12 === 0xfd) return this.#vector();
    if (info.signature !== "") {
      const [operands, results] = info.signature.split(":");
      return this.#other(operands.length, [...results].map((letter) => LETTER_WIDTH[letter]));
    }
    const [taken, given] = this.#effect(code);
    this.#other(taken, given);
  }

  #load(): void {
    const { e, r } = this, i = this.#h - 1;
    const { op: code, info } = r, offset = r.offset | 0;
    const width = LETTER_WIDTH[info.signature[2]];
    const kind = this.#kind[i], value = this.#value[i], k = this.#high[i];
    const absolute = (value >>> 0) + r.offset;
    if (kind === Kind.CONSTANT && op_load_at[code] >= 0 && absolute < 2 ** 31) {
      this.#pop();
      e.emit(op_load_at[code], this.#pushRegister(width), absolute);
      return this.#traps();
    }
    const isSum = kind === Kind.SUM && op_load_sum[code] >= 0;
    const a = isSum ? value : this.#read(i);
    // What only the address needs can be part of the load.
    const temporary = isSum ? a >= this.#localWords : this.#kind[i] === Kind.REGISTER;
    this.#pop();
    const number = temporary && this.options.fuse ? e.lastWriting(a) : -1;
    const { words, last } = e, first = words[last + 2], second = words[last + 3], third = words[last + 4];
    const emit = (number: number, b: number, c: number, more: readonly number[]) => {
      e.emit(number, this.#pushRegister(width), b, c);
      for (const word of more) e.extend(word);
    };
    if (isSum && number === op_add && op_load_add_sum[code] >= 0) {
      e.retract();
      emit(op_load_add_sum[code], first, second, [k, offset]);
    } else if (isSum && number === op_shl_k && op_load_shl_sum[code] >= 0) {
      e.retract();
      emit(op_load_shl_sum[code], first, second, [k, offset]);
    } else if (isSum) emit(op_load_sum[code], a, k, [offset]);
    else if (number === op_add && op_load_add[code] >= 0) {
      e.retract();
      emit(op_load_add[code], first, second, [offset]);
    } else if (number === op_shl_add && op_load_shl_add[code] >= 0) {
      e.retract();
      emit(op_load_shl_add[code], first, third, [offset, second]);
    } else emit(LOAD_NAMES[code], a, offset, []);
    this.#traps();
  }

  #store(): void {
    const { e, r } = this, i = this.#h - 2, { op: code } = r, offset = r.offset | 0;
    const kind = this.#kind[i], at = this.#value[i], k = this.#high[i];
    const absolute = (at >>> 0) + r.offset;
    if (kind === Kind.CONSTANT && absolute < 2 ** 31 && this.options.fold) {
      const value = this.#read(i + 1);
      this.#popMany(2);
      e.emit(op_store_at[code], absolute, value);
    } else if (kind === Kind.SUM) {
      const value = this.#read(i + 1);
      this.#popMany(2);
      e.emit(op_store_sum[code], at, value, k);
      e.extend(offset);
    } else {
      const a = this.#read(i);
      if (this.options.fold && this.#kind[i + 1] === Kind.CONSTANT && op_store_k[code] >= 0) {
        const constant = this.#value[i + 1];
        this.#popMany(2);
        e.emit(op_store_k[code], a, constant, offset);
      } else {
        const value = this.#read(i + 1);
        this.#popMany(2);
        e.emit(STORE_NAMES[code], a, value, offset);
      }
    }
    this.#traps();
  }

  #vector(): void {
    const { e, r } = this, { info } = r;
    const sub = r.op & 0xfff;
    const [operands, results] = info.signature.split(":");
    const widths = [...results].map((letter) => LETTER_WIDTH[letter]);
    this.#flushFrom(this.#h - operands.length);
    const top = this.#top;
    this.#popMany(operands.length);
    if (sub > 0x5d || (sub > 0x22 && sub < 0x54)) e.emit(op("vector"), top, sub);
    else e.emit(op("vector_access"), top, this.#immediatesAt(), sub);
    if (info.properties & w.TRAPS) this.#traps();
    e.seal();
    this.#pushAll(widths);
  }
  /** Where the immediates of a vector instruction begin: behind its prefix and number. */
  #immediatesAt(): number {
    const { bytes, at } = this.r;
    let pos = at + 1;
    while (bytes[pos++] >= 128) { /* The number goes on. */ }
    return pos;
  }

  /** The original instruction is run by a function of the interpreter's; it takes and gives operands. */
  #other(taken: number, given: readonly Width[]): void {
    const { e, r } = this;
    // It may collect, and references must then be where maps say they are.
    this.#flushAll();
    e.emit(op("other"), this.#top, r.at);
    this.#traps();
    this.#point(r.pos);
    e.seal();
    this.#popMany(taken);
    this.#pushAll(given);
  }

  /** Operands and results of instructions whose signature depends on immediates. */
  #effect(code: number): [number, readonly Width[]] {
    const { r, m } = this;
    const storage = (field: number) => SINGLE[widthOfStorage(layoutOf(m.canonical[r.index]).storage[field] as Storage)];
    const full = SINGLE[2], narrow = SINGLE[1];
    switch (code) {
      case w.TABLE_GET:
        return [1, full];
      case w.TABLE_SET:
        return [2, NO_WIDTHS];
      case w.MEMORY_SIZE:
        return [0, SINGLE[m.memories[r.index].type.is64 ? 2 : 1]];
      case w.MEMORY_GROW:
        return [1, SINGLE[m.memories[r.index].type.is64 ? 2 : 1]];
      case w.TABLE_SIZE:
        return [0, SINGLE[m.tables[r.index].type.is64 ? 2 : 1]];
      case w.TABLE_GROW:
        return [2, SINGLE[m.tables[r.index].type.is64 ? 2 : 1]];
      case w.MEMORY_INIT:
      case w.MEMORY_COPY:
      case w.MEMORY_FILL:
      case w.TABLE_INIT:
      case w.TABLE_COPY:
      case w.TABLE_FILL:
      case w.ARRAY_SET:
        return [3, NO_WIDTHS];
      case w.STRUCT_NEW:
        return [layoutOf(m.canonical[r.index]).storage.length, full];
      case w.STRUCT_NEW_DEFAULT:
        return [0, full];
      case w.STRUCT_GET:
      case w.STRUCT_GET_S:
      case w.STRUCT_GET_U:
        return [1, storage(r.index2)];
      case w.STRUCT_SET:
        return [2, NO_WIDTHS];
      case w.ARRAY_NEW:
      case w.ARRAY_NEW_DATA:
      case w.ARRAY_NEW_ELEM:
        return [2, full];
      case w.ARRAY_NEW_DEFAULT:
        return [1, full];
      case w.ARRAY_NEW_FIXED:
        return [r.index2, full];
      case w.ARRAY_GET:
      case w.ARRAY_GET_S:
      case w.ARRAY_GET_U:
        return [2, storage(0)];
      case w.ARRAY_LEN:
      case w.REF_TEST:
      case w.REF_TEST_NULL:
      case w.I31_GET_S:
      case w.I31_GET_U:
        return [1, narrow];
      case w.ARRAY_FILL:
      case w.ARRAY_INIT_DATA:
      case w.ARRAY_INIT_ELEM:
        return [4, NO_WIDTHS];
      case w.ARRAY_COPY:
        return [5, NO_WIDTHS];
      case w.REF_CAST:
      case w.REF_CAST_NULL:
      case w.REF_I31:
        return [1, full];
      case w.ATOMIC_FENCE:
        return [0, NO_WIDTHS];
    }
    throw new BugError(`${r.info.name} has no register form`);
  }
}

const op_mov32 = op("mov32"), op_mov64 = op("mov64"), op_mov128 = op("mov128");
const op_const32 = op("const32"), op_const64 = op("const64");
const op_br = op("br"), op_br_back = op("br back");
const op_nz = op("br_nz"), op_nz_back = op("br_nz back"), op_z = op("br_z"), op_z_back = op("br_z back");
const op_return = op("return"),
  op_return32 = op("return32"),
  op_return64 = op("return64"),
  op_return_n = op("return_n");
const op_get32 = op("global.get32"), op_get64 = op("global.get64");
const op_set32 = op("global.set32"), op_set64 = op("global.set64");
const op_add = op("i32.add"), op_add_k = op("i32.add k"), op_add64_k = op("i64.add k");
const op_rotl64_k = op("i64.rotl k");
const op_add_ne_back = op("add br i32.ne k back"), op_add_eq_back = op("add br i32.eq k back");
const op_eq_k = op("i32.eq k"), op_ne_k = op("i32.ne k");
const op_and_k = op("i32.and k"),
  op_shl_k = op("i32.shl k"),
  op_shr_u_k = op("i32.shr_u k"),
  op_rotl_k = op("i32.rotl k");
const op_xor = op("i32.xor"), op_xor_rotl = op("i32.xor_rotl k");
const op_and_shl = op("i32.and_shl k"), op_shl_add = op("i32.shl k > add"), op_shr_u_and = op("i32.shr_u_and k");
const op_add3_k = op("i32.add3 k");
const op_mov32x2 = op("mov32x2"), op_mov32x4 = op("mov32x4"), op_mov32_br_back = op("mov32 br back");
const op_load64 = op("i64.load"), op_load64_sum = op("i64.load sum");
/** By number of the first and opcode of the second instruction: what does both. */
const JOINS = new Map<number, number>();
for (
  const first of ["shl k", "shr_u k", "shr_s k", "rotl k", "and k", "and", "xor", "or", "mul", "mul k", "add", "load"]
) {
  for (const second of ["add", "xor", "or", "and"]) {
    JOINS.set(op(`i32.${first}`) * 256 + w.opByName(`i32.${second}`)!.code, op(`i32.${first} > ${second}`));
  }
}
/** Likewise of a load and an operation of f64, without and with a sum; -1: the load's result is subtracted. */
const LOAD64_JOINS = new Map(
  ([[w.F64_ADD, "add"], [w.F64_MUL, "mul"], [w.F64_SUB, "sub"], [-1, "sub_from"]] as const).map((
    [code, name],
  ) => [code as number, [op(`f64.load > ${name}`), op(`f64.load sum > ${name}`)] as const]),
);
const op_mul3_64f = op("f64.mul3");
const op_mul64f = op("f64.mul"), op_mul_add64f = op("f64.mul_add"), op_mul_sub64f = op("f64.mul_sub");

/** What a load or store does, by opcode: floats move as their bits, and stores keep what fits. */
const accesses = (names: Readonly<Record<number, string>>, suffix = ""): Int16Array => {
  const list = new Int16Array(256).fill(-1);
  for (const [code, name] of Object.entries(names)) list[Number(code)] = opIfAny(name + suffix);
  return list;
};
const LOADS: Record<number, string> = { [w.F32_LOAD]: "i32.load", [w.F64_LOAD]: "i64.load" };
const STORES: Record<number, string> = {
  [w.I32_STORE]: "i32.store",
  [w.F32_STORE]: "i32.store",
  [w.I64_STORE32]: "i32.store",
  [w.I64_STORE]: "i64.store",
  [w.F64_STORE]: "i64.store",
  [w.I32_STORE8]: "i32.store8",
  [w.I64_STORE8]: "i32.store8",
  [w.I32_STORE16]: "i32.store16",
  [w.I64_STORE16]: "i32.store16",
};
for (const { code, name, imm, properties } of w.INSTRUCTIONS) {
  if (code < 256 && imm === w.Imm.MEMORY_ACCESS && properties & w.LOADS) LOADS[code] ??= name;
}
const LOAD_NAMES = accesses(LOADS), STORE_NAMES = accesses(STORES), op_store_k = accesses(STORES, " k");
const op_load_add = accesses(LOADS, " add"), op_load_shl_add = accesses(LOADS, " shl_add");
const op_load_sum = accesses(LOADS, " sum"), op_load_add_sum = accesses(LOADS, " add_sum");
const op_load_shl_sum = accesses(LOADS, " shl_sum"), op_load_at = accesses(LOADS, " at");
const op_store_sum = accesses(STORES, " sum"), op_store_at = accesses(STORES, " at");
