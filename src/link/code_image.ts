// What says to other isolates what shared machine code is: which module's, made for what, and everything that is known about each function's Code.
// Takes and gives bytes: a directory as JSON, whose typed arrays lie behind it. Nothing of it is an address.

import { HELPERS } from "../abi/helpers.ts";
import { Exit } from "../abi/exits.ts";
import { MEMORY, RECORD, STACK, STATE, TABLE, VMCTX } from "../abi/vmctx.ts";
import type { Code } from "../asm/code.ts";

/** What code counts on. Another version of Strata in the process may have it otherwise. */
const LAYOUT = JSON.stringify([HELPERS, Exit, MEMORY, RECORD, STACK, STATE, TABLE, VMCTX]);

/** A function of shared code. */
export interface SharedFunction {
  /** In the module's function index space. */
  readonly index: number;
  /** Offset of its code in that of the module. */
  readonly offset: number;
  readonly code: Code;
  /** Bytes of it. */
  readonly byteLength: number;
}

/** The place of a function in shared code, and of its description in the image. */
type Entry = readonly [index: number, offset: number, bytes: number, descriptionAt: number, descriptionBytes: number];

interface Directory {
  readonly layout: string;
  /** What the code can do beyond running, in its maker's words. */
  readonly options: string;
  readonly module: readonly [at: number, bytes: number];
  readonly functions: readonly Entry[];
}

const ARRAYS = { Uint8Array, Int32Array, Uint32Array } as const;
type ArrayName = keyof typeof ARRAYS;
/** Stands for a typed array in a description. */
interface Reference {
  readonly $: ArrayName;
  readonly at: number;
  readonly length: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Describes code. */
export function writeImage(
  module: Uint8Array,
  options: string,
  functions: readonly Omit<SharedFunction, "byteLength">[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = 8;
  const append = (bytes: Uint8Array): number => {
    const at = end;
    parts.push(bytes);
    end += Math.ceil(bytes.length / 8) * 8;
    return at;
  };
  const replace = (_: string, value: unknown) => {
    for (const name of Object.keys(ARRAYS) as ArrayName[]) {
      if (!(value instanceof ARRAYS[name])) continue;
      const at = append(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      return { $: name, at, length: value.length } satisfies Reference;
    }
    return value;
  };
  const directory: Directory = {
    layout: LAYOUT,
    options,
    module: [append(module), module.length],
    functions: functions.map(({ index, offset, code }) => {
      const { bytes, ...rest } = code;
      const description = encoder.encode(JSON.stringify(rest, replace));
      return [index, offset, bytes.length, append(description), description.length];
    }),
  };
  const text = encoder.encode(JSON.stringify(directory));
  const image = new Uint8Array(end + text.length);
  new Uint32Array(image.buffer, 0, 2).set([end, text.length]);
  let at = 8;
  for (const part of parts) {
    image.set(part, at);
    at += Math.ceil(part.length / 8) * 8;
  }
  image.set(text, end);
  return image;
}

/** An image that is read, function by function. */
export class CodeImage {
  readonly #directory: Directory;
  readonly #functions = new Map<number, Entry>();

  /** Reads what {@link writeImage} wrote. */
  constructor(readonly bytes: Uint8Array) {
    const [at, length] = new Uint32Array(bytes.buffer, bytes.byteOffset, 2);
    this.#directory = JSON.parse(decoder.decode(bytes.slice(at, at + length)));
    for (const entry of this.#directory.functions) this.#functions.set(entry[0], entry);
  }

  /** Whether this version of Strata can run the code. */
  get fits(): boolean {
    return this.#directory.layout === LAYOUT;
  }
  /** What the code can do beyond running. */
  get options(): string {
    return this.#directory.options;
  }
  /** A copy of the module's bytes. */
  get module(): Uint8Array<ArrayBuffer> {
    const [at, bytes] = this.#directory.module;
    return this.bytes.slice(at, at + bytes) as Uint8Array<ArrayBuffer>;
  }
  /** How many functions it describes. */
  get count(): number {
    return this.#functions.size;
  }

  /** A function; `code` gives the machine code of a place, whenever its bytes are asked for. Undefined if it is not among those that are shared. */
  function(index: number, code: (offset: number, bytes: number) => Uint8Array): SharedFunction | undefined {
    const entry = this.#functions.get(index);
    if (entry === undefined) return undefined;
    const [, offset, bytes, at, length] = entry;
    const revive = (_: string, value: unknown) => this.#revive(value);
    const rest = JSON.parse(decoder.decode(this.bytes.slice(at, at + length)), revive) as Omit<Code, "bytes">;
    const described = {
      ...rest,
      get bytes() {
        return code(offset, bytes);
      },
    };
    return { index, offset, code: described, byteLength: bytes };
  }

  #revive(value: unknown): unknown {
    if (typeof value !== "object" || value === null || !("$" in value)) return value;
    const { $, at, length } = value as Reference;
    const bytes = this.bytes.slice(at, at + length * ARRAYS[$].BYTES_PER_ELEMENT);
    return new ARRAYS[$](bytes.buffer);
  }
}
