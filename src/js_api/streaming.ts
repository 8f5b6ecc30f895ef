// The bytes of a Response, for the streaming forms (WebAssembly Web API): checks that it is one, that it is of the right type, and that nobody read it; compiles them while they arrive.

import type { Context } from "../engine/context.ts";
import { expectedBytes, type StreamCompiler } from "../engine/stream_compiler.ts";

/**
 * Reads all bytes of a Response or of the promise of one, and gives what has compiled them as far as that goes. Throws TypeError for what is none, failed, has another
 * type than application/wasm, or was read before, and what ends its body before its time.
 */
export async function compileResponse(context: Context, source: unknown, what: string): Promise<StreamCompiler> {
  const response = await source;
  if (!(response instanceof Response)) {
    throw new TypeError(`${what}: Argument 0 must be a Response or a Promise resolving to a Response`);
  }
  const type = response.headers.get("content-type") ?? "";
  // Files have no type; Deno takes them as they are.
  if (!response.url.startsWith("file:") && type.trim().toLowerCase() !== "application/wasm") {
    throw new TypeError(`${what}: Incorrect response MIME type. Expected 'application/wasm', not '${type}'`);
  }
  if (!response.ok) throw new TypeError(`${what}: HTTP status code is not ok: ${response.status}`);
  if (response.bodyUsed || response.body?.locked) throw new TypeError(`${what}: the body was read already`);
  const compiler = context.compileStream(expectedBytes(response));
  for await (const chunk of response.body ?? []) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`${what}: the body gives something else than bytes`);
    compiler.push(chunk);
  }
  return compiler;
}
