// Real programs give the outputs that are known of them, in every tier and both ways to files.

import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { Engine, type TierName, Wasi } from "../../mod.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { testUnless } from "../skip.ts";
import { noLinux } from "./guest.ts";

const FOLDER = join(dirname(fromFileUrl(import.meta.url)), "../../../shared/programs");

interface Known {
  readonly name: string;
  readonly wasm: string;
  readonly args: readonly string[];
  readonly dirs?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly exit: number;
  readonly stdoutBytes: number;
  readonly stdoutSha256: string;
  readonly dropFromOutput?: string;
}

function readManifest(): Known[] | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(`${FOLDER}/manifest.json`));
  } catch {
    return undefined;
  }
}

function run(
  known: Known,
  tier: TierName,
  files: "linux" | "deno",
): { code: number; out: Uint8Array } {
  const parts: Uint8Array[] = [];
  const preopens = Object.entries(known.dirs ?? {}).map(([guest, path]) => [
    guest,
    { path: join(FOLDER, path), readOnly: true },
  ]);
  const wasi = new Wasi({
    args: [known.wasm, ...known.args],
    preopens: Object.fromEntries(preopens),
    stdin: known.stdin === undefined ? "null" : Deno.readFileSync(`${FOLDER}/${known.stdin}`),
    stdout: (bytes) => parts.push(bytes),
    stderr: "null",
    files,
  });
  using instance = new Engine({ tier }).load(Deno.readFileSync(`${FOLDER}/${known.wasm}`), wasi.imports());
  const code = wasi.start(instance);
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return { code, out };
}

/** Output without what differs from run to run, such as times. */
function steady(known: Known, out: Uint8Array): Uint8Array {
  if (known.dropFromOutput === undefined) return out;
  const pattern = new RegExp(known.dropFromOutput.replace(/ \(per line\)$/, ""));
  const lines = new TextDecoder().decode(out).split("\n").map((line) => line.replace(pattern, ""));
  return new TextEncoder().encode(lines.join("\n"));
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource)).toHex();
}

const absent = "../shared/programs is not there";
const manifest = readManifest();
if (manifest === undefined) testUnless(absent, "real programs give the outputs that are known of them", () => {});

for (const known of manifest ?? []) {
  for (const tier of ["jit", "interp"] as const) {
    const files = tier === "jit" ? "linux" : "deno";
    const reason = tier === "jit" ? nativeUnavailable() ?? noLinux : undefined;
    testUnless(reason, `${known.name} gives its known output (${tier}, ${files} files)`, async () => {
      const { code, out } = run(known, tier, files);
      assertEquals(code, known.exit);
      const kept = steady(known, out);
      assertEquals([kept.length, await sha256(kept)], [known.stdoutBytes, known.stdoutSha256]);
    });
  }
}
