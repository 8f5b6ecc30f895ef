// gdb's JIT interface: a list in native memory of ELF files, one for each piece of machine code, which the debugger reads when the process reaches a function
// that does nothing. Takes names and addresses. The list belongs to the process; isolates take turns.

import { BugError } from "../base/bug.ts";
import { type ElfMachine, writeSymbolFile } from "../object/elf.ts";
import { ResourceError } from "../wasm/errors.ts";
import { bufferAt, libc } from "./ffi.ts";
import { REGISTRY } from "./signals.ts";

const Action = { REGISTER: 1, UNREGISTER: 2 } as const;
/** Fields of gdb's `struct jit_descriptor`. */
const DESCRIPTOR = { action: 4, relevant: 8, first: 16 } as const;
/** Fields of gdb's `struct jit_code_entry`; the file follows. */
const ENTRY = { next: 0, previous: 8, file: 16, fileBytes: 24, bytes: 32 } as const;

interface Entry {
  readonly address: number;
  readonly fields: BigUint64Array;
}

/** What this isolate has told a debugger. */
export class DebuggerList {
  readonly #words: Int32Array;
  readonly #fields: BigUint64Array;
  readonly #entries = new Map<number, Entry>();

  /** Takes the address of the registry, and the function at which a debugger waits. */
  constructor(registry: number, readonly tell: () => void, readonly machine: ElfMachine) {
    const memory = bufferAt(registry, REGISTRY.bytes);
    this.#words = new Int32Array(memory);
    this.#fields = new BigUint64Array(memory, REGISTRY.debugger);
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
    this.#entries.set(start, { address, fields });
    this.#locked(() => {
      const first = this.#fields[DESCRIPTOR.first / 8];
      fields[ENTRY.next / 8] = first;
      if (first !== 0n) fieldsAt(first)[ENTRY.previous / 8] = BigInt(address);
      this.#fields[DESCRIPTOR.first / 8] = BigInt(address);
      this.#say(Action.REGISTER, address);
    });
  }

  /** Takes the code that starts there from the list. */
  removed(start: number): void {
    const entry = this.#entries.get(start);
    if (entry === undefined) throw new BugError("the debugger was not told of code that goes");
    this.#entries.delete(start);
    this.#locked(() => {
      const next = entry.fields[ENTRY.next / 8], previous = entry.fields[ENTRY.previous / 8];
      if (previous !== 0n) fieldsAt(previous)[ENTRY.next / 8] = next;
      else this.#fields[DESCRIPTOR.first / 8] = next;
      if (next !== 0n) fieldsAt(next)[ENTRY.previous / 8] = previous;
      this.#say(Action.UNREGISTER, entry.address);
    });
    (entry.fields.buffer as ArrayBuffer).transfer(0);
    libc().free(BigInt(entry.address));
  }

  #say(action: number, address: number): void {
    this.#words[(REGISTRY.debugger + DESCRIPTOR.action) >> 2] = action;
    this.#fields[DESCRIPTOR.relevant / 8] = BigInt(address);
    this.tell();
  }

  /** Runs `change` while no other isolate changes the list. */
  #locked(change: () => void): void {
    const lock = REGISTRY.debuggerLock >> 2;
    while (Atomics.compareExchange(this.#words, lock, 0, 1) !== 0);
    try {
      change();
    } finally {
      Atomics.store(this.#words, lock, 0);
    }
  }
}

function fieldsAt(address: bigint): BigUint64Array {
  return new BigUint64Array(bufferAt(Number(address), ENTRY.bytes));
}
