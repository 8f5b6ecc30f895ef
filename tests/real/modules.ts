// Modules of npm packages, as their users get them: where each lies, who compiled it, and real work for those that run with few imports.
// The work is written against an object with exports, so that V8's instance and Strata's go through the same lines.

import { readNpmFile } from "../../src/platform/npm.ts";

/** Exports of an instance: functions, memories with `buffer` and `grow`, globals with `value`. */
// deno-lint-ignore no-explicit-any
export type Exports = Readonly<Record<string, any>>;
/** Imports by module and name. */
export type ImportObject = Record<string, Record<string, (...args: never[]) => unknown>>;

/** What to do with an instance. */
export interface Work {
  /** The imports. `self` gives the exports once there is an instance; `log` appends to what is compared. */
  imports?(self: () => Exports, log: (...event: unknown[]) => void): ImportObject;
  /** Calls exports; what it returns is compared. */
  run(x: Exports): unknown;
}

/** A module of a package. */
export interface RealModule {
  readonly package: string;
  readonly version: string;
  /** A .wasm file, or a script with the module in base64. */
  readonly path: string;
  readonly toolchain: string;
  readonly licence: string;
  readonly work?: Work;
}

/** What to call a module in reports. */
export function nameOf(m: RealModule): string {
  return `${m.package}@${m.version}/${m.path}`;
}

/** Fetches the bytes of a module. Undefined if the package cannot be had; then the console says what is skipped and how to get it. */
export async function load(m: RealModule): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let file;
  try {
    file = await readNpmFile(`npm:${nameOf(m)}`);
  } catch (e) {
    const message = (e as Error).message;
    if (/has no file|does not exist|not find npm package/.test(message)) throw e;
    console.log(`skipped: ${nameOf(m)}: ${message} (deno cache npm:${m.package}@${m.version} fetches it)`);
    return undefined;
  }
  if (m.path.endsWith(".wasm")) return file;
  const base64 = /AGFzbQ[A-Za-z0-9+/]+=*/.exec(new TextDecoder().decode(file));
  if (base64 === null) throw new Error(`${nameOf(m)} holds no module in base64`);
  return Uint8Array.fromBase64(base64[0]);
}

/** Instantiates and runs a module; gives what its work logged and returned. */
export function perform(work: Work, instantiate: (imports: ImportObject) => Exports): unknown {
  const events: unknown[] = [];
  const imports = work.imports?.(() => exports, (...event) => void events.push(event)) ?? {};
  const exports: Exports = instantiate(imports);
  return { result: work.run(exports), events };
}

// Access to memory

const bytesOf = (memory: { buffer: ArrayBuffer }) => new Uint8Array(memory.buffer);
const viewOf = (memory: { buffer: ArrayBuffer }) => new DataView(memory.buffer);
const textAt = (memory: { buffer: ArrayBuffer }, at: number, length: number) =>
  new TextDecoder().decode(bytesOf(memory).slice(at, at + length));
const utf8 = (text: string) => new TextEncoder().encode(text);

/** `n` bytes with repetitions and surprises, so that compressors have work. */
function sample(n: number): Uint8Array {
  const out = new Uint8Array(n);
  let state = 12345;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    out[i] = i > 64 && state % 5 > 0 ? out[i - 7 - (i >> 6) % 50] : state >>> 24;
  }
  return out;
}

/** Calls a wasm-bindgen function that takes bytes and `extra`, and gives bytes by a return pointer. */
function bindgen(x: Exports, f: string, input: Uint8Array, ...extra: number[]): Uint8Array {
  const ret = x.__wbindgen_add_to_stack_pointer(-16);
  const at = x.__wbindgen_malloc(input.length, 1);
  bytesOf(x.memory).set(input, at);
  x[f](ret, at, input.length, ...extra);
  const view = viewOf(x.memory);
  const out = view.getInt32(ret, true), length = view.getInt32(ret + 4, true);
  const result = bytesOf(x.memory).slice(out, out + length);
  x.__wbindgen_free(out, length, 1);
  x.__wbindgen_add_to_stack_pointer(16);
  return result;
}
/** Compresses and decompresses; gives the compressed bytes and whether the originals came back. */
function roundTrip(x: Exports, compress: string, decompress: string): unknown {
  const input = sample(20_000);
  const packed = bindgen(x, compress, input);
  const unpacked = bindgen(x, decompress, packed);
  return { packed, same: unpacked.length === input.length && unpacked.every((b, i) => b === input[i]) };
}

/** The work of hash-wasm's modules: `init` is what Hash_Init takes, `size` the bytes of the digest. */
function hashWasm(init: number, size: number): Work {
  return {
    run: (x) => {
      const at = x.Hash_GetBuffer();
      x.Hash_Init(init);
      for (const part of [sample(5), sample(10_000)]) {
        bytesOf(x.memory).set(part, at);
        x.Hash_Update(part.length);
      }
      x.Hash_Final(0);
      return bytesOf(x.memory).slice(at, at + size);
    },
  };
}

const SOURCE = `import a, { b as c } from "./b.js"; import * as d from 'd' with { type: "json" };
export const e = 1, f = /[/"]/g; export { g as default } from "h"; export * from 'i';
const j = await import("./k.js" /* l */); if (a) { export_ = \`\${c + \`\${d}\`}\`; } import.meta.url;
class M { static import() { return import(M); } }
export default function n() { return a / b / c; }
`;
const SOURCE_CJS = `"use strict"; Object.defineProperty(exports, "__esModule", { value: true });
exports.a = 1; module.exports.b = () => /}/; exports['c d'] = require("e");
__exportStar(require("f"), exports); module.exports = { g, h: 2, ...require('i') };
Object.keys(_j).forEach(function (k) { if (k === "default" || k === "__esModule") return; exports[k] = _j[k]; });
`;

/** Room for a source text of UTF-16 units behind a heap that grows from `__heap_base`. */
function roomFor(x: Exports, bytes: number): void {
  const missing = x.__heap_base.value + bytes - x.memory.buffer.byteLength;
  if (missing > 0) x.memory.grow(Math.ceil(missing / 65536));
}
function writeUtf16(x: Exports, at: number, text: string): void {
  const view = viewOf(x.memory);
  for (let i = 0; i < text.length; i++) view.setUint16(at + 2 * i, text.charCodeAt(i), true);
}

const HTTP = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nX-Empty:\r\n\r\n` +
  `5\r\nhello\r\n1a;ext=1\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nTrailer: t\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n`;

/** The modules whose results are compared with V8's, then those that are only validated. */
export const MODULES: readonly RealModule[] = [
  {
    package: "es-module-lexer",
    version: "3.0.5",
    path: "dist/lexer.minimal.js",
    toolchain: "C, clang",
    licence: "MIT",
    work: {
      run: (x) => {
        const source = SOURCE.repeat(30);
        roomFor(x, 12 * (source.length + 1) + 16);
        writeUtf16(x, x.sa(source.length), source);
        const ok = x.parse();
        const imports = [], exports = [];
        while (x.ri()) imports.push([x.is(), x.ie(), x.ss(), x.se(), x.it(), x.ai(), x.id(), x.ip()]);
        while (x.re() !== 0) exports.push([x.es(), x.ee(), x.els(), x.ele()]);
        return { ok, error: x.e(), imports, exports };
      },
    },
  },
  {
    package: "cjs-module-lexer",
    version: "2.3.0",
    path: "dist/lexer.mjs",
    toolchain: "C, clang",
    licence: "MIT",
    work: {
      run: (x) => {
        const source = SOURCE_CJS.repeat(30);
        roomFor(x, 4 * (source.length + 1));
        const at = x.sa(source.length + 1);
        writeUtf16(x, at, source);
        const error = x.parseCJS(at, source.length, 0, 0, 0);
        const reexports = [], unsafe = [], exports = [];
        while (x.rre()) reexports.push([x.res(), x.ree()]);
        while (x.ru()) unsafe.push([x.us(), x.ue()]);
        while (x.re()) exports.push([x.es(), x.ee()]);
        return { error, at: x.e(), reexports, unsafe, exports };
      },
    },
  },
  ...([
    ["md5", 0, 16],
    ["sha256", 256, 32],
    ["sha512", 512, 64],
    ["blake3", 32, 32],
    ["whirlpool", 0, 64],
  ] as const).map(([name, init, size]): RealModule => ({
    package: "hash-wasm",
    version: "4.13.0",
    path: `dist/${name}.umd.min.js`,
    toolchain: "C, clang",
    licence: "MIT",
    work: hashWasm(init, size),
  })),
  {
    package: "xxhash-wasm",
    version: "1.1.0",
    path: "workerd/xxhash.wasm",
    toolchain: "AssemblyScript",
    licence: "MIT",
    work: {
      run: (x) => {
        bytesOf(x.mem).set(sample(40_000), 0);
        return [0, 3, 4, 31, 32, 1000, 40_000].map((n) => [x.xxh32(0, n, 7), x.xxh64(0, n, 0x123456789abcdefn)]);
      },
    },
  },
  {
    package: "murmurhash-wasm",
    version: "1.3.0",
    path: "dist/index.mjs",
    toolchain: "AssemblyScript, with its collector",
    licence: "Apache-2.0",
    work: {
      imports: () => ({
        env: {
          abort: () => {
            throw new Error("abort");
          },
        },
      }),
      run: (x) =>
        [0, 1, 5, 1000].map((n) => {
          const at = x.__pin(x.__new(n, 0));
          bytesOf(x.memory).set(sample(n), at);
          const hash = x.hash32(at, 42) >>> 0;
          x.__unpin(at);
          x.__collect();
          return hash;
        }),
    },
  },
  {
    package: "@chainsafe/as-sha256",
    version: "0.4.1",
    path: "build/optimized.wasm",
    toolchain: "AssemblyScript",
    licence: "Apache-2.0",
    work: {
      imports: () => ({ env: { abort: () => {} } }),
      run: (x) =>
        [0, 55, 64, 500].map((n) => {
          bytesOf(x.memory).set(sample(n), x.input.value);
          x.digest(n);
          return bytesOf(x.memory).slice(x.output.value, x.output.value + 32);
        }),
    },
  },
  {
    package: "source-map",
    version: "0.7.4",
    path: "lib/mappings.wasm",
    toolchain: "Rust",
    licence: "BSD-3-Clause",
    work: {
      imports: (_, log) => ({ env: { mapping_callback: (...args: number[]) => log(...args) } }),
      run: (x) => {
        const text = utf8("AAAA,SAASA,GAAG,CAAC;EACA,IAAMC,UAAUC;;".repeat(20));
        const at = x.allocate_mappings(text.length);
        bytesOf(x.memory).set(text, at);
        const mappings = x.parse_mappings(at);
        const error = x.get_last_error();
        x.compute_column_spans(mappings);
        x.by_generated_location(mappings);
        x.by_original_location(mappings);
        x.original_location_for(mappings, 3, 5, 1);
        x.all_generated_locations_for(mappings, 0, 2, 0, 0);
        x.free_mappings(mappings);
        return error;
      },
    },
  },
  {
    package: "snappy-wasm",
    version: "0.3.0",
    path: "es/snappy_bg.wasm",
    toolchain: "Rust, wasm-bindgen",
    licence: "MIT",
    work: {
      imports: (_, log) => ({ wbg: { __wbindgen_error_new: (at: number, n: number) => (log(at, n), 0) } }),
      run: (x) => roundTrip(x, "compress_raw", "decompress_raw"),
    },
  },
  {
    package: "lz4-wasm",
    version: "0.9.2",
    path: "lz4_wasm_bg.wasm",
    toolchain: "Rust, wasm-bindgen",
    licence: "MIT",
    work: {
      imports: (_, log) => ({
        "./lz4_wasm_bg.js": { __wbindgen_string_new: (at: number, n: number) => (log(at, n), 0) },
      }),
      run: (x) => roundTrip(x, "compress", "decompress"),
    },
  },
  {
    package: "@jsquash/oxipng",
    version: "2.3.0",
    path: "codec/pkg/squoosh_oxipng_bg.wasm",
    toolchain: "Rust, wasm-bindgen",
    licence: "Apache-2.0",
    work: {
      imports: (self) => ({
        wbg: {
          __wbindgen_throw: (at: number, n: number) => {
            throw new Error(textAt(self().memory, at, n));
          },
        },
      }),
      run: (x) => bindgen(x, "optimise_raw", sample(24 * 16 * 4), 24, 16, 1, 0, 0),
    },
  },
  {
    package: "tiny-secp256k1",
    version: "2.2.4",
    path: "lib/secp256k1.wasm",
    toolchain: "Rust and C",
    licence: "MIT",
    work: {
      imports: () => ({
        "./rand.js": { generateInt32: () => 0x12345678 },
        "./validate_error.js": {
          throwError: (code: number) => {
            throw new Error(`error ${code}`);
          },
        },
      }),
      run: (x) => {
        const bytes = bytesOf(x.memory);
        const part = (name: string, n: number) => bytes.slice(x[name].value, x[name].value + n);
        x.initializeContext();
        bytes.set(sample(32).map((b) => b & 0x7f | 1), x.PRIVATE_INPUT.value);
        const ok = x.pointFromScalar(33);
        const key = part("PUBLIC_KEY_INPUT", 33);
        bytes.set(sample(32), x.HASH_INPUT.value);
        x.sign(0);
        return { ok, key, signature: part("SIGNATURE_INPUT", 64), verified: x.verify(33, 0) };
      },
    },
  },
  {
    package: "undici",
    version: "7.30.2",
    path: "lib/llhttp/llhttp-wasm.js",
    toolchain: "C, clang (generated by llparse)",
    licence: "MIT",
    work: {
      imports: (self, log) => {
        const span =
          (name: string) => (_: number, at: number, n: number) => (log(name, textAt(self().memory, at, n)), 0);
        const event = (name: string) => (_: number, ...rest: number[]) => (log(name, ...rest), 0);
        return {
          env: {
            wasm_on_message_begin: event("message begin"),
            wasm_on_url: span("url"),
            wasm_on_status: span("status"),
            wasm_on_header_field: span("field"),
            wasm_on_header_value: span("value"),
            wasm_on_headers_complete: event("headers complete"),
            wasm_on_body: span("body"),
            wasm_on_message_complete: event("message complete"),
          },
        };
      },
      run: (x) => {
        x._initialize();
        const parser = x.llhttp_alloc(2), text = utf8(HTTP + HTTP + "nonsense\r\n");
        const at = x.malloc(text.length);
        bytesOf(x.memory).set(text, at);
        // In two pieces, so that the parser has to keep its state.
        const results = [x.llhttp_execute(parser, at, 70), x.llhttp_execute(parser, at + 70, text.length - 70)];
        const reason = x.llhttp_get_error_reason(parser);
        return { results, place: x.llhttp_get_error_pos(parser) - at, reason: textAt(x.memory, reason, 20) };
      },
    },
  },
  {
    package: "@bokuweb/zstd-wasm",
    version: "0.0.27",
    path: "dist/common/zstd.wasm",
    toolchain: "C, Emscripten",
    licence: "MIT",
    work: {
      imports: () => ({ a: { a: () => 0, b: () => 0, c: () => 0, d: () => 0, e: () => 0 } }),
      run: (x) => {
        const initialize = x.g, bound = x.i, compress = x.m, decompress = x.r, malloc = x.s;
        initialize();
        const input = sample(30_000);
        const from = malloc(input.length), to = malloc(bound(input.length)), back = malloc(input.length);
        bytesOf(x.f).set(input, from);
        const n = compress(to, bound(input.length), from, input.length, 3);
        const length = decompress(back, input.length, to, n);
        const same = bytesOf(x.f).slice(back, back + length).every((b, i) => b === input[i]);
        return { packed: bytesOf(x.f).slice(to, to + n), length, same };
      },
    },
  },
  {
    package: "argon2-browser",
    version: "1.18.0",
    path: "dist/argon2.wasm",
    toolchain: "C, Emscripten",
    licence: "MIT",
    work: {
      imports: (self) => ({
        a: {
          a: (to: number, from: number, n: number) => void bytesOf(self().c).copyWithin(to, from, from + n),
          b: () => 0,
        },
      }),
      run: (x) => {
        const memory = x.c, initialize = x.d, malloc = x.f, hash = x.l;
        initialize();
        const put = (bytes: Uint8Array) => {
          const at = malloc(bytes.length + 1);
          bytesOf(memory).set([...bytes, 0], at);
          return at;
        };
        const password = put(utf8("password")), salt = put(utf8("somesalt")), out = malloc(32), encoded = malloc(200);
        return [0, 1, 2].map((type) => {
          const code = hash(2, 64, 1, password, 8, salt, 8, out, 32, encoded, 200, type, 0, 0, 0, 0, 0x13);
          return [code, bytesOf(memory).slice(out, out + 32), textAt(memory, encoded, 90)];
        });
      },
    },
  },
  {
    package: "harfbuzzjs",
    version: "1.6.4",
    path: "dist/harfbuzz.wasm",
    toolchain: "C++, Emscripten",
    licence: "MIT",
    work: {
      imports: () => ({
        env: {
          _emscripten_runtime_keepalive_clear: () => {},
          _abort_js: () => {
            throw new Error("abort");
          },
          _setitimer_js: () => 0,
          emscripten_resize_heap: () => 0,
        },
        wasi_snapshot_preview1: { proc_exit: () => {} },
      }),
      run: (x) => {
        x.__wasm_call_ctors();
        const buffer = x.hb_buffer_create();
        const text = utf8("Grüße, שלום 日本 \u{1f600}");
        const at = x.malloc(text.length);
        bytesOf(x.memory).set(text, at);
        x.hb_buffer_add_utf8(buffer, at, text.length, 0, text.length);
        x.hb_buffer_guess_segment_properties(buffer);
        const n = x.hb_buffer_get_length(buffer), infos = x.hb_buffer_get_glyph_infos(buffer, 0);
        const result = bytesOf(x.memory).slice(infos, infos + 20 * n);
        x.hb_buffer_destroy(buffer);
        return { n, result };
      },
    },
  },
  {
    package: "ghostty-web",
    version: "0.4.0",
    path: "ghostty-vt.wasm",
    toolchain: "Zig",
    licence: "MIT",
    work: {
      imports: (self, log) => ({ env: { log: (at: number, n: number) => log(textAt(self().memory, at, n)) } }),
      run: (x) => {
        const terminal = x.ghostty_terminal_new(20, 5);
        const text = utf8(
          "plain \x1b[1;31mred\x1b[0m\r\n\x1b[2Cwide 日本\x1b[38;2;1;2;3mx\x1b[H\x1b[3;4Hend\x1b]0;title\x07\x1b[6n",
        );
        const at = x.ghostty_wasm_alloc_u8_array(text.length);
        bytesOf(x.memory).set(text, at);
        x.ghostty_terminal_write(terminal, at, text.length);
        x.ghostty_render_state_update(terminal);
        const room = x.ghostty_wasm_alloc_u8_array(20 * 5 * 16);
        const cells = x.ghostty_render_state_get_viewport(terminal, room, 20 * 5);
        const cursor = [x.ghostty_render_state_get_cursor_x(terminal), x.ghostty_render_state_get_cursor_y(terminal)];
        return { cells, cursor, screen: bytesOf(x.memory).slice(room, room + 20 * 5 * 16) };
      },
    },
  },
  // Validated only: they want more of their surroundings than a test should imitate.
  ...([
    ["sh-syntax", "0.7.0", "main.wasm", "Go, TinyGo", "MIT"],
    ["@ruby/prism", "1.9.0", "src/prism.wasm", "C, WASI SDK", "MIT"],
    ["@jitl/quickjs-wasmfile-release-sync", "0.32.0", "dist/emscripten-module.wasm", "C, Emscripten", "MIT"],
    ["vscode-oniguruma", "2.0.1", "release/onig.wasm", "C++, Emscripten", "MIT"],
    ["web-tree-sitter", "0.27.1", "web-tree-sitter.wasm", "C, Emscripten (dynamic linking)", "MIT"],
    ["yoga-layout", "3.2.1", "dist/binaries/yoga-wasm-base64-esm.js", "C++, Emscripten", "MIT"],
    ["brotli-wasm", "3.0.1", "pkg.node/brotli_wasm_bg.wasm", "Rust, wasm-bindgen", "Apache-2.0"],
    ["harfbuzzjs", "1.6.4", "dist/harfbuzz-subset.wasm", "C++, Emscripten", "MIT"],
    ["es-module-lexer", "3.0.5", "dist/lexer.js", "C, clang", "MIT"],
    ["argon2-browser", "1.18.0", "dist/argon2-simd.wasm", "C, Emscripten", "MIT"],
    ["undici", "7.30.2", "lib/llhttp/llhttp_simd-wasm.js", "C, clang", "MIT"],
    ["@jsquash/oxipng", "2.3.0", "codec/pkg-parallel/squoosh_oxipng_bg.wasm", "Rust", "Apache-2.0"],
  ] as const).map(([name, version, path, toolchain, licence]): RealModule => ({
    package: name,
    version,
    path,
    toolchain,
    licence,
  })),
];
