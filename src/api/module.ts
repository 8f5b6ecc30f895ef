// The public Module.

import type { PositionMap } from "../text/positions.ts";
import { printModule } from "../text/printer.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { EXTERN_NAMES, functionName } from "../wasm/module.ts";
import { describeExtern, type ExternDescriptor } from "./types.ts";

/** An import of a module. */
export interface ImportDescriptor {
  /** First part of its name. */
  readonly module: string;
  /** Second part of its name. */
  readonly name: string;
  /** What it has to be. */
  readonly type: ExternDescriptor;
}
/** An export of a module. */
export interface ExportDescriptor {
  /** Its name. */
  readonly name: string;
  /** What it is. */
  readonly type: ExternDescriptor;
}

/** The validated module in a public one. */
export let innerModule: (of: Module) => ValidModule;
/** A public module around a validated one, with the places of its parts in the text that it was assembled from. */
export let publicModule: (inner: ValidModule, positions?: PositionMap) => Module;
/** Those places; undefined for a module that came as bytes. */
export let modulePositions: (of: Module) => PositionMap | undefined;

/** A validated module (specification 2.5). Immutable; may be instantiated any number of times. */
export class Module {
  readonly #inner: ValidModule;

  readonly #positions: PositionMap | undefined;

  private constructor(inner: ValidModule, positions: PositionMap | undefined) {
    this.#inner = inner;
    this.#positions = positions;
  }

  static {
    innerModule = (of) => of.#inner;
    publicModule = (inner, positions) => new Module(inner, positions);
    modulePositions = (of) => of.#positions;
  }

  /** The name in the name section, if there is one. */
  get name(): string | undefined {
    return this.#inner.module.names.module;
  }
  /** A copy of its bytes: functions are compiled later, from bytes that were validated and must stay as they are. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#inner.module.bytes);
  }
  /** How many bytes it has. */
  get byteLength(): number {
    return this.#inner.module.bytes.length;
  }
  /** What it needs. */
  get imports(): ImportDescriptor[] {
    const m = this.#inner.module;
    return m.imports.map((i) => ({ module: i.module, name: i.name, type: describeExtern(m, i.kind, i.index) }));
  }
  /** What it gives. */
  get exports(): ExportDescriptor[] {
    const m = this.#inner.module;
    return m.exports.map((e) => ({ name: e.name, type: describeExtern(m, e.kind, e.index) }));
  }
  /** Names of all functions, imported ones first. */
  get functionNames(): string[] {
    const m = this.#inner.module;
    return m.funcs.map((_, i) => functionName(m, i));
  }
  /** Contents of the custom sections called `name`. */
  customSections(name: string): Uint8Array[] {
    const m = this.#inner.module;
    return m.customs.filter((c) => c.name === name).map((c) => m.bytes.slice(c.start, c.end));
  }
  /** The module in the text format (specification 6), which assembles to the same module. */
  toText(): string {
    return printModule(this.#inner.module);
  }
  /** One line for people. */
  toString(): string {
    const m = this.#inner.module;
    const counts = m.exports.length === 0
      ? "no exports"
      : m.exports.map((e) => `${EXTERN_NAMES[e.kind]} ${e.name}`).join(", ");
    return `module ${this.name ?? ""}(${m.bytes.length} bytes, ${m.funcs.length} functions; ${counts})`;
  }
}
