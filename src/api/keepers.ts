// Which public objects keep which instance in use: an instance lives as long as JavaScript has anything of it. When the last such object is gone, it counts as disposed of,
// and the next collection frees what nothing else reaches.

import type { Context } from "../engine/context.ts";
import { WasmFunc } from "../runtime/func.ts";
import { WasmGlobal } from "../runtime/global.ts";
import { WasmInstance } from "../runtime/instance.ts";

/** Alive as long as any object that keeps the instance. Leads nowhere, so that whoever holds such an object does not hold the store by that. */
type Keeper = Record<string, never>;

/** What an object keeps by being alive. */
interface Kept {
  readonly keeper: Keeper;
  readonly context?: Context;
}
const KEPT = new WeakMap<object, Kept>();
const KEEPERS = new WeakMap<WasmInstance, WeakRef<Keeper>>();
const CONTEXTS = new WeakMap<WasmInstance, Context>();
/** The instances of what does not say itself whose it is. */
const OWNERS = new WeakMap<object, WasmInstance>();

/** Without holding the instance: its host functions may know what keeps it. While its store lives, that has it. */
const FORGOTTEN = new FinalizationRegistry<WeakRef<WasmInstance>>((reference) => {
  const instance = reference.deref();
  if (instance === undefined || instance.disposed || KEEPERS.get(instance)?.deref() !== undefined) return;
  instance.forgotten = true;
  CONTEXTS.get(instance)?.disposed();
});

/** Takes note of a new instance and what was made with it. From then on it lives as long as objects that keep it. */
export function own(instance: WasmInstance, context: Context): void {
  const { module: m, memories, tables, tags } = instance;
  CONTEXTS.set(instance, context);
  for (const x of memories.slice(m.importedMemories)) OWNERS.set(x, instance);
  for (const x of tables.slice(m.importedTables)) OWNERS.set(x, instance);
  for (const x of tags.slice(m.importedTags)) OWNERS.set(x, instance);
}

/** The instance that something belongs to; undefined for what the host made. */
function ownerOf(inner: object): WasmInstance | undefined {
  const owner = inner instanceof WasmFunc
    ? inner.instance
    : inner instanceof WasmGlobal
    ? inner.owner
    : inner instanceof WasmInstance
    ? inner
    : OWNERS.get(inner);
  return owner !== undefined && CONTEXTS.has(owner) ? owner : undefined;
}

/** Makes an object keep the instance that `inner` belongs to; false if that is none. */
export function keep(object: object, inner: object): boolean {
  const instance = ownerOf(inner);
  if (instance === undefined) return false;
  let keeper = KEEPERS.get(instance)?.deref();
  if (keeper === undefined) {
    keeper = {};
    KEEPERS.set(instance, new WeakRef(keeper));
    FORGOTTEN.register(keeper, new WeakRef(instance));
    instance.forgotten = false;
  }
  KEPT.set(object, { keeper, context: CONTEXTS.get(instance)! });
  return true;
}

/** Makes an object keep the instance in use that another one keeps, but not alive by itself: bytes do not need it. Gives the object. */
export function keepLike<T extends object>(object: T, like: object): T {
  const kept = KEPT.get(like);
  if (kept !== undefined) KEPT.set(object, { keeper: kept.keeper });
  return object;
}
