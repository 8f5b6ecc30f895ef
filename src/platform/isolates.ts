// Which isolates of the process run native code: each holds an entry as long as its thread lives. Whoever comes finds those whose thread has ended, however that
// came about, and gives back what they had. Takes the registry's address; what is in an entry stands in registry.ts.

import { BugError } from "../base/bug.ts";
import { ResourceError } from "../wasm/errors.ts";
import { dropUser } from "./code_groups.ts";
import { dropEntriesOf } from "./debugger_list.ts";
import { CODE_RANGE_BYTES, reserveCodeRange } from "./executable_memory.ts";
import { bufferAt, libc, libpthread } from "./ffi.ts";
import { LEDGER_BLOCK_BYTES, settleLedger } from "./ledger.ts";
import { Access, LEDGER, mapForProcess, unmapForProcess, unmapToReserve } from "./native_memory.ts";
import { ISOLATE, PROCESS, REGISTRY } from "./registry.ts";

/** glibc's and Linux's numbers. */
const EBUSY = 16, EDEADLK = 35, EOWNERDEAD = 130;
const PTHREAD_MUTEX_ERRORCHECK = 2, PTHREAD_MUTEX_ROBUST = 1;
/** More than a `pthread_mutexattr_t` takes. */
const ATTRIBUTE_BYTES = 16;

/** An entry that this isolate holds. */
export interface IsolateEntry {
  readonly number: number;
  /** The range for its code: {@link CODE_RANGE_BYTES} in which nothing is mapped. */
  readonly codeAddress: number;
}

/** Numbers in the {@link PROCESS} area. */
interface Area {
  readonly registry: number;
  readonly address: number;
  readonly words: BigUint64Array;
  readonly counts: Int32Array;
}
let area: Area | undefined;
let mine: IsolateEntry | undefined;

function initMutex(address: number): void {
  const { pthread_mutexattr_init, pthread_mutexattr_setrobust, pthread_mutexattr_settype, pthread_mutex_init } =
    libpthread();
  const attributes = new Uint8Array(ATTRIBUTE_BYTES);
  pthread_mutexattr_init(attributes);
  pthread_mutexattr_setrobust(attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_settype(attributes, PTHREAD_MUTEX_ERRORCHECK);
  if (pthread_mutex_init(BigInt(address), attributes) !== 0) throw new BugError("a mutex cannot be made");
}

/** Finds the area of the process, or makes it; of several isolates that do, one is the first. */
function openArea(registry: number): Area {
  const field = new BigInt64Array(bufferAt(registry + REGISTRY.process, 8));
  if (Atomics.load(field, 0) === 0n) {
    const made = mapForProcess(PROCESS.bytes, Access.READ_WRITE);
    const fields = new BigUint64Array(bufferAt(made, PROCESS.isolates + (1 << ISOLATE.log2)));
    const codeAddress = reserveCodeRange();
    initMutex(made + PROCESS.lock);
    fields[(PROCESS.isolates + ISOLATE.codeAddress) / 8] = BigInt(codeAddress);
    fields[(PROCESS.isolates + ISOLATE.codeBytes) / 8] = BigInt(CODE_RANGE_BYTES);
    fields[PROCESS.isolateCount / 8] = 1n;
    if (Atomics.compareExchange(field, 0, 0n, BigInt(made)) !== 0n) {
      unmapForProcess(codeAddress, CODE_RANGE_BYTES);
      unmapForProcess(made, PROCESS.bytes);
    }
  }
  const address = Number(Atomics.load(field, 0)), memory = bufferAt(address, PROCESS.bytes);
  return { registry, address, words: new BigUint64Array(memory), counts: new Int32Array(memory) };
}

function theArea(): Area {
  if (area === undefined) throw new BugError("no native code was started");
  return area;
}

/**
 * Runs `f` while no other isolate changes what isolates share. Where a thread ended in the middle of that (a Worker was terminated), the next takes over: so what `f`
 * does must leave things in order after each step, or lose some memory at worst.
 */
export function whileLocked<T>(f: () => T): T {
  const { address } = theArea(), lock = BigInt(address + PROCESS.lock);
  const { pthread_mutex_lock, pthread_mutex_consistent, pthread_mutex_unlock } = libpthread();
  const status = pthread_mutex_lock(lock);
  if (status === EOWNERDEAD) pthread_mutex_consistent(lock);
  else if (status !== 0) throw new BugError(`the lock of the process cannot be had: error ${status}`);
  try {
    return f();
  } finally {
    pthread_mutex_unlock(lock);
  }
}

/** The 64-bit word of an isolate's entry. */
function wordOf(number: number, field: number): number {
  return (PROCESS.isolates + (number << ISOLATE.log2) + field) / 8;
}

/** Tries to get an entry whose thread has ended, or that nobody has, and gives back what is in it. */
function takeOver(area: Area, number: number): boolean {
  const { address } = area;
  const mutex = BigInt(address + 8 * wordOf(number, ISOLATE.mutex));
  const { pthread_mutex_trylock, pthread_mutex_consistent } = libpthread();
  const status = pthread_mutex_trylock(mutex);
  if (status === EBUSY || status === EDEADLK) return false;
  if (status === EOWNERDEAD) {
    clear(area, number);
    pthread_mutex_consistent(mutex);
  } else if (status !== 0) throw new BugError(`the mutex of isolate ${number} cannot be had: error ${status}`);
  return true;
}

/** Gives back what an isolate had whose thread has ended. Can be begun again where it was left in the middle. */
function clear({ registry, words }: Area, number: number): void {
  words[wordOf(number, ISOLATE.thread)] = 0n;
  words[wordOf(number, ISOLATE.notes)] = 0n;
  dropEntriesOf(number, registry);
  // In one step, with all code that was there: the range stays.
  const codeBytes = Number(words[wordOf(number, ISOLATE.codeBytes)]);
  if (codeBytes > 0) unmapToReserve(Number(words[wordOf(number, ISOLATE.codeAddress)]), codeBytes);
  for (let group = 0; group < PROCESS.maxGroups; group++) dropUser(words, group, number);
  const ledger = Number(words[wordOf(number, ISOLATE.ledger)]);
  if (ledger === 0) return;
  settleLedger(ledger, unmapForProcess);
  words[wordOf(number, ISOLATE.ledger)] = 0n;
  unmapForProcess(ledger, LEDGER_BLOCK_BYTES);
}

/** The isolate's entry, which it gets when it first asks. `registry` is the address of the registry. Throws ResourceError when too many isolates live. */
export function enterProcess(registry: number): IsolateEntry {
  return mine ??= enter(area = openArea(registry));
}

function enter(area: Area): IsolateEntry {
  const { words, counts } = area, ledger = LEDGER.address;
  return whileLocked(() => {
    const number = clearEnded(area, true);
    const address = wordOf(number, ISOLATE.codeAddress);
    try {
      if (words[address] === 0n) words[address] = BigInt(reserveCodeRange());
    } catch (error) {
      libpthread().pthread_mutex_unlock(BigInt(area.address + 8 * wordOf(number, ISOLATE.mutex)));
      throw error;
    }
    words[wordOf(number, ISOLATE.codeBytes)] = BigInt(CODE_RANGE_BYTES);
    words[wordOf(number, ISOLATE.ledger)] = BigInt(ledger);
    const thread = BigInt(libc().gettid());
    // Of an isolate that this thread had before, nobody looks at the notes any more.
    for (let other = 1; other < counts[PROCESS.isolateCount / 4]; other++) {
      if (words[wordOf(other, ISOLATE.thread)] === thread) words[wordOf(other, ISOLATE.thread)] = 0n;
    }
    words[wordOf(number, ISOLATE.thread)] = thread;
    if (number === counts[PROCESS.isolateCount / 4]) Atomics.store(counts, PROCESS.isolateCount / 4, number + 1);
    return { number, codeAddress: Number(words[address]) };
  });
}

/** Goes through all entries; gives the one that was taken, if one is wanted, and -1 otherwise. */
function clearEnded(area: Area, wanted: boolean): number {
  const { address, counts } = area, count = counts[PROCESS.isolateCount / 4];
  const { pthread_mutex_unlock } = libpthread();
  let taken = -1;
  for (let number = 1; number < count; number++) {
    if (!takeOver(area, number)) continue;
    if (wanted && taken < 0) taken = number;
    else pthread_mutex_unlock(BigInt(address + 8 * wordOf(number, ISOLATE.mutex)));
  }
  if (!wanted || taken >= 0) return taken;
  if (count === PROCESS.maxIsolates) {
    throw new ResourceError(`${PROCESS.maxIsolates - 1} Workers of this process run native code: no more can`);
  }
  initMutex(address + 8 * wordOf(count, ISOLATE.mutex));
  if (!takeOver(area, count)) throw new BugError("a new mutex is taken");
  return count;
}

/** Gives back what isolates had whose threads have ended. Does nothing where no native code was started. */
export function giveBackOfEnded(): void {
  const known = area;
  if (known !== undefined) whileLocked(() => clearEnded(known, false));
}

/** The words of the area of the process. */
export function processWords(): BigUint64Array {
  return theArea().words;
}

/** The number of this isolate's entry. */
export function thisIsolate(): number {
  if (mine === undefined) throw new BugError("no native code was started");
  return mine.number;
}

/** Writes where this isolate's notes are into its entry. */
export function describeNotes(entry: IsolateEntry, notes: number): void {
  const { words } = theArea();
  words[wordOf(entry.number, ISOLATE.notes)] = BigInt(notes);
}

/** How many entries there are, and how many of them are held by a thread that lives; of the process, this isolate included. */
export function isolateFigures(): { readonly entries: number; readonly living: number } {
  const { counts, words } = theArea(), entries = counts[PROCESS.isolateCount / 4] - 1;
  let living = 0;
  for (let i = 1; i <= entries; i++) if (words[wordOf(i, ISOLATE.thread)] !== 0n) living++;
  return { entries, living };
}
