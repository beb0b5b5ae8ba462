import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trap } from '../../src/code/traps.js';
import { allVectorMachines } from '../../src/fast-jit/execution.fixture.js';
import type { Exports } from '../../src/runtime/instances/exports.js';
import type { Imports } from '../../src/runtime/instances/linking.js';
import { wat } from '../../src/runtime/modules.fixture.js';
import type { Memory } from '../../src/runtime/objects/memory.js';
import { TrapError } from '../../src/runtime/traps/trap-error.js';
import { is64, ValType } from '../../src/wasm/types.js';

/*
 * Accesses at the edges of memories: every sum of an address and an offset that could wrap, meet a sign, or
 * end exactly at the memory's end, in memories of both address types, of the module's own and imported, the
 * first and others; before and after the memory grows. What must happen is worked out with bigints.
 */

const pageSize = 65536n;

/** Instructions on a memory: text for memory `m` at `offset`, and the bytes that they touch. */
const accesses: readonly (readonly [
  size: bigint,
  body: (m: number, offset: bigint, address: string) => string,
])[] = [
  [1n, (m, offset, at) => `(i64.load8_u ${m} offset=${offset} ${at})`],
  [8n, (m, offset, at) => `(i64.load ${m} offset=${offset} ${at})`],
  // What an operator takes straight from memory.
  [8n, (m, offset, at) => `(i64.add (i64.const 0) (i64.load ${m} offset=${offset} ${at}))`],
  [
    16n,
    (m, offset, at) =>
      `(i64.xor (i64x2.extract_lane 0 (local.tee $v (v128.load ${m} offset=${offset} ${at})))
        (i64x2.extract_lane 1 (local.get $v)))`,
  ],
  // Stores what is there already.
  [
    8n,
    (m, offset, at) =>
      `(i64.store ${m} offset=${offset} ${at} (local.tee $x (i64.load ${m} offset=${offset} ${at})))
        (local.get $x)`,
  ],
];

const small = [0n, 1n, 8n, 0xfff8n, 0xffffn, 0x10000n];
const narrowOffsets = [...small, 2n ** 31n - 16n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 8n, 2n ** 32n - 1n];
const wideOffsets = [
  ...[...narrowOffsets, 2n ** 32n, 2n ** 32n + 8n, 2n ** 47n, 2n ** 63n - 8n, 2n ** 63n],
  ...[2n ** 64n - 65536n, 2n ** 64n - 16n, 2n ** 64n - 8n, 2n ** 64n - 1n],
];

/** Addresses worth trying with an offset, in a memory that has `length` bytes at first. */
function addressesFor(offset: bigint, length: bigint, bits: number): bigint[] {
  const limit = 2n ** BigInt(bits);
  const around = [
    0n,
    length - offset,
    length + pageSize - offset,
    limit - offset,
    2n ** 31n,
    2n ** 32n,
    2n ** 63n,
    limit,
  ];
  const addresses = new Set<bigint>();
  for (const center of around) {
    for (const distance of [-16n, -15n, -8n, -7n, -1n, 0n, 1n]) {
      const address = center + distance;
      if (address >= 0n && address < limit) addresses.add(address);
    }
  }
  return [...addresses];
}

/** The memories of the modules, by what a module declares: `i64` or `i32`, from the first on. */
const shapes: readonly (readonly [name: string, imported: readonly string[], own: readonly string[]])[] = [
  ['one memory of 64 bits', [], ['i64']],
  ['a second memory', [], ['i32', 'i32']],
  ['32 bits, then 64', [], ['i32', 'i64']],
  ['imported ones, then own', ['i64', 'i32'], ['i64', 'i32']],
];

const byteAt = (at: bigint): bigint => (at * 7n + (at >> 8n) + 1n) & 0xffn;

/** The value that an access gives. */
function valueAt(start: bigint, size: bigint): bigint {
  let value = 0n;
  for (let k = 0n; k < size; k++) value ^= byteAt(start + k) << (8n * (k & 7n));
  return value;
}

function fill(memory: Memory): void {
  const bytes = new Uint8Array(memory.buffer);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 7 + (at >> 8) + 1) & 0xff;
}

interface Case {
  readonly name: string;
  readonly memory: number;
  readonly offset: bigint;
  readonly size: bigint;
  /** Where the address is in the code. */
  readonly constant: bigint | undefined;
}

/** A module that does every access to every memory of a shape, and its functions. */
function moduleFor(
  imported: readonly string[],
  own: readonly string[],
): { bytes: Uint8Array; cases: Case[] } {
  const types = [...imported, ...own];
  const cases: Case[] = [];
  const functions: string[] = [];
  types.forEach((type, memory) => {
    const isWide = type === 'i64';
    for (const offset of isWide ? wideOffsets : narrowOffsets) {
      accesses.forEach(([size, body], k) => {
        const add = (constant: bigint | undefined): void => {
          const name = `${memory} ${offset} ${k}${constant === undefined ? '' : ` ${constant}`}`;
          const at = constant === undefined ? '(local.get 0)' : `(${type}.const ${constant})`;
          const param = constant === undefined ? `(param ${type})` : '';
          cases.push({ name, memory, offset, size, constant });
          functions.push(
            `(func (export "${name}") ${param} (result i64) (local $v v128) (local $x i64)
              ${body(memory, offset, at)})`,
          );
        };
        add(undefined);
        // A few constants for each: a fitting one, and the last that fits in the lower and the whole range.
        if (k !== 1) return;
        const last = isWide ? 2n ** 64n - 1n : 2n ** 32n - 1n;
        for (const constant of [0n, 65536n - 8n, 2n ** 31n, last, last - offset, last - offset + 1n]) {
          if (constant <= last && !cases.some((one) => one.name === `${memory} ${offset} ${k} ${constant}`))
            add(constant);
        }
      });
    }
  });
  const imports = imported.map((type, k) => `(import "m" "${k}" (memory ${type} 1 9))`);
  const exports = types.map((_, k) => `(export "memory ${k}" (memory ${k}))`);
  const memories = own.map((type) => `(memory ${type} 1 9)`);
  return { bytes: wat(`(module ${[...imports, ...memories, ...exports, ...functions].join('\n')})`), cases };
}

function checkCases(exports: Exports, cases: readonly Case[]): void {
  let count = 0;
  for (const { name, memory, offset, size, constant } of cases) {
    const { byteLength, type } = exports[`memory ${memory}`] as Memory;
    const bits = is64(type.limits) ? 64 : 32;
    const access = exports[name] as unknown as (address?: bigint | number) => bigint;
    const addresses = constant === undefined ? addressesFor(offset, pageSize, bits) : [constant];
    for (const address of addresses) {
      count++;
      const start = address + offset;
      const argument = bits === 64 ? BigInt.asIntN(64, address) : Number(address) | 0;
      const run = (): bigint => (constant === undefined ? access(argument) : access());
      const what = `${name} at ${address}`;
      if (start + size <= BigInt(byteLength)) {
        assert.equal(BigInt.asUintN(64, run()), valueAt(start, size), what);
      } else {
        assert.throws(
          run,
          (error) => error instanceof TrapError && error.trap === Trap.memoryOutOfBounds,
          what,
        );
      }
    }
  }
  assert.ok(count > cases.length);
}

/** Machines that do not differ in accesses from others are left out. */
const tried = allVectorMachines.filter(({ name }) => !/liveness|heat|level 0/.test(name));

for (const { name, make } of tried) {
  describe(`edges of memories: ${name}`, () => {
    for (const [shape, imported, own] of shapes) {
      test(shape, () => {
        const runtime = make();
        const { bytes, cases } = moduleFor(imported, own);
        const given = imported.map((type, k) => {
          const address = type === 'i64' ? ValType.i64 : ValType.i32;
          return [`${k}`, runtime.memory({ limits: { min: 1, max: 9, address } })] as const;
        });
        const imports: Imports = { m: Object.fromEntries(given) };
        const { exports } = runtime.instantiate(runtime.compile(bytes), imports);
        const memories = [...imported, ...own].map((_, k) => exports[`memory ${k}`] as Memory);
        for (const memory of memories) fill(memory);
        checkCases(exports, cases);
        for (const memory of memories) memory.grow(1);
        for (const memory of memories) fill(memory);
        checkCases(exports, cases);
        runtime.dispose();
      });
    }
  });
}
