// The call poll_oneoff: waits for clocks, files and streams. What goes wrong with one subscription stands in its event.

import { deadlinePassed } from "../platform/deadline.ts";
import { INTERRUPT, InterruptBit } from "../platform/interrupt.ts";
import type { FileDescriptor } from "./descriptors.ts";
import { Errno, errnoOf, fail } from "./errno.ts";
import type { Readiness } from "./host_files.ts";
import type { Program } from "./program.ts";
import { CLOCK_ABSOLUTE, ClockId, EVENT, EVENT_HANGUP, EventType, FileType, Right, SUBSCRIPTION } from "./types.ts";

/** Subscriptions of one call. */
const MAX_SUBSCRIPTIONS = 65536;
/** Waiting is cut into parts of this many milliseconds, after which an interruption is seen. */
const SLICE_MS = 50;

interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  /** For clocks: which, and when in its own time. */
  readonly clock: number;
  readonly deadline: bigint;
  /** For files: the descriptor that can be waited for; undefined if it is ready, or wrong. */
  readonly file?: FileDescriptor;
  readonly event?: Event;
}

interface Event {
  readonly error: number;
  readonly nbytes: bigint;
  readonly hangup: boolean;
}
const EXPIRED: Event = { error: Errno.SUCCESS, nbytes: 0n, hangup: false };

/** Waits until at least one subscription has something to tell, and writes its event. */
export function pollOneoff(p: Program, input: number, output: number, count: number, result: number): void {
  const { memory } = p;
  if (count === 0) fail(Errno.INVAL);
  memory.check(input, count * SUBSCRIPTION.bytes);
  memory.check(output, count * EVENT.bytes);
  memory.check(result, 4);
  if (count > MAX_SUBSCRIPTIONS) fail(Errno.NOMEM);
  const list: Subscription[] = [];
  for (let i = 0; i < count; i++) list.push(read(p, input + i * SUBSCRIPTION.bytes));
  const events = wait(p, list);
  events.forEach(([s, e], i) => {
    const at = output + i * EVENT.bytes;
    memory.range(at, EVENT.bytes).fill(0);
    memory.setU64(at + EVENT.userdata, s.userdata);
    memory.setU16(at + EVENT.error, e.error);
    memory.setU8(at + EVENT.type, s.type);
    memory.setU64(at + EVENT.nbytes, e.nbytes);
    memory.setU16(at + EVENT.flags, e.hangup ? EVENT_HANGUP : 0);
  });
  memory.setU32(result, events.length);
}

function read(p: Program, at: number): Subscription {
  const { memory } = p;
  const userdata = memory.u64(at + SUBSCRIPTION.userdata);
  const type = memory.u8(at + SUBSCRIPTION.tag);
  if (type > EventType.FD_WRITE) fail(Errno.INVAL);
  if (type !== EventType.CLOCK) {
    return { userdata, type, clock: 0, deadline: 0n, ...look(p, memory.u32(at + SUBSCRIPTION.fd), type) };
  }
  const clock = memory.u32(at + SUBSCRIPTION.clockId);
  const timeout = memory.u64(at + SUBSCRIPTION.timeout);
  const flags = memory.u16(at + SUBSCRIPTION.clockFlags);
  if ((flags & ~CLOCK_ABSOLUTE) !== 0 || clock > ClockId.THREAD_CPUTIME) fail(Errno.INVAL);
  // Time that this thread computes does not pass while it waits.
  const now = clock <= ClockId.MONOTONIC ? p.host.now(clock) : undefined;
  if (now === undefined) {
    return { userdata, type, clock, deadline: 0n, event: { ...EXPIRED, error: Errno.NOTSUP } };
  }
  if (flags === CLOCK_ABSOLUTE) return { userdata, type, clock, deadline: timeout };
  // A span is measured by the clock that nobody sets.
  const from = p.host.now(ClockId.MONOTONIC) ?? now;
  return { userdata, type, clock: ClockId.MONOTONIC, deadline: from + timeout };
}

/** What can be said of a descriptor without waiting. */
function look(p: Program, fd: number, type: number): { file: FileDescriptor } | { event: Event } {
  try {
    const d = p.fds.file(fd, type === EventType.FD_READ ? Right.FD_READ : Right.FD_WRITE);
    if ((d.rights & Right.POLL_FD_READWRITE) === 0n) fail(Errno.NOTCAPABLE);
    if (d.node.pollable !== undefined && p.host.poll !== undefined) return { file: d };
    if (!d.node.seekable || type === EventType.FD_WRITE) return { event: { ...EXPIRED, nbytes: 1n } };
    const { size } = d.node.stat();
    const left = size > d.position ? size - d.position : 0n;
    // What has no end, such as a block device, tells no size.
    return { event: { ...EXPIRED, nbytes: left, hangup: left === 0n && d.type === FileType.REGULAR_FILE } };
  } catch (e) {
    const error = errnoOf(e);
    if (error === undefined) throw e;
    return { event: { ...EXPIRED, error } };
  }
}

function wait(p: Program, list: readonly Subscription[]): [Subscription, Event][] {
  const files = list.filter((s) => s.file !== undefined);
  const waiting = files.map((s) => ({ pollable: s.file!.node.pollable!, write: s.type === EventType.FD_WRITE }));
  const known = list.some((s) => s.event !== undefined);
  for (;;) {
    const left = known ? 0 : Math.min(...list.filter((s) => s.file === undefined).map((s) => remaining(p, s)));
    const ms = Math.min(left, SLICE_MS);
    let ready: Readiness[] = [];
    if (files.length > 0) ready = p.host.poll!(waiting, Math.ceil(ms));
    else if (ms > 0) sleep(ms);
    const events: [Subscription, Event][] = [];
    let file = 0;
    for (const s of list) {
      const event = s.event ?? (s.file === undefined ? clockEvent(p, s) : fileEvent(s, ready[file++]));
      if (event !== undefined) events.push([s, event]);
    }
    if (events.length > 0) return events;
    // Where no machine code runs, nobody sets the deadline's bit; and attention is nothing that a program has to know of.
    if ((Atomics.load(INTERRUPT, 0) & InterruptBit.INTERRUPT) !== 0 || deadlinePassed()) fail(Errno.INTR);
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));
function sleep(ms: number): void {
  Atomics.wait(NEVER, 0, 0, ms);
}

/** Milliseconds until a clock's subscription is due. */
function remaining(p: Program, s: Subscription): number {
  const ns = s.deadline - (p.host.now(s.clock) ?? 0n);
  return ns <= 0n ? 0 : Number(ns) / 1e6;
}
function clockEvent(p: Program, s: Subscription): Event | undefined {
  return remaining(p, s) === 0 ? EXPIRED : undefined;
}
function fileEvent(s: Subscription, found: Readiness): Event | undefined {
  if (!found.ready) return undefined;
  const nbytes = s.type === EventType.FD_READ ? found.bytes : 1n;
  return { error: Errno.SUCCESS, nbytes: nbytes === 0n && !found.hangup ? 1n : nbytes, hangup: found.hangup };
}
