// Services that machine code asks for by an exit HELPER: finds arguments in the stack block, runs the instruction, puts results there.

import { readAddress } from "../abi/native.ts";
import { Helper, HELPERS } from "../abi/helpers.ts";
import { STACK } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import { Right } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";
import { type Limits, TYPES } from "../wasm/types.ts";
import { memoryCopy, memoryFill, memoryInit, OK, type Outcome, tableCopy, tableFill, tableInit } from "./bulk.ts";
import { payloadAt, WasmException } from "./exception.ts";
import type { WasmInstance } from "./instance.ts";
import { serveObjects } from "./object_helpers.ts";
import type { WasmMemory } from "./memory.ts";
import type { Store } from "./store.ts";
import { notify, wait } from "./waiting.ts";

const ARGS = STACK.args >> 2;

/** Runs the helper that the block `words` asks for. Calls `trap` when the instruction traps; gives the exception if it throws one. */
export function runHelper(
  store: Store,
  words: Int32Array,
  trap: (code: TrapCode) => never,
): WasmException | undefined {
  const id = words[STACK.helper >> 2] as Helper;
  const instance = store.instanceAt(readAddress(words, STACK.vmctx));
  if (instance === undefined) throw new BugError(`helper ${HELPERS[id]?.name} was asked for by no instance`);
  if (id === Helper.THROW) {
    const tag = instance.tags[words[ARGS]];
    return new WasmException(tag, payloadAt(words, ARGS + 2, 2 * tag.payloadSlots));
  }
  if (id === Helper.THROW_REF) return store.exceptions.ofRef(words[ARGS]);
  const outcome = id >= Helper.STRUCT_NEW_DEFAULT && id <= Helper.REF_CAST
    ? serveObjects(id, instance, words, ARGS)
    : serve(id, instance, words, (k) => words[ARGS + 2 * k] >>> 0, (value) => {
      words[ARGS] = value;
      words[ARGS + 1] = Math.floor(value / 2 ** 32);
    });
  if (outcome !== OK) trap(outcome);
  return undefined;
}

function serve(
  id: Helper,
  i: WasmInstance,
  words: Int32Array,
  arg: (k: number) => number,
  give: (value: number) => void,
): Outcome {
  /** An argument that is an address, index or count in what has `limits`: not exact beyond 2^53, and out of bounds there. */
  const place = (k: number, { is64 }: Pick<Limits, "is64">) =>
    arg(k) + (is64 ? (words[ARGS + 2 * k + 1] >>> 0) * 2 ** 32 : 0);
  switch (id) {
    case Helper.MEMORY_GROW: {
      const memory = i.memories[arg(0)];
      give(memory.grow(place(1, memory.type)));
      return OK;
    }
    case Helper.MEMORY_COPY: {
      const to = i.memories[arg(0)], from = i.memories[arg(1)];
      const count = place(4, to.type.is64 ? from.type : to.type);
      return memoryCopy(to, from, place(2, to.type), place(3, from.type), count);
    }
    case Helper.MEMORY_FILL: {
      const memory = i.memories[arg(0)];
      return memoryFill(memory, place(1, memory.type), arg(2), place(3, memory.type));
    }
    case Helper.MEMORY_INIT:
      return memoryInit(i, arg(0), arg(1), place(2, i.memories[arg(1)].type), arg(3), arg(4));
    case Helper.MEMORY_LENGTH:
      // Asking renews what the record says.
      return i.memories[arg(0)].byteLength < 0 ? TrapCode.MEMORY_OUT_OF_BOUNDS : OK;
    case Helper.MEMORY_SIZE:
      give(i.memories[arg(0)].pages);
      return OK;
    case Helper.MEMORY_CHECK: {
      const end = place(1, WIDE), size = arg(2);
      give(i.memories[arg(0)].prepare(end - size, size, arg(3), false, arg(4)) === OK ? 0 : 1);
      return OK;
    }
    case Helper.ATOMIC_NOTIFY:
    case Helper.ATOMIC_WAIT32:
    case Helper.ATOMIC_WAIT64:
      return atomicWait(id, i.memories[arg(0)], words, place, give);
    case Helper.DATA_DROP:
      i.dropData(arg(0));
      return OK;
    case Helper.TABLE_GET: {
      const table = i.tables[arg(0)];
      if (arg(1) >= table.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
      give(table.get(arg(1)));
      return OK;
    }
    case Helper.TABLE_SET: {
      const table = i.tables[arg(0)];
      if (arg(1) >= table.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
      table.set(arg(1), arg(2));
      return OK;
    }
    case Helper.TABLE_GROW: {
      const table = i.tables[arg(0)];
      give(table.grow(place(2, table.type), arg(1)));
      return OK;
    }
    case Helper.TABLE_FILL: {
      const table = i.tables[arg(0)];
      return tableFill(table, place(1, table.type), arg(2), place(3, table.type));
    }
    case Helper.TABLE_COPY: {
      const to = i.tables[arg(0)], from = i.tables[arg(1)];
      const count = place(4, to.type.is64 ? from.type : to.type);
      return tableCopy(to, from, place(2, to.type), place(3, from.type), count);
    }
    case Helper.TABLE_INIT:
      return tableInit(i, arg(0), arg(1), place(2, i.tables[arg(1)].type), arg(3), arg(4));
    case Helper.FUNCTION_MATCHES:
      give(TYPES.isSubtype(i.store.func(arg(0)).typeId, i.module.canonical[arg(1)]) ? 1 : 0);
      return OK;
    case Helper.ELEM_DROP:
      i.dropElem(arg(0));
      return OK;
    case Helper.TABLE_SIZE:
      give(i.tables[arg(0)].length);
      return OK;
    case Helper.REF_FUNC:
      give(i.funcs[arg(0)].ref);
      return OK;
    default:
      throw new BugError(`there is no helper ${id}`);
  }
}

const WIDE: Pick<Limits, "is64"> = { is64: true };

/** Arguments: memory, constant offset, address, then the count, or what is expected and nanoseconds. */
function atomicWait(
  id: Helper,
  memory: WasmMemory,
  words: Int32Array,
  place: (k: number, limits: Pick<Limits, "is64">) => number,
  give: (value: number) => void,
): Outcome {
  const low = (k: number) => words[ARGS + 2 * k];
  const bytes = id === Helper.ATOMIC_WAIT64 ? 8 : 4;
  const offset = place(1, WIDE), at = place(2, memory.type) + offset;
  // Only the lowest bits decide the alignment, so that the rounding of huge sums does no harm.
  if (((low(2) & 7) + offset % 8) % bytes !== 0) return TrapCode.UNALIGNED_ATOMIC;
  if (at + bytes > memory.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  if (memory.protection !== undefined) {
    const outcome = memory.prepare(at, bytes, Right.READ);
    if (outcome !== OK) return outcome;
  }
  const { shared } = memory;
  const atomics = shared === undefined ? undefined : memory.sharedAtomics;
  const long = (k: number) => BigInt(low(k) >>> 0) | BigInt(words[ARGS + 2 * k + 1]) << 32n;
  if (id === Helper.ATOMIC_NOTIFY) {
    give(atomics === undefined ? 0 : notify(atomics, at, low(3) >>> 0));
    return OK;
  }
  if (atomics === undefined) return TrapCode.EXPECTED_SHARED_MEMORY;
  const outcome = wait(atomics, at, bytes, long(3), long(4));
  if ("trap" in outcome) return outcome.trap;
  give(outcome.result);
  return OK;
}
