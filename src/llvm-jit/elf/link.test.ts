import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clearExternals, writeExternals } from '../../code/external-slots.js';
import { symbol } from '../../native/ffi/ffi.js';
import { NativeBlock } from '../../native/memory/block.js';
import { x64Elf } from '../x64/elf-machine.js';
import { Relocation } from '../x64/relocation.js';
import { callsTo, PlacedImage } from './image.fixture.js';
import { linkObject } from './link.js';
import { type Llvm, llvms } from './llvm.fixture.js';
import { ObjectError, parseObject } from './object.js';

/** Constants of two kinds and a jump table; ceil is a function of libm where there is no SSE4.1. */
const classify = `
declare double @llvm.ceil.f64(double)
@weights = private constant [6 x i32] [i32 1, i32 -5, i32 70, i32 11, i32 1000, i32 3]

define double @classify(i32 %kind, double %x) {
  switch i32 %kind, label %other [
    i32 0, label %ceil
    i32 1, label %half
    i32 2, label %negated
    i32 3, label %sum
    i32 4, label %product
  ]
ceil:
  %r0 = call double @llvm.ceil.f64(double %x)
  ret double %r0
half:
  %r1 = fmul double %x, 0.5
  ret double %r1
negated:
  %r2 = fneg double %x
  ret double %r2
sum:
  %r3 = fadd double %x, 1234.5
  ret double %r3
product:
  %r4 = fmul double %x, 12.25
  ret double %r4
other:
  %r5 = call double @weight(i32 %kind)
  ret double %r5
}

define internal double @weight(i32 %k) noinline {
  %small = urem i32 %k, 6
  %at = getelementptr i32, ptr @weights, i32 %small
  %w = load i32, ptr %at
  %d = sitofp i32 %w to double
  ret double %d
}
`;

function reference(kind: number, x: number): number {
  switch (kind) {
    case 0:
      return Math.ceil(x);
    case 1:
      return x * 0.5;
    case 2:
      return -x;
    case 3:
      return x + 1234.5;
    case 4:
      return x * 12.25;
    default:
      return [1, -5, 70, 11, 1000, 3][kind % 6];
  }
}

/** Functions `f(x, to, from)` that call one of the C library, by its name. */
const calling = [
  [
    'ceil',
    `declare double @llvm.ceil.f64(double)
define double @f(double %x, ptr %to, ptr %from) {
  %r = call double @llvm.ceil.f64(double %x)
  ret double %r
}`,
  ],
  [
    'memmove',
    `declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
define double @f(double %x, ptr %to, ptr %from) {
  %size = fptoui double %x to i64
  %more = add i64 %size, 3
  call void @llvm.memmove.p0.p0.i64(ptr %to, ptr %from, i64 %more, i1 false)
  ret double %x
}`,
  ],
] as const;

/** Reads of, and calls through, the global offset table. */
const throughGot = `
@variable = external global i64
declare i64 @labs(i64) nonlazybind

define i64 @read() {
  %x = load i64, ptr @variable
  ret i64 %x
}
define i64 @leaf(i64 %x) nonlazybind noinline {
  %y = mul i64 %x, 3
  ret i64 %y
}
define ptr @address() {
  ret ptr @leaf
}
define i64 @calls(i64 %x) {
  %y = call i64 @leaf(i64 %x)
  %z = call i64 @labs(i64 %y)
  %r = add i64 %z, 1
  ret i64 %r
}
define i64 @jumps(i64 %x) {
  %r = tail call i64 @leaf(i64 %x)
  ret i64 %r
}
`;

const severalSections = `
declare void @first()
declare void @second()

define void @cold() section ".text.unlikely" align 64 {
  call void @first()
  call void @second()
  call void @first()
  ret void
}
define i32 @hot(i32 %x) section ".text.hot" {
  %c = icmp eq i32 %x, 0
  br i1 %c, label %rare, label %usual
rare:
  call void @cold()
  br label %usual
usual:
  %r = add i32 %x, 7
  ret i32 %r
}
define ptr @wide() {
  ret ptr @constant
}
@constant = private constant [4 x i64] [i64 11, i64 22, i64 33, i64 44], align 64
`;

/** What no image can have, and what the error says about it. */
const refused: readonly (readonly [name: string, ir: string, message: RegExp])[] = [
  ['an unknown symbol', 'declare void @gone()\ndefine void @f() { call void @gone() ret void }', /gone/],
  ['a variable', '@v = global i32 5', /\.data: variables/],
  ['a zeroed variable', '@v = global [9 x i32] zeroinitializer', /\.bss: only code and constants/],
  ['a thread-local variable', '@v = thread_local global i32 5', /\.tdata: only code and constants/],
  [
    'an address in the image',
    'define void @f() { ret void }\n@table = constant [2 x ptr] [ptr @f, ptr @f]',
    /^R_X86_64_64 in \.data\.rel\.ro at 0 to f: an address that depends on/,
  ],
  ['wide alignment', '@v = constant [99 x i8] zeroinitializer, align 128', /\.rodata: alignment 128/],
  [
    'a comparison with a GOT slot',
    'define i1 @f(ptr %p) { %c = icmp eq ptr %p, @f ret i1 %c }',
    /^R_X86_64_REX_GOTPCRELX in \.text at \d+ to f: not an instruction/,
  ],
  [
    'a read of an external variable without the GOT',
    '@v = external dso_local global i32\ndefine i32 @f() { %x = load i32, ptr @v ret i32 %x }',
    /^R_X86_64_PC32 in \.text at \d+ to v: neither a call nor a jump/,
  ],
];

/** The relocation entry that refers to a symbol of an object, by its type: offset of the entry. */
function findRelocation(object: Uint8Array, type: number): number {
  const view = new DataView(object.buffer, object.byteOffset);
  const headers = Number(view.getBigUint64(40, true));
  for (let k = 0; k < view.getUint16(60, true); k++) {
    const header = headers + 64 * k;
    if (view.getUint32(header + 4, true) !== 4) continue;
    const start = Number(view.getBigUint64(header + 24, true));
    const end = start + Number(view.getBigUint64(header + 32, true));
    for (let at = start; at < end; at += 24) if (view.getUint32(at + 8, true) === type) return at;
  }
  throw new Error(`there is no relocation of type ${type}`);
}

function testsWith(llvm: Llvm): void {
  test('code with constants, a jump table and an external function runs', () => {
    const object = llvm.compile(classify);
    const { sections, relocations } = parseObject(object, x64Elf);
    const table = sections.find(({ name }) => name === '.rodata');
    assert.equal(relocations[table?.index ?? 0]?.count, 5, 'entries of the jump table');
    const linked = linkObject(object, (name) => (name === 'ceil' ? symbol(name) : undefined), x64Elf);
    assert.deepEqual(
      linked.functions.map(({ name }) => name),
      ['classify', 'weight'],
    );
    const [first, second] = linked.functions;
    assert.ok(first.offset + first.size <= second.offset && second.offset + second.size <= linked.codeEnd);
    assert.ok(linked.codeEnd < linked.bytes.length);
    assert.equal(linked.locations.offsets.length, 0);
    for (const image of [new PlacedImage(linked), new PlacedImage(linked)]) {
      for (let kind = 0; kind < 12; kind++) {
        for (const x of [0.25, -3.75, 1e9]) {
          assert.equal(image.call('classify', BigInt(kind), x).float, reference(kind, x), `${kind}, ${x}`);
        }
      }
    }
  });

  test('code whose slots were cleared runs where it is placed anew, once they are written', () => {
    for (const [name, ir] of calling) {
      const linked = linkObject(llvm.compile(ir), () => 0x7777_7777_7777, x64Elf);
      assert.deepEqual(
        linked.externals.map((slot) => [slot.symbol, slot.addend]),
        [[name, 0]],
      );
      const bytes = linked.bytes.slice();
      clearExternals(bytes, linked.externals);
      assert.ok(!Buffer.from(bytes).includes(Buffer.from([0x77, 0x77, 0x77, 0x77])));
      writeExternals(bytes, linked.externals, symbol);
      const image = new PlacedImage({ ...linked, bytes });
      const block = new NativeBlock(16);
      block.u64[0] = 0x0123_4567_89ab_cdefn;
      const { float } = image.call('f', 2.25, BigInt(block.address + 3), BigInt(block.address));
      if (name === 'memmove') assert.equal(block.u64[0] >> 24n, 0x67_89ab_cdefn);
      else assert.equal(float, 3);
      block.free();
    }
  });

  test('the GOT has slots for external symbols, and is not used for others', () => {
    const variable = new NativeBlock(8);
    variable.u64[0] = 0x1234_5678_9abcn;
    const addresses = new Map([
      ['variable', variable.address],
      ['labs', symbol('labs')],
    ]);
    const image = new PlacedImage(
      linkObject(llvm.compile(throughGot), (name) => addresses.get(name), x64Elf),
    );
    assert.equal(image.call('read').integer, 0x1234_5678_9abcn);
    assert.equal(image.call('address').integer, BigInt(image.addressOf('leaf')));
    assert.equal(image.call('calls', -5n).integer, 16n);
    assert.equal(image.call('jumps', 14n).integer, 42n);
  });

  test('sections are aligned, executable ones first; a symbol has one veneer', () => {
    const addresses: Readonly<Record<string, number>> = { first: 0x7fff_1234_5678, second: 0x9876_5432 };
    const linked = linkObject(llvm.compile(severalSections), (name) => addresses[name], x64Elf);
    const offsets = new Map(linked.functions.map(({ name, offset }) => [name, offset]));
    assert.equal(offsets.size, 3);
    assert.equal((offsets.get('cold') ?? -1) % 64, 0);
    const [again, anew] = [callsTo(linked, addresses['first']), callsTo(linked, addresses['second'])];
    assert.deepEqual([again.length, anew.length], [2, 1]);
    const view = new DataView(linked.bytes.buffer);
    const targets = again.map((at) => at + 5 + view.getInt32(at + 1, true));
    assert.equal(targets[0], targets[1]);
    const image = new PlacedImage(linked);
    assert.equal(image.call('hot', 35n).integer, 42n);
    const constant = Number(image.call('wide').integer) - image.address;
    assert.equal(constant % 64, 0);
    assert.ok(constant >= linked.codeEnd);
    assert.equal(view.getBigUint64(constant + 24, true), 44n);
  });

  for (const [name, ir, message] of refused) {
    test(`refused: ${name}`, () => {
      const object = llvm.compile(ir);
      const resolve = (symbolName: string): number | undefined => (symbolName === 'v' ? 4096 : undefined);
      assert.throws(
        () => linkObject(object, resolve, x64Elf),
        (error) => error instanceof ObjectError && message.test(error.message),
      );
    });
  }

  test('an external address in a constant is written', () => {
    const object = llvm.compile('@v = external global i8\n@table = constant [2 x ptr] [ptr @v, ptr @v]');
    const linked = linkObject(object, () => 0x7654_3210_fedc, x64Elf);
    assert.deepEqual([...new BigUint64Array(linked.bytes.buffer)], [0x7654_3210_fedcn, 0x7654_3210_fedcn]);
    assert.deepEqual(linked.externals, [
      { offset: 0, symbol: 'v', addend: 0 },
      { offset: 8, symbol: 'v', addend: 0 },
    ]);
    assert.equal(linked.codeEnd, 0);
  });

  test('an external address in a constant has an addend', () => {
    const object = llvm.compile(
      '@v = external global i8\n@p = constant ptr getelementptr (i8, ptr @v, i64 -1000)',
    );
    const linked = linkObject(object, () => 0x1_0000_0000, x64Elf);
    assert.equal(new BigUint64Array(linked.bytes.buffer)[0], 0xffff_fc18n);
    assert.deepEqual(linked.externals, [{ offset: 0, symbol: 'v', addend: -1000 }]);
  });

  test('a relocation that is not known is refused by its name', () => {
    const object = llvm.compile(classify);
    const at = findRelocation(object, Relocation.plt32);
    for (const [type, name] of [
      [11, 'R_X86_64_32S'],
      [22, 'R_X86_64_GOTTPOFF'],
      [99, 'R_X86_64_type 99'],
    ] as const) {
      new DataView(object.buffer).setUint32(at + 8, type, true);
      assert.throws(
        () => linkObject(object, () => 4096, x64Elf),
        new RegExp(`${name} in \\.text at \\d+ to \\w+: not supported`),
      );
    }
  });

  test('a truncated object is refused, whatever its length', () => {
    const object = llvm.compile(classify);
    for (let length = 0; length < object.length; length++) {
      assert.throws(
        () => linkObject(object.subarray(0, length), () => 4096, x64Elf),
        ObjectError,
        `${length} bytes`,
      );
    }
  });

  test('an object with a wrong byte is linked or refused', () => {
    const object = llvm.compile(classify);
    let refusals = 0;
    for (let at = 0; at < object.length; at++) {
      const right = object[at];
      for (const wrong of [0xff, right ^ 1, right ^ 0x80]) {
        object[at] = wrong;
        try {
          linkObject(object, () => 4096, x64Elf);
        } catch (error) {
          assert.ok(error instanceof ObjectError, `byte ${at} = ${wrong}: ${error}`);
          refusals++;
        }
      }
      object[at] = right;
    }
    assert.ok(refusals > 0);
  });
}

for (const llvm of llvms) describe(`linking objects of LLVM ${llvm.version}`, () => testsWith(llvm));
if (llvms.length === 0) test('linking', { skip: 'libLLVM is not installed' }, () => {});

test('what is no object is refused', () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(64), Buffer.from('\x7fELF')])
    assert.throws(() => linkObject(bytes, () => 4096, x64Elf), ObjectError);
});
