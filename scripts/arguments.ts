// Arguments of scripts: takes what a script knows, gives what it was given; ends the process after --help, or after what it does not know.

import { type Args, parseArgs, type ParseOptions } from "@std/cli";

/** Parses Deno.args. With `--help` prints the usage and ends with 0; with an unknown option prints it as an error and ends with 2. */
export function scriptArgs(usage: string, options: ParseOptions): Args {
  const refuse = (reason: string): never => {
    console.error(`error: ${reason}\nusage: ${usage}`);
    Deno.exit(2);
  };
  const args = parseArgs(Deno.args, {
    ...options,
    boolean: [...options.boolean ?? [], "help"],
    unknown: (arg, key) => key === undefined || refuse(`there is no option ${arg}`),
  });
  if (args.help) {
    console.log(`usage: ${usage}`);
    Deno.exit(0);
  }
  for (const name of options.string ?? []) {
    if (args[name] !== undefined && !(Number(args[name]) >= 0)) refuse(`--${name} needs a number, not "${args[name]}"`);
  }
  return args;
}
