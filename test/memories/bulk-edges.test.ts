import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../src/code/traps.js';
import { allMachines } from '../../src/fast-jit/execution.fixture.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import type { Memory } from '../../src/runtime/objects/memory.js';
import type { Table } from '../../src/runtime/objects/table.js';
import { TrapError } from '../../src/runtime/traps/trap-error.js';

/*
 * Instructions on stretches of memories and tables, of both address types, at the edges: starts and lengths
 * whose sum could wrap, and those that end exactly at the end. What must happen is worked out with bigints
 * and arrays. What traps must change nothing.
 */

type AddressType = 'i32' | 'i64';

/** By their indices. */
const memoryTypes: readonly AddressType[] = ['i64', 'i32', 'i64'];
const tableTypes: readonly AddressType[] = ['i32', 'i64', 'i64'];
const pageSize = 65536;
const tableLength = 8;
const segment = [1, 2, 3, 4, 5, 6, 7, 8];

/** The type of a length where two address types meet. */
const lesser = (a: AddressType, b: AddressType): AddressType => (a === 'i64' && b === 'i64' ? 'i64' : 'i32');

/** Numbers to try as a start or a length, where `end` is the last that can be right. */
function numbersFor(type: AddressType, end: number): bigint[] {
  const narrow = [0n, 1n, BigInt(end - 3), BigInt(end), BigInt(end + 1), 2n ** 31n, 2n ** 32n - 1n];
  if (type === 'i32') return narrow;
  return [...narrow, 2n ** 32n, 2n ** 32n + 1n, 2n ** 63n, 2n ** 64n - BigInt(end), 2n ** 64n - 1n];
}

const both = (indices: readonly unknown[]): [number, number][] =>
  indices.flatMap((_, to) => indices.map((__, from): [number, number] => [to, from]));

const functions = [
  ...memoryTypes.map(
    (type, m) => `(func (export "fill ${m}") (param ${type} ${type})
      (memory.fill ${m} (local.get 0) (i32.const 0xab) (local.get 1)))`,
  ),
  ...both(memoryTypes).map(([to, from]) => {
    const [t, f] = [memoryTypes[to], memoryTypes[from]];
    return `(func (export "copy ${to} ${from}") (param ${t} ${f} ${lesser(t, f)})
      (memory.copy ${to} ${from} (local.get 0) (local.get 1) (local.get 2)))`;
  }),
  ...memoryTypes.map(
    (type, m) => `(func (export "init ${m}") (param ${type} i32 i32)
      (memory.init ${m} $d (local.get 0) (local.get 1) (local.get 2)))`,
  ),
  ...tableTypes.map(
    (type, k) => `(func (export "table fill ${k}") (param ${type} ${type} externref)
      (table.fill ${k} (local.get 0) (local.get 2) (local.get 1)))`,
  ),
  ...both(tableTypes).map(([to, from]) => {
    const [t, f] = [tableTypes[to], tableTypes[from]];
    return `(func (export "table copy ${to} ${from}") (param ${t} ${f} ${lesser(t, f)})
      (table.copy ${to} ${from} (local.get 0) (local.get 1) (local.get 2)))`;
  }),
  ...tableTypes.map(
    (type, k) => `(func (export "table get ${k}") (param ${type}) (result externref)
        (table.get ${k} (local.get 0)))
      (func (export "table set ${k}") (param ${type} externref) (table.set ${k} (local.get 0) (local.get 1)))
      (func (export "table grow ${k}") (param ${type}) (result ${type})
        (table.grow ${k} (ref.null extern) (local.get 0)))
      (func (export "table size ${k}") (result ${type}) (table.size ${k}))`,
  ),
  ...memoryTypes.map(
    (type, m) => `(func (export "grow ${m}") (param ${type}) (result ${type})
        (memory.grow ${m} (local.get 0)))
      (func (export "size ${m}") (result ${type}) (memory.size ${m}))`,
  ),
];

const bytes = wat(`(module
  ${memoryTypes.map((type, m) => `(memory (export "memory ${m}") ${type} 1 4)`).join('\n')}
  ${tableTypes.map((type, k) => `(table (export "table ${k}") ${type} ${tableLength} 20 externref)`).join('\n')}
  (data $d "${segment.map((byte) => `\\0${byte}`).join('')}")
  ${functions.join('\n')})`);

const argument = (type: AddressType, value: bigint): bigint | number =>
  type === 'i64' ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));

const outOfMemory = (error: unknown): boolean =>
  error instanceof TrapError && error.trap === Trap.memoryOutOfBounds;
const outOfTable = (error: unknown): boolean =>
  error instanceof TrapError && error.trap === Trap.tableOutOfBounds;

/** Machines that do not differ in accesses from others are left out. */
const tried = allMachines.filter(({ name }) => !/liveness|heat|level 0/.test(name));

for (const { name, make } of tried) {
  describe(`edges of stretches: ${name}`, () => {
    const runtime = make();
    const { exports } = runtime.instantiate(runtime.compile(bytes));
    const call = (of: string, ...args: unknown[]): unknown =>
      (exports[of] as unknown as (...args: unknown[]) => unknown)(...args);
    const memory = (m: number): Uint8Array => new Uint8Array((exports[`memory ${m}`] as Memory).buffer);
    const models = memoryTypes.map((_, m) => Uint8Array.from({ length: pageSize }, (__, at) => at * (m + 3)));
    models.forEach((model, m) => void memory(m).set(model));
    const check = (what: string): void => {
      models.forEach((model, m) => void assert.ok(Buffer.compare(memory(m), model) === 0, `${what}: ${m}`));
    };

    test('memory.fill', () => {
      memoryTypes.forEach((type, m) => {
        for (const start of numbersFor(type, pageSize)) {
          for (const length of numbersFor(type, pageSize)) {
            const run = (): unknown => call(`fill ${m}`, argument(type, start), argument(type, length));
            const what = `fill ${m} ${start} ${length}`;
            if (start + length > pageSize) assert.throws(run, outOfMemory, what);
            else {
              run();
              models[m].fill(0xab, Number(start), Number(start + length));
            }
            check(what);
          }
        }
        models[m].forEach((_, at) => {
          models[m][at] = at * (m + 3);
        });
        memory(m).set(models[m]);
      });
    });

    test('memory.copy', () => {
      for (const [to, from] of both(memoryTypes)) {
        const [t, f] = [memoryTypes[to], memoryTypes[from]];
        for (const target of numbersFor(t, pageSize)) {
          for (const source of numbersFor(f, pageSize)) {
            // One that is wrong is enough.
            if (target > pageSize && source > pageSize) continue;
            for (const length of numbersFor(lesser(t, f), pageSize)) {
              const args = [argument(t, target), argument(f, source), argument(lesser(t, f), length)];
              const what = `copy ${to} ${from} ${target} ${source} ${length}`;
              if (target + length > pageSize || source + length > pageSize) {
                assert.throws(() => call(`copy ${to} ${from}`, ...args), outOfMemory, what);
              } else {
                call(`copy ${to} ${from}`, ...args);
                const stretch = models[from].slice(Number(source), Number(source + length));
                models[to].set(stretch, Number(target));
                check(what);
              }
            }
          }
        }
        check(`after copies from ${from} to ${to}`);
      }
    });

    test('memory.init', () => {
      memoryTypes.forEach((type, m) => {
        for (const target of numbersFor(type, pageSize)) {
          for (const source of numbersFor('i32', segment.length)) {
            for (const length of numbersFor('i32', segment.length)) {
              const args = [argument(type, target), argument('i32', source), argument('i32', length)];
              const what = `init ${m} ${target} ${source} ${length}`;
              if (target + length > pageSize || source + length > segment.length) {
                assert.throws(() => call(`init ${m}`, ...args), outOfMemory, what);
              } else {
                call(`init ${m}`, ...args);
                models[m].set(segment.slice(Number(source), Number(source + length)), Number(target));
              }
              check(what);
            }
          }
        }
      });
    });

    const table = (k: number): Table => exports[`table ${k}`] as Table;
    const tables = tableTypes.map((_, k) =>
      Array.from({ length: tableLength }, (__, at): unknown => `${k} ${at}`),
    );
    tables.forEach((model, k) => {
      model.forEach((value, at) => void table(k).set(at, value));
    });
    const checkTables = (what: string): void => {
      tables.forEach((model, k) => {
        assert.deepEqual(
          model.map((_, at) => table(k).get(at)),
          model,
          `${what}: ${k}`,
        );
      });
    };

    test('table.get and table.set', () => {
      tableTypes.forEach((type, k) => {
        for (const index of numbersFor(type, tableLength)) {
          const at = argument(type, index);
          const what = `element ${index} of ${k}`;
          if (index < tableLength) {
            assert.equal(call(`table get ${k}`, at), tables[k][Number(index)], what);
            call(`table set ${k}`, at, what);
            tables[k][Number(index)] = what;
          } else {
            assert.throws(() => call(`table get ${k}`, at), outOfTable, what);
            assert.throws(() => call(`table set ${k}`, at, 'wrong'), outOfTable, what);
          }
          checkTables(what);
        }
      });
    });

    test('table.fill', () => {
      tableTypes.forEach((type, k) => {
        for (const start of numbersFor(type, tableLength)) {
          for (const length of numbersFor(type, tableLength)) {
            const what = `fill ${start} ${length} of ${k}`;
            const run = (): unknown =>
              call(`table fill ${k}`, argument(type, start), argument(type, length), what);
            if (start + length > tableLength) assert.throws(run, outOfTable, what);
            else {
              run();
              tables[k].fill(what, Number(start), Number(start + length));
            }
            checkTables(what);
          }
        }
      });
    });

    test('table.copy', () => {
      for (const [to, from] of both(tableTypes)) {
        const [t, f] = [tableTypes[to], tableTypes[from]];
        for (const target of numbersFor(t, tableLength)) {
          for (const source of numbersFor(f, tableLength)) {
            // One that is wrong is enough.
            if (target > tableLength && source > tableLength) continue;
            for (const length of numbersFor(lesser(t, f), tableLength)) {
              const args = [argument(t, target), argument(f, source), argument(lesser(t, f), length)];
              const what = `table copy ${to} ${from} ${target} ${source} ${length}`;
              if (target + length > tableLength || source + length > tableLength) {
                assert.throws(() => call(`table copy ${to} ${from}`, ...args), outOfTable, what);
                continue;
              }
              call(`table copy ${to} ${from}`, ...args);
              const stretch = tables[from].slice(Number(source), Number(source + length));
              tables[to].splice(Number(target), stretch.length, ...stretch);
              checkTables(what);
            }
          }
        }
        checkTables(`after copies from ${from} to ${to}`);
      }
    });

    test('growing: too much is -1 of the address type, and changes nothing', () => {
      const tooMany = (type: AddressType): bigint[] =>
        type === 'i32'
          ? [2n ** 31n, 2n ** 32n - 1n]
          : [2n ** 31n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 48n, 2n ** 63n, 2n ** 64n - 1n];
      for (const [kind, types, size] of [
        ['', memoryTypes, 1n],
        ['table ', tableTypes, BigInt(tableLength)],
      ] as const) {
        types.forEach((type, k) => {
          const failed = argument(type, 2n ** 64n - 1n);
          for (const delta of [...tooMany(type), 100n]) {
            assert.equal(call(`${kind}grow ${k}`, argument(type, delta)), failed, `${kind}${k} by ${delta}`);
          }
          assert.equal(call(`${kind}size ${k}`), argument(type, size));
          assert.equal(call(`${kind}grow ${k}`, argument(type, 2n)), argument(type, size));
          assert.equal(call(`${kind}size ${k}`), argument(type, size + 2n));
        });
      }
      runtime.dispose();
    });
  });
}
