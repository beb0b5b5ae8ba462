import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { locationsAt } from '../../code/code-locations.js';
import { x64Elf } from '../x64/elf-machine.js';
import { callsTo } from './image.fixture.js';
import { type LinkedObject, linkObject } from './link.js';
import { type Llvm, llvms } from './llvm.fixture.js';
import { ObjectError, parseObject } from './object.js';

/** The largest offset that a location can have. */
const largest = 2 ** 32 - 2;

interface Unit {
  /** Version of DWARF. */
  readonly version?: number;
  /** What the compile unit has besides its emission kind. */
  readonly more?: string;
}

/** Metadata of a module, up to !9. */
function unit({ version = 4, more = ', debugInfoForProfiling: true' }: Unit = {}): string {
  return `
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1, !2}
!0 = distinct !DICompileUnit(language: DW_LANG_C, file: !3, isOptimized: true, emissionKind: LineTablesOnly${more})
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !{i32 2, !"Dwarf Version", i32 ${version}}
!3 = !DIFile(filename: "module", directory: "")
!4 = !DISubroutineType(types: !{null})
`;
}

function subprogram(id: number, name: string): string {
  return `!${id} = distinct !DISubprogram(name: "${name}", file: !3, scope: !3, type: !4, unit: !0, spFlags: DISPFlagDefinition)\n`;
}

function location(id: number, line: number, scope: number, inlinedAt?: number): string {
  const place = inlinedAt === undefined ? '' : `, inlinedAt: !${inlinedAt}`;
  return `!${id} = distinct !DILocation(line: ${line}, scope: !${scope}${place})\n`;
}

/** External functions whose calls the tests look for. */
const marks = Array.from({ length: 10 }, (_, k) => `declare void @mark${k}()`).join('\n');

const firstMark = 0x1000;

function link(object: Uint8Array): LinkedObject {
  return linkObject(object, (name) => firstMark + Number(name.replace('mark', '')), x64Elf);
}

/** A chain as text, innermost first: `function:offset`, each. */
function chainAt(linked: LinkedObject, offset: number): string {
  return locationsAt(linked.locations, offset)
    .map(({ functionIndex, wasmOffset }) => `${functionIndex}:${wasmOffset}`)
    .join(' ');
}

/** The chains at the calls of a mark. At their first bytes and at their last bytes they must be the same. */
function chainsAtMark(linked: LinkedObject, mark: number): string[] {
  return callsTo(linked, firstMark + mark).map((at) => {
    const chain = chainAt(linked, at);
    assert.equal(chainAt(linked, at + 4), chain);
    return chain;
  });
}

function functionOf(linked: LinkedObject, name: string): LinkedObject['functions'][number] {
  const found = linked.functions.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return found;
}

/** Functions 1, 2 and 3, each inlined into the next one; 3 also twice into 40; 5 stays as it is. */
const inlining = `
${marks}
define internal void @one() alwaysinline !dbg !10 {
  call void @mark1(), !dbg !11
  call void @mark2(), !dbg !12
  ret void, !dbg !11
}
define internal void @two() alwaysinline !dbg !20 {
  call void @one(), !dbg !21
  call void @mark3(), !dbg !22
  ret void, !dbg !22
}
define void @three() alwaysinline !dbg !30 {
  call void @mark4(), !dbg !31
  call void @two(), !dbg !32
  ret void, !dbg !31
}
define void @forty() !dbg !40 {
  call void @three(), !dbg !41
  call void @three(), !dbg !42
  ret void, !dbg !42
}
define void @five() !dbg !50 {
  call void @mark5(), !dbg !51
  call void @mark6(), !dbg !52
  ret void, !dbg !52
}
define void @unknown() {
  call void @mark7()
  ret void
}
${[10, 20, 30, 40, 50].map((id) => subprogram(id, `${id === 40 ? 40 : id / 10}`)).join('')}
${location(11, 101, 10)}${location(12, 0, 10)}
${location(21, 201, 20)}${location(22, largest, 20)}
${location(31, 301, 30)}${location(32, 2 ** 31, 30)}
${location(41, 401, 40)}${location(42, 0, 40)}
${location(51, 501, 50)}${location(52, 0, 50)}
`;

/**
 * A function whose inlined part lies on both sides of code of its own; another function in a section of its
 * own.
 */
const parts = `
${marks}
define void @outer(i1 %c) !dbg !10 {
  call void @mark1(), !dbg !20
  br i1 %c, label %usual, label %rare, !dbg !20
usual:
  call void @mark2(), !dbg !11
  ret void, !dbg !11
rare:
  call void @mark3(), !dbg !21
  ret void, !dbg !11
}
define void @cold() section ".text.unlikely" !dbg !30 {
  call void @mark4(), !dbg !31
  ret void, !dbg !31
}
define void @early() section ".text.hot" !dbg !50 {
  call void @mark5(), !dbg !51
  ret void, !dbg !51
}
${subprogram(10, '7')}${subprogram(22, '8')}${subprogram(30, '4294967295')}${subprogram(50, '0')}
${location(11, 70, 10)}${location(12, 71, 10)}${location(20, 80, 22, 12)}${location(21, 81, 22, 12)}
${location(31, 90, 30)}${location(51, 95, 50)}
`;

function inlinedChains(linked: LinkedObject): void {
  const at = (mark: number): string[] => chainsAtMark(linked, mark);
  const three = 2 ** 31;
  assert.deepEqual(at(1), [
    `1:101 2:201 3:${three}`,
    `1:101 2:201 3:${three} 40:401`,
    `1:101 2:201 3:${three} 40:0`,
  ]);
  assert.deepEqual(at(2), [
    `1:0 2:201 3:${three}`,
    `1:0 2:201 3:${three} 40:401`,
    `1:0 2:201 3:${three} 40:0`,
  ]);
  assert.deepEqual(at(3), [
    `2:${largest} 3:${three}`,
    `2:${largest} 3:${three} 40:401`,
    `2:${largest} 3:${three} 40:0`,
  ]);
  assert.deepEqual(at(4), ['3:301', '3:301 40:401', '3:301 40:0']);
}

function testsWith(llvm: Llvm): void {
  const inlined = (options: Unit = {}): LinkedObject =>
    link(llvm.compile(inlining + unit(options), { passes: 'always-inline' }));

  for (const version of [2, 3, 4]) {
    test(`inlined functions have chains, in DWARF version ${version}`, () => {
      const linked = inlined({ version });
      inlinedChains(linked);
      assert.deepEqual(chainsAtMark(linked, 5), ['5:501']);
      assert.deepEqual(chainsAtMark(linked, 6), ['5:0']);
    });
  }

  test('code that has no debug information has no location', () => {
    const linked = inlined();
    const { offset, size } = functionOf(linked, 'unknown');
    for (let at = offset; at < offset + size; at++) assert.equal(chainAt(linked, at), '');
    const { offset: known, size: length } = functionOf(linked, 'forty');
    for (let at = known; at < known + length; at++) assert.match(chainAt(linked, at), /40:\d+$/);
    assert.equal(chainAt(linked, linked.codeEnd), '');
    const none = link(llvm.compile(`${marks} define void @f() { call void @mark1() ret void }`));
    assert.equal(none.locations.offsets.length, 0);
  });

  test('LLVM leaves out functions without inlining, where profiling is not asked for', () => {
    const linked = inlined({ more: '' });
    inlinedChains(linked);
    assert.deepEqual(chainsAtMark(linked, 5), ['']);
  });

  test('rows and locations are there once', () => {
    const { offsets, locations, functions, wasmOffsets, callers } = inlined().locations;
    for (let row = 1; row < offsets.length; row++) {
      assert.ok(offsets[row] > offsets[row - 1]);
      assert.notEqual(locations[row], locations[row - 1]);
    }
    assert.equal(locations.at(-1), -1);
    const keys = Array.from(functions, (index, k) => [index, wasmOffsets[k], callers[k]].join());
    assert.equal(new Set(keys).size, keys.length);
    for (const [location, caller] of callers.entries()) assert.ok(caller >= -1 && caller < location);
  });

  test('an inlined function may lie in several parts, and functions in several sections', () => {
    const object = llvm.compile(parts + unit());
    const names = parseObject(object, x64Elf).sections.map(({ name }) => name);
    for (const name of ['.debug_ranges', '.text', '.text.hot', '.text.unlikely'])
      assert.ok(names.includes(name));
    const linked = link(object);
    assert.deepEqual(chainsAtMark(linked, 1), ['8:80 7:71']);
    assert.deepEqual(chainsAtMark(linked, 2), ['7:70']);
    assert.deepEqual(chainsAtMark(linked, 3), ['8:81 7:71']);
    assert.deepEqual(chainsAtMark(linked, 4), ['4294967295:90']);
    assert.deepEqual(chainsAtMark(linked, 5), ['0:95']);
    const order = [1, 2, 3].map((mark) => callsTo(linked, firstMark + mark)[0]);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      'the parts are apart',
    );
    // Between functions there are gaps.
    const ends = linked.functions.map(({ offset, size }) => offset + size);
    const gaps = ends.filter((end) => !linked.functions.some(({ offset }) => offset === end));
    assert.ok(gaps.length > 0);
    for (const end of gaps) assert.equal(chainAt(linked, end), '');
  });

  test('what the compiler must not write is refused', () => {
    const refuse = (ir: string, message: RegExp): void => {
      const object = llvm.compile(ir);
      assert.throws(
        () => link(object),
        (error) => error instanceof ObjectError && message.test(error.message),
      );
    };
    refuse(parts + unit({ version: 5 }), /^\.debug_\w+ at \d+: .*DWARF version 5/);
    refuse(parts.replace('"7"', '"main"') + unit(), /a function whose name is not an index/);
    refuse(parts.replace('"8"', '"4294967296"') + unit(), /a function whose name is not an index/);
  });

  test('an object with a wrong byte is linked or refused', () => {
    const object = llvm.compile(inlining + unit(), { passes: 'always-inline' });
    for (let at = 0; at < object.length; at++) {
      const right = object[at];
      for (const wrong of [0xff, right ^ 1]) {
        object[at] = wrong;
        try {
          linkObject(object, () => 4096, x64Elf);
        } catch (error) {
          assert.ok(error instanceof ObjectError, `byte ${at} = ${wrong}: ${error}`);
        }
      }
      object[at] = right;
    }
  });

  test('5000 functions', (context) => {
    const count = 5000;
    const functions: string[] = [];
    const metadata: string[] = [];
    for (let k = 0; k < count; k++) {
      const id = 10 + 4 * k;
      const inner = 10 + 4 * ((k + 1) % count);
      functions.push(`define i32 @f${k}(i32 %x) !dbg !${id} {
  %y = mul i32 %x, %x, !dbg !${id + 1}
  call void @mark1(), !dbg !${id + 2}
  %z = sdiv i32 %y, 7, !dbg !${id + 1}
  ret i32 %z, !dbg !${id + 3}
}`);
      metadata.push(
        subprogram(id, `${k}`),
        location(id + 1, 10 * k + 1, id),
        location(id + 2, 10 * k + 2, inner, id + 3),
        location(id + 3, 10 * k + 3, id),
      );
    }
    const object = llvm.compile([marks, ...functions, ...metadata].join('\n') + unit());
    const start = performance.now();
    const linked = link(object);
    context.diagnostic(`${object.length} bytes linked in ${(performance.now() - start).toFixed(1)} ms`);
    assert.equal(linked.functions.length, count);
    const chains = chainsAtMark(linked, 1);
    const expected = Array.from(
      { length: count },
      (_, k) => `${(k + 1) % count}:${10 * k + 2} ${k}:${10 * k + 3}`,
    );
    assert.deepEqual(chains, expected);
  });
}

for (const llvm of llvms) describe(`locations of LLVM ${llvm.version}`, () => testsWith(llvm));
if (llvms.length === 0) test('locations', { skip: 'libLLVM is not installed' }, () => {});
