// The fields of a stack block that `enter` takes: which thunk, which function, which instance.

import { writeAddress } from "../abi/native.ts";
import { STACK } from "../abi/vmctx.ts";
import type { WasmFunc } from "./func.ts";
import type { Store } from "./store.ts";

/** First word of the fields that `enter` takes from a stack block, which are neighbours: thunk, record, vmctx. */
export const CALL_WORDS = STACK.thunk >> 2;

/** The words of these fields for a call of `func`. */
export function nativeCall(store: Store, func: WasmFunc): Int32Array {
  const words = new Int32Array(6);
  const at = STACK.thunk;
  writeAddress(words, STACK.thunk - at, store.native!.entryThunk(func).entry);
  writeAddress(words, STACK.record - at, store.recordAddress(func));
  writeAddress(words, STACK.vmctx - at, func.instance!.vmctxAddress);
  return words;
}
