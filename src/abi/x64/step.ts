// Code that runs one instruction alone, out of its place: a copy of it, then an exit with all registers.

import { Assembler } from "../../asm/x64/assembler.ts";
import type { Code } from "../../asm/code.ts";
import { STATE } from "../vmctx.ts";
import { STACK_REG } from "./registers.ts";

/** The code for an instruction given by its bytes, which must not be relative to the instruction pointer. For `proceed`; leaves with STEPPED. */
export function stepCode(instruction: Uint8Array, name: string): Code {
  const a = new Assembler();
  a.emitBytes(instruction);
  a.jmp64_m(STACK_REG, STATE.stepped);
  return a.finish({ name });
}
