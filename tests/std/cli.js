// Command-line parsing of the standard library, by its npm build. Moving to JSR means mapping the name to `jsr:@std/cli` in deno.json and dropping this file.
// @ts-self-types="./cli.d.ts"
export { parseArgs } from "npm:deno-std@1.4.0/cli/parse_args.js";
