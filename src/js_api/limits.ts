// The sizes in descriptors of memories and tables. Each member is converted when it was read, in the order that V8 and the tests of the JS API have.

import { addressValue, text } from "./webidl.ts";

/** Sizes as they were asked for. */
export interface GivenLimits {
  readonly initial: bigint;
  readonly maximum: bigint | undefined;
}

/** Whether a descriptor asks for addresses of 64 bits. Throws TypeError for an address type that does not exist. */
export function addressType(members: Readonly<Record<string, unknown>>, what: string): boolean {
  const { address } = members;
  if (address === undefined) return false;
  const name = text(address);
  if (name !== "i32" && name !== "i64") throw new TypeError(`${what}: "${name}" is not an address type`);
  return name === "i64";
}

/** `initial` and `maximum` of a descriptor. Throws TypeError for values that are no sizes, RangeError for more than `most`, or a maximum below the initial size. */
export function limits(
  members: Readonly<Record<string, unknown>>,
  is64: boolean,
  most: bigint,
  what: string,
): GivenLimits {
  const size = (name: string) => {
    const value = members[name];
    if (value === undefined) return undefined;
    const n = addressValue(value, is64, `${what}: '${name}'`);
    if (n > most) throw new RangeError(`${what}: '${name}': ${n} is above ${most}`);
    return n;
  };
  const initial = size("initial");
  if (initial === undefined) throw new TypeError(`${what}: the property 'initial' is required`);
  const maximum = size("maximum");
  if (maximum !== undefined && maximum < initial) {
    throw new RangeError(`${what}: the maximum ${maximum} is below the initial size ${initial}`);
  }
  return { initial, maximum };
}
