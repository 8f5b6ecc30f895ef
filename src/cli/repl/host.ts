// What the shell offers to modules that import it: printing under the names that are usual, `spectest` of the specification's test suite.
// Instances that are loaded go before all of this.

import type { Engine } from "../../api/engine.ts";
import type { Exports } from "../../api/instance.ts";
import type { ImportDescriptor } from "../../api/module.ts";
import { CommandError } from "../exit.ts";
import { makeSpectest } from "../spectest.ts";

/** Module names under which printing is offered. */
const PRINTING_MODULES = ["env", "host", "console", "js", "imports"];
const PRINTING_NAMES =
  /^(?:print|log|debug|trace|info|warn|error|put|out)(?:[_.]?(?:i32|i64|f32|f64|int|num|number|value|s|line|ln|ref))*$/i;

/** The host modules of a shell. */
export class HostModules {
  readonly #engine: Engine;
  readonly #print: (line: string) => void;
  #spectest: Exports | undefined;

  /** `print` receives what modules print, a line at a time. */
  constructor(engine: Engine, print: (line: string) => void) {
    this.#engine = engine;
    this.#print = print;
  }

  /** What the host gives for an import; undefined if nothing. */
  offer(wanted: ImportDescriptor): unknown {
    if (wanted.module === "spectest") {
      const print = (name: string, args: unknown[]) => this.#printer(`spectest.${name}`)(...args);
      this.#spectest ??= makeSpectest(this.#engine, print).exports;
      return this.#spectest[wanted.name];
    }
    if (wanted.type.kind !== "func" || !PRINTING_MODULES.includes(wanted.module)) return undefined;
    if (wanted.module === "env" && wanted.name === "abort") {
      return (...args: unknown[]) => {
        throw new CommandError(`the module called abort(${args.join(", ")})`);
      };
    }
    if (wanted.type.results.length > 0 || !PRINTING_NAMES.test(wanted.name)) return undefined;
    return this.#printer(`${wanted.module}.${wanted.name}`);
  }

  #printer(name: string): (...args: unknown[]) => void {
    return (...args) => this.#print(`[${name}] ${args.map(printJs).join(" ")}`);
  }
}

function printJs(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  return typeof value === "object" && value !== null ? Deno.inspect(value, { depth: 1, colors: false }) : String(value);
}
