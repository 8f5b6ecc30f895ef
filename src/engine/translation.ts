// Register code as a listing: takes a function of a module, gives each register instruction with the Wasm instructions that went into it, and all of it as text.

import { Explanation, type Role } from "../fast/explanation.ts";
import { readCode } from "../fast/read_code.ts";
import type { TranslationOptions } from "../fast/state.ts";
import { Translator } from "../fast/translate.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { functionName } from "../wasm/module.ts";
import { listFunction, type ListingPart } from "./listing.ts";

/** A Wasm instruction that went into a register instruction, or into none. */
export interface TranslatedPart {
  /** Byte offset in the module. */
  readonly wasmOffset: number;
  /** The instruction in the text format. */
  readonly text: string;
  /**
   * `direct`: it became the register instruction; `folded`: it is an operand of it; `fused`: it is done by the instruction of others; `inlined`: it is a call in whose
   * place the callee's body stands, or belongs to such a body; `dead`: it is never reached; `nothing`: there is nothing to do for it.
   */
  readonly role: Role;
  /** The name of the callee, for an instruction of a body that stands in place of a call. */
  readonly callee?: string;
}

/** An instruction of register code. */
export interface RegisterInstruction {
  /** Its place: words from the function's first. */
  readonly place: number;
  /** Its name. */
  readonly name: string;
  /** Its operands as text: `s3` is the frame's slot 3, an arrow stands before one that is written and before the place of a jump, constants are numbers. */
  readonly operands: readonly string[];
  /** What it does the work of, in the order of the body. */
  readonly parts: readonly TranslatedPart[];
}

/** A function as register code. */
export interface TranslationListing {
  /** From the name section, else the first export, else `func[N]`. */
  readonly name: string;
  /** Index among the functions of the module. */
  readonly index: number;
  /** Bytes of the function's body, locals included. */
  readonly wasmBytes: number;
  /** Bytes of its register code and constants. */
  readonly codeBytes: number;
  /** All register instructions, in their order. */
  readonly instructions: readonly RegisterInstruction[];
  /** Wasm instructions that are part of none. */
  readonly unused: readonly TranslatedPart[];
  /** As text; `paint` colours a part. */
  toString(paint?: (part: ListingPart, text: string) => string): string;
}

/** Lists the register code of function `index`. Throws TypeError for an imported function. */
export async function listTranslation(
  valid: ValidModule,
  index: number,
  options: TranslationOptions,
): Promise<TranslationListing> {
  const { module } = valid, { body } = module.funcs[index];
  if (body === undefined) throw new TypeError(`${functionName(module, index)} is imported and has no code`);
  const explanation = new Explanation();
  const { words, codeWords } = new Translator(valid, options, explanation).translate(index);
  const texts = new Map<number, string>();
  for (const of of new Set([index, ...explanation.parts.map((p) => p.callee ?? index)])) {
    for (const { wasmOffset, text } of (await listFunction(module, of, undefined)).rows) texts.set(wasmOffset, text);
  }
  const byPlace = new Map<number, TranslatedPart[]>(), unused: TranslatedPart[] = [];
  for (const { offset, role, place, callee } of explanation.parts) {
    const part: TranslatedPart = {
      wasmOffset: offset,
      text: texts.get(offset) ?? "",
      role,
      ...(callee === undefined ? {} : { callee: functionName(module, callee) }),
    };
    if (place < 0) unused.push(part);
    else if (byPlace.has(place)) byPlace.get(place)!.push(part);
    else byPlace.set(place, [part]);
  }
  const instructions = readCode(words, codeWords).map(({ place, name, operands, targets }) => (
    { place, name, operands: [...operands, ...targets.map((t) => `→${t}`)], parts: byPlace.get(place) ?? [] }
  ));
  const listing = {
    name: functionName(module, index),
    index,
    wasmBytes: body.end - body.start,
    codeBytes: words.length * 4,
    instructions,
    unused,
  };
  return { ...listing, toString: (paint) => translationText(listing, paint) };
}

function translationText(
  { name, index, wasmBytes, codeBytes, instructions, unused }: Omit<TranslationListing, "toString">,
  paint: (part: ListingPart, text: string) => string = (_, text) => text,
): string {
  const times = (codeBytes / wasmBytes).toFixed(1);
  const lines = [
    paint("head", name),
    paint("note", `function ${index}: ${wasmBytes} bytes of Wasm → ${codeBytes} bytes of register code (× ${times})`),
  ];
  const hex = (offset: number) => `0x${offset.toString(16).padStart(4, "0")}`;
  const part = ({ wasmOffset, text, role, callee }: TranslatedPart) => {
    const note = callee === undefined ? role : `${role} (${callee})`;
    return `${" ".repeat(8)}${paint("offset", hex(wasmOffset))}  ${paint("wasm", text.padEnd(28))} ${
      paint("note", note)
    }`;
  };
  for (const { place, name, operands, parts } of instructions) {
    lines.push(
      `${paint("offset", String(place).padStart(5))}  ${paint("machine", `${name} ${operands.join(" ")}`.trimEnd())}`,
    );
    lines.push(...parts.map(part));
  }
  if (unused.length > 0) lines.push(paint("note", "without register code"), ...unused.map(part));
  return lines.join("\n");
}
