import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertOneLine, example, upshift, version } from './test-command.js';

const variables = { UPSHIFT_FFI: 'none' };
const reason = 'the FFI is switched off by UPSHIFT_FFI=none';
const arithmetic = example('arithmetic.wat');

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
