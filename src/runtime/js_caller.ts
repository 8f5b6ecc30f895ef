// An activation as functions of JavaScript see it that run in it.

import type { Activation } from "./activation.ts";
import type { WasmFunc } from "./func.ts";
import { askHost } from "./host_call.ts";
import type { JsCaller } from "./js_tier.ts";
import { serveSafepoint } from "./safepoint.ts";
import type { InterpThread } from "./tier.ts";

/** What functions of JavaScript wait for, so that their frames are left, when the call may not be parked. */
export const NO_ROOM: Promise<unknown> = Promise.resolve();

/** What such functions see of an activation; the same at each call. */
export function callerOf(activation: Activation): JsCaller {
  const thread = activation.thread ??= activation.store.activations.takeThread();
  return activation.jsCaller ??= new Caller(activation, thread);
}

/** A class, since V8 would make a shape of its own for each object with accessors, and a call of a host function would take 90 ns more. */
class Caller implements JsCaller {
  constructor(readonly activation: Activation, readonly thread: InterpThread) {}

  get kind(): string {
    return this.activation.kind;
  }
  get stackTop(): number {
    return this.thread.sp;
  }
  set stackTop(slot: number) {
    this.thread.sp = slot;
  }
  get host(): WasmFunc | undefined {
    return this.activation.host;
  }
  set host(func: WasmFunc | undefined) {
    this.activation.host = func;
  }

  serves(): boolean {
    return serveSafepoint(this.activation);
  }
  suspends(callee: WasmFunc, words: Int32Array, at: number): Promise<unknown> | undefined {
    const { activation } = this;
    if (activation.kind !== "promising") return undefined;
    if (!activation.store.activations.hasRoomToPark) return NO_ROOM;
    activation.host = callee;
    return Promise.resolve(askHost(activation.store, callee, { words, at }));
  }
}
