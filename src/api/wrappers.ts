// Public objects stand for those of the runtime. Each file of this folder exports, for Strata's own code alone, `innerX` (the runtime's object in a public one)
// and `publicX` (the way back); `mod.ts` exports neither. A class assigns them in its static block, which may read private fields.

import { keep } from "./keepers.ts";

/**
 * A function that makes a public object for an object of the runtime, once: later calls give the same one as long as it is alive. One for what belongs to an instance keeps that in use.
 */
export function wrapper<Inner extends object, Public extends object, Rest extends unknown[]>(
  make: (inner: Inner, ...rest: Rest) => Public,
): (inner: Inner, ...rest: Rest) => Public {
  const made = new WeakMap<Inner, WeakRef<Public>>();
  /** Objects of no instance, which the runtime forgets when they are gone. */
  const free = new WeakMap<Inner, Public>();
  return (inner, ...rest) => {
    const known = free.get(inner) ?? made.get(inner)?.deref();
    if (known !== undefined) return known;
    const object = make(inner, ...rest) as Public;
    if (keep(object, inner)) made.set(inner, new WeakRef(object));
    else free.set(inner, object);
    return object;
  };
}
