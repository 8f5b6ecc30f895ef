// What the processor can do, as far as code generation asks.
// Takes the three words that the `cpuid` stub writes; needs no permission beyond the stub's.

/** Features of an x86-64 processor that are not in its baseline. */
export interface CpuFeatures {
  readonly ssse3: boolean;
  readonly sse41: boolean;
  readonly sse42: boolean;
  readonly popcnt: boolean;
  readonly lzcnt: boolean;
  readonly bmi1: boolean;
  readonly bmi2: boolean;
}

/** A processor with no feature beyond x86-64's baseline. */
export const BASELINE_CPU: CpuFeatures = {
  ssse3: false,
  sse41: false,
  sse42: false,
  popcnt: false,
  lzcnt: false,
  bmi1: false,
  bmi2: false,
};

/** Reads features from `cpuid`: leaf 1 ecx, leaf 7 ebx, leaf 0x80000001 ecx (Intel SDM 2A, CPUID). */
export function cpuFeatures(leaf1Ecx: number, leaf7Ebx: number, extendedEcx: number): CpuFeatures {
  const bit = (word: number, n: number) => ((word >>> n) & 1) === 1;
  return {
    ssse3: bit(leaf1Ecx, 9),
    sse41: bit(leaf1Ecx, 19),
    sse42: bit(leaf1Ecx, 20),
    popcnt: bit(leaf1Ecx, 23),
    lzcnt: bit(extendedEcx, 5),
    bmi1: bit(leaf7Ebx, 3),
    bmi2: bit(leaf7Ebx, 8),
  };
}
