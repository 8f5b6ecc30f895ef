// Unmodified npm packages, as programs import them: real work of each, written once for whatever `WebAssembly` is the global one. Results are compared with V8's.

import { readNpmFile } from "../../src/platform/npm.ts";

/** Imports an npm package; not analysed before it runs, so that only who runs it needs the network. */
// deno-lint-ignore no-explicit-any
export type Load = (specifier: string) => Promise<any>;

/** A package with work to do. */
export interface Program {
  readonly name: string;
  readonly toolchain: string;
  /** Why the portable tier is left out. */
  readonly onlyNative?: string;
  /** Imports, works, gives something to compare. */
  run(load: Load): Promise<unknown>;
}

/** What a process prints before a result. */
export const MARK = "=== result: ";

const file = (specifier: string) => readNpmFile(`npm:${specifier}`);
/** A number for bytes, so that large outputs can be compared in short. */
function digest(bytes: Uint8Array): string {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
  return `${bytes.length} bytes, ${(h >>> 0).toString(16)}`;
}
/** `n` bytes with repetitions and surprises, so that compressors have work. */
function sample(n: number): Uint8Array {
  const out = new Uint8Array(n);
  let state = 4711;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    out[i] = i > 64 && state % 7 > 0 ? out[i - 9 - (i >> 5) % 40] : state >>> 24;
  }
  return out;
}

/** The packages. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "sql.js@1.13.0",
    toolchain: "C, Emscripten",
    async run(load) {
      const { default: initialize } = await load(this.name);
      const wasmBinary = await file("sql.js@1.13.0/dist/sql-wasm.wasm");
      const SQL = await initialize({ wasmBinary });
      const db = new SQL.Database();
      db.create_function("twice", (x: number) => 2 * x);
      db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL, data BLOB)");
      db.run("BEGIN");
      const insert = db.prepare("INSERT INTO t (name, amount, data) VALUES (?, ?, ?)");
      for (let i = 0; i < 500; i++) insert.run([`name ${i % 17}`, i * 1.25, sample(i % 23)]);
      insert.free();
      db.run("COMMIT");
      db.run("CREATE INDEX by_name ON t (name, amount)");
      db.run("UPDATE t SET amount = amount * 2 WHERE id % 3 = 0");
      db.run("DELETE FROM t WHERE id % 11 = 0");
      const results = [
        "SELECT name, count(*), sum(amount), max(length(data)) FROM t GROUP BY name ORDER BY 3 DESC",
        "WITH RECURSIVE f(n, a, b) AS (SELECT 1, 0, 1 UNION ALL SELECT n + 1, b, a + b FROM f WHERE n < 60) SELECT a FROM f",
        "SELECT a.id, b.id FROM t a JOIN t b ON a.name = b.name AND a.id < b.id WHERE a.amount > 900 LIMIT 20",
        "SELECT twice(id), json_object('a', name, 'b', json_array(amount)) FROM t WHERE name LIKE '%1_' LIMIT 9",
        "SELECT id, row_number() OVER (PARTITION BY name ORDER BY amount) FROM t LIMIT 30",
        "PRAGMA integrity_check",
      ].map((q) => db.exec(q));
      let error;
      try {
        db.exec("SELECT * FROM missing");
      } catch (e) {
        error = String(e);
      }
      const image = digest(db.export());
      db.close();
      return { results, error, image };
    },
  },
  {
    name: "quickjs-emscripten@0.31.0",
    toolchain: "C, Emscripten",
    async run(load) {
      const { getQuickJS } = await load(this.name);
      const QuickJS = await getQuickJS();
      const vm = QuickJS.newContext();
      const log: unknown[] = [];
      const f = vm.newFunction("log", (...args: unknown[]) => {
        log.push(args.map((a) => vm.dump(a)));
        return vm.newNumber(args.length);
      });
      vm.setProp(vm.global, "log", f);
      f.dispose();
      const results = [
        "let s = 0; for (let i = 0; i < 5000; i++) s += i % 7; s",
        "[3,1,2].sort().map((x) => x ** 2).join()",
        "log('a', 1, [true]); JSON.stringify({ a: [1, { b: null }], d: new Date(0).toISOString() })",
        "class A { #x = 1; get x() { return this.#x++; } } const a = new A(); [a.x, a.x, 2n ** 70n + '']",
        "'aXbXc'.replace(/x(.)/gi, (_, c) => c.toUpperCase()) + [...'añ😀'].length",
        "function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2); } f(15)",
        "throw new TypeError('no')",
        "(function r() { r(); })()",
        "Math.sin(1) + Math.pow(2, 0.5)",
      ].map((source) => {
        const result = vm.evalCode(source);
        const handle = result.error ?? result.value;
        const value = vm.dump(handle);
        handle.dispose();
        return result.error ? { error: value.name, message: value.message } : value;
      });
      vm.dispose();
      return { results, log };
    },
  },
  {
    name: "esbuild-wasm@0.25.5",
    toolchain: "Go",
    async run(load) {
      const esbuild = await load("esbuild-wasm@0.25.5/esm/browser.js");
      const wasmModule = await WebAssembly.compile(await file("esbuild-wasm@0.25.5/esbuild.wasm"));
      await esbuild.initialize({ wasmModule, worker: false });
      const files: Record<string, string> = {
        "/main.ts": `import { area, type Shape } from "./shapes"; import data from "./data.json";
enum Colour { Red = 1, Green } const s: Shape = { kind: "circle", r: 2 };
export const result = [area(s), Colour.Green, data.list?.[0] ?? 7]; if (false) { console.log("gone"); }`,
        "/shapes.ts": `export type Shape = { kind: "circle"; r: number } | { kind: "box"; w: number };
export function area(s: Shape) { return s.kind === "circle" ? Math.PI * s.r ** 2 : s.w * s.w; } export const unused = 1;`,
        "/data.json": `{ "list": [1, 2, 3], "other": "x" }`,
      };
      const out = await esbuild.build({
        entryPoints: ["/main.ts"],
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        target: "es2019",
        plugins: [{
          name: "memory",
          // deno-lint-ignore no-explicit-any
          setup(build: any) {
            build.onResolve({ filter: /.*/ }, ({ path }: { path: string }) => {
              const name = path.replace(/^\.?\//, "/");
              return { path: name in files ? name : `${name}.ts`, namespace: "memory" };
            });
            build.onLoad({ filter: /.*/, namespace: "memory" }, ({ path }: { path: string }) => ({
              contents: files[path],
              loader: path.endsWith("json") ? "json" : "ts",
            }));
          },
        }],
      });
      return out.outputFiles.map((f: { text: string }) => f.text);
    },
  },
  {
    name: "web-tree-sitter@0.22.6",
    toolchain: "C, Emscripten with dynamic linking",
    async run(load) {
      const { default: Parser } = await load(this.name);
      await Parser.init();
      const language = await Parser.Language.load(
        await file("tree-sitter-wasms@0.1.12/out/tree-sitter-javascript.wasm"),
      );
      const parser = new Parser();
      parser.setLanguage(language);
      const source =
        "const f = async (a, { b = 1, ...c }) => { for (const x of a) yield_(`${x + b}`); }; class A extends B {}\n";
      const tree = parser.parse(source);
      const edited = source.replace("+", "*");
      const query = language.query("(identifier) @id (template_string) @t");
      const captures = query.captures(tree.rootNode).map((
        c: { name: string; node: { text: string } },
      ) => [c.name, c.node.text]);
      return [tree.rootNode.toString(), captures, parser.parse(edited + "(((").rootNode.toString()];
    },
  },
  {
    name: "@resvg/resvg-wasm@2.6.2",
    toolchain: "Rust, wasm-bindgen",
    async run(load) {
      const { initWasm, Resvg } = await load(this.name);
      await initWasm(await file("@resvg/resvg-wasm@2.6.2/index_bg.wasm"));
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><defs><linearGradient id="g">
<stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f" stop-opacity=".5"/></linearGradient>
<filter id="b"><feGaussianBlur stdDeviation="2"/></filter></defs>
<rect width="60" height="40" rx="7" fill="url(#g)"/><circle cx="60" cy="35" r="20" fill="green" filter="url(#b)"/>
<path d="M5 50 Q 40 5 80 50 T 90 10" stroke="#222" stroke-width="3" fill="none" stroke-dasharray="4 2"/></svg>`;
      const image = new Resvg(svg, { fitTo: { mode: "width", value: 180 } }).render();
      return [image.width, image.height, digest(image.asPng()), digest(image.pixels)];
    },
  },
  {
    name: "@dprint/formatter@0.4.1",
    toolchain: "Rust",
    async run(load) {
      const { createFromBuffer } = await load(this.name);
      const formatter = createFromBuffer(await file("@dprint/json@0.19.4/plugin.wasm"));
      formatter.setConfig({ indentWidth: 3 }, {});
      const text = `{"a":[1,2,  {"b":null}],\n"c":   "d" // remark\n}`;
      return [formatter.getPluginInfo().name, formatter.formatText({ filePath: "a.jsonc", fileText: text })];
    },
  },
  {
    name: "@chainsafe/as-sha256@0.5.0",
    toolchain: "AssemblyScript",
    async run(load) {
      const { SHA256, digest: sha } = await load(this.name);
      const hash = new SHA256();
      hash.init().update(sample(1000)).update(sample(77));
      return [sha(sample(5000)), hash.final()];
    },
  },
  {
    name: "@astrojs/compiler@2.12.2",
    toolchain: "Go",
    async run(load) {
      const { transform, parse } = await load(this.name);
      const source =
        `---\nimport A from "./a.astro";\nconst { title = "x" } = Astro.props;\n---\n<html><head><title>{title}</title></head>
<body class:list={["a", { b: true }]}>{[1, 2].map((n) => <A n={n}><p>text &amp; {n}</p></A>)}<style>p { color: red }</style></body></html>`;
      const out = await transform(source, {
        filename: "/src/page.astro",
        sourcemap: false,
        internalURL: "astro/internal",
      });
      const tree = await parse(source, { position: false });
      return [out.code, out.css, out.diagnostics, JSON.stringify(tree.ast)];
    },
  },
  {
    name: "@wasm-fmt/dart_fmt@0.4.0",
    toolchain: "Dart, dart2wasm with garbage collection",
    async run(load) {
      const { format } = await load(this.name);
      return format(
        "void main(){var x=[1,2,3].map((e)=>e*2).where((e){return e>2;}).toList();print('\\$x');}",
        "main.dart",
      );
    },
  },
  {
    name: "hash-wasm@4.12.0",
    toolchain: "C, clang",
    async run(load) {
      const h = await load(this.name);
      const salt = sample(16), password = "correct horse";
      return [
        await h.argon2id({
          password,
          salt,
          parallelism: 2,
          iterations: 2,
          memorySize: 64,
          hashLength: 32,
          outputType: "encoded",
        }),
        await h.bcrypt({ password, salt, costFactor: 4, outputType: "hex" }),
        await h.scrypt({ password, salt, costFactor: 64, blockSize: 8, parallelism: 1, hashLength: 32 }),
        await h.sha3(sample(5000)),
        await h.xxhash128(sample(70_000)),
        await h.whirlpool("abc"),
      ];
    },
  },
  {
    name: "brotli-wasm@3.0.1",
    toolchain: "Rust, wasm-bindgen",
    async run(load) {
      const { default: brotli } = await load(this.name);
      const b = await brotli;
      const packed = b.compress(sample(20_000), { quality: 6 });
      let error;
      try {
        b.decompress(sample(100));
      } catch (e) {
        error = String(e);
      }
      return [digest(packed), digest(b.decompress(packed)), error];
    },
  },
  {
    name: "yoga-layout@3.2.1",
    toolchain: "C++, Emscripten with Embind",
    async run(load) {
      const { loadYoga, FlexDirection, Edge, Justify, Align, Wrap, Direction } = await load("yoga-layout@3.2.1/load");
      const Yoga = await loadYoga();
      const root = Yoga.Node.create();
      root.setWidth(300);
      root.setHeight(200);
      root.setFlexDirection(FlexDirection.Row);
      root.setFlexWrap(Wrap.Wrap);
      root.setJustifyContent(Justify.SpaceBetween);
      for (let i = 0; i < 7; i++) {
        const child = Yoga.Node.create();
        child.setMargin(Edge.All, i);
        child.setFlexGrow(i % 3);
        child.setMinWidth(40 + 5 * i);
        child.setAlignSelf(i % 2 ? Align.Center : Align.Stretch);
        if (i === 4) child.setMeasureFunc((width: number) => ({ width: width / 3, height: 33 }));
        else child.setHeight("25%");
        root.insertChild(child, i);
      }
      root.calculateLayout(undefined, undefined, Direction.LTR);
      const layout = Array.from({ length: 7 }, (_, i) => root.getChild(i).getComputedLayout());
      root.freeRecursive();
      return layout;
    },
  },
  {
    name: "libsodium-wrappers@0.7.15",
    toolchain: "C, Emscripten",
    async run(load) {
      const { default: sodium } = await load(this.name);
      await sodium.ready;
      const key = sample(32), nonce = sample(24);
      const box = sodium.crypto_secretbox_easy(sample(3000), nonce, key);
      const pair = sodium.crypto_sign_seed_keypair(key);
      const signature = sodium.crypto_sign_detached(sample(500), pair.privateKey);
      return [
        digest(box),
        digest(sodium.crypto_secretbox_open_easy(box, nonce, key)),
        sodium.to_hex(signature),
        sodium.crypto_sign_verify_detached(signature, sample(500), pair.publicKey),
        sodium.to_base64(sodium.crypto_generichash(32, sample(1000))),
      ];
    },
  },
  {
    name: "@wasm-fmt/gofmt@0.7.3",
    toolchain: "Go, TinyGo",
    async run(load) {
      const { default: init, format } = await load(`${this.name}/web`);
      await init(await file(`${this.name}/gofmt.wasm`));
      const source =
        'package main\nimport ("fmt";"os")\nfunc main(){x:=map[string]int{"a":1,"bc":2}\nfor k,v:=range x{fmt.Println(k,v)};os.Exit(0)}';
      let error;
      try {
        format("package main func");
      } catch (e) {
        error = String(e);
      }
      return [format(source), error];
    },
  },
  {
    name: "@bokuweb/zstd-wasm@0.0.27",
    toolchain: "C, Emscripten",
    async run(load) {
      const { init, compress, decompress } = await load(this.name);
      await init();
      const packed = compress(sample(30_000), 9);
      return [digest(packed), digest(decompress(packed))];
    },
  },
  {
    name: "blake3-wasm@2.1.5",
    toolchain: "Rust, wasm-bindgen",
    async run(load) {
      const { hash, createHash, deriveKey, keyedHash } = await load(this.name);
      const streamed = createHash().update(sample(3000)).update("more").digest("hex");
      const parts = [hash(sample(9000)), deriveKey("context", sample(40)), keyedHash(sample(32), "text")];
      return [streamed, parts.map((p) => p.toString("hex"))];
    },
  },
  {
    name: "@sqlite.org/sqlite-wasm@3.50.1-build1",
    toolchain: "C, Emscripten: the official build of SQLite",
    async run(load) {
      const { default: initialize } = await load(this.name);
      const sqlite3 = await initialize({ print: () => {}, printErr: () => {} });
      const db = new sqlite3.oo1.DB(":memory:");
      db.createFunction("half", (_: number, x: number) => x / 2);
      db.exec("CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('a quick fox'), ('slow fox'), ('a dog')");
      db.exec("CREATE TABLE t(a INTEGER, b ANY)");
      for (let i = 0; i < 40; i++) {
        db.exec({ sql: "INSERT INTO t VALUES (?, ?)", bind: [i, i % 2 ? `s${i}` : 2n ** 40n] });
      }
      const rows = db.exec({
        sql: "SELECT a, b, half(a) FROM t WHERE a % 5 < 2",
        returnValue: "resultRows",
        rowMode: "array",
      });
      const found = db.selectValues("SELECT body FROM f WHERE f MATCH 'fox' ORDER BY rank");
      db.close();
      return [sqlite3.version.libVersion, rows, found];
    },
  },
  {
    name: "lightningcss-wasm@1.30.1",
    toolchain: "Rust, napi; 14 MB",
    async run(load) {
      const { transform } = await load(this.name);
      const out = transform({
        filename: "a.css",
        code: new TextEncoder().encode(
          `.a { color: lch(50% 30 200); & > .b { inset: 0 1px; margin: calc(1px + 2 * 3px) } }
@media (width >= 240px) { a:is(.x, .y) { background: #ff0000; transition: all .2s ease-in 0s } }`,
        ),
        minify: true,
        targets: { safari: 13 << 16 },
        cssModules: true,
      });
      return [new TextDecoder().decode(out.code), out.exports];
    },
  },
  {
    name: "pyodide@0.28.0",
    toolchain: "C, Emscripten: CPython; exceptions, 9 MB",
    onlyNative: "starting CPython takes interp minutes",
    async run(load) {
      const { loadPyodide } = await load(this.name);
      const python = await loadPyodide({ stdout: () => {}, stderr: () => {} });
      return python.runPython(`
import json, re, sys
from collections import Counter
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
try:
    1 / 0
except ZeroDivisionError as e:
    caught = str(e)
json.dumps([fib(12), 2 ** 100, sorted(Counter("abracadabra").items()), re.sub(r"(\\w)x", r"\\1!", "axbx"), caught, sys.version_info[:2], f"{3.14159:.3f}"])`);
    },
  },
  {
    name: "wabt@1.0.36",
    toolchain: "C++, Emscripten with C++ exceptions",
    async run(load) {
      const { default: init } = await load(this.name);
      const wabt = await init();
      const module = wabt.parseWat(
        "a.wat",
        `(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))`,
      );
      module.validate();
      const { buffer } = module.toBinary({});
      let error;
      try {
        wabt.parseWat("b.wat", "(module (func (i32.add)))").validate();
      } catch (e) {
        error = String((e as Error).message);
      }
      return [[...buffer], wabt.readWasm(buffer, {}).toText({ foldExprs: true }), error];
    },
  },
  {
    name: "@jsquash/webp@1.4.0",
    toolchain: "C, Emscripten; vectors",
    async run(load) {
      const encoder = await load("@jsquash/webp@1.4.0/encode.js");
      const decoder = await load("@jsquash/webp@1.4.0/decode.js");
      await encoder.init(await WebAssembly.compile(await file("@jsquash/webp@1.4.0/codec/enc/webp_enc_simd.wasm")));
      await decoder.init(await WebAssembly.compile(await file("@jsquash/webp@1.4.0/codec/dec/webp_dec.wasm")));
      const data = new Uint8ClampedArray(48 * 40 * 4);
      data.forEach((_, i) => data[i] = i % 4 === 3 ? 255 : (i * i >> 6) & 255);
      // deno-lint-ignore no-explicit-any
      (globalThis as any).ImageData ??= class {
        constructor(readonly data: Uint8ClampedArray, readonly width: number, readonly height: number) {}
      };
      const packed = await encoder.default({ data, width: 48, height: 40 }, { quality: 60 });
      const unpacked = await decoder.default(packed);
      return [digest(new Uint8Array(packed)), unpacked.width, digest(new Uint8Array(unpacked.data))];
    },
  },
];
