// What a function does with its locals, found before code is made for it: last uses, values live at labels, the next use of each.
// Takes a body, gives facts by event (a local.get, local.set or local.tee, counted in the order of the bytes) and by block (counted likewise).

import { type BytecodeReader, passTable } from "../bytecode/reader.ts";
import type { FuncBody } from "../wasm/module.ts";
import * as op from "../wasm/opcodes.ts";
import { isRef } from "../wasm/types.ts";

/** A position behind everything. */
export const NEVER = 0x7fffffff;

/** Items of the trace, in the low bits; the rest is an index of a local or a block. */
const Item = { GET: 0, SET: 1, START: 2, ELSE: 3, END: 4, BR: 5, BR_IF: 6, CASE: 7, STOP: 8 } as const;
const ITEM_BITS = 4;
const ITEM_MASK = 15;

/** Bounds of the work for one function; beyond them every local counts as live, and the last of very many in any case. */
const MAX_LIVE_WORDS = 4_000_000;
const MAX_LOCAL_WORDS = 32;
const MAX_PASSES = 12;
/** Events looked at to weigh locals at a loop's head, and at that of a loop in more than DEEP others. */
const MAX_WEIGHED_EVENTS = 1024;
const DEEP = 8;
const MAX_DEEP_EVENTS = 32;

/** Of a use in a loop that is so much deeper. */
const WEIGHTS = Float64Array.from({ length: 9 }, (_, depth) => 8 ** depth);

/** For `nextBut()`: instructions that have nothing to do with locals, control or calls. */
export const PLAIN: Uint8Array = passTable(({ imm, properties }) =>
  imm !== op.Imm.LOCAL && !(properties & (op.CALLS | op.CONTROL | op.TERMINATES))
);

/** Facts of one function at a time; arrays are kept from function to function. */
export class LocalUses {
  /** By event: position of the next event of the same local, and of the next one that sets it. */
  nextUse: Int32Array = new Int32Array(1024);
  nextSet: Int32Array = new Int32Array(1024);
  /** By event: 1 when the value is not used any more afterwards (a get), or never (a set). */
  dead: Uint8Array = new Uint8Array(1024);
  /** By event: its local. */
  local: Int32Array = new Int32Array(1024);
  #position = new Int32Array(1024);
  #depth = new Uint8Array(1024);
  eventCount = 0;

  /** By local: position of its first event, and of the first that sets it. */
  firstUse: Int32Array = new Int32Array(64);
  firstSet: Int32Array = new Int32Array(64);

  /** By block: position of its `end`, whether it has an `else`, whether it calls, index of the first event behind it. */
  blockEnd: Int32Array = new Int32Array(64);
  blockHasElse: Uint8Array = new Uint8Array(64);
  blockCalls: Uint8Array = new Uint8Array(64);
  #blockIsLoop = new Uint8Array(64);
  #blockIsIf = new Uint8Array(64);
  #blockEndEvent = new Int32Array(64);
  /** Loops around it, itself included if it is one; 255 stands for more, too. */
  #blockLoops = new Uint8Array(64);
  #blockCount = 0;

  #trace = new Int32Array(4096);
  #length = 0;
  #hasLoops = false;
  /** There are edges from calls to catch clauses, which liveness does not know. */
  #catches = false;
  #words = 0;
  #live = new Uint32Array(0);
  #elseLive = new Uint32Array(0);
  #liveAtStart = new Uint32Array(1);
  #alwaysLive = new Uint8Array(64);
  /** Whether liveness was found out. */
  known = false;
  /** Whether there are instructions on vectors. */
  hasVectors = false;

  /** Examines a body whose module is valid. `reader` is left anywhere. */
  examine(reader: BytecodeReader, body: FuncBody): void {
    const { locals } = body, count = locals.length;
    if (this.firstUse.length < count) {
      this.firstUse = new Int32Array(count * 2);
      this.firstSet = new Int32Array(count * 2);
      this.#alwaysLive = new Uint8Array(count * 2);
    }
    for (let i = 0; i < count; i++) this.#alwaysLive[i] = isRef(locals[i]) || i >= MAX_LOCAL_WORDS * 32 ? 1 : 0;
    this.#scan(reader, body);
    this.#chain(count);
    this.#findLiveness(count);
  }

  /** Whether the value that `local` has at the start may be read. */
  isLiveAtStart(local: number): boolean {
    if (!this.known || this.#alwaysLive[local] === 1) return true;
    return (this.#liveAtStart[local >> 5] >>> (local & 31) & 1) === 1;
  }

  /** Whether `local` may still be read after a branch to block `block`: behind its end, or at the head of a loop. */
  isLive(block: number, local: number): boolean {
    if (!this.known || this.#alwaysLive[local] === 1) return true;
    return (this.#live[block * this.#words + (local >> 5)] >>> (local & 31) & 1) === 1;
  }

  /** Whether `local` may still be read in the `else` of block `block` or after it. */
  isLiveInElse(block: number, local: number): boolean {
    if (!this.known || this.#alwaysLive[local] === 1) return true;
    return (this.#elseLive[block * this.#words + (local >> 5)] >>> (local & 31) & 1) === 1;
  }

  /** Adds to `weights` how often the locals are used between event `from` and the end of loop `block`; gives the locals met. */
  weigh(block: number, from: number, weights: Float64Array): number[] {
    const met: number[] = [];
    const depth = this.#blockLoops[block];
    const to = Math.min(this.#blockEndEvent[block], from + (depth > DEEP ? MAX_DEEP_EVENTS : MAX_WEIGHED_EVENTS));
    for (let e = from; e < to; e++) {
      const x = this.local[e];
      if (weights[x] === 0) met.push(x);
      weights[x] += WEIGHTS[Math.min(this.#depth[e] - depth, 8)];
    }
    return met;
  }

  // The scan

  #add(item: number, index: number): void {
    if (this.#length === this.#trace.length) this.#trace = doubled(this.#trace);
    this.#trace[this.#length++] = index << ITEM_BITS | item;
  }

  #addEvent(item: number, local: number, position: number, depth: number): void {
    this.#add(item, local);
    const e = this.eventCount++;
    if (e === this.local.length) {
      this.local = doubled(this.local);
      this.#position = doubled(this.#position);
      this.nextUse = doubled(this.nextUse);
      this.nextSet = doubled(this.nextSet);
      this.dead = doubled(this.dead);
      this.#depth = doubled(this.#depth);
    }
    this.local[e] = local;
    this.#position[e] = position;
    this.#depth[e] = depth > 255 ? 255 : depth;
    this.dead[e] = 0;
  }

  #newBlock(code: number, loops: number): number {
    const b = this.#blockCount++;
    if (b === this.blockEnd.length) {
      this.blockEnd = doubled(this.blockEnd);
      this.blockHasElse = doubled(this.blockHasElse);
      this.blockCalls = doubled(this.blockCalls);
      this.#blockIsLoop = doubled(this.#blockIsLoop);
      this.#blockIsIf = doubled(this.#blockIsIf);
      this.#blockEndEvent = doubled(this.#blockEndEvent);
      this.#blockLoops = doubled(this.#blockLoops);
    }
    this.blockHasElse[b] = 0;
    this.blockCalls[b] = 0;
    this.#blockIsIf[b] = code === op.IF ? 1 : 0;
    this.#blockIsLoop[b] = code === op.LOOP ? 1 : 0;
    this.#blockLoops[b] = Math.min(loops, 255);
    this.#add(Item.START, b);
    return b;
  }

  #scan(r: BytecodeReader, body: FuncBody): void {
    this.eventCount = this.#blockCount = this.#length = 0;
    this.#hasLoops = this.#catches = this.hasVectors = false;
    r.pos = body.codeStart;
    r.end = body.end;
    const open: number[] = [this.#newBlock(op.BLOCK, 0)];
    let loops = 0;
    while (open.length > 0) {
      const code = r.nextBut(PLAIN);
      switch (code) {
        case op.LOCAL_GET:
          this.#addEvent(Item.GET, r.index, r.at, loops);
          break;
        case op.LOCAL_SET:
        case op.LOCAL_TEE:
          this.#addEvent(Item.SET, r.index, r.at, loops);
          break;
        case op.TRY_TABLE:
        case op.TRY:
          this.#catches = true;
          open.push(this.#newBlock(code, loops));
          break;
        case op.BLOCK:
        case op.IF:
        case op.LOOP:
          if (code === op.LOOP) {
            loops++;
            this.#hasLoops = true;
          }
          open.push(this.#newBlock(code, loops));
          break;
        case op.ELSE:
          this.#add(Item.ELSE, open[open.length - 1]);
          this.blockHasElse[open[open.length - 1]] = 1;
          break;
        case op.DELEGATE:
        case op.END: {
          const b = open.pop()!;
          if (this.#blockIsLoop[b] === 1) loops--;
          this.#add(Item.END, b);
          this.blockEnd[b] = r.at;
          this.#blockEndEvent[b] = this.eventCount;
          if (this.blockCalls[b] === 1 && open.length > 0) this.blockCalls[open[open.length - 1]] = 1;
          break;
        }
        case op.BR:
          this.#add(Item.BR, open[open.length - 1 - r.index]);
          break;
        case op.BR_IF:
        case op.BR_ON_NULL:
        case op.BR_ON_NON_NULL:
        case op.BR_ON_CAST:
        case op.BR_ON_CAST_FAIL:
          this.#add(Item.BR_IF, open[open.length - 1 - r.index]);
          break;
        case op.BR_TABLE:
          for (const label of new Set(r.labels)) this.#add(Item.CASE, open[open.length - 1 - label]);
          this.#add(Item.STOP, 0);
          break;
        case op.RETURN:
        case op.THROW:
        case op.RETHROW:
        case op.THROW_REF:
        case op.RETURN_CALL:
        case op.RETURN_CALL_INDIRECT:
        case op.RETURN_CALL_REF:
        case op.UNREACHABLE:
          this.#add(Item.STOP, 0);
          break;
        default:
          if (code >>> 12 === op.V128_LOAD >>> 12) this.hasVectors = true;
          else if (r.info.properties & op.CALLS || code >= op.MEMORY_INIT) this.blockCalls[open[open.length - 1]] = 1;
      }
    }
  }

  /** Links each event to the next of its local, going backwards. */
  #chain(count: number): void {
    const { firstUse, firstSet, local, nextUse, nextSet } = this;
    firstUse.fill(NEVER, 0, count);
    firstSet.fill(NEVER, 0, count);
    let event = this.eventCount;
    for (let i = this.#length - 1; i >= 0; i--) {
      const kind = this.#trace[i] & ITEM_MASK;
      if (kind > Item.SET) continue;
      const x = local[--event];
      nextUse[event] = firstUse[x];
      nextSet[event] = firstSet[x];
      firstUse[x] = this.#position[event];
      if (kind === Item.SET) firstSet[x] = this.#position[event];
    }
  }

  // Liveness: the trace is walked backwards until the sets at the heads of loops do not change any more

  #findLiveness(count: number): void {
    const words = this.#words = Math.min((count + 31) >>> 5, MAX_LOCAL_WORDS);
    const size = this.#blockCount * words;
    this.known = !this.#catches && size <= MAX_LIVE_WORDS && this.#length * words <= MAX_LIVE_WORDS * 4;
    if (!this.known) return;
    if (this.#live.length < size) {
      this.#live = new Uint32Array(size * 2);
      this.#elseLive = new Uint32Array(size * 2);
    } else {
      this.#live.fill(0, 0, size);
    }
    if (this.#liveAtStart.length < words) this.#liveAtStart = new Uint32Array(words);
    const now = this.#liveAtStart;
    for (let pass = 0; this.#walk(now, words); pass++) {
      if (pass === MAX_PASSES) {
        this.known = false;
        this.dead.fill(0, 0, this.eventCount);
        return;
      }
    }
  }

  /** One walk; whether it has to be repeated. */
  #walk(now: Uint32Array, words: number): boolean {
    const live = this.#live, elseLive = this.#elseLive, trace = this.#trace, dead = this.dead;
    const alwaysLive = this.#alwaysLive;
    let changed = false;
    let event = this.eventCount;
    for (let w = 0; w < words; w++) now[w] = 0;
    for (let i = this.#length - 1; i >= 0; i--) {
      const item = trace[i];
      const index = item >> ITEM_BITS;
      const at = index * words;
      switch (item & ITEM_MASK) {
        case Item.GET:
          event--;
          if (alwaysLive[index] === 1) break;
          dead[event] = (now[index >> 5] >>> (index & 31) & 1) ^ 1;
          now[index >> 5] |= 1 << (index & 31);
          break;
        case Item.SET:
          event--;
          if (alwaysLive[index] === 1) break;
          dead[event] = (now[index >> 5] >>> (index & 31) & 1) ^ 1;
          now[index >> 5] &= ~(1 << (index & 31));
          break;
        case Item.START:
          if (this.#blockIsLoop[index] === 1) {
            for (let w = 0; w < words; w++) {
              const bits = now[w] | live[at + w];
              if (bits >>> 0 !== live[at + w]) {
                live[at + w] = bits;
                changed = true;
              }
            }
          } else if (this.blockHasElse[index] === 1) {
            for (let w = 0; w < words; w++) now[w] |= elseLive[at + w];
          } else if (this.#blockIsIf[index] === 1) {
            for (let w = 0; w < words; w++) now[w] |= live[at + w];
          }
          break;
        case Item.ELSE:
          for (let w = 0; w < words; w++) {
            elseLive[at + w] = now[w];
            now[w] = live[at + w];
          }
          break;
        case Item.END:
          if (this.#blockIsLoop[index] === 0) { for (let w = 0; w < words; w++) live[at + w] = now[w]; }
          break;
        case Item.BR:
          for (let w = 0; w < words; w++) now[w] = live[at + w];
          break;
        case Item.BR_IF:
        case Item.CASE:
          for (let w = 0; w < words; w++) now[w] |= live[at + w];
          break;
        case Item.STOP:
          for (let w = 0; w < words; w++) now[w] = 0;
      }
    }
    return changed && this.#hasLoops;
  }
}

function doubled<T extends Int32Array | Uint8Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array);
  return larger;
}
