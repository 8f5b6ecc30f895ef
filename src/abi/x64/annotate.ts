// x86-64 assembly as text (Intel syntax), made readable: which operand is a jump's target, and names for the fields that an operand addresses.

import { SLOT_BYTES } from "../vmctx.ts";
import type { FieldNames } from "../field_names.ts";

/** The name by which the disassembler's library knows the architecture, and its mode. */
export const DISASSEMBLER = { arch: "CS_ARCH_X86", mode: "CS_MODE_64" } as const;

/** What a trap site looks like where it is an instruction of its own: no other call is one. */
export const TRAP_MNEMONIC = "call";

/** Slot 0 of a frame, relative to the frame pointer; the vmctx stands before it. */
const FIRST_SLOT = -16;
const VMCTX_SLOT = -8;

/** The address that a jump or call goes to directly; undefined if it is none. */
export function jumpTarget(mnemonic: string, operands: string): number | undefined {
  if (!mnemonic.startsWith("j") && mnemonic !== "call") return undefined;
  return /^(0x[0-9a-f]+|\d+)$/.test(operands) ? Number(operands) : undefined;
}

/** Operands with names in place of offsets, where a fixed register tells what is addressed. */
export function annotate(mnemonic: string, operands: string, names: FieldNames): string {
  return operands.replace(
    /\[(rbx|r15|rbp|r10)(?: ([+-]) (0x[0-9a-f]+|\d+))?\]/g,
    (text, base: string, sign: string | undefined, digits: string | undefined) => {
      const offset = Number(digits ?? 0) * (sign === "-" ? -1 : 1);
      const name = fieldName(mnemonic, operands, base, offset, names);
      return name === undefined ? text : base === "rbp" ? `[rbp: ${name}]` : `[${base} + ${name}]`;
    },
  );
}

function fieldName(
  mnemonic: string,
  operands: string,
  base: string,
  offset: number,
  names: FieldNames,
): string | undefined {
  switch (base) {
    case "rbx":
      return names.vmctx(offset);
    case "r15":
      return names.stack(offset);
    case "rbp":
      if (offset === VMCTX_SLOT) return "vmctx";
      return offset > FIRST_SLOT || offset % 4 !== 0 ? undefined : slotName(offset, names);
    default:
      // r10 is scratch, unless the function record that it points to is called or entered.
      return mnemonic === "call" || mnemonic === "jmp" || operands.startsWith("rbx, ")
        ? names.record(offset)
        : undefined;
  }
}

function slotName(offset: number, names: FieldNames): string {
  const slot = Math.ceil((FIRST_SLOT - offset) / SLOT_BYTES);
  const rest = offset - (FIRST_SLOT - SLOT_BYTES * slot);
  return names.slot(slot) + (rest === 0 ? "" : ` + ${rest}`);
}
