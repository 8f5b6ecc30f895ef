// Where the specification's test suite lies: beside the checkout, or in the folder that scripts/fetch_suite.ts fills.

/** The folder that scripts/fetch_suite.ts fills; not part of the project. */
export const CACHE: URL = new URL("./suite/", import.meta.url);
const BESIDE: URL = new URL("../../../shared/spec/", import.meta.url);

function hasSuite(folder: URL): boolean {
  try {
    return Deno.statSync(new URL("core/i32.wast", folder)).isFile;
  } catch {
    return false;
  }
}

/** The suite's folder; undefined if it is absent. */
export const SUITE: URL | undefined = [BESIDE, CACHE].find(hasSuite);

/** Paths of all scripts below `folder`, in order. */
export function scriptsIn(folder: URL): string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    for (const entry of Deno.readDirSync(new URL(path, folder))) {
      if (entry.isDirectory) walk(`${path}${entry.name}/`);
      else if (entry.name.endsWith(".wast")) found.push(path + entry.name);
    }
  };
  walk("./");
  return found.map((path) => path.slice(2)).sort();
}
