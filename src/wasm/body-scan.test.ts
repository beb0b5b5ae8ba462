import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BodyScan } from './body-scan.js';
import type { HostEngine } from './host-engine.js';
import { leb, opcodeBytes } from './module.fixture.js';
import type { WasmModule } from './module.js';
import { isPrefix, opcodes, prefixedOpcode } from './opcodes.js';
import { isRefType, isValType, ValType } from './types.js';

const scan = new BodyScan(Reflect.get(globalThis, 'WebAssembly') as HostEngine);

/** Whether the scan knows all of some bodies, which it gets one behind the other. */
function knows(...bodies: (readonly number[] | Uint8Array)[]): boolean {
  const bodyStarts = new Uint32Array(bodies.length);
  const bodyEnds = new Uint32Array(bodies.length);
  const bytes = new Uint8Array(bodies.reduce((size, body) => size + body.length + 5, 0));
  let at = 0;
  for (const [k, body] of bodies.entries()) {
    // Between bodies there are their sizes.
    at += 5;
    bytes.set(body, at);
    bodyStarts[k] = at;
    at += body.length;
    bodyEnds[k] = at;
  }
  const steps = scan.knowsAllOf({ bytes, bodyStarts, bodyEnds } as unknown as WasmModule);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const body = (...code: number[]): number[] => [0, ...code, 0x0b];

/** An immediate of each kind, as long as it may be. */
const immediates: Readonly<Record<string, readonly number[]>> = {
  i32: [0x80, 0x80, 0x80, 0x80, 0x78],
  i64: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
  f32: [0xfd, 0xfd, 0xfd, 0xfd],
  f64: [0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd],
  blockType: [0x80, 0x00],
  labels: [3, 0x80, 0, 0, 0, 0],
  memarg: [0xc3, 0x00, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  heapType: [0xff, 0x3f],
  valTypes: [4, ValType.i32, ValType.externref, 0x63, 0x80, 0x00, 0x64, ValType.exnref],
  catches: [4, 0, 0x81, 0x00, 0, 1, 1, 0x80, 0x00, 2, 0x81, 0x00, 3, 0],
  lane: [0x80],
  lanes: new Array<number>(16).fill(0xfd),
  v128: new Array<number>(16).fill(0xfd),
};

describe('the scan of bodies', () => {
  test('knows every instruction of the tables, and no other', () => {
    const known = new Set(opcodes.map((row) => opcodeBytes(row).join()));
    for (const row of opcodes) {
      const rest = row.immediates.flatMap((kind) => immediates[kind] ?? [0x80, 0x80, 0x80, 0x80, 0x0f]);
      assert.ok(knows(body(...opcodeBytes(row), ...rest)), row.mnemonic);
    }
    for (let byte = 0; byte < 0x100; byte++) {
      if (isPrefix[byte] === 0) {
        if (!known.has(`${byte}`)) assert.ok(!knows(body(byte, 0, 0, 0, 0)), `${byte}`);
        continue;
      }
      for (let sub = 0; sub < 300; sub++) {
        if (prefixedOpcode(byte, sub) !== byte && known.has([byte, ...leb(sub)].join())) continue;
        assert.ok(!knows(body(byte, ...leb(sub), 0, 0, 0, 0)), `${byte} ${sub}`);
      }
    }
  });

  test('knows the types that modules may use, wherever types are', () => {
    for (let type = 0; type < 0x100; type++) {
      const isValue = isValType(type);
      assert.equal(knows([2, 1, ValType.i32, 0x85, 0, type, 0x0b]), isValue, `local ${type}`);
      // After these two a heap type follows, which the `end` would be.
      if (type === 0x63 || type === 0x64) continue;
      assert.equal(knows(body(0x1c, 1, type)), isValue, `select ${type}`);
      if (type >= 0x80) continue;
      const isHeapType = type < 0x40 || (isValue && isRefType(type));
      assert.equal(knows(body(0xd0, type)), isHeapType, `null ${type}`);
      assert.equal(knows(body(0x02, type, 0x0b)), isValue || type <= 0x40, `block ${type}`);
      for (const form of [0x63, 0x64]) {
        assert.equal(knows([2, 1, ValType.i32, 0x85, 0, form, type, 0x0b]), isHeapType, `reference ${type}`);
        assert.equal(knows(body(0x1c, 1, form, type)), isHeapType, `select reference ${type}`);
        assert.equal(knows(body(0x02, form, type, 0x0b)), isHeapType, `block reference ${type}`);
      }
    }
    assert.ok(knows(body(0x02, 0xff, 0x3f, 0x0b)));
    assert.ok(!knows(body(0x02, 0xc0, 0x7f, 0x0b)), 'the empty block type as a longer integer');
    assert.ok(!knows(body(0xd0, 0xf0, 0x7f)), 'a heap type as a longer integer');
    assert.ok(!knows(body(0x02, 0x63, 0xf0, 0x7f, 0x0b)), 'the same in a block type');
  });

  test('does not know forms that have no meaning', () => {
    assert.ok(
      knows(body(0x28, 0x7f, 0x80, 0x00, 0x80, 0x00)),
      'all flags, a memory and an offset of two bytes',
    );
    assert.ok(!knows(body(0x28, 0x80, 0x01, 0)), 'another flag');
    assert.ok(!knows(body(0x1f, 0x40, 1, 4, 0, 0x0b)), 'another clause');
  });

  test('looks at every body, and at bodies of any size', () => {
    const unknown = body(0x16, 0);
    const many = new Array<number[]>(20_000).fill(body(0x01, 0x41, 0x16, 0x1a));
    assert.ok(knows(...many));
    assert.ok(!knows(...many, unknown));
    assert.ok(!knows(unknown, ...many));
    const large = new Uint8Array(3 << 20).fill(0x01);
    large[0] = 0;
    assert.ok(knows(large, large, ...many, large));
    const wrong = large.slice();
    wrong[wrong.length - 2] = 0x16;
    assert.ok(!knows(large, wrong, large));
    assert.ok(knows());
  });

  test('does not know a body that does not end where it should', () => {
    assert.ok(!knows([0, 0x41]), 'in the middle of an instruction');
    assert.ok(!knows([0, 0x44, 0, 0, 0]));
    assert.ok(!knows([0, 0x0e, ...leb(0xffff_ffff)]));
  });
});
