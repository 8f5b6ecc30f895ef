// A line for a person who waits: what is going on and how far it is, on standard error where that is a terminal, once it has taken a second. It is wiped away at the end.

/** Milliseconds before anything is shown, and between two changes. */
const PATIENCE = 1000, PAUSE = 100;

/** Where the line is written; another one in tests. */
export interface ProgressOutput {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

/** The progress of something, until it is disposed of. */
export class Progress implements Disposable {
  readonly #out: ProgressOutput;
  readonly #enabled: boolean;
  readonly #now: () => number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #next: number;
  #shown = false;

  /** Takes what is done first, such as `reading big.wasm`; undefined while the person may be typing it. `now` gives milliseconds. */
  constructor(
    what: string | undefined,
    out: ProgressOutput = Deno.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#out = out;
    this.#now = now;
    this.#enabled = out.isTerminal();
    this.#next = now() + PATIENCE;
    if (this.#enabled && what !== undefined) this.#timer = setTimeout(() => this.#write(`${what} …`), PATIENCE);
  }

  /** Says that `what` goes on, with the part that is done, from 0 to 1. To be called often, since most calls do nothing. */
  tell(what: string, part: number): void {
    if (!this.#enabled || this.#now() < this.#next) return;
    this.#next = this.#now() + PAUSE;
    this.#write(`${what}: ${Math.floor(100 * part)} %`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    if (this.#shown) this.#write("");
  }

  #write(line: string): void {
    this.#shown = true;
    // Back to the margin, and what was there is erased.
    this.#out.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
  }
}
