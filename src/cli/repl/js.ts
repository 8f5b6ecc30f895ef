// The command :js: JavaScript with the current instance at hand.

import { Exception } from "../../api/exception.ts";
import { TrapCode } from "../../wasm/traps.ts";
import { Trap } from "../../wasm/errors.ts";
import { f32FromBits, f64FromBits, fromRef } from "../../runtime/values.ts";
import { F32, F64, I32, I64, isRef } from "../../wasm/types.ts";
import { CommandError, isExpected, UsageError } from "../exit.ts";
import type { Value } from "../values.ts";
import type { Command } from "./command.ts";
import type { Session } from "./session.ts";

/** A value of the shell as JavaScript has it; a v128 has none. */
function toJs(session: Session, { type, bits }: Value): unknown {
  if (type === I32) return Number(BigInt.asIntN(32, bits));
  if (type === I64) return BigInt.asIntN(64, bits);
  if (type === F32) return f32FromBits(Number(BigInt.asUintN(32, bits)) | 0);
  if (type === F64) return f64FromBits(bits);
  return isRef(type) ? fromRef(session.store, type, Number(bits)) : undefined;
}

/** What an expression finds, by name. */
async function scope(session: Session): Promise<Record<string, unknown>> {
  const print = (...values: unknown[]) =>
    session.print(values.map((v) => typeof v === "string" ? v : Deno.inspect(v)).join(" "));
  const strata = await import("../../../mod.ts");
  const names: Record<string, unknown> = { strata, engine: session.engine, console: { ...console, log: print } };
  if (!session.hasCurrent) return names;
  const { instance } = session.current;
  const [memory] = instance.module.exports.filter((e) => e.type.kind === "memory");
  return {
    ...names,
    instance,
    module: instance.module,
    exports: instance.exports,
    memory: memory === undefined ? undefined : instance.memory(memory.name),
    instances: Object.fromEntries([...session.loaded.values()].map((l) => [l.name, l.instance])),
    _: session.results.length === 0 ? undefined : toJs(session, session.results[0]),
  };
}

// deno-lint-ignore no-explicit-any
const AsyncFunction = (async () => {}).constructor as any as new (
  ...args: string[]
) => (...values: unknown[]) => unknown;

/** An expression, or statements of which the last may return something, as a function of `names`. Throws UsageError. */
function compile(names: readonly string[], source: string): (...values: unknown[]) => unknown {
  try {
    return new AsyncFunction(...names, `"use strict"; return (${source}\n);`);
  } catch {
    try {
      return new AsyncFunction(...names, `"use strict"; ${source}`);
    } catch (error) {
      throw new UsageError(`that is no JavaScript: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** A value for JSON: as it is if JSON can say it, else undefined. */
function plain(value: unknown): unknown {
  try {
    const text = JSON.stringify(value, (_key, v) => typeof v === "bigint" ? String(v) : v);
    return text === undefined || text.length > 100_000 ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const JS_COMMANDS: readonly Command[] = [
  {
    name: "js",
    args: "<expression>",
    help: "evaluate JavaScript with exports, memory, instance, module, engine, _ and strata at hand",
    more: `memory is the first exported one (memory.read(0, 4), memory.buffer); instances holds all that are loaded, by
name; _ is the last result of a call; strata is the library. Promises are waited for. Statements work, too; what
is to last goes to globalThis.`,
    example: `:load examples/memory.wat
:js exports.size()
:js new TextDecoder().decode(memory.read(16, 5))
:js memory.grow(1); return exports.size()`,
    takesText: true,
    async run(session, args) {
      const source = args.rest.trim();
      if (source === "") throw new UsageError("an expression is missing");
      const names = await scope(session);
      const run = compile(Object.keys(names), source);
      let value: unknown;
      try {
        value = await run(...Object.values(names));
      } catch (error) {
        if (error instanceof Trap || error instanceof Exception || isExpected(error)) throw error;
        const stopped = session.signal?.aborted === true;
        if (stopped) throw new Trap(TrapCode.INTERRUPTED);
        throw new CommandError(
          error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${Deno.inspect(error)}`,
        );
      }
      const shown = Deno.inspect(value);
      return {
        text: value === undefined ? session.paint("note", "=> undefined") : `=> ${session.paint("value", shown)}`,
        data: { type: value === null ? "null" : typeof value, value: plain(value), inspected: shown },
      };
    },
  },
];
