// Machine code as instructions: takes inert Code, gives text per instruction, with labels at jump targets and traps where they may happen.
// Bytes are taken apart by a library from npm, loaded by the first call; what text means is the architecture's to say.

import { annotate, DISASSEMBLER, jumpTarget, TRAP_MNEMONIC } from "../abi/x64/annotate.ts";
import type { FieldNames } from "../abi/field_names.ts";
import type { Code } from "../asm/code.ts";
import { ResourceError } from "../wasm/errors.ts";
import { TRAPS } from "../wasm/traps.ts";

/** One machine instruction. */
export interface MachineInstruction {
  /** Offset in the function's code. */
  readonly offset: number;
  /** Its machine code. */
  readonly bytes: Uint8Array;
  /** Mnemonic and operands; offsets of known fields have their names, targets of jumps their labels. */
  readonly text: string;
  /** The label that stands at this instruction, e.g. `L1`. */
  readonly label: string | undefined;
  /** The label that a jump goes to. */
  readonly target: string | undefined;
  /** The trap that may happen here, or that the jump leads to: its short name, e.g. `integer-divide-by-zero`. */
  readonly trap: string | undefined;
}

interface Raw {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly mnemonic: string;
  readonly operands: string;
}

let opened: Promise<(bytes: Uint8Array) => Raw[]> | undefined;

async function open(): Promise<(bytes: Uint8Array) => Raw[]> {
  // Not written as a literal, which Deno would fetch with this file, whether it is ever needed or not.
  const url = new URL("./capstone.ts", import.meta.url).href;
  const { Capstone, Const, loadCapstone }: typeof import("./capstone.ts") = await import(url);
  // It would write its errors to the console, besides throwing them.
  await loadCapstone({ printErr: () => {} });
  const capstone = new Capstone(Const[DISASSEMBLER.arch], Const[DISASSEMBLER.mode]);
  return (bytes) =>
    bytes.length === 0 ? [] : capstone.disasm(bytes, { address: 0 }).map((i) => ({
      offset: Number(i.address),
      bytes: i.bytes,
      mnemonic: i.mnemonic,
      operands: i.opStr,
    }));
}

/** The instructions of `code`, ascending in their offsets. Throws ResourceError when the library cannot be had. */
export async function disassemble(code: Code, names?: FieldNames): Promise<MachineInstruction[]> {
  opened ??= open();
  let take;
  try {
    take = await opened;
  } catch (error) {
    // The next call may find the network, or a permission granted.
    opened = undefined;
    const message = error instanceof Error ? error.message : String(error);
    const needed = /run again with the (--allow-\w+)/.exec(message)?.[1];
    const reason = needed === undefined ? message : `that needs ${needed}`;
    throw new ResourceError(`the disassembler, an npm package, cannot be loaded: ${reason}`);
  }
  const raw = takeAll(code.bytes.subarray(0, code.instructionLength), take);
  const traps = new Map<number, string>();
  const { offsets, codes } = code.trapSites;
  offsets.forEach((offset, i) => traps.set(offset, TRAPS[codes[i]].name));
  const labels = labelTargets(raw, code.instructionLength);
  const trapTargets = new Set(
    raw.filter((r) => r.mnemonic === TRAP_MNEMONIC && traps.has(r.offset)).map((r) => r.offset),
  );

  return raw.map((r) => {
    const to = jumpTarget(r.mnemonic, r.operands);
    const target = to === undefined ? undefined : labels.get(to);
    const operands = target ?? (names === undefined ? r.operands : annotate(r.mnemonic, r.operands, names));
    const leadsTo = to !== undefined && trapTargets.has(to) ? traps.get(to) : undefined;
    return {
      offset: r.offset,
      bytes: r.bytes,
      text: operands === "" ? r.mnemonic : `${r.mnemonic} ${operands}`,
      label: labels.get(r.offset),
      target,
      trap: traps.get(r.offset) ?? leadsTo,
    };
  });
}

/** Bytes that the library is given at a time: it keeps some hundred bytes per instruction, and its memory does not grow. */
const PART_BYTES = 4096;

/** All bytes as instructions; what the library does not know is shown as a byte, and the next is tried. */
function takeAll(bytes: Uint8Array, take: (bytes: Uint8Array) => Raw[]): Raw[] {
  const all: Raw[] = [];
  let at = 0;
  while (at < bytes.length) {
    const found = take(bytes.subarray(at, at + PART_BYTES));
    for (const r of found) all.push({ ...r, offset: at + r.offset });
    const last = found.at(-1);
    if (last !== undefined) at += last.offset + last.bytes.length;
    // An instruction may be cut at the end of a part: then the next part begins with it.
    else {
      const hex = `0x${bytes[at].toString(16).padStart(2, "0")}`;
      all.push({ offset: at, bytes: bytes.subarray(at, at + 1), mnemonic: ".byte", operands: hex });
      at++;
    }
  }
  return all;
}

/** Labels of jump targets, numbered in the order of their offsets. */
function labelTargets(raw: readonly Raw[], length: number): Map<number, string> {
  const targets = new Set<number>();
  for (const r of raw) {
    const to = jumpTarget(r.mnemonic, r.operands);
    if (to !== undefined && to < length) targets.add(to);
  }
  return new Map([...targets].sort((a, b) => a - b).map((offset, i) => [offset, `L${i + 1}`]));
}
