import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { cli, env, wasm } from './command.fixture.js';

const library = '/usr/lib/x86_64-linux-gnu/libLLVM-16.so.1';
const skip = existsSync(library) ? false : 'no libLLVM 16';

const program = await wasm(
  'tail-calls-of-old-llvm',
  `(module
    (func $f (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
      (return_call $f (i32.sub (local.get 0) (i32.const 1))))
    (func (export "g") (param i32) (result i32) (i32.add (local.get 0) (call $f (local.get 0)))))`,
);

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: { ...env, UPSHIFT_LLVM: library },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('with LLVM 16, functions with tail calls stay in the Fast JIT, and the report says why', {
  skip,
}, () => {
  const { status, stdout, stderr } = run(
    'run',
    '--tier=llvm',
    '--tier-report',
    '--invoke',
    'g',
    program,
    '5',
  );
  assert.deepEqual([status, stdout], [0, '12\n']);
  assert.match(stderr, /^Fast JIT: 1 functions/m);
  assert.match(stderr, /^LLVM: 1 functions, .*1 refused; version 16/m);
  assert.match(stderr, /^f .*refused$/m);
  assert.match(stderr, /^refused: 1 functions, tail calls need LLVM 18 or a newer one$/m);
});

test('with LLVM 16, --verbose counts what LLVM has refused', { skip }, () => {
  const { status, stderr } = run('run', '--tier=llvm', '--verbose', '--invoke', 'g', program, '5');
  assert.equal(status, 0);
  assert.match(stderr, /LLVM 16.*functions, 1 refused/);
});

test('with LLVM 16, a dump of a function with tail calls is refused in one line, as no fault of ours', {
  skip,
}, () => {
  const { status, stderr } = run('compile', '--dump=llvm-ir', '--function', 'f', program);
  assert.deepEqual(
    [status, stderr],
    [1, 'upshift: func[0] cannot be compiled by this LLVM: tail calls need LLVM 18 or a newer one\n'],
  );
});
