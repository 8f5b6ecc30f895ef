// Assertions of the standard library, by its npm build. Moving to JSR means mapping the name to `jsr:@std/assert` in deno.json and dropping this file.
// @ts-self-types="./assert.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
