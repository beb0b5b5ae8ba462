/** Modules from binaryen's fuzzer: wasm-opt --translate-to-fuzz makes them from random bytes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ExternKind } from '../src/wasm/module.js';
import { type Feature, someFeatures } from './generator/features.js';
import { isForJs, isOnlyForWasm } from './generator/references.js';
import { decodeDraft } from './module/decode.js';
import { importCount, type ModuleDraft, typeOfTable } from './module/draft.js';
import { encodeModule } from './module/encode.js';
import { hideVectors } from './module/hide-vectors.js';
import { spreadMemories } from './module/spread-memories.js';
import { Random } from './random.js';

const run = promisify(execFile);
const wasmOpt = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin/wasm-opt');

/** WebAssembly 2.0 without vectors, and extended constant expressions. */
const basics = [
  '--mvp-features',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-reference-types',
  '--enable-multivalue',
  '--enable-extended-const',
];

/** What the tool needs to make modules with some features of 3.0. It has typed references only with GC. */
function optionsOf(chosen: ReadonlySet<Feature>): string[] {
  const hasExceptions = chosen.has('exceptions') || chosen.has('legacy-exceptions');
  return [
    ...(hasExceptions ? ['--enable-exception-handling'] : []),
    ...(chosen.has('tail-calls') ? ['--enable-tail-call'] : []),
    // It makes one memory only. This lets its passes know the option.
    ...(chosen.has('memories') ? ['--enable-multimemory'] : []),
    // Of memories, tables or both, as it likes.
    ...(chosen.has('memory64') ? ['--enable-memory64'] : []),
  ];
}

/** Milliseconds that the tool may take, even on a very busy machine, before it counts as hanging. */
const patience = 600_000;
/** How many modules are made in advance. */
const ahead = 2;

/**
 * Makes modules in child processes, some in advance. A module depends only on its seed. Seeds are expected to
 * grow by `stride` each time (0: the same one again and again).
 */
export class Binaryen {
  readonly #folder = mkdtempSync(join(tmpdir(), 'upshift-binaryen-'));
  readonly #stride: number;
  readonly #allowed: readonly Feature[];
  readonly #coming = new Map<number, Promise<Uint8Array | undefined>>();

  /** @param allowed which features of 3.0 the modules may have */
  constructor(stride: number, allowed: readonly Feature[]) {
    this.#stride = stride;
    this.#allowed = allowed;
  }

  /** The module of a seed; undefined if the tool fails on its bytes, or makes what cannot be compared. */
  make(seed: number): Promise<Uint8Array | undefined> {
    for (let k = 0; k <= ahead; k++) this.#start(seed + k * this.#stride);
    for (const old of this.#coming.keys()) if (old < seed) this.#coming.delete(old);
    return this.#start(seed);
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(seed: number): Promise<Uint8Array | undefined> {
    const coming = this.#coming.get(seed) ?? this.#make(seed).catch(() => undefined);
    this.#coming.set(seed, coming);
    return coming;
  }

  async #make(seed: number): Promise<Uint8Array> {
    const random = new Random(seed);
    const length = random.weighted([
      [50, random.between(200, 3000)],
      [50, random.between(3000, 20_000)],
    ]);
    const input = join(this.#folder, `${seed}.dat`);
    const output = join(this.#folder, `${seed}.wasm`);
    writeFileSync(
      input,
      Uint8Array.from({ length }, () => random.below(256)),
    );
    // Optimizing passes give the code other shapes. The last pass turns every NaN into 0, because a NaN's
    // bits must not be seen.
    const shaping = random.chance(50) ? ['--fuzz-passes'] : [];
    const vectors = random.weighted([
      [45, []],
      [40, ['--enable-simd']],
      [15, ['--enable-simd', '--enable-relaxed-simd']],
    ]);
    const chosen = someFeatures(random, this.#allowed);
    const given = [...basics, ...vectors, ...optionsOf(chosen)];
    // It makes the older instructions for exceptions.
    const translated = chosen.has('exceptions') ? ['--translate-to-exnref'] : [];
    const passes = [...shaping, ...translated, '--denan'];
    const options = ['--translate-to-fuzz', input, '-o', output, ...given, ...passes];
    try {
      await run(process.execPath, [wasmOpt, ...options], { timeout: patience });
      // Without custom sections: not all tools read those of others.
      const draft = decodeDraft(new Uint8Array(readFileSync(output)));
      hideVectors(draft);
      if (chosen.has('memories')) spreadMemories(draft, random);
      hideExnrefs(draft);
      exportTags(draft);
      return encodeModule(draft);
    } finally {
      for (const file of [input, output]) rmSync(file, { force: true });
    }
  }
}

/** Takes back exports of globals and tables whose values JavaScript cannot have. */
function hideExnrefs(draft: ModuleDraft): void {
  const importedGlobals = importCount(draft, ExternKind.global);
  draft.exports = draft.exports.filter(({ kind, index }) => {
    if (kind === ExternKind.table) return isForJs(typeOfTable(draft, index).element);
    const global = kind === ExternKind.global ? draft.globals[index - importedGlobals] : undefined;
    return global === undefined || !isOnlyForWasm(global.type.type);
  });
}

/** Exports all tags: of exceptions with others it is not seen what they carry. */
function exportTags(draft: ModuleDraft): void {
  const count = importCount(draft, ExternKind.tag) + draft.tags.length;
  for (let index = 0; index < count; index++) {
    draft.exports.push({ name: `tag of ${index}`, kind: ExternKind.tag, index });
  }
}
