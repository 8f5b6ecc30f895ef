// An activation as functions of JavaScript see it that run in it.

import type { Activation } from "./activation.ts";
import { askHost } from "./host_call.ts";
import type { JsCaller } from "./js_tier.ts";
import { serveSafepoint } from "./safepoint.ts";

/** What functions of JavaScript wait for, so that their frames are left, when the call may not be parked. */
export const NO_ROOM: Promise<unknown> = Promise.resolve();

/** What such functions see of an activation; the same at each call. */
export function callerOf(activation: Activation): JsCaller {
  if (activation.jsCaller !== undefined) return activation.jsCaller;
  const { store } = activation, thread = activation.thread ??= store.activations.takeThread();
  return activation.jsCaller = {
    kind: activation.kind,
    get stackTop() {
      return thread.sp;
    },
    set stackTop(slot) {
      thread.sp = slot;
    },
    serves: () => serveSafepoint(activation),
    suspends: (callee, words, at) => {
      if (activation.kind !== "promising") return undefined;
      if (!store.activations.hasRoomToPark) return NO_ROOM;
      activation.host = callee;
      return Promise.resolve(askHost(store, callee, { words, at }));
    },
    get host() {
      return activation.host;
    },
    set host(func) {
      activation.host = func;
    },
  };
}
