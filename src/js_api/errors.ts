// The error classes of the namespace, which are like JavaScript's own, and what they say of Strata's errors: of a trap, with V8's words and a stack trace that names the Wasm frames.

import { CompileError, LinkError, ResourceError, SuspendError, Trap, type WasmFrame } from "../wasm/errors.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";

/** A class of errors as JavaScript has them: callable with or without `new`. */
export type NativeErrorConstructor = ErrorConstructor;

/** A function or class that callers called: stack traces begin below it. */
// deno-lint-ignore ban-types
export type Callee = Function;

/** The error classes of one namespace. */
export interface ErrorClasses {
  /** A module was malformed or invalid. */
  readonly CompileError: NativeErrorConstructor;
  /** An import did not fit. */
  readonly LinkError: NativeErrorConstructor;
  /** A trap. */
  readonly RuntimeError: NativeErrorConstructor;
  /** A suspension that is not possible. */
  readonly SuspendError: NativeErrorConstructor;
}

/** Makes the classes. */
export function makeErrors(): ErrorClasses {
  return {
    CompileError: errorClass("CompileError"),
    LinkError: errorClass("LinkError"),
    RuntimeError: errorClass("RuntimeError"),
    SuspendError: errorClass("SuspendError"),
  };
}

/** A class with the structure of a NativeError (ECMAScript 20.5.6). */
function errorClass(name: string): NativeErrorConstructor {
  function NativeError(_message?: string): Error {
    return Reflect.construct(Error, arguments, new.target ?? NativeError);
  }
  const prototype = Object.create(Error.prototype);
  const hidden = { writable: true, enumerable: false, configurable: true };
  Object.defineProperties(prototype, {
    constructor: { value: NativeError, ...hidden },
    name: { value: name, ...hidden },
    message: { value: "", ...hidden },
  });
  Object.setPrototypeOf(NativeError, Error);
  Object.defineProperty(NativeError, "name", { value: name, configurable: true });
  Object.defineProperty(NativeError, "prototype", { value: prototype, writable: false });
  return NativeError as unknown as NativeErrorConstructor;
}

/** V8's messages of traps, which programs and tests compare. */
const MESSAGES: Partial<Record<TrapCode, string>> = {
  [TrapCode.MEMORY_OUT_OF_BOUNDS]: "memory access out of bounds",
  [TrapCode.TABLE_OUT_OF_BOUNDS]: "table index is out of bounds",
  [TrapCode.UNDEFINED_ELEMENT]: "table index is out of bounds",
  [TrapCode.UNINITIALIZED_ELEMENT]: "null function",
  [TrapCode.INDIRECT_CALL_TYPE_MISMATCH]: "function signature mismatch",
  [TrapCode.INTEGER_DIVIDE_BY_ZERO]: "divide by zero",
  [TrapCode.INTEGER_OVERFLOW]: "divide result unrepresentable",
  [TrapCode.INVALID_CONVERSION_TO_INTEGER]: "float unrepresentable in integer range",
  [TrapCode.CALL_STACK_EXHAUSTED]: "Maximum call stack size exceeded",
  [TrapCode.UNALIGNED_ATOMIC]: "operation does not support unaligned accesses",
  [TrapCode.EXPECTED_SHARED_MEMORY]: "Atomics.wait cannot be called in this context",
  [TrapCode.NULL_REFERENCE]: "dereferencing a null pointer",
  [TrapCode.NULL_STRUCTURE]: "dereferencing a null pointer",
  [TrapCode.NULL_ARRAY]: "dereferencing a null pointer",
  [TrapCode.NULL_I31]: "dereferencing a null pointer",
  [TrapCode.NULL_FUNCTION]: "dereferencing a null pointer",
  [TrapCode.NULL_EXCEPTION]: "rethrowing null value",
  [TrapCode.ARRAY_OUT_OF_BOUNDS]: "array element access out of bounds",
  [TrapCode.CAST_FAILURE]: "illegal cast",
};

/**
 * The JavaScript error for one of Strata's; other values stay what they are. `what` is the operation that failed, for the message; `below` the function whose callers the stack
 * trace begins with; `bytes` the module that was called, for messages that depend on the instruction.
 */
export function errorFor(
  error: unknown,
  classes: ErrorClasses,
  what: string,
  below?: Callee,
  bytes?: Uint8Array,
): unknown {
  if (error instanceof Trap) return trapError(error, classes, below, bytes);
  if (error instanceof CompileError) return new classes.CompileError(`${what}: ${error.message}`, { cause: error });
  if (error instanceof LinkError) return new classes.LinkError(`${what}: ${error.message}`, { cause: error });
  if (error instanceof SuspendError) return new classes.SuspendError(suspendMessage(error), { cause: error });
  if (error instanceof ResourceError) return new RangeError(`${what}: ${error.message}`, { cause: error });
  return error;
}

/** Instructions whose traps V8 tells from those of divisions. */
const REMAINDERS: ReadonlySet<number> = new Set([op.I32_REM_S, op.I32_REM_U, op.I64_REM_S, op.I64_REM_U]);
const TRUNCATIONS: ReadonlySet<number> = new Set([
  op.I32_TRUNC_F32_S,
  op.I32_TRUNC_F32_U,
  op.I32_TRUNC_F64_S,
  op.I32_TRUNC_F64_U,
  op.I64_TRUNC_F32_S,
  op.I64_TRUNC_F32_U,
  op.I64_TRUNC_F64_S,
  op.I64_TRUNC_F64_U,
]);

function messageOf({ code, offset, message }: Trap, bytes: Uint8Array | undefined): string {
  const instruction = bytes?.[offset] ?? 0;
  if (code === TrapCode.INTEGER_DIVIDE_BY_ZERO && REMAINDERS.has(instruction)) return "remainder by zero";
  if (code === TrapCode.INTEGER_OVERFLOW && TRUNCATIONS.has(instruction)) {
    return MESSAGES[TrapCode.INVALID_CONVERSION_TO_INTEGER]!;
  }
  return MESSAGES[code] ?? message;
}

function trapError(trap: Trap, classes: ErrorClasses, below?: Callee, bytes?: Uint8Array): Error {
  const Class = trap.code === TrapCode.CALL_STACK_EXHAUSTED ? RangeError : classes.RuntimeError;
  const error = new Class(messageOf(trap, bytes));
  Error.captureStackTrace(error, below);
  showFrames(error, trap.frames);
  return error;
}

/** V8's words for why a call could not be parked. */
function suspendMessage({ message }: SuspendError): string {
  return message.includes("JavaScript lies")
    ? "trying to suspend JS frames"
    : "trying to suspend without WebAssembly.promising";
}

/** Wasm frames that a stack trace shows at most: as many as V8 does. */
const SHOWN_FRAMES = 10;

/** Puts Wasm frames before the JavaScript ones of an error's stack trace, in V8's form. */
export function showFrames(error: Error, frames: readonly WasmFrame[]): void {
  if (frames.length === 0) return;
  const header = `${error.name}: ${error.message}`;
  const { stack = header } = error;
  const lines = frames.slice(0, SHOWN_FRAMES).map(frameLine).join("");
  const rest = stack.startsWith(header) ? stack.slice(header.length) : `\n${stack}`;
  Object.defineProperty(error, "stack", { value: header + lines + rest, writable: true, configurable: true });
}

function frameLine({ name, index, offset }: WasmFrame): string {
  const place = `wasm://wasm/strata:wasm-function[${index}]${offset < 0 ? "" : `:0x${offset.toString(16)}`}`;
  return `\n    at ${name} (${place})`;
}
