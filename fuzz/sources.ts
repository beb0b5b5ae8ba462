import type { Case } from './case.js';
import type { Request } from './protocol.js';
import { generatedCase } from './subjects.js';

/** What a source gives: a module to run, or bytes to validate. */
export type Subject = {
  readonly generator: string;
  readonly seed: number;
} & ({ readonly case: Case } | { readonly inputs: readonly Uint8Array[] });

/** Where modules come from. */
export interface Source {
  readonly name: string;
  /** The subject of a seed: always the same. */
  make(seed: number): Promise<Subject>;
  end(): void;
}

const own: Source = {
  name: 'own',
  make: (seed) => Promise.resolve({ generator: 'own', seed, case: generatedCase(seed) }),
  end: () => {},
};

const makers: Readonly<Record<string, () => Promise<Source>>> = {
  own: () => Promise.resolve(own),
};

export const generatorNames: readonly string[] = Object.keys(makers);

/** The source of this name. */
export function makeSource(name: string): Promise<Source> {
  return makers[name]();
}

/** What a worker is asked to do with a subject. */
export function requestOf(subject: Subject, configurations: readonly string[]): Request {
  if ('inputs' in subject) return { kind: 'validate', inputs: subject.inputs };
  return { kind: 'run', subject: subject.case, seed: subject.seed, configurations, detailed: false };
}
