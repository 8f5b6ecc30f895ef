// What became of each Wasm instruction in register code, and where instructions may trap: found by translating once more with a listener.
// Takes what the translator does, gives it by place in the code.

import type { Emitter } from "./emitter.ts";

/** How an original instruction is part of register code: as an instruction; as an operand of one; as part of one with others; in the code of an inlined callee; not at all. */
export type Role = "direct" | "folded" | "fused" | "inlined" | "dead";

/** An original instruction and the register instructions that it is part of. */
export interface Part {
  /** Byte offset in the module. */
  readonly offset: number;
  readonly role: Role;
  /** Word in the code where the register instruction begins; -1 if there is none. */
  place: number;
}

/** A place that may trap. */
export interface TrapSite {
  readonly place: number;
  /** The interpreter's pc there. */
  readonly pc: number;
}

/** Listens to a translation. */
export class Explanation {
  readonly parts: Part[] = [];
  /** By place where the instruction begins. */
  readonly #sites = new Map<number, number>();
  #at = 0;
  #used: number[] = [];
  /** Instructions that are operands so far, and of which instruction is not known yet. */
  readonly #waiting = new Map<number, Part>();

  begin(at: number, _pos: number): void {
    this.#at = at;
    this.#used.length = 0;
  }
  /** An operand from the instruction at `origin` is taken. */
  use(origin: number): void {
    if (origin !== this.#at) this.#used.push(origin);
  }
  /** The register instruction at `place` may trap, as that which ends at `pc`. */
  trap(place: number, pc: number): void {
    this.#sites.set(place, pc);
  }
  /** The instruction is translated; the code ended at `before` when it was begun. */
  end(before: number, e: Emitter, dead: boolean): void {
    const place = e.latest;
    if (dead) {
      this.parts.push({ offset: this.#at, role: "dead", place: -1 });
      return;
    }
    for (const origin of this.#used) {
      const part = this.#waiting.get(origin);
      if (part !== undefined && part.place < 0) part.place = place;
    }
    if (e.at > before) {
      this.parts.push({ offset: this.#at, role: place < before ? "fused" : "direct", place });
    } else if (this.#used.length > 0) {
      this.parts.push({ offset: this.#at, role: "fused", place });
    } else {
      const part: Part = { offset: this.#at, role: "folded", place: -1 };
      this.#waiting.set(this.#at, part);
      this.parts.push(part);
    }
  }

  /** The places that may trap, ascending. */
  sites(): TrapSite[] {
    return [...this.#sites].map(([place, pc]) => ({ place, pc })).sort((a, b) => a.place - b.place);
  }
}
