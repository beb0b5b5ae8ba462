import { Binaryen } from './binaryen.js';
import type { Case } from './case.js';
import type { Feature } from './generator/features.js';
import { mutants } from './mutants.js';
import type { Request } from './protocol.js';
import { caseOf, edgesCase, generatedCase, loopsCase } from './subjects.js';

/** What a source supplies: a module to run, or bytes to validate. */
export type Subject = {
  readonly generator: string;
  readonly seed: number;
} & ({ readonly case: Case } | { readonly inputs: readonly Uint8Array[] });

/** Where modules come from. */
export interface Source {
  /** The subject of a seed, always the same. Undefined if the seed gives none. */
  make(seed: number): Promise<Subject | undefined>;
  end(): void;
}

/** Modules made by a generator of ours, on demand. */
class OwnSource implements Source {
  readonly #generator: string;
  readonly #caseOf: (seed: number) => Case;

  constructor(generator: string, caseOf: (seed: number) => Case) {
    this.#generator = generator;
    this.#caseOf = caseOf;
  }

  make(seed: number): Promise<Subject> {
    return Promise.resolve({ generator: this.#generator, seed, case: this.#caseOf(seed) });
  }

  end(): void {}
}

class BinaryenSource implements Source {
  readonly #binaryen: Binaryen;

  constructor(stride: number, features: readonly Feature[]) {
    this.#binaryen = new Binaryen(stride, features);
  }

  async make(seed: number): Promise<Subject | undefined> {
    const bytes = await this.#binaryen.make(seed);
    // Its functions may call each other a hundred levels deep, with frames of any size.
    return bytes === undefined ? undefined : { generator: 'binaryen', seed, case: caseOf(bytes, seed, true) };
  }

  end(): void {
    this.#binaryen.end();
  }
}

class MutateSource implements Source {
  readonly #binaryen: Binaryen;
  readonly #features: readonly Feature[];

  constructor(features: readonly Feature[]) {
    this.#binaryen = new Binaryen(0, features);
    this.#features = features;
  }

  async make(seed: number): Promise<Subject> {
    return { generator: 'mutate', seed, inputs: await mutants(seed, this.#binaryen, this.#features) };
  }

  end(): void {
    this.#binaryen.end();
  }
}

/**
 * Sources by the names that `--generator` takes. `stride` is the distance between the seeds that they will
 * get.
 */
const makers: Readonly<Record<string, (stride: number, features: readonly Feature[]) => Source>> = {
  own: (_, features) => new OwnSource('own', (seed) => generatedCase(seed, features)),
  loops: () => new OwnSource('loops', loopsCase),
  edges: (_, features) => new OwnSource('edges', (seed) => edgesCase(seed, features)),
  binaryen: (stride, features) => new BinaryenSource(stride, features),
  mutate: (_, features) => new MutateSource(features),
};

export const generatorNames: readonly string[] = Object.keys(makers);

/** @param features which features of WebAssembly 3.0 modules may have */
export function makeSource(name: string, stride: number, features: readonly Feature[]): Source {
  return makers[name](stride, features);
}

/** What a worker is asked to do with a subject. */
export function requestOf(subject: Subject, configurations: readonly string[]): Request {
  if ('inputs' in subject) return { kind: 'validate', inputs: subject.inputs };
  return { kind: 'run', subject: subject.case, seed: subject.seed, configurations, detailed: false };
}
