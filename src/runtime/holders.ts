// Cycles between the two heaps. Objects that only JavaScript's values of objects keep must not keep host values strongly, or a host value that has such a value would keep itself.
// So each value of an object holds the host values which that object reaches, through holders: plain arrays that V8's collector follows, one per strongly connected
// component of objects, so that they are exact and take no more room than the objects do. The handles of these host values become weak (gc/handles.ts).

import type { GcHeap } from "../gc/heap.ts";
import { HEADER_BYTES, layoutOf, Storage } from "../gc/layout.ts";

/** What JavaScript's value of an object keeps: handles with their values, and what the objects that it refers to keep. */
export interface Holder {
  /** Numbers of handles, and at the same places their values. */
  readonly numbers: number[];
  readonly values: unknown[];
  readonly below: Set<Holder>;
}

/** What to do with what an object refers to. */
export interface References {
  object(ref: number): void;
  handle(ref: number): void;
  func(ref: number): void;
}

/** Tells `to` of all that an object refers to. */
export function referencesOf(heap: GcHeap, ref: number, to: References): void {
  const { i32 } = heap, at = ref >> 2;
  const layout = layoutOf(i32[at]);
  const bits = (r: number) => {
    if (r === 0) return;
    if ((r & 7) === 0) to.object(r);
    else if ((r & 3) === 2) to.handle(r);
  };
  if (!layout.isArray) {
    for (const word of layout.refs) bits(i32[at + word]);
    for (const word of layout.funcs) if (i32[at + word] !== 0) to.func(i32[at + word]);
    return;
  }
  const [storage] = layout.storage;
  if (storage < Storage.REF) return;
  const first = at + (HEADER_BYTES >> 2);
  for (let i = first, end = first + (i32[at + 1] >>> 0); i < end; i++) {
    if (storage === Storage.REF) bits(i32[i]);
    else if (i32[i] !== 0) to.func(i32[i]);
  }
}

/** Objects that can be reached from `from` and are not `marked`, each once. */
export function* unmarked(heap: GcHeap, from: Iterable<number>): Iterable<number> {
  const seen = new Set<number>(), todo: number[] = [];
  const push = (ref: number) => {
    if (heap.isMarked(ref) || seen.has(ref)) return;
    seen.add(ref);
    todo.push(ref);
  };
  for (const ref of from) push(ref);
  const to: References = { object: push, handle() {}, func() {} };
  for (let ref = todo.pop(); ref !== undefined; ref = todo.pop()) {
    yield ref;
    referencesOf(heap, ref, to);
  }
}

/** An object on the way of the search for components. */
interface Visit {
  readonly ref: number;
  readonly index: number;
  low: number;
  open: boolean;
  readonly next: number[];
  holder: Holder | undefined;
}

/**
 * The holders of objects that are not marked, as far as `from` reaches; `hold` gives the value of a handle that it may hold. By Tarjan's algorithm, in which nothing recurses:
 * components come out after all that they refer to.
 */
export function makeHolders(
  heap: GcHeap,
  from: Iterable<number>,
  hold: (number: number) => { readonly value: unknown } | undefined,
): (ref: number) => Holder | undefined {
  const visits = new Map<number, Visit>();
  const component: Visit[] = [], way: Visit[] = [];
  const visit = (ref: number): Visit => {
    const next: number[] = [];
    referencesOf(heap, ref, { object: (r) => void next.push(r), handle() {}, func() {} });
    const made: Visit = { ref, index: visits.size, low: visits.size, open: true, next, holder: undefined };
    visits.set(ref, made);
    component.push(made);
    way.push(made);
    return made;
  };
  const close = (root: Visit) => {
    const members = component.splice(component.lastIndexOf(root));
    const numbers: number[] = [], values: unknown[] = [], below = new Set<Holder>(), known = new Set<number>();
    for (const member of members) {
      member.open = false;
      referencesOf(heap, member.ref, {
        object(r) {
          const { holder } = visits.get(r) ?? {};
          if (holder !== undefined) below.add(holder);
        },
        handle(r) {
          const number = r >>> 2;
          if (known.has(number)) return;
          known.add(number);
          const held = hold(number);
          if (held === undefined) return;
          numbers.push(number);
          values.push(held.value);
        },
        func() {},
      });
    }
    // Most objects reach no host value. One that only leads to another holder needs none of its own.
    const holder = numbers.length > 0 || below.size > 1 ? { numbers, values, below } : [...below][0];
    for (const member of members) member.holder = holder;
  };
  for (const start of from) {
    if (heap.isMarked(start) || visits.has(start)) continue;
    visit(start);
    while (way.length > 0) {
      const top = way[way.length - 1];
      const to = top.next.pop();
      if (to === undefined) {
        way.pop();
        if (top.low === top.index) close(top);
        const above = way[way.length - 1];
        if (above !== undefined) above.low = Math.min(above.low, top.low);
      } else if (!heap.isMarked(to)) {
        const known = visits.get(to);
        if (known === undefined) visit(to);
        else if (known.open) top.low = Math.min(top.low, known.index);
      }
    }
  }
  return (ref) => visits.get(ref)?.holder;
}

/** Calls `found` with each handle that a holder has, and its value. */
export function eachHeld(holder: Holder, found: (number: number, value: unknown) => void): void {
  const seen = new Set([holder]);
  // A set goes on with what is added while it is gone through.
  for (const h of seen) {
    h.numbers.forEach((number, i) => found(number, h.values[i]));
    for (const b of h.below) seen.add(b);
  }
}
