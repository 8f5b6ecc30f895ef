// Images of a recorded call: all that it can read, from time to time, so that going back runs a short part again. Pages that two images share are kept once.
// Takes the store and the log of host functions, of which an image notes how far it was; steers how often one is made, and forgets when memory runs out.

import type { Store } from "../runtime/store.ts";
import type { ActivationImage } from "../runtime/segment.ts";
import type { HostLog } from "./host_log.ts";
import { captureWorld, ownBytesOf, type World } from "./world.ts";

/** Ticks until the first image, and milliseconds between images that the number of ticks is steered to: going back runs as much again, a few times. */
const FIRST_INTERVAL = 20_000;
const IMAGE_EVERY_MS = 50;
/** Making images may take this part of the time. */
const IMAGE_PART = 0.2;
/** Images that are kept at least when memory runs out. */
const FEWEST_IMAGES = 8;

/** A call at some moment, with all that it can read. */
export interface Image {
  readonly epoch: number;
  readonly ticks: number;
  /** Entries of the log before it. */
  readonly log: number;
  readonly world: World;
  readonly activation: ActivationImage;
}

/** The images of one recording, oldest first. */
export class Images {
  readonly list: Image[] = [];
  /** Ticks until the next one. */
  interval = FIRST_INTERVAL;
  /** How often the oldest part was forgotten. */
  forgotten = 0;
  #lastImageAt = performance.now();

  constructor(readonly store: Store, readonly log: HostLog, readonly limitBytes: number) {}

  get last(): Image | undefined {
    return this.list.at(-1);
  }
  /** Bytes of all, about, and of the log. */
  get bytes(): number {
    return this.log.bytes +
      this.list.reduce(
        (n, { world, activation: { thread } }) =>
          n + world.ownBytes + thread.words.byteLength + thread.frames.byteLength,
        0,
      );
  }

  /** Makes one of a call that stands in `epoch`. */
  take(activation: ActivationImage, epoch: number): void {
    const began = performance.now();
    const world = captureWorld(this.store, this.last?.world);
    this.list.push({ epoch, ticks: activation.thread.ticks, log: this.log.entries.length, world, activation });
    this.#makeRoom();
    const now = performance.now(), ran = began - this.#lastImageAt;
    if (ran < IMAGE_EVERY_MS || now - began > IMAGE_PART * ran) this.interval *= 2;
    else if (ran > 4 * IMAGE_EVERY_MS) this.interval = Math.max(1, this.interval >> 1);
    this.#lastImageAt = now;
  }

  /** Keeps the recording within its limit: every second image goes, then the oldest half. */
  #makeRoom(): void {
    if (this.bytes <= this.limitBytes || this.list.length < 2) return;
    const images = this.list;
    if (images.length > FEWEST_IMAGES) {
      const kept = images.filter((image, i) =>
        i % 2 === 0 || i === images.length - 1 || image.epoch !== images[i - 1].epoch
      );
      images.length = 0;
      for (const image of kept) {
        const own = ownBytesOf(image.world, images.at(-1)?.world);
        images.push({ ...image, world: { ...image.world, ownBytes: own } });
      }
      this.interval *= 2;
    }
    while (this.#uniqueBytes() > this.limitBytes && images.length > 1) {
      images.shift();
      this.forgotten++;
      const { log } = images[0];
      this.log.cutBefore(log);
      for (const [i, image] of images.entries()) images[i] = { ...image, log: image.log - log };
    }
  }
  #uniqueBytes(): number {
    const pages = new Set<Uint8Array>();
    for (const { world: { memories, heap } } of this.list) {
      for (const { pages: list } of memories.values()) list.forEach((p) => pages.add(p));
      heap?.bytes.pages.forEach((p) => pages.add(p));
    }
    let bytes = this.log.bytes;
    for (const page of pages) bytes += page.length;
    return bytes;
  }

  /** Forgets all, and the log. */
  clear(): void {
    this.list.length = 0;
    this.log.cut(0);
  }

  /** The one from which a tick of an epoch is come to. */
  before(epoch: number, ticks: number): Image | undefined {
    const images = this.list.filter((i) => i.epoch === epoch);
    // Steps are counted from where the tick is made, which an image of the same tick may be behind, but for the first.
    return images.findLast((i) => i.ticks < ticks) ?? images[0];
  }
}
