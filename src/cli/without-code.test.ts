import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertOneLine, example, upshift, version, wasm } from './command.fixture.js';

const variables = { UPSHIFT_FFI: 'none' };
const reason = 'the FFI is switched off by UPSHIFT_FFI=none';
const arithmetic = example('arithmetic.wat');

/** Reports at the end how many executable mappings are not files. */
const hook = `import { readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => {
    const lines = readFileSync('/proc/self/maps', 'latin1').split('\\n');
    const found = lines.filter((line) => /^\\S+ ..x/.test(line) && !/ \\/(?!memfd:)\\S+$|\\[v\\w+\\]$/.test(line));
    writeSync(2, found.length + ' executable mappings');
  });`;

/** V8 itself then maps nothing executable. */
const withoutJit = { NODE_OPTIONS: `--jitless --import=data:text/javascript,${encodeURIComponent(hook)}` };

describe('upshift run --tier=interp', () => {
  it('maps nothing that can be executed in a whole run', () => {
    const args = [example('hello.wasm'), 'you'];
    const { status, stdout, stderr } = upshift(['run', '--tier=interp', ...args], '', withoutJit);
    assert.equal(status, 0);
    // It follows a warning of V8's.
    assert.match(stderr, /^0 executable mappings$/m);
    const compiled = upshift(['run', '--tier=fast', ...args], '', withoutJit);
    assert.match(compiled.stderr, /^[1-9]\d* executable mappings$/m);
    assert.equal(compiled.stdout, stdout);
  });

  it('maps nothing that can be executed for a time limit', () => {
    const args = ['run', '--tier=interp', '--timeout=1h', '--max-memory=1MiB', example('hello.wasm')];
    const { status, stderr } = upshift(args, '', withoutJit);
    assert.equal(status, 0);
    assert.match(stderr, /^0 executable mappings$/m);
  });

  it('tells of a trap as the other tiers do', async () => {
    const file = await wasm(
      'trap',
      '(module (memory 1) (func $f (i32.store (i32.const -1) (i32.const 0))) (func (export "_start") (call $f)))',
    );
    const [interpreted, compiled] = ['interp', 'fast'].map((tier) =>
      upshift(['run', `--tier=${tier}`, file]),
    );
    assert.equal(interpreted.status, 134);
    assert.deepEqual(interpreted, compiled);
  });
});

describe('upshift where no machine code can be run', () => {
  it('refuses tiers that make some, with status 1 and one line', () => {
    for (const tier of ['fast', 'llvm', 'multi']) {
      const outcome = upshift(
        ['run', `--tier=${tier}`, '--invoke', 'gcd', arithmetic, '12', '18'],
        '',
        variables,
      );
      assertOneLine(outcome, 1, new RegExp(`tier ${tier} is not available: ${reason}\n`));
    }
  });

  it('says which tiers there are', () => {
    const { status, stdout, stderr } = upshift(['--version'], '', variables);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const tiers = `tiers: interp (interpreter; default)\nno fast, llvm, multi: ${reason}`;
    assert.equal(stdout, `upshift ${version}\n${tiers}\n`);
  });

  it('shows what the Fast JIT makes of functions, but not what LLVM does', () => {
    const { status, stdout, stderr } = upshift(['compile', '--dump=ir,asm', arithmetic], '', variables);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /\bret\b/);
    const args = ['compile', '--dump=llvm-ir', arithmetic];
    assertOneLine(upshift(args, '', variables), 1, /tier llvm is not available/);
  });
});
