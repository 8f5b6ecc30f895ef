// Calls for arguments and environment: args_*, environ_*.

import type { Program } from "./program.ts";

function sizes(p: Program, list: readonly Uint8Array[], count: number, bytes: number): void {
  p.memory.check(count, 4);
  p.memory.check(bytes, 4);
  p.memory.setU32(count, list.length);
  p.memory.setU32(bytes, list.reduce((sum, text) => sum + text.length, 0));
}

function texts(p: Program, list: readonly Uint8Array[], pointers: number, buffer: number): void {
  p.memory.check(pointers, 4 * list.length);
  p.memory.check(buffer, list.reduce((sum, text) => sum + text.length, 0));
  let at = buffer;
  list.forEach((text, i) => {
    p.memory.setU32(pointers + 4 * i, at);
    p.memory.write(at, text);
    at += text.length;
  });
}

/** Pointers to the arguments, and their bytes. */
export function argsGet(p: Program, argv: number, buffer: number): void {
  texts(p, p.args, argv, buffer);
}
/** How many arguments there are, and how many bytes they take with their final zeros. */
export function argsSizesGet(p: Program, count: number, bytes: number): void {
  sizes(p, p.args, count, bytes);
}
/** Pointers to the variables, `name=value`, and their bytes. */
export function environGet(p: Program, environ: number, buffer: number): void {
  texts(p, p.env, environ, buffer);
}
/** How many variables there are, and how many bytes they take. */
export function environSizesGet(p: Program, count: number, bytes: number): void {
  sizes(p, p.env, count, bytes);
}
