// The name that somebody may have meant who wrote another.

/** The one of `names` that is nearest to `word`, by letters to add, drop or replace, or by how it begins; undefined if none is near. */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined, least = 1 + Math.max(2, Math.floor(word.length / 3));
  const wanted = word.toLowerCase();
  for (const name of names) {
    const other = name.toLowerCase();
    // Whoever stopped early is nearer than whoever missed three letters.
    const distance = wanted.length > 2 && other.startsWith(wanted) ? 2 : distanceOf(wanted, other);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** How many letters are to be added, dropped or replaced (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
