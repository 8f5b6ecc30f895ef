// What runs in the explorer's page. Takes the data that pack.ts embedded: an index, and parts with the functions' lines and code, which are unpacked when one is opened.
// Names and instructions come from the module: they only ever become text nodes.

"use strict";

const $ = (id) => document.getElementById(id);
const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const hex = (n, digits) => n.toString(16).padStart(digits, "0");

/** Functions, and hits of a search, that the list shows at once; lines in a block that is drawn as a whole; parts that stay unpacked. */
const SHOWN = 3000, HITS = 500, BLOCK = 64, KEPT_PARTS = 8;
const LINE_PIXELS = 18;

async function unpack(id) {
  const text = atob($(id).textContent);
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

const absolute = (differences) => {
  let n = 0;
  return differences.map((d) => n += d);
};

/** A function's data as the page uses it. */
function unpackFunction(f) {
  const tiers = {};
  for (const [tier, code] of Object.entries(f.tiers)) {
    tiers[tier] = { ...code, of: absolute(code.of), places: absolute(code.places) };
  }
  return { ...f, offsets: absolute(f.offsets), tiers };
}

const parts = new Map();
/** The functions of a part, by index. */
function part(n) {
  let found = parts.get(n);
  parts.delete(n);
  found ??= unpack(`part-${n}`).then((list) => new Map(list.map((f) => [f.index, unpackFunction(f)])));
  parts.set(n, found);
  if (parts.size > KEPT_PARTS) parts.delete(parts.keys().next().value);
  return found;
}

let index, functions, byIndex, byId, hottest = 1;
let shown = [], active = 0;
/** What is open: its entry, its data, its blocks, and the row that has the focus. */
let open, current = -1;
const hidden = new Set();

const sum = (list) => list.reduce((a, b) => a + b, 0);
const heatOf = (n, most) => n > 0 ? 0.12 + 0.88 * Math.log1p(n) / Math.log1p(most) : 0;

// The list.

const ORDERS = {
  index: (a, b) => a.index - b.index,
  name: (a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.index - b.index,
  size: (a, b) => b.bytes - a.bytes,
  heat: (a, b) => b.count - a.count || a.index - b.index,
};

function drawList(entries, more) {
  shown = entries;
  active = Math.max(0, entries.findIndex((e) => e.entry === undefined && e === open?.entry));
  const items = entries.map((e, i) => {
    const li = element("li", e.entry === undefined ? "" : "hit");
    li.id = `item-${i}`;
    li.setAttribute("role", "option");
    li.dataset.item = i;
    if (e.entry === undefined) {
      li.append(element("span", "", e.name), element("span", "", index.unit ? e.count.toLocaleString() : `${e.bytes}`));
      li.style.setProperty("--heat", heatOf(e.count, hottest));
      li.title = `function ${e.index}, ${e.bytes} bytes of Wasm at 0x${hex(e.start, 4)}`;
      li.setAttribute("aria-selected", String(e === open?.entry));
    } else li.append(`${e.entry.name} +${hex(e.offset - e.entry.start, 2)}  ${e.text}`);
    return li;
  });
  if (more !== "") items.push(element("li", "note", more));
  $("list").replaceChildren(...items);
  activate(active, false);
}

function drawFunctions() {
  const word = $("search").value.trim().toLowerCase();
  const found = functions.filter((f) => f.name.toLowerCase().includes(word) || String(f.index) === word);
  found.sort(ORDERS[$("order").value]);
  const more = found.length - SHOWN;
  drawList(
    found.slice(0, SHOWN),
    found.length === 0 ? "no function" : more > 0 ? `… ${more} more: search for one` : "",
  );
}

function activate(i, scroll = true) {
  $(`item-${active}`)?.classList.remove("active");
  active = Math.max(0, Math.min(shown.length - 1, i));
  const li = $(`item-${active}`);
  if (li === null) return;
  li.classList.add("active");
  $("list").setAttribute("aria-activedescendant", li.id);
  if (scroll) li.scrollIntoView({ block: "nearest" });
}

function choose(i) {
  const e = shown[i];
  if (e === undefined) return;
  if (e.entry === undefined) show(e);
  else show(e.entry, e.offset);
}

let searching = 0;
/** Looks for a text in the instructions and machine code of all functions. */
async function searchText(text) {
  const mine = ++searching, hits = [], needle = text.toLowerCase();
  for (let n = 0; n < index.parts && hits.length < HITS; n++) {
    for (const [i, f] of await part(n)) {
      const found = new Set();
      f.text.split("\n").forEach((line, k) => {
        if (f.offsets[k] >= 0 && line.toLowerCase().includes(needle)) found.add(k);
      });
      for (const { text, of } of Object.values(f.tiers)) {
        if (!text.toLowerCase().includes(needle)) continue;
        text.split("\n").forEach((line, k) => {
          const at = of[k] < 0 ? -of[k] - 1 : of[k];
          if (line.toLowerCase().includes(needle) && f.offsets[at] >= 0) found.add(at);
        });
      }
      const entry = byIndex.get(i), lines = f.text.split("\n");
      for (const k of [...found].sort((a, b) => a - b)) {
        hits.push({ entry, offset: f.offsets[k], text: lines[k].trim() });
      }
      if (hits.length >= HITS) break;
    }
    if (mine !== searching) return;
    $("about").textContent = `searching: ${Math.round(100 * (n + 1) / index.parts)} %`;
  }
  $("about").textContent = index.about;
  drawList(
    hits.slice(0, HITS),
    hits.length === 0 ? `nothing contains ${text}` : hits.length >= HITS ? "… and more" : "",
  );
}

function search() {
  const word = $("search").value.trim();
  if (word === "") return drawFunctions();
  if (/^0x[0-9a-f]+$/i.test(word)) {
    const offset = Number(word);
    const found = functions.find((f) => offset >= f.start && offset < f.end);
    if (found !== undefined) return show(found, offset);
  }
  const [only, other] = functions.filter((f) => f.name.toLowerCase().includes(word.toLowerCase()));
  const exact = functions.find((f) => f.name === word) ?? (other === undefined ? only : undefined);
  if (exact !== undefined) return show(exact);
  searchText(word);
}

// A function.

function machineLine(code, k, offset) {
  const line = element("div", "instruction");
  line.dataset.o = offset;
  const label = code.labels[k], trap = code.traps[k], text = code.lines[k];
  if (label !== undefined) line.dataset.label = label;
  const target = /\bL\d+$/.exec(text);
  if (target !== null) line.dataset.target = target[0];
  const words = element("span", "", text);
  if (trap !== undefined) words.append(element("span", "trap", `  ; trap ${trap}`));
  line.append(
    element("span", "label", label === undefined ? "" : `${label}:`),
    element("span", "place", hex(code.places[k], 4)),
    words,
  );
  return line;
}

const CALL = /^(\s*(?:return_call|call|ref\.func) )(\$"(?:[^"\\]|\\.)*"|\S+)(.*)$/s;

function textCell(text) {
  const cell = element("span", "text");
  const call = CALL.exec(text), callee = call && byId.get(call[2]);
  if (!callee) {
    cell.textContent = text;
    return cell;
  }
  const link = element("span", "call", call[2]);
  link.dataset.call = callee.index;
  cell.append(call[1], link, call[3]);
  return cell;
}

function drawRow(n) {
  const { data, rows } = open, { kind, line, machine } = rows[n];
  const row = element("div", kind === "line" ? "row" : "row apart");
  row.setAttribute("role", "row");
  row.dataset.row = n;
  row.tabIndex = n === current ? 0 : -1;
  const offset = data.offsets[line];
  if (offset >= 0) row.dataset.o = offset;
  const cells = [];
  if (index.unit) {
    const count = kind === "line" && offset >= 0 ? data.counts?.[line] ?? 0 : "";
    const cell = element("span", "count", count === "" ? "" : count.toLocaleString());
    cell.style.setProperty("--heat", heatOf(Number(count), index.most));
    cells.push(cell);
  }
  cells.push(element("span", "offset", offset >= 0 ? `0x${hex(offset, 4)} +${hex(offset - open.entry.start, 2)}` : ""));
  if (index.sources) cells.push(element("span", "offset", data.sources?.[line] || ""));
  if (kind === "line") cells.push(textCell(open.lines[line]));
  else cells.push(element("span", "text", offset >= 0 ? `out of line, for ${open.lines[line].trim()}` : "out of line"));
  index.tiers.forEach((tier, t) => {
    if (hidden.has(tier)) return;
    const cell = element("span", "machine");
    for (const k of machine[t] ?? []) cell.append(machineLine(open.code[t], k, offset));
    cells.push(cell);
  });
  for (const cell of cells) cell.setAttribute("role", "cell");
  row.append(...cells);
  return row;
}

/** The rows of a function: its lines in order, then code out of line by the instruction that it serves. */
function rowsOf(data) {
  const rows = data.offsets.map((_, line) => ({ kind: "line", line, machine: [] }));
  index.tiers.forEach((tier, t) => {
    const code = data.tiers[tier];
    if (code === undefined) return;
    let apart;
    code.of.forEach((of, k) => {
      if (of >= 0) {
        apart = undefined;
        (rows[of].machine[t] ??= []).push(k);
        return;
      }
      const line = -of - 1;
      if (apart?.line !== line) rows.push(apart = { kind: "apart", line, machine: [] });
      (apart.machine[t] ??= []).push(k);
    });
  });
  return rows;
}

const heightOf = (row) => LINE_PIXELS * Math.max(1, ...row.machine.filter(Boolean).map((list) => list.length));

const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) drawBlock(target);
}, { root: $("main"), rootMargin: "800px" });

function drawBlock(block) {
  if (block.childElementCount > 0) return;
  const first = Number(block.dataset.first);
  for (let n = first; n < Math.min(open.rows.length, first + BLOCK); n++) block.append(drawRow(n));
  block.style.minHeight = "";
  watcher.unobserve(block);
}

function headings() {
  const row = element("div", "row headings");
  row.setAttribute("role", "row");
  const names = ["offset"];
  const widths = ["15ch"];
  if (index.unit) names.unshift(index.unit), widths.unshift("minmax(7ch, max-content)");
  if (index.sources) names.push("line"), widths.push(index.sources === "text" ? "11ch" : "20ch");
  names.push("text");
  widths.push("minmax(24ch, 1fr)");
  for (const tier of index.tiers) {
    if (hidden.has(tier)) continue;
    names.push(tier), widths.push("minmax(30ch, 1.1fr)");
  }
  if (index.unit) widths[0] = "12ch";
  $("main").style.setProperty("--grid", widths.join(" "));
  row.append(...names.map((name) => {
    const cell = element("span", "", name);
    cell.setAttribute("role", "columnheader");
    return cell;
  }));
  return row;
}

function draw() {
  const { entry, data } = open;
  watcher.disconnect();
  const title = element("div", "title");
  const facts = [`function ${entry.index}`, `${entry.bytes} bytes of Wasm at 0x${hex(entry.start, 4)}`];
  for (const [tier, code] of Object.entries(data.tiers)) facts.push(`${tier}: ${code.bytes} bytes`);
  for (const [tier, why] of Object.entries(data.reasons ?? {})) facts.push(`${tier}: none, ${why}`);
  if (index.unit) facts.push(`${entry.count.toLocaleString()} ${index.unit}`);
  title.append(element("h2", "", `${entry.name} ${data.type}`), element("span", "note", facts.join("; ")));
  const table = element("div", "table");
  table.setAttribute("role", "table");
  table.setAttribute("aria-label", `Code of ${entry.name}`);
  table.append(headings());
  for (let first = 0; first < open.rows.length; first += BLOCK) {
    const block = element("div", "block");
    block.setAttribute("role", "rowgroup");
    block.dataset.first = first;
    block.style.minHeight = `${sum(open.rows.slice(first, first + BLOCK).map(heightOf))}px`;
    table.append(block);
    watcher.observe(block);
  }
  $("main").replaceChildren(title, table);
}

/** Opens a function; with an offset, at that instruction. */
async function show(entry, offset) {
  const data = (await part(entry.part)).get(entry.index);
  const code = index.tiers.map((tier) => data.tiers[tier]);
  for (const c of code) if (c !== undefined) c.lines ??= c.text.split("\n");
  open = { entry, data, code, lines: data.text.split("\n"), rows: rowsOf(data) };
  current = -1;
  draw();
  $("main").scrollTop = 0;
  if (location.hash !== `#${entry.index}`) history.replaceState(null, "", `#${entry.index}`);
  document.querySelectorAll("#list [aria-selected]").forEach((li) => {
    li.setAttribute("aria-selected", String(shown[Number(li.dataset.item)] === entry));
  });
  const row = offset === undefined ? 0 : data.offsets.findLastIndex((o) => o >= 0 && o <= offset);
  go(Math.max(0, row), offset !== undefined);
}

/** Marks what belongs to an offset, in all columns. */
function mark(offset, from) {
  for (const old of document.querySelectorAll(".on, .target")) old.classList.remove("on", "target");
  if (offset !== undefined) {
    for (const found of $("main").querySelectorAll(`[data-o="${offset}"]`)) found.classList.add("on");
  }
  const target = from?.dataset.target;
  if (target === undefined) return;
  const column = from.parentElement;
  const nth = [...column.parentElement.children].indexOf(column);
  for (const found of $("main").querySelectorAll(`[data-label="${target}"]`)) {
    const cell = found.parentElement;
    if ([...cell.parentElement.children].indexOf(cell) === nth) found.classList.add("target");
  }
}

/** Moves the focus to a row, which is drawn if it was not yet. */
function go(n, focus = true) {
  if (open === undefined || n < 0 || n >= open.rows.length) return;
  for (const block of $("main").querySelectorAll(".block")) {
    const first = Number(block.dataset.first);
    if (n >= first && n < first + BLOCK) drawBlock(block);
  }
  const before = $("main").querySelector(`[data-row="${current}"]`);
  if (before !== null) before.tabIndex = -1;
  current = n;
  const row = $("main").querySelector(`[data-row="${n}"]`);
  row.tabIndex = 0;
  if (focus) row.focus({ preventScroll: true });
  if (focus) row.scrollIntoView({ block: "nearest" });
  mark(row.dataset.o);
}

/** The row that is the next hotter or colder than this one. */
function goHot(step) {
  const { counts } = open?.data ?? {};
  if (counts === undefined) return;
  const order = counts.map((_, i) => i).filter((i) => counts[i] > 0).sort((a, b) => counts[b] - counts[a] || a - b);
  const at = order.indexOf(current);
  go(order[at < 0 ? 0 : Math.max(0, Math.min(order.length - 1, at + step))]);
}

function goFunction(step) {
  const at = shown.indexOf(open?.entry);
  const next = shown[at + step];
  if (next !== undefined && next.entry === undefined) {
    show(next).then(() => go(0));
    activate(at + step);
  }
}

// Events.

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("strata-theme", theme);
  } catch {
    // A page of a file may have no storage.
  }
}
function toggleTheme() {
  const { theme } = document.documentElement.dataset;
  const dark = theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  setTheme(dark ? "light" : "dark");
}
function toggleFocus() {
  const on = document.body.classList.toggle("focus");
  $("focus").setAttribute("aria-pressed", String(on));
}

$("search").addEventListener("input", () => {
  searching++;
  $("about").textContent = index.about;
  drawFunctions();
});
$("search").addEventListener("keydown", (e) => {
  if (e.key === "Enter") search();
  else if (e.key === "ArrowDown") $("list").focus();
  else if (e.key === "Escape") {
    $("search").value = "";
    drawFunctions();
    $("list").focus();
  } else return;
  e.preventDefault();
});
$("order").addEventListener("change", drawFunctions);
$("theme").addEventListener("click", toggleTheme);
$("focus").addEventListener("click", toggleFocus);
$("help").addEventListener("click", () => $("keys").showModal());

$("list").addEventListener("click", (e) => {
  const item = e.target.closest("[data-item]");
  if (item === null) return;
  activate(Number(item.dataset.item), false);
  choose(active);
});
const LIST_KEYS = { ArrowUp: -1, ArrowDown: 1, PageUp: -20, PageDown: 20, Home: -1e9, End: 1e9, k: -1, j: 1 };
$("list").addEventListener("keydown", (e) => {
  if (e.key in LIST_KEYS) activate(active + LIST_KEYS[e.key]);
  else if (e.key === "Enter" || e.key === " ") choose(active);
  else if (e.key === "ArrowRight") go(Math.max(0, current));
  else return;
  e.preventDefault();
});

$("main").addEventListener("mouseover", (e) => {
  const line = e.target.closest(".instruction");
  mark((line ?? e.target.closest("[data-o]"))?.dataset.o, line);
});
$("main").addEventListener("mouseleave", () => mark(open?.data.offsets[open.rows[current]?.line]));
$("main").addEventListener("click", (e) => {
  const callee = e.target.closest("[data-call]")?.dataset.call;
  if (callee !== undefined) return show(byIndex.get(Number(callee)));
  const row = e.target.closest("[data-row]");
  if (row !== null && String(getSelection()) === "") go(Number(row.dataset.row));
});
const ROW_KEYS = { ArrowUp: -1, ArrowDown: 1, k: -1, j: 1, PageUp: -20, PageDown: 20 };
$("main").addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || open === undefined) return;
  if (e.key in ROW_KEYS) go(Math.max(0, Math.min(open.rows.length - 1, current + ROW_KEYS[e.key])));
  else if (e.key === "Home") go(0);
  else if (e.key === "End") go(open.rows.length - 1);
  else if (e.key === "Enter") $("main").querySelector(`[data-row="${current}"] [data-call]`)?.click();
  else if (e.key === "Escape") $("list").focus();
  else return;
  e.preventDefault();
});
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, select") || $("keys").open) return;
  if (e.key === "/") $("search").focus();
  else if (e.key === "t") toggleTheme();
  else if (e.key === "f") toggleFocus();
  else if (e.key === "?") $("keys").showModal();
  else if (e.key === "h") goHot(1);
  else if (e.key === "H") goHot(-1);
  else if (e.key === "[") goFunction(-1);
  else if (e.key === "]") goFunction(1);
  else return;
  e.preventDefault();
});
addEventListener("hashchange", () => {
  const entry = byIndex.get(Number(location.hash.slice(1)));
  if (entry !== undefined && entry !== open?.entry) show(entry);
});

async function start() {
  try {
    const theme = localStorage.getItem("strata-theme");
    if (theme !== null) document.documentElement.dataset.theme = theme;
  } catch {
    // As above.
  }
  index = await unpack("index");
  const keys = ["index", "name", "id", "start", "end", "bytes", "part", "count"];
  functions = index.functions.map((row) => Object.fromEntries(keys.map((key, i) => [key, row[i]])));
  byIndex = new Map(functions.map((f) => [f.index, f]));
  byId = new Map(functions.flatMap((f) => [[f.id, f], [String(f.index), f]]));
  hottest = functions.reduce((most, f) => Math.max(most, f.count), 1);
  $("about").textContent = index.about;
  const orders = index.unit ? ["heat", "index", "name", "size"] : ["index", "name", "size"];
  $("order").append(...orders.map((o) => element("option", "", o)));
  for (const tier of index.tiers) {
    const box = element("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(tier);
      else hidden.add(tier);
      if (open === undefined) return;
      const at = current;
      draw();
      go(at, false);
    });
    const label = element("label", "", ` ${tier} `);
    label.prepend(box);
    $("columns").append(label);
  }
  drawFunctions();
  const wanted = byIndex.get(Number(location.hash.slice(1) || -1)) ?? shown[0];
  if (wanted !== undefined) await show(wanted);
  document.documentElement.dataset.ready = "yes";
}
start();
