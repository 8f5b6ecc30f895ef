// What all isolates of the process share, in native memory: old signal handlers, which isolates run native code and where their code lies, shared code.
// Takes the address of the first part, which lies in the stubs' data; layouts only: what is done with them is signals.ts's, isolates.ts's and shared_code.ts's affair.

/** Layout of the registry in the stubs' data, which the signal handler reads. It is zero at first. */
export const REGISTRY = {
  /** 32 × u64: the handler that was there before ours, by signal number. */
  oldHandlers: 0,
  /** 32 × u32: 1 once the old handler is written. */
  installed: 256,
  /** 32 zero bytes: the kernel's `struct sigaction` of the default action. */
  defaultAction: 384,
  /** u64: address of the {@link PROCESS} area, which never changes once it is set. */
  process: 416,
  /** u32: 1 once a fault is being reported, so that a fault of the report is not. */
  reporting: 424,
  /** gdb's `struct jit_descriptor`: u32 version (1), u32 action, u64 the entry it is about, u64 first entry. */
  debugger: 432,
  bytes: 464,
} as const;

/** Most isolates that run native code at once. */
const MAX_ISOLATES = 1024;
/** Most modules whose code is shared at once. */
const MAX_GROUPS = 512;
const ISOLATES_AT = 128;

/** Fields of an isolate's entry. That of number 0 belongs to nobody: its code is what isolates share. */
export const ISOLATE = {
  /** A robust mutex that the isolate's thread holds as long as it lives. */
  mutex: 0,
  /** u64: where its code lies, or that of whoever has the entry next: it is never given back, so that no later mapping is taken for generated code. */
  codeAddress: 64,
  /** u64: bytes of that; 0 until it is there. Never changes afterwards. */
  codeBytes: 72,
  /** u64: the thread, as `gettid()` gives it. */
  thread: 80,
  /** u64: address of its notes (notes.ts). */
  notes: 88,
  /** u64: address of its ledger (ledger.ts); 0 if it has none. */
  ledger: 96,
  log2: 7,
} as const;

/** Fields of a group of shared code. */
export const GROUP = {
  /** u64: a random number that only this group has; 0 if there is none here. */
  key: 0,
  /** u64: where the code lies. */
  codeAddress: 8,
  /** u64: bytes of code, to whole regions. */
  codeBytes: 16,
  /** u64: where that lies which says what the code is. */
  imageAddress: 24,
  /** u64: bytes of that. */
  imageBytes: 32,
  /** A bit for each isolate that uses it, by number. */
  users: 64,
  log2: 8,
} as const;

/** Layout of the area, whose address is in the registry. */
export const PROCESS = {
  /** A robust mutex, held by whoever changes isolates' entries or groups. */
  lock: 0,
  /** u32: entries of `isolates` that were ever used. */
  isolateCount: 64,
  /** {@link ISOLATE} entries. */
  isolates: ISOLATES_AT,
  maxIsolates: MAX_ISOLATES,
  /** {@link GROUP} entries. */
  groups: ISOLATES_AT + (MAX_ISOLATES << ISOLATE.log2),
  maxGroups: MAX_GROUPS,
  bytes: ISOLATES_AT + (MAX_ISOLATES << ISOLATE.log2) + (MAX_GROUPS << GROUP.log2),
} as const;

/** What the registry holds when the stubs are loaded: all is zero but the version of gdb's interface. */
export function initialRegistry(): Uint8Array {
  const bytes = new Uint8Array(REGISTRY.debugger + 4);
  bytes[REGISTRY.debugger] = 1;
  return bytes;
}
