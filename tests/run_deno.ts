// Deno as a process of its own: takes arguments, gives what it printed, without colours.

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the Deno that runs the tests. */
export async function runDeno(
  args: readonly string[],
  options: { cwd?: string | URL; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd,
    stdin: "null",
    env: { NO_COLOR: "1", ...options.env },
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}
