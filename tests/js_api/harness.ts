// Runs test files written for testharness.js (those of the JS API, `*.any.js`) against a namespace. Takes the folder and a file; gives the outcome of each test.

import { dirname, join } from "@std/path";

/** What became of one test. */
export interface Outcome {
  readonly file: string;
  readonly name: string;
  /** Why it failed; undefined if it passed. */
  readonly failure: string | undefined;
}

class Failure extends Error {
  override name = "Failure";
}
function check(holds: boolean, message: string, description: unknown): void {
  if (!holds) throw new Failure(description === undefined ? message : `${description}: ${message}`);
}
const show = (v: unknown) => {
  try {
    if (Array.isArray(v)) return `[${v.map(String)}]`;
    return typeof v === "string" ? JSON.stringify(v) : typeof v === "bigint" ? `${v}n` : String(v);
  } catch {
    return Object.prototype.toString.call(v);
  }
};

/** The assertions of testharness.js that the files use. */
function assertions() {
  const fails = (f: () => unknown, matches: (e: unknown) => boolean, expected: string, description: unknown): void => {
    try {
      f();
    } catch (e) {
      check(matches(e), `threw ${show(e)} instead of ${expected}`, description);
      return;
    }
    check(false, `did not throw ${expected}`, description);
  };
  // deno-lint-ignore ban-types
  const isOf = (e: unknown, type: Function) =>
    typeof e === "object" && e !== null && e.constructor === type && (e as Error).name === type.prototype.name;
  return {
    assert_true: (v: unknown, d?: string) => check(v === true, `${show(v)} is not true`, d),
    assert_false: (v: unknown, d?: string) => check(v === false, `${show(v)} is not false`, d),
    assert_equals: (a: unknown, b: unknown, d?: string) => check(Object.is(a, b), `${show(a)} is not ${show(b)}`, d),
    assert_not_equals: (a: unknown, b: unknown, d?: string) => check(!Object.is(a, b), `it is ${show(a)}`, d),
    assert_array_equals: (a: ArrayLike<unknown>, b: ArrayLike<unknown>, d?: string) => {
      check(a.length === b.length, `length ${a.length} is not ${b.length}`, d);
      for (let i = 0; i < b.length; i++) check(Object.is(a[i], b[i]), `[${i}] ${show(a[i])} is not ${show(b[i])}`, d);
    },
    assert_class_string: (v: unknown, name: string, d?: string) => {
      const found = Object.prototype.toString.call(v);
      check(found === `[object ${name}]`, `${found} is not ${name}`, d);
    },
    // deno-lint-ignore ban-types
    assert_throws_js: (type: Function, f: () => unknown, d?: string) => fails(f, (e) => isOf(e, type), type.name, d),
    assert_throws_exactly: (value: unknown, f: () => unknown, d?: string) =>
      fails(f, (e) => Object.is(e, value), show(value), d),
    assert_unreached: (d?: string) => check(false, "was reached", d),
    assert_own_property: (o: object, key: string, d?: string) => check(Object.hasOwn(o, key), `no own ${show(key)}`, d),
    assert_not_own_property: (o: object, key: string, d?: string) =>
      check(!Object.hasOwn(o, key), `own ${show(key)}`, d),
    assert_readonly: (o: Record<string, unknown>, key: string, d?: string) => {
      const before = o[key];
      Reflect.set(o, key, {});
      check(Object.is(o[key], before), `${show(key)} is not read-only`, d);
    },
    assert_greater_than: (a: number, b: number, d?: string) => check(a > b, `${a} is not above ${b}`, d),
    assert_less_than: (a: number, b: number, d?: string) => check(a < b, `${a} is not below ${b}`, d),
    assert_less_than_equal: (a: number, b: number, d?: string) => check(a <= b, `${a} is above ${b}`, d),
    assert_greater_than_equal: (a: number, b: number, d?: string) => check(a >= b, `${a} is below ${b}`, d),
    assert_implements: (v: unknown, d?: string) => check(Boolean(v), "not implemented", d),
    // deno-lint-ignore ban-types
    promise_rejects_js: async (_test: unknown, type: Function, promise: Promise<unknown>, d?: string) => {
      let result: { error: unknown } | undefined;
      await promise.catch((error) => result = { error });
      check(result !== undefined, `did not reject with ${type.name}`, d);
      check(isOf(result!.error, type), `rejected with ${show(result!.error)} instead of ${type.name}`, d);
    },
    promise_rejects_exactly: async (_test: unknown, value: unknown, promise: Promise<unknown>, d?: string) => {
      let result: { error: unknown } | undefined;
      await promise.catch((error) => result = { error });
      check(result !== undefined && Object.is(result.error, value), `did not reject with ${show(value)}`, d);
    },
  };
}

/** The files that `// META: script=` lines name, where they lie below `root`. */
function included(root: string, file: string, source: string): string[] {
  return [...source.matchAll(/^\/\/ META: script=(\S+)/gm)].map(([, path]) =>
    path.startsWith("/") ? join(root, path.replace(/^\/wasm\/jsapi\//, "")) : join(dirname(file), path)
  );
}

/** Runs one file of the folder `root` with `namespace` as WebAssembly; gives what became of its tests. */
export async function runFile(root: string, file: string, namespace: unknown): Promise<Outcome[]> {
  const path = join(root, file);
  const source = await Deno.readTextFile(path);
  const parts: string[] = [];
  for (const script of included(root, path, source)) parts.push(await Deno.readTextFile(script));
  parts.push(source);
  const tests: { name: string; run: () => unknown }[] = [];
  const cleanups: (() => unknown)[] = [];
  const context = {
    step_func: (f: (...args: unknown[]) => unknown) => f,
    add_cleanup: (f: () => unknown) => void cleanups.push(f),
    unreached_func: (d: string) => () => check(false, "was reached", d),
  };
  const setups: (() => unknown)[] = [];
  const outcomes: Outcome[] = [];
  const note = (name: string, error: unknown) =>
    void outcomes.push({
      file,
      name,
      failure: error instanceof Failure ? error.message : String((error as Error)?.stack ?? error),
    });
  const names = {
    ...assertions(),
    WebAssembly: namespace,
    test: (f: (t: unknown) => unknown, name = file) => {
      try {
        f(context);
        outcomes.push({ file, name, failure: undefined });
      } catch (e) {
        note(name, e);
      }
      for (const cleanup of cleanups.splice(0)) cleanup();
    },
    promise_test: (f: (t: unknown) => unknown, name = file) => void tests.push({ name, run: () => f(context) }),
    setup: (f: unknown) => typeof f === "function" ? f() : undefined,
    promise_setup: (f: () => unknown) => void setups.push(f),
    format_value: show,
    subsetTestByKey: (_key: string, run: (...args: unknown[]) => unknown, ...args: unknown[]) => run(...args),
    self: globalThis,
  };
  try {
    // The files are scripts that share one scope, so they become one function, whose code is not strict.
    new Function(...Object.keys(names), parts.join("\n;\n"))(...Object.values(names));
    for (const f of setups) await f();
  } catch (e) {
    note("the file", e);
  }
  for (const { name, run } of tests) {
    try {
      await run();
      outcomes.push({ file, name, failure: undefined });
    } catch (e) {
      note(name, e);
    }
    for (const cleanup of cleanups.splice(0)) await cleanup();
  }
  return outcomes;
}
