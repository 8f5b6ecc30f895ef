// Instances that are linked by name: what the host defines and what instances export, under the names that modules import, with fallbacks for what is missing.

import { LinkError } from "../wasm/errors.ts";
import type { Engine, Imports } from "./engine.ts";
import type { Instance } from "./instance.ts";
import { type Fallback, fallbackFor, gatherImports } from "./missing_imports.ts";
import type { Module } from "./module.ts";

/** What a `Linker` takes. */
export interface LinkerOptions {
  /** What to do about functions that are missing; default: nothing, they are reported. */
  readonly fallback?: Fallback;
  /** Receives a line for each call of a function that `trace` stands for; default `console.error`. */
  readonly log?: (line: string) => void;
}

/**
 * Instances of one engine that import from each other and from the host by name.
 *
 * ```ts
 * import { Engine, fn, Linker } from "../../mod.ts";
 *
 * const engine = new Engine();
 * const linker = new Linker(engine, { fallback: "trace" });
 * linker.define({ env: { twice: fn(["i32"], ["i32"], (x) => 2 * x) } });
 * const { main } = linker.addAll({
 *   main: engine.compile(`(module
 *     (import "numbers" "seven" (func $seven (result i32)))
 *     (import "env" "note" (func $note (param i32)))
 *     (import "env" "twice" (func $twice (param i32) (result i32)))
 *     (func (export "run") (result i32) (call $note (i32.const 1)) (call $twice (call $seven))))`),
 *   numbers: engine.compile(`(module (func (export "seven") (result i32) (i32.const 7)))`),
 * });
 * console.log(main.exports.run()); // env.note(1), then 14
 * ```
 */
export class Linker {
  readonly #engine: Engine;
  readonly #log: (line: string) => void;
  readonly #fallback: Fallback | undefined;
  readonly #fallbacks = new Map<string, Fallback>();
  readonly #defined = new Map<string, Map<string, unknown>>();

  /** Takes the engine of all that is linked. */
  constructor(engine: Engine, options: LinkerOptions = {}) {
    this.#engine = engine;
    this.#fallback = options.fallback;
    this.#log = options.log ?? ((line) => console.error(line));
  }

  /** Adds what the host gives, by module and name; several calls may add to one module name. Throws TypeError for a name that is taken. */
  define(imports: Imports): this {
    for (const [module, items] of Object.entries(imports)) {
      const space = this.#defined.get(module) ?? new Map<string, unknown>();
      for (const [name, item] of Object.entries(items)) {
        if (space.has(name)) throw new TypeError(`"${module}" "${name}" is defined already`);
        space.set(name, item);
      }
      this.#defined.set(module, space);
    }
    return this;
  }

  /** Decides what becomes of functions that are missing among those imported from `module`, instead of what was decided for all. */
  fallback(module: string, fallback: Fallback): this {
    this.#fallbacks.set(module, fallback);
    return this;
  }

  /** What a module is instantiated with. Throws a LinkError that lists all that is missing. */
  imports(module: Module): Imports {
    return gatherImports(module, (wanted) => {
      const value = this.#defined.get(wanted.module)?.get(wanted.name);
      const fallback = this.#fallbacks.get(wanted.module) ?? this.#fallback;
      return value !== undefined || fallback === undefined ? value : fallbackFor(fallback, wanted, this.#log);
    });
  }

  /** Makes an instance that has no name. Throws what `engine.instantiate()` throws; a LinkError lists all that is missing. */
  instantiate(module: Module): Instance {
    return this.#engine.instantiate(module, this.imports(module));
  }

  /** Makes an instance whose exports others can import from the module name `name`. Throws TypeError if something is defined there, and what {@link Linker.instantiate} throws. */
  add(name: string, module: Module): Instance {
    this.#checkFree(name);
    const instance = this.instantiate(module);
    // The start function may have led back here.
    this.#checkFree(name);
    return this.define({ [name]: instance.exports }) && instance;
  }

  /**
   * Makes an instance of each module, under its name, those before others that import from them. Throws a LinkError for modules that import from each other, before
   * any is made, and what {@link Linker.add} throws; instances that were made before that stay.
   */
  addAll<Name extends string>(modules: Readonly<Record<Name, Module>>): Record<Name, Instance> {
    const names = Object.keys(modules) as Name[];
    for (const name of names) this.#checkFree(name);
    const made: Record<string, Instance> = Object.create(null);
    for (const name of inOrder(names, (n) => new Set(modules[n].imports.map((i) => i.module)))) {
      made[name] = this.add(name, modules[name]);
    }
    return made as Record<Name, Instance>;
  }

  #checkFree(name: string): void {
    if (this.#defined.has(name)) throw new TypeError(`something is defined under the name "${name}" already`);
  }
}

/** Names, each behind those that it needs. Throws a LinkError for a circle. */
function inOrder<Name extends string>(names: readonly Name[], needs: (name: Name) => ReadonlySet<string>): Name[] {
  const done = new Set<Name>();
  const visit = (name: Name, path: readonly Name[]): void => {
    if (done.has(name)) return;
    const seen = path.indexOf(name);
    if (seen >= 0) {
      const circle = [...path.slice(seen), name].join(" → ");
      throw new LinkError(`modules that import from each other have no order in which they could be made: ${circle}`);
    }
    const needed = needs(name);
    for (const other of names) if (needed.has(other)) visit(other, [...path, name]);
    done.add(name);
  };
  for (const name of names) visit(name, []);
  return [...done];
}
