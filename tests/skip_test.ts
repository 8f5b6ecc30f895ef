import { assertEquals } from "@std/assert";

function* sources(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* sources(url);
    else if (entry.name.endsWith("_test.ts")) yield url;
  }
}

Deno.test("a test that is ignored says why: all go through tests/skip.ts", () => {
  const silent = [...sources(new URL("./", import.meta.url))].filter((url) =>
    /\bignore:|Deno\.test\.(?:ignore|only)\(|\bonly: true/.test(Deno.readTextFileSync(url).replace(/\/\\bignore.*/, ""))
  );
  assertEquals(silent.map((url) => url.pathname), []);
});
