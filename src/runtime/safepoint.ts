// What calls do at safepoints: they serve the interrupt word, deadlines and fuel, and go on, end with a trap, or are parked.

import { deadlinePassed, setAlarm } from "../platform/deadline.ts";
import { InterruptBit } from "../platform/interrupt.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { Activation } from "./activation.ts";
import { trap } from "./segment_frames.ts";

const STOPS = {
  interrupt: TrapCode.INTERRUPTED,
  deadline: TrapCode.DEADLINE_EXCEEDED,
  fuel: TrapCode.FUEL_EXHAUSTED,
} as const;

/** At a safepoint of the topmost segment. Whether that is to go on at once. */
export function serveSafepoint(activation: Activation): boolean {
  const { interrupt, meter } = activation.store;
  const passing = InterruptBit.ATTENTION | InterruptBit.DEADLINE;
  const bits = Atomics.and(interrupt, 0, ~InterruptBit.ATTENTION);
  const exhausted = meter?.claim() ?? false;
  if (bits & InterruptBit.ATTENTION) activation.store.atSafepoint?.(activation);
  if (bits & ~passing) return stop(activation, "interrupt");
  // The bit stays then, since what is called next under the same deadline is to end, too.
  if (deadlinePassed()) return stop(activation, "deadline");
  if (bits & InterruptBit.DEADLINE) {
    Atomics.and(interrupt, 0, ~InterruptBit.DEADLINE);
    setAlarm();
  }
  return !exhausted || stop(activation, "fuel");
}

function stop(activation: Activation, reason: keyof typeof STOPS): false {
  const waits = activation.kind === "sliced" || (activation.kind === "debugged" && reason === "interrupt");
  if (!waits) trap(activation, STOPS[reason]);
  activation.pause = { reason };
  return false;
}
