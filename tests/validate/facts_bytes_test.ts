import { assert, assertEquals } from "@std/assert";
import { assemble, decode, validate } from "../../src/engine/pipeline.ts";
import { factsFromBytes, factsToBytes } from "../../src/validate/facts_bytes.ts";

Deno.test("factsFromBytes() gives what factsToBytes() was given: side tables, handlers, moves of vectors, slots", () => {
  const { bodies } = validate(decode(assemble(`(module
    (tag $t (param i32))
    (func (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
    (func)
    (func (param $v v128) (param $i i32) (result v128) (local $w v128)
      (local.set $w (local.get $v))
      (block $b (result i32)
        (try_table (catch $t $b) (throw $t (local.get $i)))
        (i32.const 0))
      (drop)
      (local.get $w)))`)));
  assert(bodies[2].handlers.length > 0 && bodies[2].vectorMoves.length > 0 && bodies[2].localSlot !== undefined);
  const bytes = factsToBytes(bodies);
  const read = factsFromBytes(bytes, 3)!;
  bodies.forEach((facts, i) => {
    for (const name of Object.keys(facts) as (keyof typeof facts)[]) assertEquals(read[i][name], facts[name], name);
  });
  assertEquals(factsFromBytes(bytes, 4), undefined);
  assertEquals(factsFromBytes(bytes.slice(0, -4), 3), undefined);
});
