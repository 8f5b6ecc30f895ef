// A seeded mutator: takes a valid module, gives modules that are nearly valid. It knows sections, bodies and instructions, so that sizes can be kept
// right around a change, and all the rest stays as reachable as if nothing had happened. What a mutant must do is left to the tests.

import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { ByteWriter } from "../../src/bytecode/writer.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { INSTRUCTIONS } from "../../src/wasm/opcodes.ts";

/** Numbers that follow from a seed (mulberry32). */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** A number of 32 bits. */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  /** A number below `n`, which is at least 1. */
  below(n: number): number {
    return this.u32() % n;
  }
  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

/** Bytes with a length field in front: a section or a function body. */
interface Sized {
  /** Section id; -1 for a body. */
  readonly id: number;
  /** Where the whole begins (id, or the length of a body), where its length stands, its content, and its end. */
  readonly at: number;
  readonly sizeAt: number;
  readonly start: number;
  readonly end: number;
}
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A module cut into the parts that can be changed. */
export interface Layout {
  readonly bytes: Uint8Array;
  readonly sections: readonly Sized[];
  readonly bodies: readonly Sized[];
  /** All instructions of all bodies, in order. */
  readonly instructions: readonly Range[];
}

/** Finds sections, bodies and instructions of a valid module. */
export function layoutOf(bytes: Uint8Array): Layout {
  const r = new BytecodeReader(bytes, 8);
  const sections: Sized[] = [];
  while (r.pos < bytes.length) {
    const at = r.pos, id = r.u8(), sizeAt = r.pos, size = r.u32(), start = r.pos;
    r.pos = start + size;
    sections.push({ id, at, sizeAt, start, end: r.pos });
  }
  const bodies: Sized[] = [];
  const instructions: Range[] = [];
  const code = sections.find((s) => s.id === 10);
  r.pos = code?.start ?? 0;
  const count = code === undefined ? 0 : r.u32();
  const module = decodeModule(bytes);
  for (let i = 0; i < count; i++) {
    const at = r.pos, size = r.u32(), start = r.pos, end = start + size;
    bodies.push({ id: -1, at, sizeAt: at, start, end });
    for (r.pos = module.funcs[module.importedFuncs + i].body!.codeStart; r.pos < end;) {
      const from = r.pos;
      r.next();
      instructions.push({ start: from, end: r.pos });
    }
  }
  return { bytes, sections, bodies, instructions };
}

/** `n` as unsigned LEB128, padded to `length` bytes if that is more than needed. */
export function leb(n: number, length = 1): Uint8Array {
  const out: number[] = [];
  for (let rest = n;;) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    const more = rest > 0 || out.length + 1 < length;
    out.push(low | (more ? 0x80 : 0));
    if (!more) return Uint8Array.from(out);
  }
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Replaces the bytes from `start` to `end` and corrects the lengths of the body and the section around them. */
export function splice(l: Layout, start: number, end: number, insert: Uint8Array): Uint8Array<ArrayBuffer> {
  const around = (s: Sized) => s.start <= start && end <= s.end;
  const section = l.sections.find(around);
  const body = l.bodies.find(around);
  const grow = insert.length - (end - start);
  const edited = concat(l.bytes.subarray(body?.start ?? section?.start ?? 0, start), insert, l.bytes.subarray(end));
  if (section === undefined) return edited;
  const bodySize = body === undefined ? new Uint8Array(0) : leb(body.end - body.start + grow);
  const bodyGrow = body === undefined ? 0 : bodySize.length - (body.start - body.sizeAt);
  const before = body === undefined ? new Uint8Array(0) : l.bytes.subarray(section.start, body.sizeAt);
  const size = leb(section.end - section.start + grow + bodyGrow);
  return concat(l.bytes.subarray(0, section.sizeAt), size, before, bodySize, edited);
}

/** The valid module with all but `keep` of its bodies, evenly spread, emptied to `unreachable`: small enough to mutate, with code as compilers write it. */
export function reduce(bytes: Uint8Array, keep: number): Uint8Array<ArrayBuffer> {
  const l = layoutOf(bytes);
  const code = l.sections.find((s) => s.id === 10);
  if (code === undefined || l.bodies.length <= keep) return bytes.slice() as Uint8Array<ArrayBuffer>;
  const step = l.bodies.length / keep;
  const kept = new Set(Array.from({ length: keep }, (_, i) => Math.floor(i * step)));
  const empty = Uint8Array.of(3, 0, 0x00, 0x0b);
  const bodies = l.bodies.map((b, i) => kept.has(i) ? bytes.subarray(b.at, b.end) : empty);
  const content = concat(leb(l.bodies.length), ...bodies);
  const parts = l.sections.filter((s) => s.id !== 0)
    .map((s) => s === code ? concat(Uint8Array.of(10), leb(content.length), content) : bytes.subarray(s.at, s.end));
  return concat(bytes.subarray(0, 8), ...parts);
}

/** Numbers at which something may tip over. */
const EDGES = [0, 1, 2, 3, 4, 7, 0x3f, 0x40, 0x7f, 0x80, 0xff, 1000, 1001, 50_000, 50_001, 65_536, 65_537, 1e6, 1e7 + 1]
  .concat(
    [0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7ffffffff, 2 ** 40],
  );
/** Bytes that mean something in many places: types, forms, flags, prefixes, opcodes. */
const BYTES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x0b, 0x40, 0x4e, 0x50, 0x5e, 0x5f, 0x60, 0x63, 0x64, 0x68, 0x69, 0x6a]
  .concat(
    [
      0x6b,
      0x6c,
      0x6d,
      0x6e,
      0x6f,
      0x70,
      0x71,
      0x72,
      0x73,
      0x74,
      0x7b,
      0x7c,
      0x7d,
      0x7e,
      0x7f,
      0x80,
      0xfb,
      0xfc,
      0xfd,
      0xfe,
      0xff,
    ],
  );

const NOTHING = new Uint8Array(0);

/** A LEB128 number in another shape: over-long, too long, with surplus bits, or another value. */
function anotherNumber(random: Random, old: number): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return leb(old, 2 + random.below(9));
    case 1:
      return leb(random.pick(EDGES));
    case 2:
      return leb(random.pick(EDGES), 5);
    case 3:
      return Uint8Array.of(
        0xff,
        0xff,
        0xff,
        0xff,
        random.pick([0x0f, 0x10, 0x70, 0x77, 0x78, 0x7f, 0x8f, 0xff]),
        random.below(128),
      );
    default:
      return leb(Math.max(0, old + random.pick([-2, -1, 1, 2])));
  }
}

/** The LEB128 number that begins at `at`, as far as it goes. */
function numberAt(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = at, scale = 1; i < bytes.length && i < at + 10; i++, scale *= 128) {
    value += (bytes[i] & 0x7f) * scale;
    if (bytes[i] < 0x80) return { value: value % 2 ** 32, end: i + 1 };
  }
  return { value, end: Math.min(bytes.length, at + 10) };
}

/** An instruction of the table with immediates that may fit, or an opcode the table does not have. */
function anotherInstruction(random: Random): Uint8Array {
  const w = new ByteWriter(16);
  const n = random.below(12);
  if (n === 0) w.u8(random.below(256));
  else if (n === 1) {
    w.u8(random.pick([0xfb, 0xfc, 0xfd, 0xfe]));
    w.raw(leb(random.pick([random.below(30), random.below(300), random.pick(EDGES)]), 1 + random.below(3)));
  } else w.opcode(random.pick(INSTRUCTIONS).code);
  for (let i = random.below(4); i > 0; i--) w.u8(random.pick([0, 0, 1, 2, 3, 0x40, 0x41, 0x70, 0x7e, 0x7f]));
  return w.slice();
}

/** A kind of change. Takes the layout and gives the mutant; undefined where the module has no place for it. */
type Mutation = (l: Layout, random: Random) => Uint8Array<ArrayBuffer> | undefined;

/** A place in a section, favouring the small sections, in which every byte says something. */
function placeInSection(l: Layout, random: Random): { section: Sized; at: number } | undefined {
  const full = l.sections.filter((s) => s.end > s.start);
  if (full.length === 0) return undefined;
  const section = random.pick(full);
  return { section, at: section.start + random.below(section.end - section.start) };
}
function sectionBytes(l: Layout, s: Sized): Uint8Array {
  return l.bytes.subarray(s.at, s.end);
}

/** The kinds of changes, by name. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "random bytes": (l, random) => {
    const out = l.bytes.slice();
    for (let n = 1 + random.below(3); n > 0; n--) out[random.below(out.length)] = random.below(256);
    return out as Uint8Array<ArrayBuffer>;
  },
  "one bit": (l, random) => {
    const out = l.bytes.slice();
    out[random.below(out.length)] ^= 1 << random.below(8);
    return out as Uint8Array<ArrayBuffer>;
  },
  "telling byte": (l, random) => {
    const p = placeInSection(l, random);
    return p && splice(l, p.at, p.at + 1, Uint8Array.of(random.pick(BYTES)));
  },
  "byte put in": (l, random) => {
    const p = placeInSection(l, random);
    return p && splice(l, p.at, p.at, Uint8Array.of(random.pick(BYTES)));
  },
  "bytes taken out": (l, random) => {
    const p = placeInSection(l, random);
    return p && splice(l, p.at, Math.min(p.section.end, p.at + 1 + random.below(4)), NOTHING);
  },
  "number": (l, random) => {
    const p = placeInSection(l, random);
    if (p === undefined) return undefined;
    const { value, end } = numberAt(l.bytes, p.at);
    return splice(l, p.at, Math.min(end, p.section.end), anotherNumber(random, value));
  },
  "count": (l, random) => {
    const p = placeInSection(l, random);
    if (p === undefined) return undefined;
    const { value, end } = numberAt(l.bytes, p.section.start);
    return splice(l, p.section.start, Math.min(end, p.section.end), anotherNumber(random, value));
  },
  "cut": (l, random) => l.bytes.slice(0, random.below(l.bytes.length)) as Uint8Array<ArrayBuffer>,
  "section cut": (l, random) => {
    const p = placeInSection(l, random);
    return p && splice(l, p.at, p.section.end, NOTHING);
  },
  "section with more": (l, random) => {
    const p = placeInSection(l, random);
    return p && splice(l, p.section.end, p.section.end, Uint8Array.of(random.pick(BYTES)));
  },
  "section size": (l, random) => {
    const p = placeInSection(l, random);
    if (p === undefined) return undefined;
    const { section: s } = p;
    const size = anotherNumber(random, s.end - s.start);
    return concat(l.bytes.subarray(0, s.sizeAt), size, l.bytes.subarray(s.start));
  },
  "section id": (l, random) => {
    if (l.sections.length === 0) return undefined;
    const out = l.bytes.slice();
    out[random.pick(l.sections).at] = random.below(16);
    return out as Uint8Array<ArrayBuffer>;
  },
  "section dropped": (l, random) => {
    if (l.sections.length === 0) return undefined;
    const s = random.pick(l.sections);
    return concat(l.bytes.subarray(0, s.at), l.bytes.subarray(s.end));
  },
  "section twice": (l, random) => {
    if (l.sections.length === 0) return undefined;
    const s = random.pick(l.sections), to = random.pick(l.sections).end;
    return concat(l.bytes.subarray(0, to), sectionBytes(l, s), l.bytes.subarray(to));
  },
  "sections exchanged": (l, random) => {
    if (l.sections.length < 2) return undefined;
    const order = l.sections.slice();
    const i = random.below(order.length), k = random.below(order.length);
    [order[i], order[k]] = [order[k], order[i]];
    return concat(l.bytes.subarray(0, 8), ...order.map((s) => sectionBytes(l, s)));
  },
  "section put in": (l, random) => {
    const at = l.sections.length === 0 ? 8 : random.pick(l.sections).at;
    const content = random.pick([[], [0], [1, 0], [1, 0x40, 0], [0, 0], [0xff], [2, 0xc3, 0x28], [
      4,
      0x6e,
      0x61,
      0x6d,
      0x65,
      1,
    ]]);
    const section = Uint8Array.of(random.below(15), content.length, ...content);
    return concat(l.bytes.subarray(0, at), section, l.bytes.subarray(at));
  },
  "body size": (l, random) => {
    if (l.bodies.length === 0) return undefined;
    const b = random.pick(l.bodies);
    return splice({ ...l, bodies: [] }, b.sizeAt, b.start, anotherNumber(random, b.end - b.start));
  },
  "instruction dropped": (l, random) => {
    if (l.instructions.length === 0) return undefined;
    const i = random.pick(l.instructions);
    return splice(l, i.start, i.end, NOTHING);
  },
  "instruction cut": (l, random) => {
    if (l.instructions.length === 0) return undefined;
    const i = random.pick(l.instructions);
    const body = l.bodies.find((b) => b.start <= i.start && i.end <= b.end)!;
    return splice(l, i.start + random.below(i.end - i.start), random.pick([i.end, body.end]), NOTHING);
  },
  "instruction replaced": (l, random) => {
    if (l.instructions.length === 0) return undefined;
    const i = random.pick(l.instructions);
    return splice(l, i.start, i.end, anotherInstruction(random));
  },
  "opcode replaced": (l, random) => {
    if (l.instructions.length === 0) return undefined;
    const i = random.pick(l.instructions);
    return splice(l, i.start, i.start + 1, Uint8Array.of(random.below(256)));
  },
  "instruction put in": (l, random) => {
    if (l.instructions.length === 0) return undefined;
    const i = random.pick(l.instructions);
    return splice(l, i.start, i.start, anotherInstruction(random));
  },
  "instruction twice": (l, random) => {
    if (l.instructions.length === 0) return undefined;
    const i = random.pick(l.instructions), to = random.pick(l.instructions).start;
    return splice(l, to, to, l.bytes.subarray(i.start, i.end));
  },
  "immediate": (l, random) => {
    const long = l.instructions.filter((i) => i.end - i.start > 1);
    if (long.length === 0) return undefined;
    const i = random.pick(long);
    const at = i.start + 1 + random.below(i.end - i.start - 1);
    const { value, end } = numberAt(l.bytes, at);
    return splice(l, at, Math.min(end, i.end), anotherNumber(random, value));
  },
};
const NAMES = Object.keys(MUTATIONS);

/** A mutant and what was done, for the report of a failure. */
export interface Mutant {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly how: string;
}

/** Mutants that are chosen at random, without end. One in six is changed once more, where its structure can still be read. */
export function* mutants(seed: Uint8Array, random: Random): Generator<Mutant, never> {
  const layout = layoutOf(seed);
  for (;;) {
    const how = random.pick(NAMES);
    const bytes = MUTATIONS[how](layout, random);
    if (bytes === undefined) continue;
    if (random.below(6) > 0) {
      yield { bytes, how };
      continue;
    }
    const second = random.pick(NAMES);
    let again: Uint8Array<ArrayBuffer> | undefined;
    try {
      again = MUTATIONS[second](layoutOf(bytes), random);
    } catch {
      continue;
    }
    if (again !== undefined) yield { bytes: again, how: `${how}, then ${second}` };
  }
}

/** Every mutant of a small module that has a byte cut off at the end, section by section, body by body and as a whole, or one byte changed by one bit. */
export function* everyCut(seed: Uint8Array): Generator<Mutant> {
  const l = layoutOf(seed);
  for (let n = 0; n < seed.length; n++) {
    yield { bytes: seed.slice(0, n) as Uint8Array<ArrayBuffer>, how: `cut to ${n}` };
  }
  for (const s of [...l.sections, ...l.bodies]) {
    for (let at = s.start; at < s.end; at++) {
      yield { bytes: splice(l, at, s.end, NOTHING), how: `${s.id < 0 ? "body" : `section ${s.id}`} cut at ${at}` };
    }
  }
  for (const i of l.instructions) {
    for (let at = i.start; at < i.end; at++) {
      for (let bit = 0; bit < 8; bit++) {
        yield { bytes: splice(l, at, at + 1, Uint8Array.of(seed[at] ^ (1 << bit))), how: `bit ${bit} at ${at}` };
      }
    }
  }
}
