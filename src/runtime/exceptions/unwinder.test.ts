import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutLlvm } from '../../llvm-jit/library.fixture.js';
import { wat } from '../modules.fixture.js';
import { Runtime } from '../runtime.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { throwingModule } from './random-throws.fixture.js';

/** What the tests need of the WebAssembly that Node brings. */
interface V8WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { run(a: bigint, b: bigint): bigint } };
}
const v8 = Reflect.get(globalThis, 'WebAssembly') as V8WebAssembly;

/** What a call has come to, as text. */
function outcome(run: () => unknown): string {
  try {
    return String(run());
  } catch (error) {
    // Exceptions of wasm code have other objects here than in V8.
    return error instanceof Error && error.message === 'of the host' ? 'error of the host' : 'exception';
  }
}

const inputs: readonly (readonly [bigint, bigint])[] = Array.from({ length: 16 }, (_, k) => [
  BigInt(k * 7919),
  BigInt(k),
]);

/** Throws for some of its arguments. */
function host(value: bigint): void {
  if (value % 5n === 3n) throw new Error('of the host');
}

/** How the modules are run, and how many of them. */
const configurations: readonly (readonly [name: string, count: number, options: RuntimeOptions])[] = [
  ['tier interp', 20, { tier: 'interp' }],
  ['tier fast', 40, { tier: 'fast' }],
  ['tier fast, all locals live', 20, { tier: 'fast', livenessLimit: 1 }],
  ['tier fast, checked memory', 20, { tier: 'fast', memoryMode: 'checked' }],
  ['half of it interpreted', 20, { tier: 'fast', tuning: { interpreted: (index) => index % 2 === 0 } }],
  ['tier llvm', 20, { tier: 'llvm' }],
  ['tiers at random', 20, { tier: 'multi', tuning: { chaos: 5, waitForLoops: true, heatThreshold: 3 } }],
];

describe('what is kept over a call is there when an exception has left the call', () => {
  for (const [name, count, options] of configurations) {
    const needsLlvm = options.tier === 'llvm' || options.tier === 'multi';
    test(name, { skip: needsLlvm ? withoutLlvm() : false }, () => {
      let thrown = 0;
      for (let seed = 1; seed <= count; seed++) {
        const bytes = wat(throwingModule(seed));
        const imports = { host: { call: host } };
        const expected = new v8.Instance(new v8.Module(bytes), imports).exports.run;
        const tuning = { ...options.tuning, collectsExceptions: true };
        const runtime = new Runtime({ ...options, verifyIr: true, tuning });
        const { run } = runtime.instantiate<{ run(a: bigint, b: bigint): bigint }>(
          runtime.compile(bytes),
          imports,
        ).exports;
        for (const [a, b] of inputs) {
          const wanted = outcome(() => expected(a, b));
          assert.equal(
            outcome(() => run(a, b)),
            wanted,
            `module ${seed}, ${a} ${b}`,
          );
          if (wanted === 'exception') thrown++;
        }
        runtime.dispose();
      }
      assert.ok(thrown > 20, `only ${thrown} calls throw`);
    });
  }
});
