// How the shell's output looks: colours, tables, hex dumps. Takes plain data, gives text; writes nothing.

/** What a piece of text is, for its colour. */
export type Style =
  | "prompt"
  | "command"
  | "head"
  | "comment"
  | "value"
  | "note"
  | "error"
  | "offset"
  | "wasm"
  | "bytes"
  | "machine"
  | "label"
  | "trap";

const CODES: Readonly<Record<Style, string>> = {
  prompt: "1;36",
  command: "1",
  comment: "33",
  head: "1",
  value: "1;32",
  note: "2",
  error: "31",
  offset: "2",
  wasm: "36",
  bytes: "2",
  machine: "",
  label: "33",
  trap: "31",
};

/** Colours a piece of text, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

/** The painter of a terminal, or the one that leaves text alone. */
export function painter(colours: boolean): Paint {
  if (!colours) return (_style, text) => text;
  return (style, text) => CODES[style] === "" || text === "" ? text : `\x1b[${CODES[style]}m${text}\x1b[0m`;
}

// deno-lint-ignore no-control-regex
const OBEYED = /\x1b\[[\d;]*m|(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Text for a terminal, which obeys control characters: names in modules may hold any. All but line feeds, tabs and colours are
 * written as in the text format, e.g. `\u{1b}`.
 */
export function visible(text: string): string {
  return text.replace(OBEYED, (c) => c.length > 1 ? c : `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** Rows in columns two spaces apart; columns whose number is in `right` are flush right. The last column is not padded. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = [], indent = "  "): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  return rows.map((row) =>
    (indent + row.map((cell, i) => {
      if (right.includes(i)) return cell.padStart(widths[i]);
      return i === row.length - 1 ? cell : cell.padEnd(widths[i]);
    }).join("  ")).trimEnd()
  ).join("\n");
}

/** `1 page`, `2 pages`. */
export function count(n: number, one: string, many = one + "s"): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Milliseconds for people. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 1) return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
  return `${(ms * 1000).toFixed(ms < 0.01 ? 1 : 0)} µs`;
}

const DUMP_WIDTH = 16;

/** Bytes in hexadecimal and ASCII, 16 per line; lines that repeat the one before are drawn as one `*`. */
export function hexDump(bytes: Uint8Array, address: number, paint: Paint): string {
  const digits = Math.max(4, (address + bytes.length).toString(16).length);
  const lines: string[] = [];
  let before = "";
  for (let at = 0; at < bytes.length; at += DUMP_WIDTH) {
    const part = bytes.subarray(at, at + DUMP_WIDTH);
    const hex = Array.from(part, (b) => b.toString(16).padStart(2, "0"));
    const joined = hex.join(" ");
    const last = at + DUMP_WIDTH >= bytes.length;
    if (joined === before && !last) {
      if (lines.at(-1) !== "  *") lines.push("  *");
      continue;
    }
    before = joined;
    const text = Array.from(part, (b) => b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".").join("");
    const left = `${hex.slice(0, 8).join(" ")}  ${hex.slice(8).join(" ")}`;
    const place = `0x${(address + at).toString(16).padStart(digits, "0")}`;
    lines.push(
      `  ${paint("offset", place)}  ${left.padEnd(DUMP_WIDTH * 3)}  ${paint("note", "|")}${text}${paint("note", "|")}`,
    );
  }
  return lines.join("\n");
}

/** Bytes for people. */
export function size(bytes: number | undefined): string {
  if (bytes === undefined) return "not known";
  if (bytes < 1024) return count(bytes, "byte");
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let n = bytes, unit = 0;
  while (n >= 1024 && unit < units.length - 1) n /= 1024, unit++;
  return `${Number.isInteger(n) ? n : n.toFixed(1)} ${units[unit]}`;
}
