/** The benchmark programs, and what they print. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../bench/programs/', import.meta.url));

/** The modules in one folder of bench/programs. */
export function programsIn(group: string): string[] {
  return readdirSync(join(folder, group))
    .filter((name) => name.endsWith('.wasm'))
    .sort()
    .map((name) => join(folder, group, name));
}

/** The line of a program's output that says how many milliseconds its work took. */
export const timeLine = /^time_ms[ :=]+([\d.]+)\n?/m;

/** Lines with the milliseconds of equal parts of a program's work. */
const sliceLines = /^slice_ms ([\d.]+)\n/gm;

/** What the runs of a program have to agree in: its output without its own times. */
export function comparable(output: string): string {
  return output.replace(timeLine, '').replace(sliceLines, '');
}

/** Milliseconds of the equal parts of a program's work, where it prints them. */
export function sliceTimes(output: string): number[] {
  return [...output.matchAll(sliceLines)].map(([, time]) => Number(time));
}
