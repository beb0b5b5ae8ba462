/** Valid and invalid modules at the edges of the binary format, for the reader and the validator. */

import {
  body,
  leb,
  moduleBytes,
  nameBytes,
  section,
  typeSection,
  vector,
} from '../src/wasm/module.fixture.js';
import { Opcode } from '../src/wasm/opcodes.js';
import { ValType } from '../src/wasm/types.js';

const { i32, i64, f64, funcref, externref } = ValType;
const end = Opcode.end;

/** A module of one function without parameters and results. */
function functionOf(...code: number[]): Uint8Array {
  return moduleOfCode(code);
}

/** The same for code that is too long to be passed as arguments. */
function moduleOfCode(code: readonly number[]): Uint8Array {
  return moduleOfBody([0, ...code, end]);
}

/** A module of one function with this body: its locals, then its code. */
function moduleOfBody(content: readonly number[]): Uint8Array {
  const entry = [1, ...leb(content.length), ...content];
  return moduleBytes(typeSection([[], []]), section(3, ...vector([0])), [10, ...leb(entry.length), ...entry]);
}

function repeat(count: number, ...bytes: number[]): number[] {
  return Array.from({ length: count }, () => bytes).flat();
}

/** A function whose locals are declared in these groups, each a count and a type. */
function manyLocals(...groups: (readonly number[])[]): Uint8Array {
  return moduleOfBody([...vector(...groups), end]);
}

const memory = section(5, ...vector([0x00, 1]));

/** An i32 constant expression. */
const at0 = [Opcode['i32.const'], 0, end];

export const edgeModules: readonly Uint8Array[] = [
  // Almost nothing.
  Uint8Array.of(),
  Uint8Array.of(0),
  Uint8Array.of(0, 0x61, 0x73, 0x6d),
  moduleBytes(),
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0),
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0),
  // Custom sections: empty, with a name that is too long or not UTF-8, between others.
  moduleBytes(section(0, ...nameBytes(''))),
  moduleBytes(section(0)),
  moduleBytes(section(0, 5, 0x61)),
  moduleBytes(section(0, 1, 0xff)),
  moduleBytes(section(0, 2, 0xc0, 0x80)),
  moduleBytes(section(0, 3, 0xed, 0xa0, 0x80)),
  moduleBytes(section(0, ...nameBytes('name'), 0xff, 0xff)),
  moduleBytes(
    typeSection([[], []]),
    section(0, ...nameBytes('x')),
    section(3, ...vector([0])),
    section(0, ...nameBytes('y')),
  ),
  // Sections: twice, in the wrong order, unknown, from later versions, longer than the module.
  moduleBytes(typeSection([[], []]), typeSection([[], []])),
  moduleBytes(memory, typeSection([[], []])),
  moduleBytes(section(14)),
  moduleBytes(section(13, ...vector([0x00, 0]))),
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f),
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0x81, 0x80, 0x80, 0x80, 0x00, 0),
  Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0),
  // Counts followed by nothing.
  ...[1, 2, 3, 4, 5, 6, 7, 9, 10, 11].map((id) => moduleBytes(section(id, 0xff, 0xff, 0xff, 0xff, 0x0f))),
  ...[1, 2, 3, 4, 5, 6, 7, 9, 10, 11].map((id) => moduleBytes(section(id, 0))),
  // Functions without code and code without functions.
  moduleBytes(typeSection([[], []]), section(3, ...vector([0]))),
  moduleBytes(section(10, ...vector(body([])))),
  moduleBytes(section(3, 0), section(10, 0)),
  // The maximum number of parameters, results and locals, and one more.
  ...[1000, 1001].flatMap((count) => [
    moduleBytes(typeSection([repeat(count, i32), []])),
    moduleBytes(typeSection([[], repeat(count, f64)])),
  ]),
  ...[50_000, 50_001, 0xffffffff].map((count) => manyLocals([...leb(count), i64])),
  manyLocals([...leb(0xffffffff), i32], [...leb(0xffffffff), i32]),
  manyLocals(...Array.from({ length: 1000 }, () => [0, i32])),
  // Memories and tables.
  ...[
    [0x00, 0],
    [0x01, 0, 0],
    [0x01, 2, 1],
    [0x00, ...leb(65536)],
    [0x00, ...leb(65537)],
    [0x01, 0, ...leb(65537)],
    [0x02, 1],
    [0x03, 1, 1],
    [0x04, 1],
    [0x05, 1, 1],
    [0x07, 1, 1],
    [0x08, 1, 0],
    [0x80, 0x00, 1],
    [0x01, 1],
  ].map((limits) => moduleBytes(section(5, ...vector(limits)))),
  moduleBytes(section(5, ...vector([0x00, 1], [0x00, 1]))),
  ...[
    [funcref, 0x00, ...leb(10_000_000)],
    [funcref, 0x00, ...leb(10_000_001)],
    [externref, 0x00, ...leb(0xffffffff)],
    [funcref, 0x01, 0, ...leb(0xffffffff)],
    [i32, 0x00, 1],
    [0x40, 0x00, funcref, 0x00, 1, 0xd0, funcref, end],
    [0x6e, 0x00, 1],
    [0x63, funcref, 0x00, 1],
  ].map((type) => moduleBytes(section(4, ...vector(type)))),
  // Globals.
  ...[
    [i32, 0, ...at0],
    [i32, 2, ...at0],
    [i64, 0, ...at0],
    [i32, 0, Opcode['global.get'], 0, end],
    [i32, 0, end],
    [i32, 0, Opcode['i32.const'], 0, Opcode['i32.const'], 0, end],
    [i32, 0, Opcode.nop, ...at0],
    [0x7b, 0, ...at0],
    [i32, 0, Opcode['i32.const'], 1, Opcode['i32.const'], 2, Opcode['i32.add'], end],
    [i32, 0, Opcode['i32.const'], 1, Opcode['i32.const'], 2, Opcode['i32.div_s'], end],
    [funcref, 0, Opcode['ref.func'], 0, end],
    [funcref, 0, Opcode['ref.null'], externref, end],
  ].map((global) => moduleBytes(section(6, ...vector(global)))),
  // Exports: of nothing, twice, of a tag.
  ...[
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
    [5, 0],
  ].map((what) => moduleBytes(section(7, ...vector([...nameBytes('x'), ...what])))),
  moduleBytes(memory, section(7, ...vector([...nameBytes('x'), 2, 0], [...nameBytes('x'), 2, 0]))),
  moduleBytes(memory, section(7, ...vector([...nameBytes(''), 2, 0]))),
  // Imports: of a tag, of an unknown kind, of functions of no type.
  ...[
    [0, 0],
    [4, 0, 0],
    [5, 0],
    [1, funcref, 0, 0],
    [2, 0, 0],
    [3, i32, 1],
    [3, 0x7b, 0],
  ].map((what) => moduleBytes(section(2, ...vector([...nameBytes('m'), ...nameBytes('n'), ...what])))),
  // Segments.
  ...Array.from({ length: 10 }, (_, flags) =>
    moduleBytes(section(4, ...vector([funcref, 0, 1])), section(9, ...vector([flags, ...at0, 0]))),
  ),
  ...Array.from({ length: 10 }, (_, flags) =>
    moduleBytes(section(4, ...vector([funcref, 0, 1])), section(9, ...vector([flags, 0, 0]))),
  ),
  ...Array.from({ length: 4 }, (_, flags) => moduleBytes(memory, section(11, ...vector([flags, ...at0, 0])))),
  moduleBytes(section(11, ...vector([0, ...at0, 0]))),
  moduleBytes(memory, section(12, 1), section(11, ...vector([1, 0]))),
  moduleBytes(memory, section(12, 2), section(11, ...vector([1, 0]))),
  moduleBytes(section(12, 1)),
  moduleBytes(section(12, 0)),
  // Start functions.
  moduleBytes(section(8, 0)),
  moduleBytes(
    typeSection([[], [i32]]),
    section(3, ...vector([0])),
    section(8, 0),
    section(10, ...vector(body([], ...at0.slice(0, 2)))),
  ),
  // Code: deep, long, unfinished, of every opcode.
  moduleOfCode([...repeat(3000, Opcode.block, 0x40), ...repeat(3000, end)]),
  moduleOfCode([...repeat(3000, Opcode.loop, 0x40), ...repeat(2999, end)]),
  moduleOfCode([
    ...repeat(2000, Opcode.block, 0x40),
    Opcode['i32.const'],
    0,
    Opcode.br_table,
    ...vector(...Array.from({ length: 2001 }, (_, k) => leb(k))),
    0,
    ...repeat(2000, end),
  ]),
  moduleOfCode([Opcode['i32.const'], 0, Opcode.br_table, ...leb(65519), ...repeat(65520, 0)]),
  moduleOfCode([Opcode['i32.const'], 0, Opcode.br_table, ...leb(65521), ...repeat(65522, 0)]),
  functionOf(Opcode['i32.const'], 0, Opcode.br_table, 0xff, 0xff, 0xff, 0xff, 0x0f),
  moduleOfCode([...repeat(10_000, Opcode.nop)]),
  moduleOfCode([...repeat(5000, Opcode['i32.const'], 1), ...repeat(5000, Opcode.drop)]),
  functionOf(end),
  functionOf(Opcode.else),
  functionOf(Opcode['i32.const'], 0, Opcode.if, 0x40, Opcode.else, Opcode.else, end),
  functionOf(Opcode['i32.const'], 0, Opcode.if, i32, Opcode['i32.const'], 0, end, Opcode.drop),
  functionOf(Opcode['i32.const'], 0x80, 0x80, 0x80, 0x80, 0x70, Opcode.drop),
  functionOf(Opcode['i32.const'], 0xff, 0xff, 0xff, 0xff, 0x07, Opcode.drop),
  functionOf(Opcode['i32.const'], 0xff, 0xff, 0xff, 0xff, 0x0f, Opcode.drop),
  functionOf(Opcode['i64.const'], ...repeat(9, 0x80), 0x7f, Opcode.drop),
  functionOf(Opcode['i64.const'], ...repeat(9, 0x80), 0x01, Opcode.drop),
  functionOf(Opcode.block, 0xc0, 0x7f, end),
  functionOf(Opcode.block, 0xff, 0x7f, Opcode['i32.const'], 0, end, Opcode.drop),
  functionOf(Opcode.block, 0x80, 0x00, end),
  functionOf(Opcode.block, 0x80, 0x80, 0x80, 0x80, 0x10, end),
  functionOf(Opcode.unreachable, Opcode.select, Opcode.drop),
  functionOf(Opcode.unreachable, Opcode['select t'], 0, Opcode.drop),
  functionOf(Opcode.unreachable, Opcode['select t'], 2, i32, i32, Opcode.drop),
  functionOf(Opcode.unreachable, Opcode['ref.is_null'], Opcode.drop),
  ...Array.from({ length: 256 }, (_, code) => functionOf(Opcode.unreachable, code, 0, 0, 0, 0, 0)),
  ...Array.from({ length: 32 }, (_, sub) => functionOf(Opcode.unreachable, 0xfc, sub, 0, 0)),
  functionOf(Opcode.unreachable, 0xfc, 0x80, 0x02, 0, 0),
  functionOf(Opcode.unreachable, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x00, Opcode.drop),
];
