import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lastAtMost } from '../../code/last-at-most.js';
import { symbol } from '../../native/ffi/ffi.js';
import { NativeBlock } from '../../native/memory/block.js';
import { placeCodePage } from '../../native/process/pages.js';
import { movAddress } from '../../native/x64/stubs/stub-code.js';
import { Gpr } from '../../x64/abi.js';
import { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import { x64Elf } from '../x64/elf-machine.js';
import { readFrames } from './eh-frame.js';
import { callsTo, PlacedImage } from './image.fixture.js';
import { type LinkedObject, linkObject } from './link.js';
import { type Llvm, llvms } from './llvm.fixture.js';
import { ObjectError, parseObject } from './object.js';

const attributes = 'attributes #0 = { "frame-pointer"="all" "disable-tail-calls"="true" }';

/** `take` is an absolute value, under a name of which LLVM knows nothing. */
const resolve = (name: string): number | undefined => (name === 'take' ? symbol('labs') : undefined);

/** Names of what invokes call here: each call of them has its own pad. */
const throwers = ['few', 'many', 'most'] as const;

/**
 * `caught(which, x)` calls the thrower `which`. The pads see x, and what was computed before the call; where
 * nothing is thrown, the result is that of the callee. One thrower has so many arguments that they go on the
 * stack, and with one of them the stack is realigned. `other` has no pads, and is called in a range without.
 */
const caught = `
declare i32 @upshift_personality(...)
declare i64 @few(i64)
declare i64 @many(i64, i64, i64, i64, i64, i64, i64, i64, i64)
declare i64 @most(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64)
declare i64 @take(i64)

define i64 @caught(i64 %which, i64 %x) #0 personality ptr @upshift_personality {
  %a = call i64 @take(i64 %x)
  %b = call i64 @other(i64 %a, i64 %which)
  switch i64 %which, label %first [ i64 1, label %second
                                    i64 2, label %third ]
first:
  %r0 = invoke i64 @few(i64 %a) to label %done unwind label %pad0
second:
  %r1 = invoke i64 @many(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 %x, i64 8, i64 %a)
    to label %done unwind label %pad1
third:
  %r2 = invoke i64 @most(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7, i64 8, i64 9, i64 %a, i64 11, i64 %x)
    to label %more unwind label %pad2
more:
  %r3 = call i64 @take(i64 %r2)
  br label %done
done:
  %r = phi i64 [ %r0, %first ], [ %r1, %second ], [ %r3, %more ]
  ret i64 %r
pad0:
  %e0 = landingpad { ptr, i32 } catch ptr null
  %s0 = add i64 %a, 1000
  ret i64 %s0
pad1:
  %e1 = landingpad { ptr, i32 } catch ptr null
  %s1 = mul i64 %b, %x
  %t1 = call i64 @take(i64 %s1)
  ret i64 %t1
pad2:
  %e2 = landingpad { ptr, i32 } catch ptr null
  %s2 = sub i64 %b, %x
  ret i64 %s2
}

define internal i64 @other(i64 %a, i64 %which) noinline #0 {
  %wide = alloca [64 x i64], align 64
  %end = getelementptr i64, ptr %wide, i64 63
  store volatile i64 %a, ptr %end
  %l = call i64 @take(i64 %which)
  %v = load volatile i64, ptr %end
  %r = add i64 %l, %v
  ret i64 %r
}
${attributes}
`;

/** What `caught` returns if the thrower throws. */
function expected(which: number, x: number): number {
  const sum = Math.abs(x) + which;
  return [Math.abs(x) + 1000, Math.abs(sum * x), sum - x][which];
}

/**
 * Code that leaves its caller as an unwinder would: with what is in the cell, for rsp and as place to go on.
 */
class Thrower {
  /** What is added to rsp, and the address to go on at. */
  readonly cell = new NativeBlock(16);
  readonly address = placeCodePage(this.#code()).address;

  #code(): Uint8Array {
    const a = new Assembler();
    movAddress(a, Gpr.r11, this.cell.address);
    a.rm(X.add64, Gpr.rsp, Gpr.r11, 0);
    a.m(X.jmp, Gpr.r11, 8);
    return a.finish();
  }
}

const returnAddressSize = 8;
const callSize = 5;

/** The row of `handlers` for the call at an offset; -1 if it has none. */
function rowOf({ handlers: { starts, ends } }: LinkedObject, call: number): number {
  const at = call + callSize - 1;
  const row = lastAtMost(starts, at);
  return row >= 0 && at < ends[row] ? row : -1;
}

function testsWith(llvm: Llvm): void {
  for (const passes of ['', 'default<O2>']) {
    test(`calls go on at their pads, with the stack as these expect it ${passes}`, () => {
      const targets = new Map(throwers.map((name) => [name as string, new Thrower()]));
      const linked = linkObject(
        llvm.compile(caught, { passes }),
        (name) => targets.get(name)?.address ?? resolve(name),
        x64Elf,
      );
      assert.deepEqual(
        linked.externals.map(({ symbol }) => symbol).sort(),
        ['few', 'many', 'most', 'take'],
        'nobody needs the personality',
      );
      const image = new PlacedImage(linked);
      const { pads, adjusts } = linked.handlers;
      for (const [which, name] of throwers.entries()) {
        const target = targets.get(name) as Thrower;
        const calls = callsTo(linked, target.address);
        assert.equal(calls.length, 1);
        const row = rowOf(linked, calls[0]);
        target.cell.setAddress(0, returnAddressSize + adjusts[row]);
        target.cell.setAddress(8, image.address + pads[row]);
        for (const x of [5, -7]) {
          const { integer } = image.call('caught', BigInt(which), BigInt(x));
          assert.equal(Number(integer), expected(which, x), `${name}, ${x}`);
        }
      }
      for (const call of callsTo(linked, resolve('take') as number)) assert.equal(rowOf(linked, call), -1);
    });
  }

  test('code says of saved registers what tables say', () => {
    const keep = (count: number, extra = ''): string => {
      const range = Array.from({ length: count }, (_, k) => k);
      const sum = range.map((k) => `%s${k + 1} = add i64 %s${k}, %v${k}`);
      return `define i64 @keep${count}${extra === '' ? '' : '.a'}(i64 %x) #0 {
        ${extra}
        ${range.map((k) => `%v${k} = call i64 @take(i64 ${k})`).join('\n')}
        %s0 = call i64 @take(i64 %x)
        ${sum.join('\n')}
        ret i64 %s${count} }`;
    };
    const aligned = '%w = alloca [9 x i64], align 64\nstore volatile i64 0, ptr %w';
    const ir = [
      'declare i64 @take(i64)',
      ...[0, 1, 2, 3, 4, 5, 6, 9].flatMap((count) => [keep(count), keep(count, aligned)]),
      attributes.replace('{', '{ "probe-stack"="inline-asm"'),
    ].join('\n');
    const seen = new Set<number>();
    for (const passes of ['', 'default<O2>']) {
      const object = llvm.compile(ir, { passes });
      const { frames, functions } = linkObject(object, resolve, x64Elf);
      const described = readFrames(parseObject(object, x64Elf), x64Elf);
      assert.equal(described.length, functions.length);
      for (const { start, saved } of described) {
        const k = frames.starts.indexOf(start.offset);
        assert.equal(frames.saved[k], x64Elf.savedByTable(saved), functions[k].name);
        seen.add(frames.saved[k]);
      }
    }
    // From none to all.
    assert.ok(seen.size >= 5, [...seen].join());
  });

  test('tables with a wrong byte are taken as they may be, or refused', () => {
    const object = llvm.compile(caught, { passes: 'default<O2>' });
    const { sections } = parseObject(object, x64Elf);
    let [refusals, taken] = [0, 0];
    for (const { name, bytes } of sections) {
      if (!/^(\.rela)?\.(eh_frame|gcc_except_table)/.test(name)) continue;
      for (let at = bytes.byteOffset; at < bytes.byteOffset + bytes.length; at++) {
        const right = object[at];
        for (const wrong of [0, 0x7f, 0xff, right ^ 1, right ^ 0x80]) {
          object[at] = wrong;
          try {
            const { codeEnd, handlers } = linkObject(object, () => 4096, x64Elf);
            for (const [k, start] of handlers.starts.entries()) {
              assert.ok(start < handlers.ends[k] && handlers.ends[k] <= (handlers.starts[k + 1] ?? codeEnd));
              assert.ok(handlers.pads[k] < codeEnd);
            }
            taken++;
          } catch (error) {
            assert.ok(error instanceof ObjectError, `byte ${at} of ${name} = ${wrong}: ${error}`);
            refusals++;
          }
        }
        object[at] = right;
      }
    }
    assert.ok(refusals > 100 && taken > 100, `${refusals}, ${taken}`);
  });

  test('code without landing pads has no rows', () => {
    const ir = `declare i64 @take(i64)\ndefine i64 @f(i64 %x) nounwind #0 { %r = call i64 @take(i64 %x)\nret i64 %r }`;
    const { handlers, frames } = linkObject(llvm.compile(`${ir}\n${attributes}`), resolve, x64Elf);
    assert.deepEqual([handlers.starts.length, [...frames.starts], [...frames.saved]], [0, [0], [0]]);
  });
}

for (const llvm of llvms) describe(`unwinding code of LLVM ${llvm.version}`, () => testsWith(llvm));
if (llvms.length === 0) test('unwinding', { skip: 'libLLVM is not installed' }, () => {});
