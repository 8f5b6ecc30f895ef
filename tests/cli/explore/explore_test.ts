import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { explore } from "../../../src/cli/explore/explore.ts";
import { CommandError } from "../../../src/cli/exit.ts";
import { testUnless } from "../../skip.ts";
import { Browser, findChromium } from "./chromium.ts";

const found = findChromium();
const missing = "missing" in found ? found.missing : undefined;
const READY = `document.documentElement?.dataset.ready === "yes"`;

/** Writes a page into a temporary folder and opens it in a browser. */
async function inBrowser(
  source: string | Uint8Array,
  options: Omit<Parameters<typeof explore>[2], "output">,
  use: (browser: Browser, url: string) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/module.${typeof source === "string" ? "wat" : "wasm"}`;
    await Deno.writeFile(path, typeof source === "string" ? new TextEncoder().encode(source) : source);
    const page = `${folder}/page.html`;
    await explore(path, args, { ...options, output: page });
    await using browser = await Browser.open((found as { path: string }).path, 1300, 800);
    await browser.go(`file://${page}`, READY);
    await use(browser, `file://${page}`);
    assertEquals(browser.errors, []);
    assertEquals(browser.requests.filter((r) => !r.startsWith("file:") && r !== "about:blank"), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const SOURCE = `(module
  (func $helper (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $main (export "main") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $helper (local.get $n))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.div_u (local.get $sum) (i32.const 2)))
  (func $"</script><img src=x onerror=alert(1)>"))`;

testUnless(
  missing,
  "the explorer's page shows text, offsets and machine code, and marks what belongs together",
  () =>
    inBrowser(SOURCE, { tier: ["jit"] }, async (browser) => {
      const list = await browser.evaluate(
        `[...document.querySelectorAll("#list li")].map((l) => l.firstChild.textContent)`,
      );
      assertEquals(list, ["helper", "main", "</script><img src=x onerror=alert(1)>"]);
      assertEquals(
        await browser.evaluate(`document.querySelector("h2").textContent`),
        "helper (param i32) (result i32)",
      );
      const row = `[...document.querySelectorAll(".row")].find((r) => r.textContent.includes("i32.mul"))`;
      assertMatch(await browser.evaluate(`${row}.querySelector(".machine").textContent`), /imul|lea/);
      const offset = await browser.evaluate(`${row}.dataset.o`);
      assertMatch(
        await browser.evaluate(`${row}.textContent`),
        new RegExp(`^0x${Number(offset).toString(16).padStart(4, "0")} \\+04`),
      );
      // The look for interruptions at the first instruction stands in order and out of line.
      await browser.key("]");
      await browser.until(`document.querySelector("h2").textContent.startsWith("main")`);
      const first = await browser.evaluate(`document.querySelector(".row.apart[data-o]").dataset.o`);
      await browser.hover(`.row[data-o="${first}"] .text`);
      const marked = await browser.evaluate(`[...document.querySelectorAll(".row.on")].map((r) => r.className)`);
      assertEquals(marked, ["row on", "row apart on"]);
      assertGreater(await browser.evaluate(`document.querySelectorAll(".instruction.on").length`), 2);
      // A jump marks where it leads to.
      await browser.hover(".instruction[data-target]");
      assertEquals(await browser.evaluate(`document.querySelectorAll(".instruction.target").length`), 1);
    }),
);

testUnless(
  missing,
  "the explorer's page can be used by keys alone",
  () =>
    inBrowser(SOURCE, {}, async (browser, url) => {
      const heading = `document.querySelector("h2").textContent`;
      const columns = `[...document.querySelectorAll(".headings > *")].map((c) => c.textContent)`;
      assertEquals(await browser.evaluate(columns), ["offset", "line", "text", "fast", "js", "jit"]);
      await browser.evaluate(`document.querySelector("#columns input").click()`);
      assertEquals(await browser.evaluate(columns), ["offset", "line", "text", "js", "jit"]);
      const focused = `document.activeElement.textContent`;
      await browser.key("]");
      await browser.until(`${heading}.startsWith("main")`);
      await browser.key("/");
      for (const c of "helper") await browser.key(c);
      assertEquals(await browser.evaluate(`document.querySelectorAll("#list li").length`), 1);
      await browser.key("Enter");
      await browser.until(`${heading}.startsWith("helper")`);
      await browser.key("Escape");
      assertEquals(await browser.evaluate(`document.activeElement.id`), "list");
      await browser.key("ArrowDown");
      await browser.key("Enter");
      await browser.until(`${heading}.startsWith("main")`);
      await browser.key("ArrowRight");
      await browser.until(`${focused}.includes("func $main")`);
      while (!(await browser.evaluate(focused)).includes("call $helper")) await browser.key("j");
      assertGreater(await browser.evaluate(`document.querySelectorAll(".instruction.on").length`), 0);
      await browser.key("Enter");
      await browser.until(`${heading}.startsWith("helper")`);
      // An offset and a text lead to their instructions.
      const main = await browser.evaluate(`functions.find((f) => f.name === "main").start`);
      await browser.key("/");
      for (const c of `0x${main.toString(16)}`) await browser.key(c);
      await browser.key("Enter");
      await browser.until(`${heading}.startsWith("main") && ${focused}.includes("+00")`);
      await browser.key("/");
      await browser.evaluate(`$("search").value = ""`);
      for (const c of "div_u") await browser.key(c);
      await browser.key("Enter");
      await browser.until(`document.querySelector("#list li.hit")`);
      await browser.key("ArrowDown");
      await browser.key("Enter");
      await browser.until(`${focused}.includes("i32.div_u")`);
      const dark = `getComputedStyle(document.body).backgroundColor`;
      const before = await browser.evaluate(dark);
      await browser.key("t");
      assert(before !== await browser.evaluate(dark));
      await browser.key("f");
      assertEquals(await browser.evaluate(`getComputedStyle(document.querySelector("nav")).visibility`), "hidden");
      // The address names the function.
      assertMatch(await browser.evaluate("location.hash"), /^#1$/);
      await browser.go("about:blank", "true");
      await browser.go(`${url}#0`, READY);
      assertEquals(await browser.evaluate(heading), "helper (param i32) (result i32)");
    }),
);

testUnless(missing, "the explorer draws the parts of a long function when they come into view", async () => {
  const body = Array.from({ length: 20_000 }, (_, i) => `(global.set 0 (i32.const ${i}))`).join("\n");
  await inBrowser(`(module (global (mut i32) (i32.const 0)) (func $long ${body}))`, {}, async (browser) => {
    const rows = `document.querySelectorAll("[data-row]").length`;
    await browser.until(`${rows} > 0`);
    assert(await browser.evaluate(rows) < 1000);
    await browser.evaluate(`go(0)`);
    await browser.key("End");
    await browser.until(`document.activeElement.textContent.includes(")")`);
    assert(await browser.evaluate(rows) < 2000);
  });
});

Deno.test("explore takes some of the functions, and says which word means none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const output = `${folder}/page.html`;
    await explore("examples/fib.wat", [], { func: ["fib", "m*"], tier: ["interp"], output });
    const page = await Deno.readTextFile(output);
    assert(page.includes("<title>examples/fib.wat</title>") && page.includes('id="part-0"'));
    await assertRejects(
      () => explore("examples/fib.wat", [], { func: ["fob"], output }),
      CommandError,
      "is called fob",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testUnless(
  missing,
  "counts of a run are shown as heat, and h goes to the hottest instruction",
  () =>
    inBrowser(SOURCE, { invoke: "main" }, async (browser) => {
      const list = `[...document.querySelectorAll("#list li")].map((l) => l.lastChild.textContent)`;
      // What runs seven times: ten instructions in the loop, and four in the function that it calls.
      assertEquals((await browser.evaluate(list)).at(-1), "0");
      const counts = `[...document.querySelectorAll(".row:not(.headings) .count")].map((c) => c.textContent)`;
      assert((await browser.evaluate(counts)).includes("7"));
      await browser.key("h");
      const hottest = `document.activeElement.querySelector(".count")`;
      assertEquals(await browser.evaluate(`${hottest}.textContent`), "7");
      assert(Number(await browser.evaluate(`${hottest}.style.getPropertyValue("--heat")`)) > 0.9);
      assertEquals(await browser.evaluate(`$("order").value`), "heat");
    }, ["7"]),
);

Deno.test("explore --json says what was written as an object", async () => {
  const folder = await Deno.makeTempDir(), log = console.log, lines: string[] = [];
  console.log = (line) => lines.push(line);
  try {
    await Deno.writeTextFile(`${folder}/m.wat`, SOURCE);
    const file = `${folder}/m.html`;
    await explore(`${folder}/m.wat`, [], { output: file, json: true });
    const { size: bytes } = await Deno.stat(file);
    assertEquals(lines.map((l) => JSON.parse(l)), [{ file, bytes, functions: 3 }]);
  } finally {
    console.log = log;
    await Deno.remove(folder, { recursive: true });
  }
});
