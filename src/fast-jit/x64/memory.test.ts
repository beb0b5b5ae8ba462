import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { wat } from '../../runtime/modules.fixture.js';
import { Func } from '../../runtime/objects/func.js';
import { Memory } from '../../runtime/objects/memory.js';
import { TrapError } from '../../runtime/traps/trap-error.js';
import { type OpcodeRow, opcodes } from '../../wasm/opcodes.js';
import { valTypeName } from '../../wasm/types.js';
import { allMachines, exportedFunctions, isV8Trap, v8Exports } from '../execution.fixture.js';

/*
 * Loads and stores at all edges of a memory of one page, with addresses and values of every kind, do what
 * they do in V8.
 */

const runtimes = allMachines.map(({ make }) => make());
after(() => {
  for (const runtime of runtimes) runtime.dispose();
});

const pageSize = 0x10000;
/** Those of scalars; `vector-memory.test.ts` has those of vectors. */
const accesses = opcodes.filter(({ access, feature }) => access > 0 && feature !== 'simd');
const loads = accesses.filter(({ signature }) => signature?.result !== undefined);
const stores = accesses.filter(({ signature }) => signature?.result === undefined);

const offsets = [0, 1, 8, 0x7fff, 0xfff8, 0x7ffffff8, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

/** Addresses at which an access with an offset is just inside or just outside of the memory, or wraps. */
function addresses(size: number, offset: number): number[] {
  const last = pageSize - size - offset;
  const all = [0, 1, 13, last - 1, last, last + 1, pageSize - offset, pageSize - 1, 0x7fffffff, 0x80000000];
  all.push(2 ** 32 - offset, 2 ** 32 - 1, 2 ** 32 - size);
  return [...new Set(all.filter((address) => address >= 0 && address < 2 ** 32))];
}

/** How the address reaches the access: code that gives what local 0 holds, or a constant. */
const addressForms: ReadonlyArray<
  readonly [name: string, code: (address: number) => string, isConstant: boolean]
> = [
  ['a parameter', () => '(local.get 0)', false],
  ['a constant', (address) => `(i32.const ${address})`, true],
  // The upper half of the 64 bits is not zero.
  [
    'a wrapped i64',
    () => '(i32.wrap_i64 (i64.or (i64.extend_i32_u (local.get 0)) (i64.const 0x7654321000000000)))',
    false,
  ],
  ['a sum that wraps', () => '(i32.sub (i32.add (local.get 0) (i32.const -5)) (i32.const -5))', false],
  ['a negative i32', () => '(i32.sub (i32.const 0) (i32.sub (i32.const 0) (local.get 0)))', false],
];

interface Variant {
  readonly name: string;
  readonly code: string;
  readonly addresses: readonly number[];
}

function variantsOf(size: number, access: (offset: number, address: string) => string): Variant[] {
  const variants: Variant[] = [];
  for (const offset of offsets) {
    const all = addresses(size, offset);
    for (const [name, code, isConstant] of addressForms) {
      for (const fixed of isConstant ? all : [0]) {
        variants.push({
          name: `${variants.length}: ${name}, offset ${offset}${isConstant ? `, address ${fixed}` : ''}`,
          code: access(offset, code(fixed)),
          addresses: isConstant ? [fixed] : all,
        });
      }
    }
  }
  return variants;
}

function moduleText(result: string, variants: readonly Variant[]): string {
  const functions = variants.map(
    ({ name, code }) => `(func (export "${name}") (param i32) ${result} ${code})`,
  );
  return `(module (memory (export "memory") 1) ${functions.join('\n')})`;
}

/** Bytes of which no two neighbouring ones are equal, with both signs. */
function pattern(): Uint8Array {
  return Uint8Array.from({ length: pageSize }, (_, k) => (k * 167 + (k >> 8) * 13 + 131) & 0xff);
}

type Call = (address: number) => unknown;

/** The result, or that it trapped. */
function outcome(call: Call, address: number): unknown {
  try {
    return call(address);
  } catch (error) {
    if (isV8Trap(error) || error instanceof TrapError)
      return error.message.replace(/^memory access out of bounds$/, 'out of bounds memory access');
    throw error;
  }
}

/** An integer of the same bits, of what a load gives. */
const asInteger: Readonly<Record<string, (code: string) => string>> = {
  i32: (code) => code,
  i64: (code) => code,
  f32: (code) => `(i32.reinterpret_f32 ${code})`,
  f64: (code) => `(i64.reinterpret_f64 ${code})`,
};

/** Instances of one module, ours first, then that of V8; each with its memory. */
function instances(
  text: string,
): Array<{ name: string; call: (name: string) => Call; bytes: () => Uint8Array }> {
  const binary = wat(text);
  const own = runtimes.map((runtime, k) => {
    const { exports } = runtime.instantiate(runtime.compile(binary));
    const { memory } = exports;
    assert.ok(memory instanceof Memory);
    const call = (name: string): Call => {
      const func = exports[name];
      assert.ok(func instanceof Func);
      return func;
    };
    return { name: allMachines[k].name, call, bytes: () => new Uint8Array(memory.buffer) };
  });
  const v8 = v8Exports(binary);
  const memory = v8['memory'] as unknown as { buffer: ArrayBuffer };
  return [
    ...own,
    { name: 'V8', call: (name) => v8[name] as Call, bytes: () => new Uint8Array(memory.buffer) },
  ];
}

function checkAccess(
  { access }: OpcodeRow,
  result: string,
  code: (offset: number, address: string) => string,
): void {
  const variants = variantsOf(access, code);
  const all = instances(moduleText(result, variants));
  const initial = pattern();
  for (const { bytes } of all) bytes().set(initial);
  const reference = all[all.length - 1];
  let trapped = 0;
  for (const { name, addresses: some } of variants) {
    for (const address of some) {
      const expected = outcome(reference.call(name), address);
      if (typeof expected === 'string') trapped++;
      for (const own of all.slice(0, -1)) {
        assert.equal(outcome(own.call(name), address), expected, `${name} at ${address}, ${own.name}`);
        const isSame = Buffer.compare(own.bytes(), reference.bytes()) === 0;
        assert.ok(isSame, `memory behind ${name} at ${address}, ${own.name}`);
      }
    }
  }
  assert.ok(trapped > 0);
}

describe('loads agree with V8', () => {
  for (const opcode of loads) {
    const type = valTypeName(opcode.signature?.result ?? 0);
    const integer = type.replace('f', 'i');
    test(opcode.mnemonic, () => {
      checkAccess(opcode, `(result ${integer})`, (offset, address) =>
        asInteger[type](`(${opcode.mnemonic} offset=${offset} ${address})`),
      );
    });
  }
});

/**
 * Values to store: constants that fit 8, 32 or no immediate bits, floats by their bits, and one that is
 * computed.
 */
const storedValues: Readonly<Record<string, readonly string[]>> = {
  i32: [
    '(i32.const 0)',
    '(i32.const -2)',
    '(i32.const 0x12348765)',
    '(i32.mul (local.get 0) (i32.const 77777))',
  ],
  i64: [
    ...['(i64.const 0)', '(i64.const -3)', '(i64.const 0x7fffffff)', '(i64.const 0x80000000)'],
    ...['(i64.const -0x80000000)', '(i64.const 0x123456789abcdef0)'],
    '(i64.mul (i64.extend_i32_s (local.get 0)) (i64.const 0x123456789))',
  ],
  f32: ['(f32.const 0)', '(f32.const -0)', '(f32.const nan:0x212345)', '(f32.convert_i32_s (local.get 0))'],
  f64: [
    ...['(f64.const 0)', '(f64.const 1.5)', '(f64.const nan:0x4123456789abc)', '(f64.const 0x1p-1074)'],
    '(f64.convert_i32_s (local.get 0))',
  ],
};

describe('stores agree with V8', () => {
  for (const opcode of stores) {
    const type = valTypeName(opcode.signature?.operands[1] ?? 0);
    test(opcode.mnemonic, () => {
      let next = 0;
      checkAccess(opcode, '', (offset, address) => {
        const value = storedValues[type][next++ % storedValues[type].length];
        return `(${opcode.mnemonic} offset=${offset} ${address} ${value})`;
      });
    });
  }
});

describe('memories that change', () => {
  for (const [k, { name }] of allMachines.entries()) {
    const grow = `
      (func $grow (param i32) (drop (memory.grow (local.get 0))))
      (func (export "fill") (param $pages i32) (result i64)
        (local $at i32) (local $sum i64)
        (loop $page
          (if (i32.rem_u (local.get $at) (i32.const 131072)) (then (call $grow (i32.const 1))) (else
            (drop (memory.grow (i32.const 1)))))
          (i64.store offset=65528 (local.get $at) (i64.extend_i32_u (local.get $at)))
          (local.set $sum (i64.add (local.get $sum) (i64.load offset=65528 (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 65536)))
          (br_if $page (i32.lt_u (i32.shr_u (local.get $at) (i32.const 16)) (local.get $pages))))
        (i64.add (local.get $sum) (i64.load (i32.const 131064))))`;
    // 0 + 65536 + … + 19 × 65536, and once more 65536
    const expected = BigInt(65536 * (190 + 1));

    test(`accesses follow growth within a loop: own memory, ${name}`, () => {
      const { fill } = exportedFunctions(runtimes[k], `(module (memory 0) ${grow})`);
      assert.equal(fill(20), expected);
    });

    test(`accesses follow growth within a loop: imported memory, ${name}`, () => {
      const memory = runtimes[k].memory({ limits: { min: 0, max: 30 } });
      const { fill } = exportedFunctions(
        runtimes[k],
        `(module (import "env" "memory" (memory 0 30)) ${grow})`,
        { env: { memory } },
      );
      assert.equal(fill(20), expected);
      assert.equal(memory.pageCount, 20);
    });

    test(`a memory that shows its end only after growth: ${name}`, () => {
      const { f } = exportedFunctions(
        runtimes[k],
        `(module (memory 1 2) (func (export "f") (param i32) (result i32)
          (if (local.get 0) (then (drop (memory.grow (i32.const 1)))))
          (i32.load (i32.const 131068))))`,
      );
      assert.throws(() => f(0), { message: 'out of bounds memory access' });
      assert.equal(f(1), 0);
      assert.equal(f(0), 0);
    });
  }
});
