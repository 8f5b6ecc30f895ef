// The public Probe: what somebody is told of, or counts, in the functions of an instance.

import type { AttachedProbe, ProbeCount } from "../debug/probes.ts";

/** The public object for a probe that was attached. */
export let publicProbe: (inner: AttachedProbe) => Probe;

/**
 * A probe in functions of an instance, made by `Instance.probe()`. It stays until it is detached, also when nobody holds it; `using` detaches it.
 *
 * @example
 * ```ts
 * import { Engine } from "../../mod.ts";
 *
 * const engine = new Engine();
 * const instance = engine.load(`(module (func $twice (export "twice") (param i32) (result i32)
 *   (i32.mul (local.get 0) (i32.const 2))))`);
 * const probe = instance.probe({ at: "enter", functions: "tw*" }, (e) => console.log(e.name, e.args));
 * instance.exports.twice(21); // prints: twice [ 21 ]
 * probe.detach();
 * ```
 */
export class Probe implements Disposable {
  readonly #inner: AttachedProbe;

  private constructor(inner: AttachedProbe) {
    this.#inner = inner;
  }
  static {
    publicProbe = (inner) => new Probe(inner);
  }

  /** How many instructions it is at. */
  get sites(): number {
    return this.#inner.sites;
  }
  /** How often its function was called; of one without a function, what it counted in all. */
  get hits(): number {
    return this.#inner.hits;
  }
  /** Of one without a function: what it counted at each instruction, in all instances of the module together. Still there when it was detached. */
  get counts(): ProbeCount[] {
    return this.#inner.counts;
  }
  /** Whether it was not detached. */
  get attached(): boolean {
    return this.#inner.attached;
  }

  /** Takes it away: functions go back to the tier where they would be without it. Does nothing the second time. */
  detach(): void {
    this.#inner.detach();
  }
  /** As detach(). */
  [Symbol.dispose](): void {
    this.detach();
  }
}
