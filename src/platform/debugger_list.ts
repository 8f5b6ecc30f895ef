// gdb's JIT interface: a list in native memory of ELF files, one for each piece of machine code, which the debugger reads when the process reaches a function
// that does nothing. Takes names and addresses. The list belongs to the process; isolates take turns.

import { BugError } from "../base/bug.ts";
import { type ElfMachine, writeSymbolFile } from "../object/elf.ts";
import { ResourceError } from "../wasm/errors.ts";
import { bufferAt, libc } from "./ffi.ts";
import { REGISTRY } from "./registry.ts";

const Action = { REGISTER: 1, UNREGISTER: 2 } as const;
/** Fields of gdb's `struct jit_descriptor`. */
const DESCRIPTOR = { action: 4, relevant: 8, first: 16 } as const;
/** Fields of gdb's `struct jit_code_entry`, then the number of the isolate that made it; the file follows. */
const ENTRY = { next: 0, previous: 8, file: 16, fileBytes: 24, isolate: 32, bytes: 40 } as const;

interface Entry {
  readonly address: number;
  readonly fields: BigUint64Array;
}

/** What this isolate has told a debugger. */
export class DebuggerList {
  readonly #list: List;
  readonly #entries = new Map<number, Entry>();

  /** Takes the address of the registry, the function at which a debugger waits, the number of this isolate, and what lets one isolate at a time change the list. */
  constructor(
    registry: number,
    readonly tell: () => void,
    readonly machine: ElfMachine,
    readonly isolate: number,
    readonly whileLocked: (change: () => void) => void,
  ) {
    this.#list = listAt(registry);
  }

  /** Puts machine code on the list. Throws ResourceError when there is no room. */
  added(name: string, start: number, bytes: number): void {
    const file = writeSymbolFile(this.machine, name, start, bytes);
    const total = ENTRY.bytes + file.length;
    const address = Number(libc().malloc(BigInt(total)));
    if (address === 0) throw new ResourceError(`no room for ${total} bytes of names for a debugger`);
    const memory = bufferAt(address, total);
    new Uint8Array(memory).set(file, ENTRY.bytes);
    const fields = new BigUint64Array(memory, 0, ENTRY.bytes / 8);
    fields[ENTRY.previous / 8] = 0n;
    fields[ENTRY.file / 8] = BigInt(address + ENTRY.bytes);
    fields[ENTRY.fileBytes / 8] = BigInt(file.length);
    fields[ENTRY.isolate / 8] = BigInt(this.isolate);
    this.#entries.set(start, { address, fields });
    this.whileLocked(() => {
      const list = this.#list.fields, first = list[DESCRIPTOR.first / 8];
      fields[ENTRY.next / 8] = first;
      if (first !== 0n) fieldsAt(first)[ENTRY.previous / 8] = BigInt(address);
      list[DESCRIPTOR.first / 8] = BigInt(address);
      this.#say(Action.REGISTER, address);
    });
  }

  /** Takes the code that starts there from the list. */
  removed(start: number): void {
    const entry = this.#entries.get(start);
    if (entry === undefined) throw new BugError("the debugger was not told of code that goes");
    this.#entries.delete(start);
    this.whileLocked(() => {
      unlink(this.#list, entry.fields);
      this.#say(Action.UNREGISTER, entry.address);
    });
    (entry.fields.buffer as ArrayBuffer).transfer(0);
    libc().free(BigInt(entry.address));
  }

  #say(action: number, address: number): void {
    this.#list.words[DESCRIPTOR.action >> 2] = action;
    this.#list.fields[DESCRIPTOR.relevant / 8] = BigInt(address);
    this.tell();
  }
}

interface List {
  readonly words: Int32Array;
  readonly fields: BigUint64Array;
}

function listAt(registry: number): List {
  const memory = bufferAt(registry, REGISTRY.bytes);
  return {
    words: new Int32Array(memory, REGISTRY.debugger),
    fields: new BigUint64Array(memory, REGISTRY.debugger),
  };
}

function unlink({ fields: list }: List, fields: BigUint64Array): void {
  const next = fields[ENTRY.next / 8], previous = fields[ENTRY.previous / 8];
  if (previous !== 0n) fieldsAt(previous)[ENTRY.next / 8] = next;
  else list[DESCRIPTOR.first / 8] = next;
  if (next !== 0n) fieldsAt(next)[ENTRY.previous / 8] = previous;
}

/** Takes what an isolate that has ended put there from the list, while nobody else changes it. A debugger that is there now is not told. */
export function dropEntriesOf(isolate: number, registry: number): void {
  const list = listAt(registry);
  for (let at = list.fields[DESCRIPTOR.first / 8]; at !== 0n;) {
    const fields = fieldsAt(at), next = fields[ENTRY.next / 8];
    if (fields[ENTRY.isolate / 8] === BigInt(isolate)) {
      unlink(list, fields);
      libc().free(at);
    }
    at = next;
  }
}

function fieldsAt(address: bigint): BigUint64Array {
  return new BigUint64Array(bufferAt(Number(address), ENTRY.bytes));
}
