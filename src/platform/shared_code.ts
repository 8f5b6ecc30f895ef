// Machine code that several Workers run from the same pages. Takes code and an image that says what it is, gives a token, by which other isolates of the process
// find both again; all is read only then. It goes with the last isolate that uses it, ended ones not counted.

import { ResourceError } from "../wasm/errors.ts";
import { addUser, dropUser, findNumber, findRoom, groupField, isGroup, writeGroup } from "./code_groups.ts";
import { bufferAt } from "./ffi.ts";
import { giveBackOfEnded, processWords, thisIsolate, whileLocked } from "./isolates.ts";
import {
  Access,
  mapForProcess,
  mapTwice,
  mapTwiceForDebugger,
  protectMemory,
  roundToPages,
  unmapForProcess,
  unmapMemory,
} from "./native_memory.ts";
import { GROUP } from "./registry.ts";

/** What another isolate of the process needs to find shared code: plain data. */
export interface CodeToken {
  /** Where the process notes it. */
  readonly group: number;
  /** A random number that only this group has. */
  readonly key: bigint;
}

/** Shared code that this isolate uses. */
export interface SharedCode {
  readonly token: CodeToken;
  /** Where the code lies. */
  readonly address: number;
  /** Bytes of it, to whole regions. */
  readonly byteLength: number;
  /** What says what it is. Must not be written to: that would end the process. */
  readonly image: Uint8Array;
}

/** How often this isolate opened each group. */
const uses = new Map<number, number>();

/** Installs code for all isolates of the process, at an address that is a multiple of 65536. Throws ResourceError when there is no room. */
export function shareCode(code: Uint8Array, image: Uint8Array, debuggable: boolean): SharedCode {
  giveBackOfEnded();
  const words = processWords(), isolate = thisIsolate();
  const codeBytes = roundToPages(code.length), imageBytes = roundToPages(image.length);
  const imageAddress = mapForProcess(imageBytes, Access.READ_WRITE);
  new Uint8Array(bufferAt(imageAddress, image.length)).set(image);
  try {
    protectMemory(imageAddress, imageBytes, Access.READ);
    const token = whileLocked(() => {
      const codeAddress = findRoom(words, codeBytes), group = findNumber(words);
      if (codeAddress < 0 || group < 0) {
        throw new ResourceError(`no room for ${codeBytes} bytes of shared machine code`);
      }
      const writable = (debuggable ? mapTwiceForDebugger : mapTwice)(codeAddress, codeBytes);
      const bytes = bufferAt(writable, codeBytes);
      new Uint8Array(bytes).set(code);
      bytes.transfer(0);
      unmapMemory(writable, codeBytes);
      const [key] = crypto.getRandomValues(new BigUint64Array(1));
      const fields = { key: key | 1n, codeAddress, codeBytes, imageAddress, imageBytes };
      writeGroup(words, group, fields);
      addUser(words, group, isolate);
      return { group, key: fields.key };
    });
    uses.set(token.group, 1);
    return describe(words, token);
  } catch (error) {
    unmapForProcess(imageAddress, imageBytes);
    throw error;
  }
}

function describe(words: BigUint64Array, token: CodeToken): SharedCode {
  const field = (offset: number) => groupField(words, token.group, offset);
  const image = new Uint8Array(bufferAt(field(GROUP.imageAddress), field(GROUP.imageBytes)));
  return { token, address: field(GROUP.codeAddress), byteLength: field(GROUP.codeBytes), image };
}

/** Uses code that another isolate shared; undefined if it is gone, or the token never was one of this process. */
export function openSharedCode(token: CodeToken): SharedCode | undefined {
  const words = processWords(), isolate = thisIsolate(), { group } = token;
  const found = whileLocked(() => {
    if (!isGroup(words, group, token.key)) return false;
    addUser(words, group, isolate);
    return true;
  });
  if (!found) return undefined;
  uses.set(group, (uses.get(group) ?? 0) + 1);
  return describe(words, token);
}

/** Ends one use. No stack of this isolate may hold an address in the code, no function record may point to it, once it was opened no more. */
export function closeSharedCode({ token: { group } }: SharedCode): void {
  const left = uses.get(group)! - 1;
  if (left > 0) return void uses.set(group, left);
  uses.delete(group);
  const words = processWords(), isolate = thisIsolate();
  whileLocked(() => dropUser(words, group, isolate));
}
