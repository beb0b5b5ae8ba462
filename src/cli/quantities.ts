import { UsageError } from './errors.js';

/** Numbers, sizes and times on the command line. All throw a UsageError that says what was expected. */

const kibi = 2 ** 10;
const byteUnits: Readonly<Record<string, number>> = { '': 1, k: kibi, m: kibi ** 2, g: kibi ** 3 };

/** Bytes: a whole number with a unit, as in `64MiB`. `64M` means the same; without a unit it is bytes. */
export function parseSize(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,15})(?:([kmg])(?:ib)?|b)?$/i.exec(text);
  const size = match === null ? Number.NaN : Number(match[1]) * byteUnits[(match[2] ?? '').toLowerCase()];
  if (size >= least && size <= most) return size;
  throw new UsageError(`--${option} ${text}: expected a size from ${sizeText(least)} to ${sizeText(most)}`);
}

/** A size in the largest unit that divides it. */
export function sizeText(byteLength: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const bytes = byteUnits[unit[0].toLowerCase()];
    if (byteLength >= bytes && byteLength % bytes === 0) return `${byteLength / bytes}${unit}`;
  }
  return `${byteLength}`;
}

/** A size for people, rounded to a tenth of the largest unit of which it has one: `512 bytes`, `1.5 MiB`. */
export function roundedSize(byteLength: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const size = byteLength / byteUnits[unit[0].toLowerCase()];
    if (size >= 1) return `${Math.round(size * 10) / 10} ${unit}`;
  }
  return `${byteLength} byte${byteLength === 1 ? '' : 's'}`;
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** One day longer than a month. */
const longestTime = 32 * 24 * timeUnits['h'];

/** Milliseconds: a number with a unit, as in `500ms` or `1.5s`; without a unit it is seconds. */
export function parseDuration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,10}(?:\.\d{1,6})?)(ms|s|m|h)?$/.exec(text);
  const milliseconds = match === null ? Number.NaN : Number(match[1]) * timeUnits[match[2] ?? 's'];
  if (milliseconds > 0 && milliseconds <= longestTime) return milliseconds;
  throw new UsageError(`--${option} ${text}: expected a time such as 500ms, 2s, 1m or 1h`);
}

/** A whole number. */
export function parseNumber(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${option} ${text}: expected ${least} to ${most}`);
}
