// A page in a headless browser, for tests: Chromium as Debian has it, spoken to by the DevTools protocol.

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The browser's program, or why there is none. */
export function findChromium(): { path: string } | { missing: string } {
  for (const name of NAMES) {
    for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return { path: `${folder}/${name}` };
      } catch {
        // Not in this folder.
      }
    }
  }
  return { missing: "there is no Chromium (apt-get install chromium)" };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A browser with one page. */
export class Browser implements AsyncDisposable {
  /** What went wrong in the page, and the addresses that it asked for. */
  readonly errors: string[] = [];
  readonly requests: string[] = [];
  #next = 1;
  readonly #waiting = new Map<number, (message: Message) => void>();

  private constructor(
    readonly child: Deno.ChildProcess,
    readonly socket: WebSocket,
    readonly profile: string,
    readonly drained: Promise<unknown>,
  ) {
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts the browser, with a profile of its own. */
  static async open(path: string, width: number, height: number): Promise<Browser> {
    const profile = await Deno.makeTempDir();
    const child = new Deno.Command(path, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        `--window-size=${width},${height}`,
        "about:blank",
      ],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const [own, rest] = child.stderr.tee();
    let text = "", url: RegExpExecArray | null = null;
    const reader = own.pipeThrough(new TextDecoderStream()).getReader();
    while (url === null) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Chromium ended: ${text}`);
      text += value;
      url = /DevTools listening on ws:\/\/([^/\s]+)\S+\n/.exec(text);
    }
    const drained = Promise.all([
      (async () => {
        while (!(await reader.read()).done);
      })(),
      rest.pipeTo(new WritableStream()),
    ]);
    const pages: { type: string; webSocketDebuggerUrl: string }[] = await (await fetch(`http://${url[1]}/json/list`))
      .json();
    const socket = new WebSocket(pages.find((p) => p.type === "page")!.webSocketDebuggerUrl);
    await new Promise((resolve) => socket.onopen = resolve);
    const browser = new Browser(child, socket, profile, drained);
    for (const domain of ["Page", "Runtime", "Network"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  #take(message: Message): void {
    if (message.id !== undefined) return void this.#waiting.get(message.id)?.(message);
    const { method, params } = message as { method: string; params: any };
    if (method === "Runtime.exceptionThrown") {
      this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === "Runtime.consoleAPICalled" && params.type === "error") {
      this.errors.push(JSON.stringify(params.args));
    } else if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }

  /** Sends a command of the protocol. Throws what it answers as an error. */
  async send(method: string, params: Record<string, unknown> = {}): Promise<any> {
    const id = this.#next++;
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#waiting.set(id, resolve);
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await promise;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** The value of an expression in the page; promises are waited for. */
  async evaluate(expression: string): Promise<any> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? "failed");
    return result.value;
  }

  /** Waits until an expression is true in the page; at most half a minute. */
  async until(expression: string): Promise<void> {
    for (let left = 600; left > 0; left--) {
      if (await this.evaluate(`Boolean(${expression})`)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`it never came to be: ${expression}; ${this.errors.join("; ")}`);
  }

  /** Opens an address and waits for `ready`. */
  async go(url: string, ready: string): Promise<void> {
    await this.send("Page.navigate", { url });
    await this.until(ready);
  }

  /** Presses a key, by its name or its character. */
  async key(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : key === "Enter" ? { text: "\r" } : {};
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, ...text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key });
  }

  /** Moves the mouse onto the first element that a selector finds. */
  async hover(selector: string): Promise<void> {
    const place = await this.evaluate(
      `(() => { const b = document.querySelector(${
        JSON.stringify(selector)
      }).getBoundingClientRect(); return { x: b.x + 5, y: b.y + b.height / 2 }; })()`,
    );
    await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", ...place });
  }

  /** The page as a PNG. */
  async screenshot(): Promise<Uint8Array> {
    return Uint8Array.fromBase64((await this.send("Page.captureScreenshot", { format: "png" })).data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    await this.send("Browser.close").catch(() => {});
    await closed;
    await this.child.status;
    await this.drained;
    await Deno.remove(this.profile, { recursive: true });
  }
}
