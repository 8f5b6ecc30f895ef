// Runs a WASI command that sees one folder of the host: it leaves a note there, and tries to leave the folder. Then the same program with the folder read only.
// deno run --allow-read --allow-write --allow-ffi examples/wasi_program.ts

import { Engine, Wasi } from "../mod.ts";

const engine = new Engine();
const module = engine.compile(`(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "note.txt")
  (data (i32.const 48) "../note.txt")
  (data (i32.const 64) "was here\\n")

  ;; Makes a file below descriptor 3, the first folder that a program is given, with the right to write (64); gives the error code.
  (func $create (param $path i32) (param $length i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (local.get $length)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
  ;; Writes the text at 64 to a descriptor.
  (func $write (param $fd i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 9))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16))))

  (func (export "_start") (local $error i32)
    (local.set $error (call $create (i32.const 32) (i32.const 8)))
    (if (local.get $error) (then (call $proc_exit (local.get $error))))
    (call $write (i32.load (i32.const 16)))
    (call $write (i32.const 1))
    (call $proc_exit (call $create (i32.const 48) (i32.const 11)))))`);

const folder = await Deno.makeTempDir();
for (const readOnly of [false, true]) {
  const wasi = new Wasi({
    args: ["note"],
    preopens: { "/notes": { path: folder, readOnly } },
    stdout: (bytes) => console.log("the program says:", new TextDecoder().decode(bytes).trim()),
  });
  using instance = engine.instantiate(module, wasi.imports());
  const code = wasi.start(instance);
  // 63 is EPERM: that path leads out, or nothing may be changed.
  console.log(readOnly ? "with the folder read only" : "with the folder", "it ended with exit code", code);
}
console.log("the note:", (await Deno.readTextFile(`${folder}/note.txt`)).trim());
await Deno.remove(folder, { recursive: true });
