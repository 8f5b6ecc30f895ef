// Programs compiled by clang with wasi-libc (Debian: clang lld wasi-libc libclang-rt-dev-wasm32), which the test makes anew, in each tier and each way to files.

import { assertEquals } from "@std/assert";
import { Engine, Wasi } from "../../mod.ts";
import { testUnless } from "../skip.ts";
import { noLinux, temporary } from "./guest.ts";

const SOURCE = new URL("c/files.c", import.meta.url).pathname;

/** Compiles the program; undefined where that cannot be. */
function compile(): Uint8Array | undefined {
  using folder = temporary();
  const out = `${folder.path}/files.wasm`;
  try {
    const args = ["--target=wasm32-wasi", "-O2", "-o", out, SOURCE];
    const { success } = new Deno.Command("clang", { args, stdout: "null", stderr: "null" }).outputSync();
    return success ? Deno.readFileSync(out) : undefined;
  } catch {
    return undefined;
  }
}

const program = compile();
const missing = program === undefined ? "needs clang with wasi-libc" : undefined;

for (const tier of ["jit", "interp"] as const) {
  for (const files of ["linux", "deno"] as const) {
    const reason = missing ?? (tier === "jit" || files === "linux" ? noLinux : undefined);
    testUnless(
      reason,
      `a C program uses files, directories, links, dates, polling and input (${tier}, ${files} files)`,
      () => {
        using folder = temporary();
        for (const name of ["data", "fixed"]) Deno.mkdirSync(`${folder.path}/${name}`);
        Deno.writeTextFileSync(`${folder.path}/fixed/file`, "fixed");
        const out: string[] = [], err: string[] = [];
        const wasi = new Wasi({
          args: ["files", "first", ""],
          env: { NAME: "a value" },
          preopens: {
            "/data": `${folder.path}/data`,
            "/fixed": { path: `${folder.path}/fixed`, readOnly: true },
          },
          stdin: { text: "1\n20\n300\n" },
          stdout: (b) => out.push(new TextDecoder().decode(b)),
          stderr: (b) => err.push(new TextDecoder().decode(b)),
          files,
        });
        using instance = new Engine({ tier }).load(program!, wasi.imports());
        assertEquals([wasi.start(instance), out.join("")], [42, "all is well, 0\n"]);
        assertEquals(err.join(""), "sum 321\n");
        const names = [...Deno.readDirSync(`${folder.path}/data`)].map((e) => e.name).sort();
        assertEquals(names, ["link", "moved", "numbers", "other"]);
        assertEquals(Deno.statSync(`${folder.path}/data/other`).size, 98894);
        assertEquals([...Deno.readDirSync(`${folder.path}/fixed`)].length, 1);
      },
    );
  }
}
