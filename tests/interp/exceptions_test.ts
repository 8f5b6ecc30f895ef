import { assert, assertEquals } from "@std/assert";
import { moduleCode } from "../../src/interp/code.ts";
import { STOPPED } from "../../src/interp/run.ts";
import type { Thread } from "../../src/interp/thread.ts";
import { RunStatus } from "../../src/runtime/tier.ts";
import { Interpreted } from "./interpreted.ts";

const TEXT = `(module (tag $t (param i32)) (type $f (func (param i32) (result i32)))
  (elem declare func $throws)
  (func $throws (type $f) (throw $t (i32.mul (local.get 0) (i32.const 2))))
  (func $tail (param i32) (result i32) (return_call_ref $f (local.get 0) (ref.func $throws)))
  (func (export "run") (param i32) (result i32)
    (try (result i32)
      (do (block $h (result i32 exnref)
            (try_table (result i32) (catch_ref $t $h) (call $tail (local.get 0)))
            (return))
          (throw_ref))
      (catch $t (i32.add (i32.const 1))))))`;

function begin(subject: Interpreted, arg: number): Thread {
  const thread = subject.thread();
  thread.sp += 1;
  thread.i32[2 * (thread.sp - 1)] = arg;
  assert(thread.enter(subject.func("run")));
  return thread;
}

Deno.test("step() goes on at the handler after an instruction that throws, and in the frame of a tail call", () => {
  const subject = new Interpreted(TEXT);
  assertEquals(subject.call("run", 20), [41]);
  const thread = begin(subject, 20);
  const names: string[] = [];
  let status: RunStatus | typeof STOPPED;
  while ((status = thread.step()) === STOPPED) {
    const frames = thread.frames(thread.level);
    assertEquals(frames[0].offset, thread.offset);
    if (names.at(-1) !== String(frames.map((f) => f.index))) names.push(String(frames.map((f) => f.index)));
  }
  assertEquals(status, RunStatus.DONE);
  assertEquals(thread.i32[2 * (thread.sp - 1)], 41);
  assertEquals(names, ["2", "1,2", "0,2", "2"]);
  thread.reset();
});

Deno.test("a stop at a handler's first instruction holds run there", () => {
  const subject = new Interpreted(TEXT);
  const body = subject.instance.module.funcs[2].body!;
  const code = moduleCode(subject.instance.valid, false);
  const at = subject.instance.module.bytes.lastIndexOf(0x0a, body.end);
  code.setStop(at);
  const thread = begin(subject, 3);
  assertEquals(thread.runToStop(), STOPPED);
  assertEquals(thread.offset, at);
  code.clearStop(at);
  assertEquals(thread.step(), STOPPED);
  assertEquals(thread.runToStop(), RunStatus.DONE);
  assertEquals(thread.i32[2 * (thread.sp - 1)], 7);
  thread.reset();
});
