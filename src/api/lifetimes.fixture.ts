import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { wat } from '../runtime/modules.fixture.js';
import { agentStore, configureWebAssembly } from './agent.js';
import { WebAssembly } from './web-assembly.js';

/*
 * A process that lets go of objects of the API and looks at what becomes garbage. Its argument is the tier;
 * Node is to be run with --expose-gc.
 */

/** Loosely typed: exports are of any kind. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

const gc = Reflect.get(globalThis, 'gc') as () => void;
configureWebAssembly({ tier: process.argv[2] as 'interp' | 'fast' });

const collected = new Set<string>();
const registry = new FinalizationRegistry<string>((name) => collected.add(name));

function watch<Value extends object>(name: string, value: Value): Value {
  registry.register(value, name);
  return value;
}

/** Collects garbage until something is so; no matter how, it must come to that. */
async function becomes(what: string, isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isSo(); turn++) {
    gc();
    await sleep(Math.min(turn, 50));
  }
  assert.ok(isSo(), `${what}: that is not so; collected: ${[...collected].join(', ')}`);
}

/** Collects garbage often enough that all that could go would have gone. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    gc();
    await sleep(2);
  }
}

function make(text: string, imports: object = {}): Loose {
  return new WebAssembly.Instance(new WebAssembly.Module(wat(text)), imports).exports;
}

/** An instance whose imports refer to its exports, as glue does. */
const glued = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "kept")
  (func (export "call") (param i32) (result i32) (call $f (local.get 0))))`;

function makeGlued(name: string): Loose {
  const exports = make(glued, {
    m: { f: watch(`import of ${name}`, (x: number): number => x + new Uint8Array(exports.memory.buffer)[0]) },
  });
  return watch(name, exports);
}

// A whole instance, with imports that refer to it.
(() => assert.equal(makeGlued('whole').call(1), 1 + 0x6b))();
await becomes('an instance goes', () => collected.has('whole') && collected.has('import of whole'));
await becomes('the runtime has nothing left', () => [...agentStore().instances].length === 0);
await becomes('no module either', () => agentStore().modules.size === 0);
assert.equal(agentStore().hostResources.size, 0);

// A function is enough to keep all that it needs.
let call: Loose = makeGlued('by function').call;
await settle();
assert.ok(!collected.has('import of by function'));
assert.equal(call(2), 2 + 0x6b);
await settle();
assert.equal(call(3), 3 + 0x6b);
call = undefined;
await becomes('its instance goes', () => collected.has('import of by function'));

// So is a buffer.
let buffer: ArrayBuffer | undefined = makeGlued('by buffer').memory.buffer as ArrayBuffer;
await settle();
assert.equal(Buffer.from(buffer, 0, 4).toString(), 'kept');
buffer = undefined;
await becomes('the memory goes', () => [...agentStore().instances].length === 0);

// A function in the table of another instance, put there by JavaScript, by an element segment or by wasm.
const tabled = `(module (table (export "table") 4 funcref)
  (func (export "run") (param i32 i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 1) (local.get 0)))
  (func (export "set") (param i32 funcref) (table.set (local.get 0) (local.get 1))))`;
let user: Loose = watch('user', make(tabled));
(() => {
  user.table.set(0, makeGlued('set').call);
  user.set(1, makeGlued('passed').call);
  const f = watch('import of segment', (x: number): number => -x);
  make(
    `(module (import "u" "table" (table 4 funcref)) (import "m" "f" (func $f (param i32) (result i32)))
      (elem (i32.const 2) $f $g) (func $g (param i32) (result i32) (call $f (local.get 0))))`,
    { u: user, m: { f } },
  );
})();
await settle();
assert.equal(user.run(0, 1), 1 + 0x6b);
assert.equal(user.run(1, 2), 2 + 0x6b);
assert.equal(user.run(2, 3), -3);
assert.equal(user.run(3, 4), -4);
const known = new WeakSet<object>();
(() => {
  known.add(user.table.get(0));
  known.add(user.table.get(3));
})();
await settle();
assert.ok(
  known.has(user.table.get(0)) && known.has(user.table.get(3)),
  'functions in tables are the same objects',
);
for (const name of ['import of set', 'import of passed', 'import of segment']) {
  assert.ok(!collected.has(name), name);
}
user = undefined;
await becomes('all of them go', () =>
  ['user', 'import of set', 'import of passed', 'import of segment'].every((name) => collected.has(name)),
);
await becomes('nothing is left', () => [...agentStore().instances].length === 0);

// Externrefs: in a table, passed through, and in a table that goes.
let references: Loose = make(`(module (table (export "table") 2 externref)
  (func (export "set") (param i32 externref) (table.set (local.get 0) (local.get 1)))
  (func (export "ignore") (param externref)))`);
(() => {
  references.set(0, watch('in table', { x: 1 }));
  references.table.set(1, watch('replaced', {}));
  references.table.set(1, watch('set by JavaScript', {}));
  references.ignore(watch('ignored', {}));
})();
await becomes('what no table holds goes', () => collected.has('ignored') && collected.has('replaced'));
assert.ok(!collected.has('in table') && !collected.has('set by JavaScript'));
assert.deepEqual(references.table.get(0), { x: 1 });
references = undefined;
await becomes(
  'the table goes with all',
  () => collected.has('in table') && collected.has('set by JavaScript'),
);

// Garbage is collected while code of an instance runs that nobody refers to any more.
(() => {
  const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "twice") (result i32) (call $f (call $f (i32.const 1)))))`;
  const twice = (): number =>
    make(text, {
      m: {
        f: (x: number) => {
          gc();
          return x + 1;
        },
      },
    }).twice();
  for (let turn = 0; turn < 5; turn++) assert.equal(twice(), 3);
})();
await sleep(1);

// Also while it starts, over many tasks as far as V8 is concerned.
const start = make(
  `(module (import "m" "f" (func $f)) (func $start (call $f) (call $f)) (start $start)
    (func (export "after") (result i32) (i32.const 8)))`,
  { m: { f: () => gc() } },
);
await settle();
assert.equal(start.after(), 8);

// Memories and globals that JavaScript has made.
(() => {
  watch('memory', new WebAssembly.Memory({ initial: 1 }));
  watch('table', new WebAssembly.Table({ element: 'externref', initial: 1 }, watch('element', {})));
  watch('global', new WebAssembly.Global({ value: 'externref' }, watch('value', {})));
})();
await becomes('they go', () =>
  ['memory', 'table', 'element', 'global', 'value'].every((name) => collected.has(name)),
);
console.log('done');
