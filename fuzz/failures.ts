import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.js';
import { writeCase } from './kept-case.js';
import type { Problem } from './protocol.js';

/** A case with problems. */
export interface Failure {
  readonly generator: string;
  readonly seed: number;
  readonly subject: Case;
  readonly problems: readonly Problem[];
}

/** What failures with the same cause most likely have in common. */
export function signature(problems: readonly Problem[]): string {
  const { aspect, found } = problems[0].difference;
  const names = problems.map(({ configuration }) => configuration).join('+');
  const what = aspect === 'engine' ? found.split('\n')[0].replace(/0x[0-9a-f]+|\d+/g, 'N') : '';
  return `${names} ${aspect} ${what}`.trim();
}

/** A problem in words. */
export function problemText({ configuration, difference }: Problem): string {
  const { aspect, where, expected, found } = difference;
  return `${configuration}: ${aspect} differ: ${where}\n  expected ${expected}\n  found ${found}`;
}

/** Remarks at the head of a kept failure. */
export function remarks({ generator, seed, problems }: Failure, notes: readonly string[]): string[] {
  return [`generator ${generator}, seed ${seed}`, ...notes, ...problems.map(problemText)];
}

/** Writes a failure into a folder, as text if possible; returns the file. */
export function keepFailure(folder: string, failure: Failure, notes: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `${failure.generator}-${failure.seed}-${failure.problems[0].configuration}`);
  return writeCase(name, failure.subject, remarks(failure, notes));
}
