/**
 * A table of text with columns of fixed width, the first one aligned left: rows can be printed as they come.
 */
export class Table {
  readonly #widths: readonly number[];

  constructor(headings: readonly string[], firstWidth: number, columnWidth = 11) {
    this.#widths = headings.map((heading, index) =>
      index === 0 ? firstWidth : Math.max(columnWidth, heading.length + 2),
    );
    this.row(headings);
    console.log('-'.repeat(this.#widths.reduce((sum, width) => sum + width, 0)));
  }

  row(cells: readonly string[]): void {
    console.log(
      cells
        .map((cell, index) =>
          index === 0 ? cell.padEnd(this.#widths[0]) : cell.padStart(this.#widths[index]),
        )
        .join(''),
    );
  }
}

/** A number with so many decimals, or a dash for a missing one. */
export function decimal(value: number | null | undefined, digits: number): string {
  return value == null || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}
