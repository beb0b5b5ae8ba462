import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import {
  assertOneLine,
  cli,
  dist,
  env,
  example,
  file,
  folder,
  type Outcome,
  upshift,
  wasm,
} from './command.fixture.js';

const arithmetic = example('arithmetic.wat');
const hello = example('hello.wasm');

function succeeds(stdout: string): Outcome {
  return { status: 0, stdout, stderr: '' };
}

/** Runs a shell command; `$UPSHIFT` is the program. */
function shell(command: string): Outcome {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    env: { ...env, UPSHIFT: `${process.execPath} ${cli}` },
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('a program', () => {
  it('runs without the name of the command', () => {
    assert.deepEqual(upshift([hello, 'reader', '--help']), succeeds('hello, reader\n'));
    assertOneLine(upshift([join(folder, 'missing.wasm')]), 1, /missing\.wasm: no such file/);
  });

  it('comes from the standard input, in either format', () => {
    assert.deepEqual(upshift(['-', 'reader'], readFileSync(hello)), succeeds('hello, reader\n'));
    const text = ['run', '--invoke', 'gcd', '-', '12', '18'];
    for (const input of [readFileSync(arithmetic), gzipSync(readFileSync(arithmetic))]) {
      assert.deepEqual(upshift(text, input), succeeds('6\n'));
    }
    assertOneLine(upshift(['-'], 'echo'), 1, /^upshift: standard input: it is not a WebAssembly module/);
    assertOneLine(upshift(['-'], '(module'), 1, /^upshift: standard input:1:8: error: /);
  });

  it('is unpacked, whatever its name', () => {
    const packed = file('packed.wasm', gzipSync(readFileSync(hello)));
    assert.deepEqual(upshift([packed]), succeeds('hello, world\n'));
    const text = file('packed.wat.gz', gzipSync(readFileSync(arithmetic)));
    assert.deepEqual(upshift(['run', '--invoke', 'gcd', text, '12', '18']), succeeds('6\n'));
    const whole = gzipSync(readFileSync(hello));
    const broken = file('broken.wasm.gz', whole.subarray(0, whole.length >> 1));
    assertOneLine(upshift([broken]), 1, /broken\.wasm\.gz: cannot be unpacked by gzip: /);
  });

  it('may have a name that is not ASCII, as may folders and modules', async () => {
    const library = await wasm('bücher', '(module (func (export "größe") (result i32) (i32.const 42)))');
    const program = file(
      'größe.wat',
      '(module (import "büch" "größe" (func $f (result i32))) (export "größe" (func $f)))',
    );
    const args = ['run', '--preload', `büch=${library}`, '--invoke', 'größe', program];
    assert.deepEqual(upshift(args), succeeds('42\n'));
  });

  it('is not a device without an end', () => {
    assertOneLine(upshift(['run', '/dev/zero']), 1, /\/dev\/zero: it is not a WebAssembly module/);
  });
});

describe('the environment of a program', () => {
  const echo = `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 4)
    (func (export "_start")
      (drop (call $sizes (i32.const 0) (i32.const 12)))
      (drop (call $environ_get (i32.const 1024) (i32.const 65536)))
      (i32.store (i32.const 8) (i32.const 65536))
      (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))`;

  it('is what it is given, by value or by name, or all', async () => {
    const program = await wasm('environment', echo);
    const variables = { COLOUR: 'green=blue', EMPTY: '' };
    const run = (...options: string[]): string[] =>
      upshift(['run', ...options, program], '', variables).stdout.split('\0');
    assert.deepEqual(run('--env', 'COLOUR', '--env=A=1', '--env=EMPTY'), [
      'COLOUR=green=blue',
      'A=1',
      'EMPTY=',
      '',
    ]);
    const all = run('--inherit-env', '--env=COLOUR=red', '--env=NEW=1');
    for (const variable of ['COLOUR=red', 'NEW=1', 'EMPTY=', `PATH=${env['PATH']}`]) {
      assert(all.includes(variable), variable);
    }
    assert(!all.includes('COLOUR=green=blue'));
    assertOneLine(
      upshift(['run', '--env', 'NO_SUCH', program]),
      2,
      /--env NO_SUCH: there is no such variable here/,
    );
  });
});

describe('values of --invoke', () => {
  it('are exact, as text and as JSON', async () => {
    const path = await wasm(
      'identity',
      '(module (func (export "f") (param f32 f64 i64) (result f32 f64 i64) (local.get 0) (local.get 1) (local.get 2)))',
    );
    const cases: [args: [string, string, string], text: string, json: string][] = [
      [
        ['nan:0x200001', '-nan:0x1', '-9223372036854775808'],
        'nan:0x200001\n-nan:0x1\n-9223372036854775808\n',
        '["nan:0x200001","-nan:0x1",-9223372036854775808]\n',
      ],
      [['0x1.8p3', '-inf', '0xffffffffffffffff'], '12\n-inf\n-1\n', '[12,"-inf",-1]\n'],
      [
        ['-nan', '-0x0p0', '9007199254740993'],
        '-nan\n-0\n9007199254740993\n',
        '["-nan",-0,9007199254740993]\n',
      ],
    ];
    for (const [args, text, json] of cases) {
      assert.deepEqual(upshift(['run', '--invoke', 'f', path, ...args]), succeeds(text));
      assert.deepEqual(upshift(['run', '--json', '--invoke', 'f', path, ...args]), succeeds(json));
    }
    assert.equal(
      upshift(['run', '--tier=interp', '--invoke', 'f', path, ...cases[0][0]]).stdout,
      cases[0][1],
    );
    assertOneLine(upshift(['run', '--json', path]), 2, /--json is for results/);
  });

  it('are of a function that is there: others are listed', () => {
    assertOneLine(
      upshift(['run', '--invoke', 'gdc', arithmetic]),
      1,
      /no exported function gdc, did you mean gcd\? exported are gcd, factorial, divide$/m,
    );
  });
});

describe('--preload', () => {
  it('links modules in their order', async () => {
    const twice = await wasm(
      'twice',
      '(module (func (export "f") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))',
    );
    const quad = await wasm(
      'quad',
      '(module (import "a" "f" (func $f (param i32) (result i32))) (func (export "f") (param i32) (result i32) (call $f (call $f (local.get 0)))))',
    );
    const user = await wasm(
      'user',
      '(module (import "b" "f" (func $f (param i32) (result i32))) (func (export "g") (param i32) (result i32) (call $f (local.get 0))))',
    );
    const [a, b] = [`a=${twice}`, `b=${quad}`];
    assert.deepEqual(
      upshift(['run', '--preload', a, '--preload', b, '--invoke', 'g', user, '5']),
      succeeds('20\n'),
    );
    const run = (...preloads: string[]): Outcome =>
      upshift(['run', ...preloads.map((text) => `--preload=${text}`), '--invoke', 'g', user, '5']);
    assertOneLine(run(b, a), 1, /quad\.wasm: unknown import: "a" "f"/);
    assertOneLine(run(a), 1, /user\.wasm: unknown import: "b" "f"/);
    assertOneLine(run('a'), 2, /--preload a: expected name=file/);
    assertOneLine(run('a=missing.wasm'), 1, /cannot read missing\.wasm: no such file/);
  });
});

describe('--dir', () => {
  it('takes single colons, where nothing is called so', () => {
    const files = join(dist, '../test/wasi/files.wasm');
    const [data, odd] = ['colon-data', 'colon:odd'].map((name) => join(folder, name));
    for (const path of [data, odd]) mkdirSync(path);
    const run = (option: string, guest: string): Outcome => upshift(['run', `--dir=${option}`, files, guest]);
    for (const [option, guest] of [
      [`${data}:/data`, '/data'],
      [odd, odd],
      [`${odd}::/data`, '/data'],
    ]) {
      const { status, stdout, stderr } = run(option, guest);
      assert.deepEqual([status, stderr], [0, ''], option);
      assert.match(stdout, /^read line 1\n/);
    }
    const { status, stdout } = run(`${data}:/data:ro`, '/data');
    assert.deepEqual([status, stdout], [1, 'fopen: Capabilities insufficient\n']);
    assertOneLine(run(`${data}:ro`, 'ro'), 2, /could mean two things: .*colon-data::ro is called ro/);
    assertOneLine(run(`${data}:/data:rw`, '/data'), 2, /expected a directory, or host::guest/);
  });
});

describe('upshift validate', () => {
  it('tells of each file that is not valid, in one line', async () => {
    assert.deepEqual(upshift(['validate', hello, arithmetic]), succeeds(''));
    const invalid = await wasm('not-valid', '(module (func (result i32) (i64.const 0)))');
    const files = [hello, invalid, join(folder, 'missing.wasm'), file('rubbish.wasm', 'rubbish')];
    const { status, stdout, stderr } = upshift(['validate', ...files]);
    assert.deepEqual([status, stdout], [1, '']);
    const lines = stderr.split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[0], /^upshift: .*not-valid\.wasm: type mismatch/);
    assert.match(lines[1], /^upshift: cannot read .*missing\.wasm: no such file/);
    assert.match(lines[2], /^upshift: .*rubbish\.wasm: it is not a WebAssembly module/);
    assertOneLine(upshift(['validate']), 2, /a file is missing/);
  });
});

describe('upshift wast', () => {
  const good = file(
    'good.wast',
    '(module (func (export "f") (result i32) (i32.const 1)))\n(assert_return (invoke "f") (i32.const 1))\n',
  );

  it('runs scripts, and tells what failed', () => {
    const bad = file(
      'bad.wast',
      `${readFileSync(good, 'utf8')}${'(assert_return (invoke "f") (i32.const 2))\n'.repeat(6)}`,
    );
    assert.deepEqual(
      upshift(['wast', '--tier=interp', good]),
      succeeds(`${good}: 2 passed, 0 failed, 0 skipped\n`),
    );
    const { status, stdout } = upshift(['wast', bad, good]);
    assert.equal(status, 1);
    const lines = stdout.split('\n');
    assert.deepEqual(lines.slice(0, 4), [
      `${bad}: 2 passed, 6 failed, 0 skipped`,
      `  ${bad}:3: assert_return`,
      '    expected (i32.const 2)',
      '    got      (i32.const 1)',
    ]);
    assert.deepEqual(lines.slice(16), ['  … 1 more', `${good}: 2 passed, 0 failed, 0 skipped`, '']);
    assert(upshift(['wast', '--all', bad]).stdout.includes(`${bad}:8: assert_return`));
  });

  it('keeps code where it is told to, which does the same', () => {
    const place = join(folder, 'kept');
    const variables = { XDG_CACHE_HOME: join(folder, 'standard') };
    const other = file(
      'other.wast',
      '(module (func (export "f") (unreachable)))\n(assert_trap (invoke "f") "unreachable")\n',
    );
    const plain = upshift(['wast', good, other], '', variables);
    assert.equal(plain.status, 0);
    assert(!existsSync(join(variables.XDG_CACHE_HOME, 'upshift', 'code')));
    for (let run = 0; run < 2; run++) {
      assert.deepEqual(upshift(['wast', `--cache=${place}`, good, other], '', variables), plain);
      assert.equal(readdirSync(join(place, 'code')).length, 2);
    }
  });

  it('unpacks scripts', () => {
    const packed = file('packed.wast.gz', gzipSync(readFileSync(good)));
    assert.deepEqual(upshift(['wast', packed]), succeeds(`${packed}: 2 passed, 0 failed, 0 skipped\n`));
  });

  it('says in one line what is no script', () => {
    assertOneLine(
      upshift(['wast', file('broken.wast', '(module)\n(assert_return')]),
      1,
      /broken\.wast: line 2: unclosed/,
    );
    assertOneLine(
      upshift(['wast', file('closed.wast', '(module))\n(nothing)')]),
      1,
      /closed\.wast: line 1: unexpected closing/,
    );
    assertOneLine(upshift(['wast', join(folder, 'missing.wast')]), 1, /missing\.wast: no such file/);
    assertOneLine(upshift(['wast']), 2, /a file is missing/);
  });
});

describe('what goes wrong', () => {
  it('is told in one line where the output cannot be written', () => {
    for (const command of ['--help', `inspect ${hello}`, `run --invoke gcd ${arithmetic} 4 2`]) {
      assertOneLine(
        shell(`$UPSHIFT ${command} > /dev/full`),
        1,
        /cannot write to the standard output: ENOSPC/,
      );
      assert.deepEqual(shell(`$UPSHIFT ${command} >&-`), succeeds(''));
    }
    assert.deepEqual(shell('$UPSHIFT walk 2> /dev/full'), { status: 2, stdout: '', stderr: '' });
  });

  it('is told with names that cannot deceive', () => {
    const name = 'a\nb\u202e\u0007c.wasm';
    assertOneLine(
      upshift(['run', name]),
      1,
      /cannot read a\\u\{a\}b\\u\{202e\}\\u\{7\}c\.wasm: no such file/,
    );
    const { stderr } = upshift(['run', 'x'.repeat(3000)]);
    assert.match(stderr, /^upshift: cannot read x{500}… \(3000 characters\): the name is too long\n$/);
  });

  it('is told of libraries that the loader does not find', () => {
    writeFileSync(join(folder, 'libhere.so'), '');
    const { status, stderr } = shell(`$UPSHIFT run --native-lib libhere.so ${hello}`);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^upshift: cannot load libhere\.so: [^\n]*; there is one in the current folder: \.\/libhere\.so\n$/,
    );
  });

  it('is no trouble with frozen intrinsics', () => {
    const { status, stdout } = shell(`${process.execPath} --frozen-intrinsics ${cli} run ${hello}`);
    assert.deepEqual([status, stdout], [0, 'hello, world\n']);
  });

  it('is told of Nodes that are too old, in words that they understand', async () => {
    const old = file(
      'old.cjs',
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });",
    );
    const { status, stdout, stderr } = shell(`${process.execPath} --require ${old} ${cli} run ${hello}`);
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 1,
        stdout: '',
        stderr: 'upshift: Node 18.20.8 is too old: Upshift needs Node 20 or newer\n',
      },
    );
    // Compiling it for much older versions changes nothing.
    const text = readFileSync(cli, 'utf8');
    const [modern, lowered] = await Promise.all(
      ['esnext', 'es2015'].map((target) => transform(text, { target })),
    );
    assert.equal(lowered.code, modern.code);
  });

  it('asks to report bugs, and shows where they are only where that is asked for', () => {
    const broken = file(
      'broken.cjs',
      "require('node:fs').readFileSync = new Proxy(require('node:fs').readFileSync, { apply(target, self, args) { if (typeof args[0] === 'number') throw new Error('out of order'); return Reflect.apply(target, self, args); } });",
    );
    const run = (variables: string): Outcome =>
      shell(
        `${variables} XDG_CACHE_HOME=/dev/null ${process.execPath} --require ${broken} ${cli} run ${hello}`,
      );
    assertOneLine(
      run(''),
      1,
      /^upshift: internal error: Error: out of order \(this is a bug of Upshift .*: please report it; UPSHIFT_STACK=1 /,
    );
    assert.match(run('UPSHIFT_STACK=1').stderr, /please report it\)\n( {4}at .*\n)+$/);
  });
});
