// Code ↔ bytes, for who keeps it. Offsets in the source are counted from the start of the function's body, so that equal functions of different modules have
// equal bytes; the name is not in them. Numbers are words in the order of the machine; whoever keeps bytes for others checks that they are whole.

import type { Code, FrameMap, LoopEntry, Relocation, TrapSites } from "./code.ts";

/** Words before the parts: their lengths, and numbers. */
const HEAD_WORDS = 12;

/** Code as bytes, a multiple of 4. `base` is the offset in the module at which the function's body begins. */
export function codeToBytes(code: Code, base: number): Uint8Array {
  const { trapSites, landingPads, loopEntries, frameMaps, relocations } = code;
  const loops = loopEntries.flatMap((e) => [e.source - base, e.offset, e.moves.length, ...e.moves]);
  const maps = frameMaps.flatMap((f) => [
    f.offset,
    f.references.length,
    f.registers.length,
    ...f.references,
    ...f.registers,
  ]);
  const marks = differences(code.sourceMap, base);
  const text = relocations.length === 0 ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(relocations));
  const traps = trapSites.offsets.length;
  const words = HEAD_WORDS + 2 * traps + landingPads.length + loops.length + maps.length;
  const parts = [code.bytes, trapSites.codes, marks, text];
  const out = new Uint8Array(parts.reduce((n, part) => n + roundUp(part.length), 4 * words));
  const w = new Int32Array(out.buffer);
  w.set([code.instructionLength, code.alignment, code.entry, code.frameSize, code.bytes.length, traps]);
  w.set([landingPads.length, loops.length, maps.length, code.sourceMap.length, marks.length, text.length], 6);
  let at = HEAD_WORDS;
  for (const list of [trapSites.offsets, trapSites.sourceOffsets.map((x) => x - base), landingPads, loops, maps]) {
    w.set(list, at);
    at += list.length;
  }
  at *= 4;
  for (const part of parts) {
    out.set(part, at);
    at += roundUp(part.length);
  }
  return out;
}

/** The Code in bytes that `codeToBytes()` gave, which must be aligned to 4 and not change, for a function of that name whose body begins at `base`. */
export function codeFromBytes(bytes: Uint8Array, name: string, base: number): Code {
  return new StoredCode(bytes, name, base);
}

/** The same Code for an equal function of another name elsewhere. */
export function movedCode(code: Code, name: string, distance: number): Code {
  if (distance === 0 && code.name === name) return code;
  const { trapSites, sourceMap, loopEntries } = code;
  return {
    name,
    bytes: code.bytes,
    instructionLength: code.instructionLength,
    alignment: code.alignment,
    entry: code.entry,
    frameSize: code.frameSize,
    relocations: code.relocations,
    trapSites: { ...trapSites, sourceOffsets: trapSites.sourceOffsets.map((offset) => offset + distance) },
    sourceMap: sourceMap.map((x, i) => i % 2 === 1 ? x + distance : x),
    landingPads: code.landingPads,
    loopEntries: loopEntries.map((e) => ({ ...e, source: e.source + distance })),
    frameMaps: code.frameMaps,
  };
}

/** About how many bytes a Code takes in memory. */
export function codeWeight(code: Code): number {
  const { bytes, trapSites, sourceMap, loopEntries, frameMaps } = code;
  const loops = loopEntries.reduce((n, e) => n + 64 + e.moves.byteLength, 0);
  const maps = frameMaps.reduce((n, f) => n + 96 + f.references.byteLength + f.registers.byteLength, 0);
  return 256 + bytes.length + 9 * trapSites.offsets.length + sourceMap.byteLength + loops + maps;
}

/** Code whose parts are read when somebody asks: most is installed, and no more. */
class StoredCode implements Code {
  readonly bytes: Uint8Array;
  readonly instructionLength: number;
  readonly alignment: number;
  readonly entry: number;
  readonly frameSize: number;
  readonly #head: Int32Array;
  #trapSites: TrapSites | undefined;
  #sourceMap: Uint32Array | undefined;
  #landingPads: Uint32Array | undefined;
  #loopEntries: readonly LoopEntry[] | undefined;
  #frameMaps: readonly FrameMap[] | undefined;

  constructor(readonly stored: Uint8Array, readonly name: string, readonly base: number) {
    const head = this.#head = new Int32Array(stored.buffer, stored.byteOffset, stored.length >> 2);
    this.instructionLength = head[0];
    this.alignment = head[1];
    this.entry = head[2];
    this.frameSize = head[3];
    const at = 4 * this.#wordsBefore(5);
    this.bytes = stored.subarray(at, at + head[4]);
  }

  /** Words before the list with this number: offsets of traps, their sources, landing pads, loop entries, frame maps; behind all of them for 5. */
  #wordsBefore(list: number): number {
    const h = this.#head, lengths = [h[5], h[5], h[6], h[7], h[8]];
    return lengths.slice(0, list).reduce((n, length) => n + length, HEAD_WORDS);
  }
  #list(list: number, length: number): Uint32Array {
    const at = this.#wordsBefore(list);
    return new Uint32Array(this.#head.slice(at, at + length).buffer);
  }
  /** The part of bytes with this number: behind the instructions the codes of traps, the source map, relocations. */
  #part(part: number): Uint8Array {
    const h = this.#head, lengths = [h[4], h[5], h[10], h[11]];
    const at = lengths.slice(0, part).reduce((n, length) => n + roundUp(length), 4 * this.#wordsBefore(5));
    return this.stored.subarray(at, at + lengths[part]);
  }

  get trapSites(): TrapSites {
    if (this.#trapSites === undefined) {
      const traps = this.#head[5];
      const sourceOffsets = this.#list(1, traps).map((offset) => offset + this.base);
      this.#trapSites = { offsets: this.#list(0, traps), codes: this.#part(1).slice(), sourceOffsets };
    }
    return this.#trapSites;
  }
  get sourceMap(): Uint32Array {
    return this.#sourceMap ??= sums(this.#part(2), this.#head[9], this.base);
  }
  get landingPads(): Uint32Array {
    return this.#landingPads ??= this.#list(2, this.#head[6]);
  }
  get loopEntries(): readonly LoopEntry[] {
    return this.#loopEntries ??= readLoops(this.#list(3, this.#head[7]), this.base);
  }
  get frameMaps(): readonly FrameMap[] {
    return this.#frameMaps ??= readMaps(this.#list(4, this.#head[8]));
  }
  get relocations(): readonly Relocation[] {
    return this.#head[11] === 0 ? NO_RELOCATIONS : JSON.parse(new TextDecoder().decode(this.#part(3)));
  }
}
const NO_RELOCATIONS: readonly Relocation[] = [];

function roundUp(bytes: number): number {
  return (bytes + 3) & ~3;
}

/** A source map as differences of neighbours, each of as many bytes as it needs: most need one. */
function differences(map: Uint32Array, base: number): Uint8Array {
  const bytes: number[] = [];
  let code = 0, source = base;
  for (let i = 0; i < map.length; i += 2) {
    const back = (map[i + 1] - source) | 0;
    for (let part of [map[i] - code, (back << 1) ^ (back >> 31)]) {
      for (; part >>> 7 !== 0; part >>>= 7) bytes.push(part & 0x7f | 0x80);
      bytes.push(part);
    }
    code = map[i];
    source = map[i + 1];
  }
  return Uint8Array.from(bytes);
}

function sums(bytes: Uint8Array, length: number, base: number): Uint32Array {
  const map = new Uint32Array(length);
  let at = 0;
  const next = () => {
    let value = 0, shift = 0;
    for (; (bytes[at] & 0x80) !== 0; shift += 7) value |= (bytes[at++] & 0x7f) << shift;
    return (value | (bytes[at++] << shift)) >>> 0;
  };
  let code = 0, source = base;
  for (let i = 0; i < length; i += 2) {
    map[i] = code += next();
    const back = next();
    map[i + 1] = source += (back >>> 1) ^ -(back & 1);
  }
  return map;
}

function readLoops(words: Uint32Array, base: number): LoopEntry[] {
  const loops: LoopEntry[] = [];
  for (let i = 0; i < words.length;) {
    const end = i + 3 + words[i + 2];
    loops.push({
      source: words[i] + base,
      offset: words[i + 1],
      moves: new Int32Array(words.slice(i + 3, end).buffer),
    });
    i = end;
  }
  return loops;
}

function readMaps(words: Uint32Array): FrameMap[] {
  const maps: FrameMap[] = [];
  for (let i = 0; i < words.length;) {
    const middle = i + 3 + words[i + 1], end = middle + words[i + 2];
    maps.push({ offset: words[i], references: words.slice(i + 3, middle), registers: words.slice(middle, end) });
    i = end;
  }
  return maps;
}
