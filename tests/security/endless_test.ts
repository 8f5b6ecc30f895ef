// Loops that never leave by themselves, and leave the running tier at each pass, by a call, a throw or a tail call: a deadline ends them all.

import { assertEquals, assertThrows } from "@std/assert";
import { Trap } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

const PROGRAM = `(module (import "h" "host" (func $host)) (import "h" "fails" (func $fails)) (tag $t)
  (func $one (result i32) (i32.const 1))
  (func (export "calls") (loop $l (drop (call $one)) (br $l)))
  (func (export "calls the host") (loop $l (call $host) (br $l)))
  (func $throws (throw $t))
  (func (export "throws to its head") (loop $l (try_table (catch_all $l) (throw $t))))
  (func (export "throws forwards") (loop $l (block $b (try_table (catch_all $b) (throw $t))) (br $l)))
  (func (export "catches from a callee") (loop $l (try_table (catch_all $l) (call $throws))))
  (func (export "catches from the host") (loop $l (try_table (catch_all $l) (call $fails))))
  (func $hosted (call $host) (throw $t))
  (func (export "catches from a callee that calls the host") (loop $l (block $b (try_table (catch_all $b) (call $hosted))) (br $l)))
  (func $tail (export "tail calls") (call $host) (return_call $tail2))
  (func $tail2 (return_call $tail))
  (memory 1)
  (func (export "grows by nothing") (loop $l (drop (memory.grow (i32.const 0))) (br $l))))`;

testInTiers("deadlines and interruptions end every loop", ({ engine, load }) => {
  const fails = () => {
    throw new Error("no");
  };
  let calls = 0;
  const host = () => {
    if (++calls === interruptAfter) Atomics.or(engine.interruptWord, 0, 1);
  };
  let interruptAfter = -1;
  const { exports } = load(PROGRAM, { h: { host, fails } });
  for (const name of Object.keys(exports)) {
    assertThrows(() => engine.withDeadline(20, () => exports[name]()), Trap, "deadline exceeded", name);
  }
  interruptAfter = 5;
  for (const name of ["calls the host", "catches from a callee that calls the host", "tail calls"]) {
    calls = 0;
    assertThrows(() => exports[name](), Trap, "interrupted", name);
    assertEquals(calls, interruptAfter);
    Atomics.and(engine.interruptWord, 0, ~1);
  }
});
