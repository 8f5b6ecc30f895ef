// The counters of one function, which each tier fills: words for the interpreter, and native memory that machine code counts in. Takes a plan (validate/count_plan.ts);
// who counts which function is engine/counting.ts's affair.

import { NativeRegion } from "../platform/native_memory.ts";
import { canRunNative } from "../platform/permissions.ts";
import type { CountPlan } from "../validate/count_plan.ts";

/** Bytes of native memory that are taken at a time. */
const CHUNK_BYTES = 1 << 18;

/** A piece of native memory; given back when no counters in it are held any more. */
interface Chunk {
  readonly region: NativeRegion;
  used: number;
}
let chunk: Chunk | undefined;

function allocate(bytes: number): { readonly region: NativeRegion; readonly offset: number } {
  if (chunk === undefined || chunk.used + bytes > chunk.region.committed) {
    const size = Math.max(CHUNK_BYTES, bytes);
    chunk = { region: new NativeRegion(size, size), used: 0 };
  }
  const offset = chunk.used;
  chunk.used += bytes;
  return { region: chunk.region, offset };
}

/** Counters of a function of a module, for all its instances in one engine together. */
export class FunctionCounters {
  /** What interpreters and code in JavaScript counted, by counter. */
  readonly interp: Float64Array;
  /** What machine code counted; empty where none can run. */
  readonly native: BigInt64Array;
  /** Address of the first of those, 0 where machine code cannot run. */
  readonly address: number;
  /** Keeps the memory. */
  readonly region: NativeRegion | undefined;
  /** How often the instruction at an offset trapped, so that the rest of its block did not run. */
  readonly traps: Map<number, number> = new Map();

  /** Takes the plan of the function. Throws ResourceError when there is no room. */
  constructor(readonly plan: CountPlan) {
    const count = plan.offsets.length;
    this.interp = new Float64Array(count);
    if (canRunNative() && count > 0) {
      const { region, offset } = allocate(8 * count);
      this.region = region;
      this.address = region.address + offset;
      this.native = new BigInt64Array(region.buffer, offset, count);
    } else {
      this.region = undefined;
      this.address = 0;
      this.native = new BigInt64Array(0);
    }
  }

  /** What a counter has counted, in every tier together. */
  value(counter: number): number {
    const { native } = this;
    return this.interp[counter] + (native.length === 0 ? 0 : Number(native[counter]));
  }

  /** All values, in the order of the plan. */
  values(): Float64Array {
    return Float64Array.from(this.interp, (_, i) => this.value(i));
  }
}
