// Source maps (ECMA-426) of Wasm modules: line 1, columns are byte offsets in the module. Takes the JSON of a map, gives where offsets come from.

/** Where an offset in the module comes from. */
export interface Mapping {
  /** Byte offset in the module. */
  readonly offset: number;
  /** Undefined where the map says that it comes from nowhere. */
  readonly source: { readonly file: string; readonly line: number; readonly column: number } | undefined;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment (base 64, 5 bits each, the lowest first, the sign in bit 0). Throws SyntaxError. */
function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0, unit = 1;
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) throw new SyntaxError(`a source map with "${character}" among its mappings`);
    value += (digit & 31) * unit;
    unit *= 32;
    if (digit & 32) continue;
    numbers.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2);
    value = 0;
    unit = 1;
  }
  return numbers;
}

/** The mappings of a map's first line, ascending by offset. Throws SyntaxError for what is no source map of version 3. */
export function readSourceMap(json: string): Mapping[] {
  const map = JSON.parse(json.replace(/^\)\]\}'[^\n]*\n/, ""));
  if (map === null || typeof map !== "object" || map.version !== 3 || typeof map.mappings !== "string") {
    throw new SyntaxError("no source map of version 3");
  }
  const root = typeof map.sourceRoot === "string" ? map.sourceRoot : "";
  const files: string[] = Array.isArray(map.sources) ? map.sources.map((s: unknown) => root + String(s ?? "?")) : [];
  const mappings: Mapping[] = [];
  let offset = 0, file = 0, line = 0, column = 0;
  for (const segment of map.mappings.split(";")[0].split(",")) {
    if (segment === "") continue;
    const numbers = numbersOf(segment);
    offset += numbers[0];
    if (numbers.length < 4) {
      mappings.push({ offset, source: undefined });
      continue;
    }
    file += numbers[1];
    line += numbers[2];
    column += numbers[3];
    mappings.push({ offset, source: { file: files[file] ?? "?", line: line + 1, column: column + 1 } });
  }
  return mappings.sort((a, b) => a.offset - b.offset);
}

/** The text of a map in a `data:` URL; undefined for other URLs. Throws TypeError for one that cannot be read. */
export function sourceMapInUrl(url: string): string | undefined {
  const found = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (found === null) return undefined;
  if (found[1] === undefined) return decodeURIComponent(found[2]);
  return new TextDecoder().decode(Uint8Array.from(atob(found[2]), (c) => c.charCodeAt(0)));
}
