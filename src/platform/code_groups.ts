// Code that several isolates share, in the area of the process: which groups there are, where they lie, who uses them. Everything here wants the lock of the process.
// Takes the area's words; who holds the lock, and why, is isolates.ts's and shared_code.ts's affair.

import { CODE_RANGE_BYTES } from "./executable_memory.ts";
import { unmapForProcess, unmapToReserve } from "./native_memory.ts";
import { GROUP, ISOLATE, PROCESS } from "./registry.ts";

const WORDS = (1 << GROUP.log2) / 8;
const USER_WORDS = PROCESS.maxIsolates / 64;

function wordOf(group: number, field: number): number {
  return PROCESS.groups / 8 + group * WORDS + field / 8;
}

/** A field of a group. */
export function groupField(words: BigUint64Array, group: number, field: number): number {
  return Number(words[wordOf(group, field)]);
}

/** Whether there is a group of that key at that number. */
export function isGroup(words: BigUint64Array, group: number, key: bigint): boolean {
  return Number.isInteger(group) && group >= 0 && group < PROCESS.maxGroups && key !== 0n &&
    words[wordOf(group, GROUP.key)] === key;
}

/** An address in the range of shared code with room for so many bytes, in whole regions; -1 if there is none. */
export function findRoom(words: BigUint64Array, bytes: number): number {
  const first = Number(words[(PROCESS.isolates + ISOLATE.codeAddress) / 8]);
  const taken: [start: number, end: number][] = [];
  for (let group = 0; group < PROCESS.maxGroups; group++) {
    if (words[wordOf(group, GROUP.key)] === 0n) continue;
    const start = groupField(words, group, GROUP.codeAddress);
    taken.push([start, start + groupField(words, group, GROUP.codeBytes)]);
  }
  taken.sort(([a], [b]) => a - b);
  let at = first;
  for (const [start, end] of taken) {
    if (start - at >= bytes) return at;
    at = end;
  }
  return first + CODE_RANGE_BYTES - at >= bytes ? at : -1;
}

/** A number that no group has; -1 if there is none. */
export function findNumber(words: BigUint64Array): number {
  for (let group = 0; group < PROCESS.maxGroups; group++) if (words[wordOf(group, GROUP.key)] === 0n) return group;
  return -1;
}

/** Fields of a new group. */
export interface GroupFields {
  readonly key: bigint;
  readonly codeAddress: number;
  readonly codeBytes: number;
  readonly imageAddress: number;
  readonly imageBytes: number;
}

/** Enters a group, used by nobody so far. */
export function writeGroup(words: BigUint64Array, group: number, fields: GroupFields): void {
  words.fill(0n, wordOf(group, 0), wordOf(group + 1, 0));
  words[wordOf(group, GROUP.codeAddress)] = BigInt(fields.codeAddress);
  words[wordOf(group, GROUP.codeBytes)] = BigInt(fields.codeBytes);
  words[wordOf(group, GROUP.imageAddress)] = BigInt(fields.imageAddress);
  words[wordOf(group, GROUP.imageBytes)] = BigInt(fields.imageBytes);
  words[wordOf(group, GROUP.key)] = fields.key;
}

/** Notes that an isolate uses a group. */
export function addUser(words: BigUint64Array, group: number, isolate: number): void {
  words[wordOf(group, GROUP.users) + (isolate >> 6)] |= 1n << BigInt(isolate & 63);
}

/** Notes that an isolate does not use a group any more, if there is one; gives back what the group has when nobody does. */
export function dropUser(words: BigUint64Array, group: number, isolate: number): void {
  if (words[wordOf(group, GROUP.key)] === 0n) return;
  const users = wordOf(group, GROUP.users);
  words[users + (isolate >> 6)] &= ~(1n << BigInt(isolate & 63));
  for (let i = 0; i < USER_WORDS; i++) if (words[users + i] !== 0n) return;
  words[wordOf(group, GROUP.key)] = 0n;
  const field = (offset: number) => groupField(words, group, offset);
  unmapToReserve(field(GROUP.codeAddress), field(GROUP.codeBytes));
  unmapForProcess(field(GROUP.imageAddress), field(GROUP.imageBytes));
}
