import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configureWebAssembly } from '../api/agent.js';
import { SelfCheck } from '../self-check/self-check.js';
import { ValType } from '../wasm/types.js';
import { wat } from './modules.fixture.js';
import { Runtime } from './runtime.js';

/** Loosely typed: what the tests pass is wrong. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

const runtime: Loose = new Runtime({ tier: 'interp' });
after(() => runtime.dispose());
const bytes = wat('(module (import "m" "f" (func)) (memory 1))');
const module = runtime.compile(bytes);
const make = (options: Loose) => () => new Runtime(options);

const typeErrors: readonly (readonly [work: () => unknown, message: string])[] = [
  [make('fast'), 'Runtime: options must be an object, not "fast"'],
  [make(null), 'Runtime: options must be an object, not null'],
  [make([]), 'Runtime: options must be an object, not an array'],
  [make(Promise.resolve({})), 'Runtime: options must be an object, not a Promise (is an await missing?)'],
  [make({ teir: 'fast' }), 'Runtime: options: there is no option teir, did you mean tier?'],
  [
    make({ tier: 'fsat' }),
    'Runtime: options.tier must be one of "interp", "fast", "llvm", "multi", not "fsat", did you mean fast?',
  ],
  [make({ llvm: 'lib.so' }), 'Runtime: options.llvm must be an object, not "lib.so"'],
  [make({ llvm: { lvl: 3 } }), 'Runtime: options.llvm: there is no option lvl'],
  [make({ onCompile: 1 }), 'Runtime: options.onCompile must be a function, not 1'],
  [
    make({ heat: {} }),
    'Runtime: options.heat.threshold must be an integer, from 1 to 4294967295, not undefined',
  ],
  [
    () => runtime.compile('module.wasm'),
    'Runtime.compile: the module must be bytes (a Uint8Array or other view, or an ArrayBuffer), not "module.wasm": read the file first',
  ],
  [
    () => runtime.compile(undefined),
    'Runtime.compile: the module must be bytes (a Uint8Array or other view, or an ArrayBuffer), not undefined',
  ],
  [
    () => runtime.compile(bytes, { eger: true }),
    'Runtime.compile: options: there is no option eger, did you mean eager?',
  ],
  [
    () => runtime.instantiate(new (globalThis as Loose).WebAssembly.Module(bytes)),
    'Runtime.instantiate: the module must be a Module that Runtime.compile has made, not a WebAssembly.Module',
  ],
  [
    () => runtime.instantiate(Promise.resolve(module)),
    'Runtime.instantiate: the module must be a Module that Runtime.compile has made, not a Promise (is an await missing?)',
  ],
  [() => runtime.instantiate(module, 'env'), 'the imports must be an object, not "env"'],
  [() => runtime.instantiate(module, { m: 3 }), 'the imports of "m" must be an object, not 3'],
  [
    () => runtime.instantiate(module, {}, { tier: 'jit' }),
    'Runtime.instantiate: options.tier must be one of "interp", "fast", "llvm", "multi", not "jit"',
  ],
  [() => runtime.memory({ initial: 1 }), 'Runtime.memory: type: there is no option initial'],
  [() => runtime.memory({}), 'Runtime.memory: type.limits must be an object, not undefined'],
  [
    () => runtime.table({ element: ValType.i32, limits: { min: 1 } }),
    'Runtime.table: type.element must be one of ValType.funcref, ValType.externref, not 127',
  ],
  [
    () => runtime.hostFunction({ params: [], results: [] }),
    'Runtime.hostFunction: the function must be a function, not undefined',
  ],
  [() => new SelfCheck({ runtime } as Loose), 'SelfCheck: options.options must be an object, not undefined'],
  [
    () => configureWebAssembly({ tire: 'fast' } as Loose),
    'configureWebAssembly: options: there is no option tire, did you mean tier?',
  ],
];

test('what is of the wrong kind is refused: the error says what came, and what was expected', () => {
  for (const [work, message] of typeErrors) {
    assert.throws(work, { name: 'TypeError', code: 'ERR_UPSHIFT_ARGUMENT_TYPE', message }, message);
  }
});

test('what is out of range is refused: the error says what the range is', () => {
  const cases: readonly (readonly [work: () => unknown, message: string])[] = [
    [make({ llvm: { level: 4 } }), 'Runtime: options.llvm.level must be an integer, from 0 to 3, not 4'],
    [
      make({ llvm: { threads: 1.5 } }),
      'Runtime: options.llvm.threads must be an integer, from 1 to 64, not 1.5',
    ],
    [
      make({ stackSize: 5 }),
      'Runtime: options.stackSize must be an integer of bytes, from 16384 to 1073741824, not 5',
    ],
    [
      make({ maxMemory: Number.NaN }),
      'Runtime: options.maxMemory must be a number of bytes, 0 or more, not NaN',
    ],
    [
      () => runtime.instantiate(module, {}, { maxMemory: -1 }),
      'Runtime.instantiate: options.maxMemory must be a number of bytes, 0 or more, not -1',
    ],
  ];
  for (const [work, message] of cases) {
    assert.throws(work, { name: 'RangeError', code: 'ERR_UPSHIFT_ARGUMENT_RANGE', message }, message);
  }
});

test('options that are undefined, and options in objects with a prototype, are options', () => {
  class Options {
    tier = 'interp' as const;
    maxMemory = undefined;
  }
  const made = new Runtime(new Options());
  assert.equal(made.tier, 'interp');
  made.dispose();
});

test('a value of the wrong engine as an import is named', () => {
  const importer = runtime.compile(wat('(module (import "m" "m" (memory 1)))'));
  const foreign = new (globalThis as Loose).WebAssembly.Memory({ initial: 1 });
  assert.throws(() => runtime.instantiate(importer, { m: { m: foreign } }), {
    code: 'ERR_UPSHIFT_LINK',
    message: 'incompatible import type: "m" "m" must be a memory, not a WebAssembly.Memory',
  });
});
