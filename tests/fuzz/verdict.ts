// Compares Strata's verdict on a module with V8's. Takes bytes, gives what is wrong with Strata's answer, or undefined.
// A feature that V8 has and Strata refuses counts as right only if V8 confirms that the feature stands where Strata's error says.

import { decodeModule } from "../../src/binary/decode_module.ts";
import { opcodeHex } from "../../src/bytecode/reader.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { CompileError } from "../../src/wasm/errors.ts";
import { isPrefix, opInfo, SELECT_T } from "../../src/wasm/opcodes.ts";

/** What Strata says of the bytes: undefined if it accepts them, otherwise what was thrown. */
export function strataError(bytes: Uint8Array): unknown {
  try {
    validateModule(decodeModule(bytes));
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
  if (e === undefined) return valid ? undefined : `accepted, but V8 says: ${v8Error(bytes)}`;
  if (!(e instanceof CompileError)) return `threw ${e instanceof Error ? e.stack : e}`;
  if (!(e.offset >= 0 && e.offset <= bytes.length)) return `offset ${e.offset} lies outside the module: ${e.message}`;
  return valid && !isOutOfScope(bytes, e) && !isSelectFault(bytes, e)
    ? `refused, but V8 accepts: ${e.message}`
    : undefined;
}

/** A byte that is no opcode, type, type form, attribute or set of flags in any version of WebAssembly that V8 knows. */
const NONSENSE = 0xa5;
const NO_OPCODE = 0xff;

/** Strata's message · the bytes that introduce the feature in the binary format · what V8 complains of when such a byte is replaced · by what. */
const FEATURES: readonly (readonly [RegExp, readonly number[], RegExp, number])[] = [
  [/^feature simd .*\(v128\)/, [0x7b], /type/, NONSENSE],
  [/^feature gc .*\(\w+ref\)/, [0x63, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73, 0x74], /type/, NONSENSE],
  [/^feature gc .*\(\(ref .*\)\)/, [0x63, 0x64], /type/, NONSENSE],
  [/^feature gc .*is a (struct|array)\)/, [0x5e, 0x5f], /type/, NONSENSE],
  [/^feature function-references .*\(\(ref .*\)\)/, [0x63, 0x64], /type/, NONSENSE],
  [/^feature function-references .*\(\(ref null .*\)\)/, [0xd0], /opcode/i, NO_OPCODE],
  [/^feature exceptions /, [0x00], /attribute/, NONSENSE],
  [/^feature memory64 /, [0x04, 0x05, 0x06, 0x07], /flags/, NONSENSE],
  [/^feature threads /, [0x02, 0x03, 0x06, 0x07], /flags/, NONSENSE],
];

/**
 * Whether a module that V8 accepts was refused for a feature that Strata does not have. V8 is the judge. For an unknown opcode: Strata's table has no such row, and V8 reads
 * an opcode at this very place, which is seen when another byte there makes V8 complain of that opcode at that offset. For a feature: behind the error's offset stands a byte
 * that introduces it, and V8 reads a type (attribute, flags) just there, seen in the same way. So neither a misread place nor a wrong name passes.
 */
function isOutOfScope(bytes: Uint8Array<ArrayBuffer>, e: CompileError): boolean {
  if (e.message.startsWith("illegal opcode ")) {
    const first = bytes[e.offset];
    if (opInfo(first) !== undefined || (isPrefix(first) && hasRow(bytes, e.offset))) return false;
    return e.message.startsWith(`illegal opcode ${opcodeHex(first)}`) &&
      complains(bytes, e.offset, NO_OPCODE, /opcode/i);
  }
  for (const [message, introducers, what, by] of FEATURES) {
    if (!message.test(e.message)) continue;
    for (let at = e.offset; at < bytes.length; at++) {
      if (introducers.includes(bytes[at]) && complains(bytes, at, by, what)) return true;
    }
  }
  return false;
}

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
