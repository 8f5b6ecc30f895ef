// A shell in a real terminal, by way of tmux: keys go in, the screen comes out.

const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 40;

async function tmux(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("tmux", { args, stdout: "piped", stderr: "piped" }).output();
  if (code !== 0) throw new Error(`tmux ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Why there is no terminal to test with; undefined if there is one. */
export async function noTerminal(): Promise<string | undefined> {
  if (Deno.build.os === "windows") return "tmux does not run on Windows";
  try {
    await tmux("-V");
    return undefined;
  } catch {
    return "tmux is not installed (on Debian: apt-get install tmux)";
  }
}

/** A terminal in which the shell runs. */
export class Terminal implements AsyncDisposable {
  static #count = 0;
  readonly #server = `strata-${Deno.pid}-${Terminal.#count++}`;

  private constructor() {}

  /** Opens one with a history of its own. `args` are the shell's. Resolves when the prompt is there. */
  static async open(
    history: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Terminal> {
    const t = new Terminal();
    const variables = Object.entries({ STRATA_HISTORY: history, ...env }).map(([k, v]) => `${k}=${quoted(v)}`).join(
      " ",
    );
    const command = [
      Deno.execPath(),
      "run",
      "--no-check",
      ...(args.length === 0 ? ["-A"] : []),
      ...args,
      "cli.ts",
      "repl",
    ];
    // The shell's exit code stays on the screen until the terminal is closed.
    const line = `${variables} ${command.map(quoted).join(" ")}; echo "exit code $?"; exec cat`;
    await tmux("-L", t.#server, "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "60", line);
    await t.waitFor(/strata> $/);
    return t;
  }

  /** Sends keys by tmux's names (`Enter`, `Up`, `Tab`, `C-c`), anything else as it is written. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      const named = /^(Enter|Up|Down|Tab|C-[a-z])$/.test(key);
      await tmux("-L", this.#server, "send-keys", ...(named ? [key] : ["-l", key]));
    }
  }

  /** Types a line and sends it. */
  async type(line: string): Promise<void> {
    await this.press(line, "Enter");
  }

  /** Types a text, presses Tab when it is there (a Tab within what arrives at once counts as pasted), and waits for the line to become `line`. */
  async complete(text: string, line: string): Promise<void> {
    const literal = (s: string) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    await this.press(text);
    await this.waitFor(new RegExp(`${literal(text)}$`));
    await this.press("Tab");
    await this.waitFor(new RegExp(`^strata> ${literal(line)}$`, "m"));
  }

  /** What is on the screen, without the empty lines at its end. A line's spaces at the end are kept for the last line only. */
  async screen(colours = false): Promise<string> {
    const text = await tmux("-L", this.#server, "capture-pane", "-p", "-N", ...(colours ? ["-e"] : []));
    return text.split("\n").map((line) =>
      line.replace(/ +$/, line.startsWith("strata> ") && /^strata> +$/.test(line) ? " " : "")
    )
      .join("\n").replace(/\n+$/, "");
  }

  /** Waits until the screen fits. Throws with the screen when it takes too long. */
  async waitFor(pattern: RegExp): Promise<string> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      if (performance.now() > until) throw new Error(`no ${pattern} on the screen:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await tmux("-L", this.#server, "kill-server").catch(() => {});
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
