// Compares Strata's verdict on a module with V8's. Takes bytes, gives what is wrong with Strata's answer, or undefined.
// An instruction that V8 has and Strata refuses counts as right only if V8 confirms that it stands where Strata's error says.

import { decodeModule } from "../../src/binary/decode_module.ts";
import { opcodeHex } from "../../src/bytecode/reader.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { CompileError } from "../../src/wasm/errors.ts";
import { type FeatureSet, featureSet } from "../../src/wasm/features.ts";
import { isPrefix, opInfo, SELECT_T } from "../../src/wasm/opcodes.ts";

/** The features that V8 has. */
export const V8_FEATURES: FeatureSet = featureSet({ threads: true });

/** What Strata says of the bytes: undefined if it accepts them, otherwise what was thrown. */
export function strataError(bytes: Uint8Array): unknown {
  try {
    validateModule(decodeModule(bytes, V8_FEATURES));
    return undefined;
  } catch (e) {
    return e;
  }
}

/** V8's error message; undefined if it accepts the bytes. */
export function v8Error(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  if (WebAssembly.validate(bytes)) return undefined;
  try {
    new WebAssembly.Module(bytes);
  } catch (e) {
    return (e as Error).message;
  }
  return "refused";
}

/** Checks Strata's answer to the bytes against V8's; gives what is wrong with it. */
export function wrongVerdict(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const valid = WebAssembly.validate(bytes);
  const e = strataError(bytes);
  if (e === undefined) {
    const theirs = valid ? undefined : v8Error(bytes);
    return theirs === undefined || V8_LIMITS.test(theirs) ? undefined : `accepted, but V8 says: ${theirs}`;
  }
  if (!(e instanceof CompileError)) return `threw ${e instanceof Error ? e.stack : e}`;
  if (!(e.offset >= 0 && e.offset <= bytes.length)) return `offset ${e.offset} lies outside the module: ${e.message}`;
  return valid && !isOutOfScope(bytes, e) && !isSelectFault(bytes, e) && !V8_FAULTS.test(e.message)
    ? `refused, but V8 accepts: ${e.message}`
    : undefined;
}

const NO_OPCODE = 0xff;

/**
 * Whether a module that V8 accepts was refused for an instruction that Strata does not have. V8 is the judge: Strata's table has no such row, and V8 reads an opcode at this
 * very place, which is seen when another byte there makes V8 complain of that opcode at that offset. So neither a misread place nor a wrong name passes.
 */
function isOutOfScope(bytes: Uint8Array<ArrayBuffer>, e: CompileError): boolean {
  if (!e.message.startsWith("illegal opcode ")) return false;
  const first = bytes[e.offset];
  if (opInfo(first) !== undefined || (isPrefix(first) && hasRow(bytes, e.offset))) return false;
  return e.message.startsWith(`illegal opcode ${opcodeHex(first)}`) &&
    complains(bytes, e.offset, NO_OPCODE, /opcode/i);
}

/**
 * Strata's complaints that V8 lacks: the label of br_on_non_null must take a reference; a reference that unreachable code gives is no number, and a number none that
 * ref.eq takes (specification, appendix "Validation Algorithm"); the attribute of a tag is a byte; a segment of numbers is none, even if it is empty;
 * the label of a catch clause is not counted modulo 2^32.
 */
const V8_FAULTS = new RegExp(
  "^(?:type mismatch: (?:the label of br_on_non_null takes no reference|.* found \\(ref bot\\)|ref.eq expects eqref, found)|" +
    "malformed tag attribute|malformed reference type|unknown label 4294967295 )",
);

/** What V8 refuses although the specification allows it: sizes that it does not support, and old and new exceptions together. */
export const V8_LIMITS: RegExp =
  /(memory|table) size \(\d+ (pages|elements)\) is larger than implementation limit|mix of legacy and new exception handling/;

/**
 * A fault of V8's: of the number of types behind a `select` it keeps the low 8 bits, so that it takes 257 for 1. It counts as V8's only if Strata accepts
 * the module as soon as that number, in as many bytes, is 1.
 */
function isSelectFault(bytes: Uint8Array<ArrayBuffer>, e: CompileError): boolean {
  for (let at = Math.max(0, e.offset - 6); at <= e.offset; at++) {
    if (bytes[at] !== SELECT_T || bytes[at + 1] !== 0x81) continue;
    const changed = bytes.slice();
    let i = at + 2;
    while (changed[i] >= 0x80) changed[i++] = 0x80;
    changed[i] = 0;
    if (strataError(changed) === undefined) return true;
  }
  return false;
}

/** Whether the two-part opcode at `at` is in the instruction table. */
function hasRow(bytes: Uint8Array, at: number): boolean {
  let sub = 0;
  for (let i = at + 1, scale = 1; i < bytes.length; i++, scale *= 128) {
    sub += (bytes[i] & 0x7f) * scale;
    if (bytes[i] < 0x80) break;
  }
  return sub <= 0xfff && opInfo(bytes[at] * 0x1000 + sub) !== undefined;
}

/** Whether V8 complains of `what` at offset `at` once that byte is replaced. */
function complains(bytes: Uint8Array<ArrayBuffer>, at: number, by: number, what: RegExp): boolean {
  const changed = bytes.slice();
  changed[at] = by;
  const message = v8Error(changed);
  if (message === undefined || !what.test(message)) return false;
  const place = Number(/@\+(\d+)$/.exec(message)?.[1] ?? -1);
  // V8 gives the place of the type or of what encloses it by a byte; a heap type is read with the byte before it.
  return place >= at - 1 && place <= at + 1;
}
