// Public objects stand for those of the runtime. Each file of this folder exports, for Strata's own code alone, `innerX` (the runtime's object in a public one)
// and `publicX` (the way back); `mod.ts` exports neither. A class assigns them in its static block, which may read private fields.

/** A function that makes a public object for an object of the runtime, once: later calls give the same one. */
export function wrapper<Inner extends object, Public, Rest extends unknown[]>(
  make: (inner: Inner, ...rest: Rest) => Public,
): (inner: Inner, ...rest: Rest) => Public {
  const made = new WeakMap<Inner, Public & WeakKey>();
  return (inner, ...rest) => {
    let found: Public | undefined = made.get(inner);
    if (found === undefined) made.set(inner, (found = make(inner, ...rest)) as Public & WeakKey);
    return found;
  };
}
