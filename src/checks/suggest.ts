/** More mistakes than this, and what is nearest is not what was meant. */
const mostMistakes = 2;

/** What a message says after an unknown name: `, did you mean …?`, or nothing where no known one is near. */
export function suggestion(name: string, known: readonly string[]): string {
  let nearest: string | undefined;
  let fewest = Math.min(mostMistakes, Math.ceil(name.replace(/^-+/, '').length / 2) - 1) + 1;
  for (const candidate of known) {
    const mistakes = distance(name, candidate);
    if (mistakes >= fewest) continue;
    nearest = candidate;
    fewest = mistakes;
  }
  return nearest === undefined ? '' : `, did you mean ${nearest}?`;
}

/**
 * Characters that have to be inserted, left out or replaced, or neighbours to be exchanged (optimal string
 * alignment).
 */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, last[j] + 1, row[j - 1] + 1);
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isExchanged) least = Math.min(least, before[j - 2] + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}
