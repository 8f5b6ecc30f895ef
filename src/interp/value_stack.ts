// A bounded stack of slots: 8 bytes each, seen through views of every width. What overflows or underflows says so by name.
// The library's ValueStack; interp/ keeps its operands on one, whose bounds its loop checks once per call instead of at every push.

/** A push beyond the capacity of a ValueStack. */
export class ValueStackOverflow extends Error {
  /** The class's name. */
  override name = "ValueStackOverflow";
  /** Takes the capacity in slots. */
  constructor(readonly capacity: number) {
    super(`the value stack is full: it holds ${capacity} slots`);
  }
}

/** A pop or peek below the bottom of a ValueStack. */
export class ValueStackUnderflow extends Error {
  /** The class's name. */
  override name = "ValueStackUnderflow";
  /** Takes the slots there were, and which was asked for, counted from the top. */
  constructor(readonly height: number, readonly depth: number) {
    super(height === 0 ? "the value stack is empty" : `the value stack has ${height} slots, none at depth ${depth}`);
  }
}

/** Types of values on a stack: a v128 takes two slots, given as bigint of 128 bits; a reference is its 32 bits. */
export type StackValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "ref";

const MASK_64 = (1n << 64n) - 1n;

/** A bounded stack of values (specification 4.2.12). Which type a slot has only the program knows; reading it as another gives its bits. */
export class ValueStack {
  /** The slots as words, two each, and as other elements. */
  readonly i32: Int32Array<ArrayBuffer>;
  /** The slots as 64-bit integers. */
  readonly i64: BigInt64Array<ArrayBuffer>;
  /** The slots as floats, two elements each. */
  readonly f32: Float32Array<ArrayBuffer>;
  /** The slots as 64-bit floats. */
  readonly f64: Float64Array<ArrayBuffer>;
  /** The most slots it holds. */
  readonly capacity: number;
  #height = 0;

  /** Takes the capacity in slots. Throws RangeError for one that is no count. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 0) throw new RangeError(`${capacity} is no number of slots`);
    const buffer = new ArrayBuffer(capacity * 8);
    this.capacity = capacity;
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** Slots in use. */
  get height(): number {
    return this.#height;
  }

  /** Whether `slots` more fit above `height`. */
  hasRoom(height: number, slots: number): boolean {
    return height + slots <= this.capacity;
  }

  /** Puts a value on top. Throws ValueStackOverflow, with nothing pushed, when there is no room. */
  push(type: StackValueType, value: number | bigint): void {
    const slots = type === "v128" ? 2 : 1, at = this.#height;
    if (!this.hasRoom(at, slots)) throw new ValueStackOverflow(this.capacity);
    this.#height += slots;
    if (type === "i64") this.i64[at] = BigInt(value);
    else if (type === "f64") this.f64[at] = Number(value);
    else if (type === "v128") {
      this.i64[at] = BigInt.asIntN(64, BigInt(value));
      this.i64[at + 1] = BigInt.asIntN(64, BigInt(value) >> 64n);
    } else {
      this.i64[at] = 0n;
      if (type === "f32") this.f32[2 * at] = Number(value);
      else this.i32[2 * at] = Number(value);
    }
  }

  /** Takes the topmost value off. Throws ValueStackUnderflow, with nothing taken, when there is none. */
  pop(type: StackValueType): number | bigint {
    const value = this.peek(type);
    this.#height -= type === "v128" ? 2 : 1;
    return value;
  }

  /** The value with `depth` slots above it, which stays. Throws ValueStackUnderflow when there is none. */
  peek(type: StackValueType, depth = 0): number | bigint {
    const at = this.#height - depth - (type === "v128" ? 2 : 1);
    if (at < 0 || !(depth >= 0)) throw new ValueStackUnderflow(this.#height, depth);
    switch (type) {
      case "i64":
        return this.i64[at];
      case "f64":
        return this.f64[at];
      case "f32":
        return this.f32[2 * at];
      case "v128":
        return (BigInt.asUintN(64, this.i64[at + 1]) << 64n) | (this.i64[at] & MASK_64);
      default:
        return this.i32[2 * at];
    }
  }

  /** Takes everything off. */
  clear(): void {
    this.#height = 0;
  }

  /** The most slots that were in use at once, as far as what was left there is not zero. */
  get highWater(): number {
    let at = this.i64.length;
    while (at > 0 && this.i32[2 * at - 1] === 0 && this.i32[2 * at - 2] === 0) at--;
    return at;
  }
}
