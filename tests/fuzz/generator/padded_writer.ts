// A writer whose LEB128 numbers are now and then longer than they need to be, as far as the format allows (specification 5.2.2). Takes decisions of their own, so that
// a program can be had with and without them.

import { ByteWriter } from "../../../src/bytecode/writer.ts";
import type { Limits, MemoryType } from "../../../src/wasm/types.ts";
import type { Choices } from "./choices.ts";

/** Writes bytes as its base class does, but LEB128 numbers of any length. */
export class PaddedWriter extends ByteWriter {
  /** Takes the decisions, and of how many numbers one is to be longer than it need be; 0 for none. */
  constructor(readonly padding: Choices, readonly oneIn: number) {
    super(1024);
  }

  override u32(n: number): void {
    const start = this.pos;
    super.u32(n);
    this.#stretch(start, 5, false);
  }
  override u64(n: bigint): void {
    const start = this.pos;
    super.u64(n);
    this.#stretch(start, 10, false);
  }
  override s32(n: number): void {
    const start = this.pos;
    super.s32(n);
    this.#stretch(start, 5, n < 0);
  }
  override s33(n: number): void {
    const start = this.pos;
    super.s33(n);
    // What is negative here is the code of a type, which is a byte.
    if (n >= 0) this.#stretch(start, 5, false);
  }
  override s64(n: bigint): void {
    const start = this.pos;
    super.s64(n);
    this.#stretch(start, 10, n < 0n);
  }
  override limits(limits: Limits | MemoryType): void {
    if (limits.is64) return super.limits(limits);
    const page = "pageSizeLog2" in limits ? limits.pageSizeLog2 : 16;
    this.u8((limits.max !== undefined ? 1 : 0) | (limits.shared ? 2 : 0) | (page !== 16 ? 8 : 0));
    this.u32(Number(limits.min));
    if (limits.max !== undefined) this.u32(Number(limits.max));
    if (page !== 16) this.u32(page);
  }
  override sized(write: () => void): number {
    const start = this.pos;
    write();
    const content = this.cut(start);
    this.u32(content.length);
    const at = this.pos;
    this.raw(content);
    return at;
  }

  #stretch(start: number, most: number, negative: boolean): void {
    if (this.oneIn === 0 || this.pos - start >= most || !this.padding.oneIn(this.oneIn)) return;
    const tail = this.cut(start);
    tail[tail.length - 1] |= 0x80;
    this.raw(tail);
    for (let extra = this.padding.below(most - tail.length); extra > 0; extra--) this.u8(negative ? 0xff : 0x80);
    this.u8(negative ? 0x7f : 0);
  }
}
