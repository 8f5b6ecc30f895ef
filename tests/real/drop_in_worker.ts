// Runs one program in a Worker of its own, since packages keep what they once instantiated. Takes its name and whose WebAssembly it gets; posts its result.

import { installGlobal } from "../../src/js_api/install.ts";
import { type Load, PROGRAMS } from "./drop_in.ts";

const scope = self as unknown as { postMessage(message: unknown): void; onmessage: unknown };

scope.onmessage = async ({ data: { name, tier } }: { data: { name: string; tier: "v8" | "interp" | "jit" } }) => {
  if (tier !== "v8") installGlobal({ tier });
  const load: Load = (specifier) => import(`npm:${specifier}`);
  try {
    scope.postMessage({ result: await PROGRAMS.find((p) => p.name === name)!.run(load) });
  } catch (e) {
    scope.postMessage({ error: e instanceof Error ? `${e.stack}` : String(e) });
  }
};
