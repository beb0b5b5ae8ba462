import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ValType } from '../wasm/types.js';
import { file, folder, upshift, wasm } from './command.fixture.js';
import { UsageError } from './errors.js';
import { bitsText, jsonText, parseBits, parseValue, valueText } from './values.js';

const { v128 } = ValType;

describe('vectors on the command line', () => {
  it('are read by their lanes, the lowest first', () => {
    const text = '0x40302010_08040201_c0b0a090_00ffee80'.replaceAll('_', '');
    const bits = BigInt(text);
    for (const form of [
      text,
      String(bits),
      'i8x16:0x80,0xee,0xff,0,0x90,-96,-80,-64,1,2,4,8,16,32,48,64',
      'i16x8:0xee80,255,0xa090,0xc0b0,513,2052,0x2010,16432',
      'i32x4:0xffee80,0xc0b0a090,0x08040201,0x40302010',
      'i64x2:0xc0b0a09000ffee80,0x4030201008040201',
    ]) {
      assert.equal(parseBits(form, v128), bits, form);
    }
    assert.equal(parseBits('f32x4:1,-0,nan:0x200000,inf', v128), 0x7f800000_7fa00000_80000000_3f800000n);
    assert.equal(parseBits('f64x2:-2,0x1p-1', v128), 0x3fe0000000000000_c000000000000000n);
    assert.equal(parseBits('-1', v128), 2n ** 128n - 1n);
  });

  it('are bytes as values of the library', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, k) => 17 * k);
    assert.deepEqual(parseValue(`i8x16:${bytes.join()}`, v128), bytes);
    assert.equal(valueText(bytes, v128), bitsText(parseBits(`i8x16:${bytes.join()}`, v128), v128));
  });

  it('are refused where lanes are missing, too many, too large, or of another kind', () => {
    for (const text of [
      ...['', 'i32x4', 'i32x4:', 'i32x4:1,2,3', 'i32x4:1,2,3,4,5', 'i32x4:1,2,3,4294967296', 'i32x4:1,2,,4'],
      ...['i32x4:1.5,2,3,4', 'i8x16:256,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0', 'i32x2:1,2', 'f32x4:1,2,x,4'],
      ...['f32x4:1 2 3 4', '1,2,3,4', 'nan', String(2n ** 128n), '0x1'.padEnd(35, '0')],
    ]) {
      assert.throws(() => parseBits(text, v128), UsageError, text);
    }
  });

  it('are printed so that they can be read again', () => {
    const bits = 0x7fffffff_80000000_ffffffff_00000001n;
    const text = bitsText(bits, v128);
    assert.equal(text, 'i32x4:1,-1,-2147483648,2147483647');
    assert.equal(parseBits(text, v128), bits);
    assert.equal(jsonText(text), '"i32x4:1,-1,-2147483648,2147483647"');
  });
});

describe('upshift run with vectors', () => {
  it('passes them to functions, and prints what these return', async () => {
    const program = await wasm(
      'vectors',
      `(module
        (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
        (func (export "mix") (param i32 v128) (result v128 i32 v128)
          (i8x16.splat (local.get 0)) (local.get 0) (local.get 1)))`,
    );
    for (const options of [['--tier=interp'], ['--tier=fast'], [], ['--self-check']]) {
      const run = (name: string, ...args: string[]): string => {
        const { status, stdout, stderr } = upshift(['run', ...options, '--invoke', name, program, ...args]);
        assert.equal(stderr.replace(/^.*do the same.*\n$/m, ''), '');
        assert.equal(status, 0);
        return stdout;
      };
      assert.equal(run('add', 'i32x4:1,2,3,4', 'i64x2:-1,-1'), 'i32x4:0,1,2,3\n');
      assert.equal(
        run('mix', '-2', '0x1'),
        'i32x4:-16843010,-16843010,-16843010,-16843010\n-2\ni32x4:1,0,0,0\n',
      );
    }
    const json = upshift(['run', '--json', '--invoke', 'mix', program, '1', '0']);
    assert.deepEqual(JSON.parse(json.stdout), [
      'i32x4:16843009,16843009,16843009,16843009',
      1,
      'i32x4:0,0,0,0',
    ]);
    const wrong = upshift(['run', '--invoke', 'mix', program, '1', 'i32x4:1,2']);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /"i32x4:1,2" is not a value of type v128/);
  });

  it('runs text that uses them', () => {
    const program = file(
      'sum.wat',
      `(module (memory (export "memory") 1)
        (data (i32.const 8) "\\01\\02\\03\\04\\05\\06\\07\\08")
        (func (export "sum") (result i32)
          (i32x4.extract_lane 0 (i32x4.extadd_pairwise_i16x8_u (v128.load8x8_u (i32.const 8))))))`,
    );
    assert.equal(upshift(['run', '--invoke', 'sum', program]).stdout, '3\n');
  });

  it('makes no machine code of them for processors without SSE4.1', async () => {
    const program = await wasm('vector', '(module (func (export "_start") (drop (v128.const i64x2 0 0))))');
    const target = join(folder, 'vector.aot');
    const { status, stderr } = upshift(['compile', '--cpu=baseline', '-o', target, program]);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^upshift: [^\n]*unsupported feature: SIMD: machine code for it needs SSE4\.1[^\n]*\n$/,
    );
    assert.ok(!existsSync(target));
    assert.equal(upshift(['compile', '--cpu=sse4.1', '--tier=fast', '-o', target, program]).status, 0);
    assert.equal(upshift(['run', target]).status, 0);
  });

  it('gives relaxed instructions their deterministic meaning where that is wanted', () => {
    const program = file(
      'relaxed.wat',
      `(module (func (export "swizzle") (param v128 v128) (result v128)
        (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))`,
    );
    const args = [program, 'i8x16:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16', 'i32x4:0x10101010,0,0,0'];
    for (const tier of ['interp', 'fast', 'multi']) {
      const run = ['run', `--tier=${tier}`, '--invoke', 'swizzle'];
      const fixed = upshift([...run.slice(0, 2), '--deterministic', ...run.slice(2), ...args]);
      assert.equal(fixed.stdout, 'i32x4:0,16843009,16843009,16843009\n');
      const relaxed = upshift([...run, ...args]);
      assert.equal(relaxed.stdout, 'i32x4:16843009,16843009,16843009,16843009\n');
    }
  });

  it('say of files with relaxed instructions of the deterministic profile that they run, and how', () => {
    const program = file(
      'fixed.wat',
      `(module (func (export "_start")
        (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))`,
    );
    const target = join(folder, 'fixed.aot');
    const compile = ['compile', '--deterministic', '--tier=fast', '-o', target, program];
    assert.equal(upshift(compile).status, 0);
    assert.match(upshift(['inspect', target]).stdout, /^Runs here: +yes, with --deterministic$/m);
    assert.equal(upshift(['run', '--deterministic', target]).status, 0);
    assert.match(
      upshift(['run', target]).stderr,
      /relaxed vector instructions follow the deterministic profile/,
    );
  });
});
