// Names of machine code for Linux's perf: a line for each piece in /tmp/perf-<pid>.map. Takes names and addresses. Lines of code that goes stay.

const encoder = new TextEncoder();

/** The map of this process, to which all isolates append. */
export class PerfMap {
  /** Where it is. */
  readonly path: string = `/tmp/perf-${Deno.pid}.map`;
  readonly #file = Deno.openSync(this.path, { append: true, create: true });

  /** Adds a line. */
  added(name: string, start: number, bytes: number): void {
    // One write, so that lines of several isolates do not mix.
    this.#file.writeSync(
      encoder.encode(`${start.toString(16)} ${bytes.toString(16)} ${name.replaceAll(/\s/g, " ")}\n`),
    );
  }

  /** Does nothing: the format has no way to say it. */
  removed(): void {}
}
