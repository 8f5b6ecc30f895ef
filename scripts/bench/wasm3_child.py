# wasm3's side: reads questions as JSON lines, answers with milliseconds, like liftoff_child.ts.

import json
import sys
import time

import wasm3

STACK_BYTES = 1 << 20
environment = wasm3.Environment()



def answer(question):
    runtime = environment.new_runtime(STACK_BYTES)
    try:
        runtime.load(environment.parse_module(bytes(question["bytes"])))
        run = runtime.find_function("run")
    except RuntimeError as error:
        # It does not know all of WebAssembly.
        return {"refused": str(error)}
    began = time.perf_counter()
    result = run(question["n"])
    ms = (time.perf_counter() - began) * 1000
    # Results are i64, in JavaScript's notation.
    signed = (result + 2**63) % 2**64 - 2**63
    return {"ms": ms, "result": str(signed)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
