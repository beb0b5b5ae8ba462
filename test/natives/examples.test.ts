import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertOneLine, example, type Outcome, upshift } from '../../src/cli/command.fixture.js';
import { withoutLlvm } from '../../src/llvm-jit/library.fixture.js';
import { loadSharedLibrary } from '../../src/native/libraries/shared-library.js';
import { compileLibrary, withoutCompiler } from './library.fixture.js';

/** Text that compresses well (zlib looks back 32 KiB), and is longer than the programs' buffers. */
const input = readFileSync(fileURLToPath(new URL('../../../RATIONALE.md', import.meta.url)), 'utf8')
  .slice(0, 16384)
  .repeat(16);

function run(...args: string[]): Outcome {
  return upshift(['run', ...args], input);
}

function withoutZlib(): string | false {
  try {
    loadSharedLibrary('libz.so.1');
    return false;
  } catch (error) {
    return String(error);
  }
}

/** The CRC-32 of zlib's polynomial, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const tiers = ['interp', 'fast', ...(withoutLlvm() === false ? ['llvm', 'multi'] : [])];

describe("a program that works on the system's zlib, in its own memory", { skip: withoutZlib() }, () => {
  const native = ['--native-lib', 'libz.so.1', '--native', 'zlib.crc32=(I*~)I'];
  const expected = `${crc32(new TextEncoder().encode(input)).toString(16).padStart(8, '0')}\n`;
  for (const tier of tiers) {
    test(`crc32, ${tier}`, () => {
      const { status, stdout, stderr } = run(`--tier=${tier}`, ...native, example('crc32.wasm'));
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: expected, stderr: '' });
    });
    test(`deflate, ${tier}`, { skip: withoutCompiler }, () => {
      const library = compileLibrary('deflate-native', { file: 'examples/deflate-native.c' }, [
        '-l:libz.so.1',
      ]);
      const { status, stdout, stderr } = run(
        `--tier=${tier}`,
        '--native-lib',
        library,
        example('deflate.wasm'),
      );
      assert.equal(stderr, '');
      assert.equal(status, 0);
      const [, length, size] = /^(\d+) bytes, compressed (\d+)\n$/.exec(stdout) ?? [];
      assert.equal(Number(length), new TextEncoder().encode(input).length);
      assert.ok(Number(size) > 100 && Number(size) < Number(length) / 4, stdout);
    });
  }
});

test('what is wrong with native functions is said in one line', () => {
  const crc = example('crc32.wasm');
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [
      ['--native-lib', './none.so', crc],
      1,
      /^upshift: cannot load \.\/none\.so: cannot open shared object file/,
    ],
    [
      ['--native-lib', 'libm.so.6', crc],
      1,
      /^upshift: libm\.so\.6 has no get_native_lib: name its functions, by --native/,
    ],
    [
      ['--native', 'zlib.no_such_function=()', crc],
      1,
      /^upshift: native function "zlib" "no_such_function": there is no symbol/,
    ],
    [
      ['--native', 'zlib.crc32=(I*~', crc],
      2,
      /^upshift: native signature "\(I\*~": "\)" expected at character 5 \(see/,
    ],
    [['--native', 'crc32', crc], 2, /^upshift: --native crc32: expected module\.name=signature/],
    [
      ['--native', 'zlib.crc32', '--self-check', crc],
      2,
      /^upshift: --self-check cannot run native functions twice/,
    ],
    [[crc], 1, /^upshift: .*crc32\.wasm: unknown import: "zlib" "crc32"/],
    [['--native', 'zlib.crc32=(i)', crc], 1, /there is no symbol crc32|must have type \[i32\] -> \[\], not/],
  ];
  for (const [args, status, message] of cases) {
    assertOneLine(run(...args), status, message);
  }
});
