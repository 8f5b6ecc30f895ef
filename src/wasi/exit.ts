// How a program ends by its own will: no trap, and nothing that Wasm could catch.

import { Uncatchable } from "../wasm/errors.ts";

/** Thrown by `proc_exit` and `proc_raise` through the program, to whoever called it. `Wasi.start()` gives the code instead. */
export class WasiExit extends Uncatchable {
  /** The class's name. */
  override name = "WasiExit";
  /** Takes the exit code, from 0 to 2^32 - 1. */
  constructor(
    /** The exit code. */
    readonly code: number,
  ) {
    super(`the program ended with exit code ${code}`);
  }
}
