// Paths by the standard library's npm build. Moving to JSR means mapping the name to `jsr:@std/path` in deno.json and dropping this file.
// @ts-self-types="./path.d.ts"
export {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  relative,
  resolve,
  toFileUrl,
} from "npm:deno-std@1.4.0/path/mod.js";
