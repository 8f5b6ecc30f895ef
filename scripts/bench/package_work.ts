// Work for npm packages as scripts/packages.ts times it: each package is loaded once, then does the same piece of work again and again.

import { readNpmFile } from "../../src/platform/npm.ts";

/** Loads a package; gives the piece of work, whose result is compared between runtimes. */
export type Load = () => Promise<() => unknown>;

const load = (specifier: string) => import(`npm:${specifier}`);

async function sqlite(): Promise<() => unknown> {
  const { default: initialize } = await load("sql.js@1.13.0");
  const SQL = await initialize({ wasmBinary: await readNpmFile("npm:sql.js@1.13.0/dist/sql-wasm.wasm") });
  return () => {
    const db = new SQL.Database();
    db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL, other INTEGER)");
    db.run("BEGIN");
    const insert = db.prepare("INSERT INTO t (name, amount, other) VALUES (?, ?, ?)");
    for (let i = 0; i < 2000; i++) insert.run([`name ${i % 97}`, i * 1.25, (i * 7919) % 1009]);
    insert.free();
    db.run("COMMIT");
    db.run("CREATE INDEX by_name ON t (name, amount)");
    db.run("UPDATE t SET amount = amount * 2 WHERE id % 3 = 0");
    const results = [
      "SELECT name, count(*), sum(amount) FROM t GROUP BY name ORDER BY 3 DESC LIMIT 5",
      "SELECT count(*), sum(a.amount - b.amount) FROM t a JOIN t b ON a.name = b.name AND a.id < b.id",
      "SELECT count(*) FROM t a JOIN t b ON a.other = b.other WHERE a.amount < 500",
      "WITH RECURSIVE f(n, x) AS (SELECT 1, 1 UNION ALL SELECT n + 1, (x * 48271) % 2147483647 FROM f WHERE n < 20000) SELECT sum(x) FROM f",
      "SELECT sum(length(replace(upper(name), 'A', 'bcd'))) FROM t WHERE name LIKE '%9%'",
      "SELECT sum(r) FROM (SELECT row_number() OVER (PARTITION BY name ORDER BY amount) AS r FROM t)",
    ].map((query) => db.exec(query)[0].values);
    db.close();
    return JSON.stringify(results);
  };
}

async function quickjs(): Promise<() => unknown> {
  const { getQuickJS } = await load("quickjs-emscripten@0.31.0");
  const vm = (await getQuickJS()).newContext();
  const source = `(() => {
    const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2);
    const words = [];
    for (let i = 0; i < 3000; i++) words.push("w" + (i * 7919) % 1009);
    const counts = new Map();
    for (const w of words) counts.set(w, (counts.get(w) ?? 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 5);
    let floats = 0;
    for (let i = 1; i < 30000; i++) floats += Math.sqrt(i) / (i + 0.5);
    const text = JSON.stringify(JSON.parse(JSON.stringify({ sorted, words: words.slice(0, 300) }))).replace(/w(\\d)/g, "$1-");
    return fib(18) + " " + text.length + " " + floats.toFixed(6);
  })()`;
  return () => vm.unwrapResult(vm.evalCode(source)).consume((handle: unknown) => vm.dump(handle));
}

async function esbuild(): Promise<() => unknown> {
  const { default: _, ...esbuild } = await load("esbuild-wasm@0.25.5/esm/browser.js");
  const wasmModule = await WebAssembly.compile(
    await readNpmFile("npm:esbuild-wasm@0.25.5/esbuild.wasm") as Uint8Array<ArrayBuffer>,
  );
  await esbuild.initialize({ wasmModule, worker: false });
  const source = `enum E { A, B } class C<T> { #x: T; constructor(x: T) { this.#x = x; } get x() { return this.#x; } }
    export const f = async (a?: { b: number }) => a?.b ?? new C(E.B).x;`;
  return async () => (await esbuild.transform(source, { loader: "ts", minify: true, target: "es2019" })).code;
}

async function lightningcss(): Promise<() => unknown> {
  const { transform } = await load("lightningcss-wasm@1.30.1");
  const code = new TextEncoder().encode(
    ".a { color: lch(50% 30 200); & > .b { inset: 0 1px; margin: calc(1px + 2 * 3px) } }",
  );
  return () =>
    new TextDecoder().decode(transform({ filename: "a.css", code, minify: true, targets: { safari: 13 << 16 } }).code);
}

/** The packages by name. */
export const PACKAGES: Readonly<Record<string, Load>> = {
  "SQLite, query mix": sqlite,
  "QuickJS, script": quickjs,
  "esbuild, 12 MB": esbuild,
  "lightningcss, 14 MB": lightningcss,
};
