// What is known while a body is translated, beside its operands: the blocks that are open, jumps still without target, and the places where frames stop.
// Families of instructions work on it.

import { BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { FuncDecl, Module } from "../wasm/module.ts";
import * as w from "../wasm/opcodes.ts";
import type { FuncType } from "../wasm/types.ts";
import type { Explanation } from "./explanation.ts";
import { Kind, Operands } from "./operands.ts";
import type { FastOptions } from "./options.ts";
import { type Shape, shapeOf, type Width, widthOf, wordsOf } from "./widths.ts";

/** What the code of all functions of a module depends on. */
export interface TranslationOptions extends FastOptions {
  /** Whether passes and calls cost fuel. */
  readonly metered: boolean;
  /** Whether calls and passes are counted. */
  readonly counts: boolean;
}

/** Words of an entry of `Translation.points`. */
export const POINT_WORDS = 3;

/** No widths, and those of one value. */
export const NO_WIDTHS: readonly Width[] = [];
export const SINGLE: Record<number, readonly Width[]> = { 1: [1], 2: [2], 4: [4] };

/** A block that is open. */
export interface Block {
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

/** A body in place of a call. */
export interface Inlined {
  /** Index of the callee. */
  readonly index: number;
  /** Offsets of the call, and behind it. */
  readonly call: number;
  readonly end: number;
  /** The operand that is its first local. */
  readonly first: number;
  /** What `return` leads to the end of. */
  readonly block: Block;
}

/** A body while it is translated. */
export class State extends Operands {
  readonly m: Module;
  facts!: BodyFacts;
  decl!: FuncDecl;
  blocks: Block[] = [];
  /** The innermost. */
  block!: Block;
  /** Whether what follows is never reached. */
  dead = false;
  points: number[] = [];
  /** Where the last loop, or the function, goes on behind its count. */
  head = -1;
  loops = 0;
  /** The body in place of a call that is translated now. */
  inlined: Inlined | undefined = undefined;
  /** Whether there was one that may trap. */
  inlinedTraps = false;
  caughtDepth = 0;
  localWidths = new Uint8Array(64);
  readonly globals: readonly Width[];

  constructor(readonly valid: ValidModule, override readonly options: TranslationOptions, explain?: Explanation) {
    super(new BytecodeReader(valid.module.bytes), options, explain);
    this.m = valid.module;
    this.globals = this.m.globals.map((g) => widthOf(g.type.type));
  }

  /** Begins with the body of the function with this index. */
  begin(index: number): void {
    const decl = this.decl = this.m.funcs[index], body = decl.body!;
    this.facts = this.valid.bodies[index - this.m.importedFuncs];
    this.e.begin();
    this.h =
      this.aliases =
      this.loops =
      this.caughtDepth =
        0;
    this.dead = false;
    this.inlined = undefined;
    this.inlinedTraps = false;
    this.points = [];
    this.blocks.length = 0;
    this.localWords =
      this.localEnd =
      this.top =
      this.most =
        this.facts.localSlots * 2;
    const count = body.localCount;
    if (count > this.localWidths.length) this.localWidths = new Uint8Array(count * 2);
    let at = 0;
    for (const t of decl.type.params) this.localWidths[at++] = widthOf(t);
    for (const g of body.groups) {
      this.localWidths.fill(widthOf(g.type), at, at + g.count);
      at += g.count;
    }
    this.r.pos = body.codeStart;
    this.r.end = body.end;
    this.open(w.BLOCK, NO_WIDTHS, shapeOf(decl.type).results);
  }

  /** Takes note that frames stop here, where the interpreter would be at `pc`. */
  point(pc: number): void {
    this.points.push(this.e.at, pc, this.top);
  }

  /**
   * Whether frames stop here that are not what they are at the head of a loop to come: behind a call whose results nothing has used yet, or at the head of another, with
   * operands that were dropped since.
   */
  isTaken(): boolean {
    const points = this.points, last = points.length - POINT_WORDS;
    return points[last] === this.e.at && (this.head !== this.e.at || points[last + 2] !== this.top);
  }

  /** The last instruction may trap, as that which the reader stands at. */
  traps(): void {
    if (this.inlined !== undefined) this.inlinedTraps = true;
    this.explain?.trap(this.e.latest, this.r.pos, this.inlined);
  }

  open(opcode: number, params: readonly Width[], results: readonly Width[]): Block {
    let words = this.top;
    if (!this.dead) {
      for (let i = this.h - params.length; i < this.h; i++) {
        words -= wordsOf(this.width[i] as Width);
      }
    }
    const height = this.h - (this.dead ? 0 : params.length);
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
      dead: this.dead,
    };
    this.blocks.push(block);
    return this.block = block;
  }

  blockShape(): Shape {
    const { r } = this;
    if (r.blockIndex !== NO_TYPE_INDEX) return shapeOf(this.m.types[r.blockIndex].type as FuncType);
    return { params: NO_WIDTHS, results: r.blockResult === 0 ? NO_WIDTHS : SINGLE[widthOf(r.blockResult)] };
  }

  label(depth: number): Block {
    return this.blocks[this.blocks.length - 1 - depth];
  }

  arity(block: Block): readonly Width[] {
    return block.opcode === w.LOOP ? block.params : block.results;
  }

  /** Lets the distance in `word` lead from `from` to the label. */
  aim(block: Block, word: number, from: number): void {
    if (block.opcode === w.LOOP) this.e.words[word] = block.head - from;
    else block.jumps.push(word, from);
  }

  /** All that waits for this place. */
  land(jumps: readonly number[]): void {
    const { words, at } = this.e;
    for (let i = 0; i < jumps.length; i += 2) words[jumps[i]] = at - jumps[i + 1];
    this.e.seal();
  }

  /** Whether a branch to the label carries nothing that must move. */
  isReady(block: Block): boolean {
    const arity = this.arity(block), first = this.h - arity.length;
    let place = block.words;
    for (let i = 0; i < arity.length; i++) {
      if (this.kind[first + i] !== Kind.REGISTER || this.value[first + i] !== place) return false;
      place += wordsOf(arity[i]);
    }
    return true;
  }

  setDead(): void {
    this.dead = true;
    this.cut(this.block.height, this.block.words);
    this.e.seal();
  }

  /** Begins the code at the label of a block: values of `widths` stand above what was below the block. */
  resume(block: Block, widths: readonly Width[]): void {
    this.cut(block.height, block.words);
    this.dead = false;
    this.pushAll(widths);
  }
}
