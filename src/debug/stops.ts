// Where the interpreter stops and why, and which functions must be interpreted for that. Takes places of modules, sets stops in the interpreter's bytes and moves
// functions; what is to happen at a stop is breakpoints.ts's affair.

import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Store } from "../runtime/store.ts";
import type { TierName } from "../runtime/tier.ts";
import type { ValidModule } from "../validate/validate_module.ts";

/** The stops of a store, by what wants them. */
export class StopTable<Reason extends object> {
  readonly #places = new Map<ValidModule, { readonly of: WasmInstance; readonly at: Map<number, Set<Reason>> }>();

  constructor(readonly store: Store) {}

  /** Wants a stop before the instruction at a byte offset, in all instances of the module. */
  add(instance: WasmInstance, offset: number, reason: Reason): void {
    let place = this.#places.get(instance.valid);
    if (place === undefined) this.#places.set(instance.valid, place = { of: instance, at: new Map() });
    let reasons = place.at.get(offset);
    if (reasons === undefined) {
      place.at.set(offset, reasons = new Set());
      this.store.interp.setStop(instance, offset, true);
    }
    reasons.add(reason);
  }
  /** Does not want it any more. */
  remove(valid: ValidModule, offset: number, reason: Reason): void {
    const place = this.#places.get(valid), reasons = place?.at.get(offset);
    if (place === undefined || reasons === undefined || !reasons.delete(reason) || reasons.size > 0) return;
    place.at.delete(offset);
    this.store.interp.setStop(place.of, offset, false);
    if (place.at.size === 0) this.#places.delete(valid);
  }
  /** Who wants to stop there. */
  at(valid: ValidModule, offset: number): ReadonlySet<Reason> | undefined {
    return this.#places.get(valid)?.at.get(offset);
  }
}

/** Functions that must be interpreted, of all instances of their modules, as long as somebody wants that; then each goes back to where it was. */
export class Pins {
  readonly #wanted = new Map<ValidModule, Map<number, Set<object>>>();
  /** Functions that are kept in the interpreter, with what ends that. */
  readonly #kept = new Map<WasmFunc, () => void>();
  /** Who wants that of all functions, or of those of a tier. */
  readonly #all = new Set<object>();
  readonly #tiers = new Map<object, { readonly tier: TierName; readonly funcs: Set<WasmFunc> }>();

  /** `hold` keeps a function in the interpreter, and gives what ends that. */
  constructor(readonly store: Store, readonly hold: (func: WasmFunc) => () => void) {}

  /** Whether it is wanted that a function is interpreted. */
  has(func: WasmFunc): boolean {
    if (this.#all.size > 0) return true;
    for (const { tier, funcs } of this.#tiers.values()) if (func.tier === tier || funcs.has(func)) return true;
    return (this.#wanted.get(func.instance!.valid)?.get(func.index)?.size ?? 0) > 0;
  }

  pin(valid: ValidModule, index: number, owner: object): void {
    let funcs = this.#wanted.get(valid);
    if (funcs === undefined) this.#wanted.set(valid, funcs = new Map());
    let owners = funcs.get(index);
    if (owners === undefined) funcs.set(index, owners = new Set());
    owners.add(owner);
    for (const instance of this.store.instances) if (instance.valid === valid) this.#take(instance.funcs[index]);
  }
  unpin(valid: ValidModule, index: number, owner: object): void {
    const owners = this.#wanted.get(valid)?.get(index);
    if (owners === undefined || !owners.delete(owner) || owners.size > 0) return;
    this.#wanted.get(valid)!.delete(index);
    this.#release();
  }
  pinAll(owner: object): void {
    this.#all.add(owner);
    for (const func of this.store.functions()) this.#take(func);
  }
  unpinAll(owner: object): void {
    if (this.#all.delete(owner)) this.#release();
  }
  pinTier(tier: TierName, owner: object): void {
    this.#tiers.set(owner, { tier, funcs: new Set() });
    for (const func of this.store.functions()) if (func.tier === tier) this.#take(func);
  }
  unpinTier(owner: object): void {
    if (this.#tiers.delete(owner)) this.#release();
  }
  /** A new instance. */
  apply(instance: WasmInstance): void {
    for (const func of instance.funcs) if (func.instance !== undefined && this.has(func)) this.#take(func);
  }

  #take(func: WasmFunc): void {
    if (func.instance === undefined || func.bound !== undefined || func.freed) return;
    for (const { tier, funcs } of this.#tiers.values()) if (func.tier === tier) funcs.add(func);
    if (!this.#kept.has(func)) this.#kept.set(func, this.hold(func));
  }

  #release(): void {
    for (const [func, release] of this.#kept) {
      if (!func.freed && this.has(func)) continue;
      this.#kept.delete(func);
      release();
    }
  }
}
