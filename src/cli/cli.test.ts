import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  assertOneLine,
  cli,
  echoArguments,
  env,
  example,
  file,
  folder,
  imports,
  terminal,
  upshift,
  wasm,
  withoutTerminal,
} from './command.fixture.js';

/** Copies standard input to standard output; ends with the number of the first error. */
const cat = `(module ${imports}
  (func (export "_start") (local $error i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (loop $again
      (i32.store (i32.const 4) (i32.const 65536))
      (local.set $error (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
      (if (local.get $error) (then (call $proc_exit (local.get $error))))
      (if (i32.load (i32.const 4)) (then
        (local.set $error (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (local.get $error) (then (call $proc_exit (local.get $error))))
        (br $again))))))`;

describe('upshift run', () => {
  it('runs a program compiled from C', () => {
    assert.deepEqual(upshift(['run', example('hello.wasm')]), {
      status: 0,
      stdout: 'hello, world\n',
      stderr: '',
    });
    assert.equal(upshift(['run', example('hello.wasm'), 'reader']).stdout, 'hello, reader\n');
  });

  it('computes with floats', () => {
    const { status, stdout } = upshift(['run', example('mandelbrot.wasm'), '40']);
    assert.equal(status, 0);
    assert.match(stdout, /^(.{40}\n){15}124 of 600 points inside\n$/);
  });

  it('passes arguments, options behind the file too, and the environment asked for', async () => {
    const program = await wasm('echo', echoArguments);
    const args = ['run', '--env', 'A=1', '--env=B=x=y', program, '--env', 'C=2', '-h', '--', 'größe', ''];
    const { status, stdout } = upshift(args);
    assert.equal(status, 0);
    assert.equal(stdout, 'echo.wasm\0--env\0C=2\0-h\0--\0größe\0\0A=1\0B=x=y\0');
    assert.equal(upshift(['run', '--', program]).stdout, 'echo.wasm\0');
  });

  it('ends with the exit code of the program', async () => {
    for (const code of [0, 1, 3, 125, 255]) {
      const program = await wasm(
        `exit${code}`,
        `(module ${imports} (func (export "_start") (call $proc_exit (i32.const ${code})) unreachable))`,
      );
      assert.deepEqual(upshift(['run', program]), { status: code, stdout: '', stderr: '' });
    }
  });

  it('runs start functions that call WASI, which may end or trap', async () => {
    const say = `(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 3))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`;
    const cases = [
      ['', '', 0, 'hi\n'],
      ['', '(func (export "_start") (call $start))', 0, 'hi\nhi\n'],
      ['', '(func (export "_initialize") (call $start))', 0, 'hi\nhi\n'],
      ['(call $proc_exit (i32.const 7))', '(func (export "_start") (call $start))', 7, 'hi\n'],
      ['unreachable', '(func (export "_start") (call $start))', 134, 'hi\n'],
    ] as const;
    for (const [index, [end, others, status, stdout]] of cases.entries()) {
      const text = `(module ${imports} (data (i32.const 16) "hi\\n")
        (func $start ${say} ${end}) ${others} (start $start))`;
      const program = await wasm(`start-${index}`, text);
      const ways = end === '' ? [[]] : [[], ['--tier=interp'], ['--self-check']];
      for (const options of ways) {
        const outcome = upshift(['run', ...options, program]);
        assert.deepEqual([outcome.status, outcome.stdout], [status, stdout], `${index} ${options}`);
        if (status === 134) assert.match(outcome.stderr, /^upshift: trap: unreachable\n {4}at start \(func/m);
        else if (options[0] !== '--self-check') assert.equal(outcome.stderr, '');
      }
    }
  });

  it('runs the text format', () => {
    const program = file('text.wat', cat);
    assert.deepEqual(upshift(['run', program], 'as text'), { status: 0, stdout: 'as text', stderr: '' });
  });

  it('pipes much data through', async () => {
    const program = await wasm('cat', cat);
    const data = Buffer.alloc(3_000_000, 'all work and no play ');
    const child = spawnSync(process.execPath, [cli, 'run', program], { env, input: data, maxBuffer: 1e8 });
    assert.equal(child.status, 0);
    assert(child.stdout.equals(data));
  });

  it('reads a file given as standard input', async () => {
    const program = await wasm('cat', cat);
    const child = spawnSync(process.execPath, [cli, 'run', program], {
      env,
      stdio: [openSync(program, 'r'), 'pipe', 'pipe'],
    });
    assert(child.stdout.equals(readFileSync(program)));
  });

  it('tells the program when nobody reads its output any more', async () => {
    const program = await wasm('cat', cat);
    const child = spawn(process.execPath, [cli, 'run', program], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdout.destroy();
    child.stdin.on('error', () => {});
    child.stdin.end(Buffer.alloc(1_000_000));
    const status = await new Promise((resolve) => child.once('exit', resolve));
    // 64 is EPIPE.
    assert.equal(status, 64);
  });

  it('ends a program that does not care whether anybody reads', async () => {
    const program = await wasm(
      'yes',
      `(module ${imports}
        (data (i32.const 16) "y\\n")
        (func (export "_start")
          (i32.store (i32.const 0) (i32.const 16))
          (i32.store (i32.const 4) (i32.const 2))
          (loop $again
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br $again))))`,
    );
    const command = '"$0" "$1" run "$2" | head -n 2; exit $PIPESTATUS';
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, cli, program], {
      env,
      encoding: 'utf8',
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 141, stdout: 'y\ny\n', stderr: '' });
  });

  it('waits while a reader is slow, even if its end of the pipe does not block', async () => {
    const program = await wasm('cat', cat);
    const pipe = join(folder, 'slow');
    const copy = join(folder, 'slow-copy');
    spawnSync('mkfifo', [pipe]);
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const reader = spawn('sh', ['-c', 'sleep 0.3; cat "$0" > "$1"', pipe, copy]);
    const data = Buffer.alloc(1_000_000, 'slowly ');
    const { status } = spawnSync(process.execPath, [cli, 'run', program], {
      env,
      input: data,
      stdio: ['pipe', fd, 'inherit'],
    });
    assert.equal(status, 0);
    // Its last writer may be gone before the reader has opened the pipe.
    while (!existsSync(copy)) await new Promise((resolve) => setTimeout(resolve, 10));
    closeSync(fd);
    await new Promise((resolve) => reader.once('exit', resolve));
    assert(readFileSync(copy).equals(data));
  });
});

describe('upshift run, traps', () => {
  it('prints the trap and where it happened, and ends with 134', async () => {
    const program = await wasm(
      'trap',
      `(module ${imports}
        (func $inner (param i32) (result i32) (i32.load (local.get 0)))
        (func $outer (drop (call $inner (i32.const -4))))
        (func (export "_start") (call $outer)))`,
    );
    const { status, stdout, stderr } = upshift(['run', program]);
    assert.equal(status, 134);
    assert.equal(stdout, '');
    const [message, ...frames] = stderr.trimEnd().split('\n');
    assert.equal(message, 'upshift: trap: out of bounds memory access');
    assert.equal(frames.length, 3);
    assert.match(frames[0], /^\s+at inner \(func\[7\] at offset 0x[0-9a-f]+\)$/);
    assert.match(frames[1], /^\s+at outer \(func\[8\] at offset 0x[0-9a-f]+\)$/);
    assert.match(frames[2], /^\s+at _start \(func\[9\] at offset 0x[0-9a-f]+\)$/);
  });

  it('survives endless recursion', async () => {
    const program = await wasm('deep', '(module (func $f (export "_start") (call $f) (call $f)))');
    for (const options of [[], ['--stack-size', '64K'], ['--stack-size', '16M']]) {
      const { status, stderr } = upshift(['run', ...options, program]);
      assert.equal(status, 134);
      assert.match(stderr, /^upshift: trap: call stack exhausted\n/);
      assert(stderr.split('\n').length < 200);
    }
  });

  it('escapes what a module could do to a terminal', async () => {
    const program = await wasm('escape', '(module (func (export "\\1b[31m\\0aname") unreachable))');
    const { stderr } = upshift(['run', '--invoke', '\x1b[31m\nname', program]);
    assert.match(stderr, /unreachable/);
    assert(!stderr.includes('\x1b'));
    assertOneLine(
      upshift(['run', '--invoke', '\x1b[31m', program]),
      1,
      /no exported function \\u\{1b\}\[31m/,
    );
  });
});

describe('upshift run --invoke', () => {
  it('prints results', () => {
    const arithmetic = example('arithmetic.wat');
    assert.equal(upshift(['run', '--invoke', 'gcd', arithmetic, '1071', '462']).stdout, '21\n');
    assert.equal(upshift(['run', '--invoke', 'factorial', arithmetic, '20']).stdout, '2432902008176640000\n');
    assert.equal(upshift(['run', '--invoke', 'divide', arithmetic, '-7', '2']).stdout, '-3\n-1\n');
    const trap = upshift(['run', '--invoke', 'divide', arithmetic, '7', '0']);
    assert.equal(trap.status, 134);
    assert.match(trap.stderr, /^upshift: trap: integer divide by zero\n\s+at divide /);
  });

  it('calls _initialize first', async () => {
    const program = await wasm(
      'reactor',
      `(module
        (global $g (mut i32) (i32.const 1))
        (func (export "_initialize") (global.set $g (i32.const 42)))
        (func (export "get") (result i32) (global.get $g)))`,
    );
    assert.equal(upshift(['run', '--invoke', 'get', program]).stdout, '42\n');
    assert.deepEqual(upshift(['run', program]), { status: 0, stdout: '', stderr: '' });
  });

  it('refuses wrong arguments', () => {
    const arithmetic = example('arithmetic.wat');
    assertOneLine(upshift(['run', '--invoke', 'gcd', arithmetic, '1']), 2, /gcd takes 2 arguments, not 1/);
    assertOneLine(
      upshift(['run', '--invoke', 'gcd', arithmetic, '1', 'x']),
      2,
      /"x" is not a value of type i32/,
    );
    assertOneLine(upshift(['run', '--invoke', 'lcm', arithmetic]), 1, /no exported function lcm/);
  });
});

describe('upshift run, what cannot be run', () => {
  it('is a missing file, or none', () => {
    assertOneLine(upshift(['run', join(folder, 'missing.wasm')]), 1, /missing\.wasm: no such file/);
    assertOneLine(upshift(['run', folder]), 1, /it is a directory/);
  });

  it('is a broken file: the message says where', () => {
    const whole = readFileSync(example('hello.wasm'));
    assertOneLine(upshift(['run', file('short.wasm', '\0asm')]), 1, /short\.wasm: .*\(at offset 0x4\)/);
    assertOneLine(
      upshift(['run', file('text.wasm', 'not a module')]),
      1,
      /text\.wasm: it is not a WebAssembly module: magic header not detected/,
    );
    assertOneLine(
      upshift(['run', file('cut.wasm', whole.subarray(0, whole.length >> 1))]),
      1,
      /cut\.wasm: .*\(at offset 0x[0-9a-f]+\)/,
    );
  });

  it('is an invalid module: the message says in which function', async () => {
    const program = await wasm('invalid', '(module (func $bad (result i32) (i64.const 0)))');
    assertOneLine(
      upshift(['run', program]),
      1,
      /invalid\.wasm: type mismatch.* in function 0 "bad" \(at offset 0x[0-9a-f]+\)/,
    );
  });

  it('is a text with a syntax error', () => {
    assertOneLine(
      upshift(['run', file('bad.wat', '(module\n  (func (i32.konst 1)))\n')]),
      1,
      /bad\.wat:2:\d+: error: /,
    );
  });

  it('is a module whose imports are not there', async () => {
    const program = await wasm('imports', '(module (import "env" "f" (func)) (func (export "_start")))');
    assertOneLine(upshift(['run', program]), 1, /imports\.wasm: unknown import: "env" "f"/);
  });

  it('is a module without anything to run', async () => {
    assertOneLine(upshift(['run', await wasm('nothing', '(module)')]), 1, /there is no _start/);
  });

  it('is a program whose entry has arguments or results', async () => {
    for (const type of ['(param i32)', '(result i32) (i32.const 0)']) {
      for (const name of ['_start', '_initialize']) {
        const program = await wasm(
          'typed-entry',
          `(module (func (export "${name}") ${type}) (func (export "f")))`,
        );
        const message = new RegExp(
          `/typed-entry\\.wasm: ${name} must take no parameters and return nothing\\n$`,
        );
        const runs = [[], ['--self-check'], ...(name === '_start' ? [] : [['--invoke', 'f']])];
        for (const options of runs) assertOneLine(upshift(['run', ...options, program]), 1, message);
      }
    }
  });

  it('is a module with features that are not there', () => {
    // _start is a fence between threads.
    const sections = [
      [1, 4, 1, 0x60, 0, 0],
      [3, 2, 1, 0],
      [7, 10, 1, 6, ...Buffer.from('_start'), 0, 0],
      [10, 7, 1, 5, 0, 0xfe, 3, 0, 0x0b],
    ];
    const program = file('fence.wasm', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()));
    assertOneLine(upshift(['run', program]), 1, /unsupported feature: threads/);
  });
});

describe('upshift compile', () => {
  it('compiles every function', () => {
    const { status, stdout } = upshift(['compile', example('hello.wasm')]);
    assert.equal(status, 0);
    assert.match(stdout, /^\d+ functions, \d+ bytes of wasm, \d+ bytes of machine code\n$/);
  });

  it('prints IR and machine code', () => {
    const dump = (what: string, which: string): string => {
      const args = ['compile', `--dump=${what}`, '--function', which, example('arithmetic.wat')];
      const { status, stdout } = upshift(args);
      assert.equal(status, 0);
      return stdout;
    };
    const ir = dump('ir', 'gcd');
    const asm = dump('asm', 'gcd');
    assert.match(asm, /\bdiv\b/);
    assert.match(asm, /\bret\b/);
    assert.doesNotMatch(ir, /\bret\b.*\n.*\bret\b/);
    assert.equal(dump('asm', '0'), asm);
    assert(dump('ir,asm', 'gcd').includes(asm.trim().split('\n').at(-1) ?? '?'));
  });

  it('refuses functions that are not there', () => {
    for (const which of ['none', '3', '99']) {
      const args = ['compile', '--function', which, example('arithmetic.wat')];
      assertOneLine(upshift(args), 1, /defines no function/);
    }
  });

  it('ends quietly when nobody reads any more', async () => {
    const child = spawn(process.execPath, [cli, 'compile', '--dump=ir,asm', example('hello.wasm')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0);
    assert.equal(stderr, '');
  });
});

describe('the command line', () => {
  it('prints help', () => {
    for (const args of [
      ['--help'],
      ['-h'],
      ['help'],
      ['run', '--help'],
      ['run', '-h'],
      ['compile', '--help'],
      ['help', 'compile'],
      ['inspect', '-h'],
    ]) {
      const { status, stdout, stderr } = upshift(args);
      assert.equal(status, 0);
      assert.match(stdout, /^Usage: upshift /);
      assert(stdout.split('\n').every((line) => line.length <= 110));
      assert.equal(stderr, '');
    }
    assert.equal(upshift(['help', 'run']).stdout, upshift(['run', '--help']).stdout);
    assert.match(upshift(['run', '--help']).stdout, /^ {2}--timeout <time> +\S/m);
  });

  it('has colours on terminals, and where they are asked for', { skip: withoutTerminal }, () => {
    const colours = (variables: NodeJS.ProcessEnv): boolean[] => {
      const help = upshift(['--help'], '', variables).stdout;
      const error = upshift(['walk'], '', variables).stderr;
      return [help, error].map((text) => text.includes('\x1b['));
    };
    const none = { NO_COLOR: undefined, FORCE_COLOR: undefined };
    assert.deepEqual(colours(none), [false, false]);
    assert.deepEqual(colours({ ...none, FORCE_COLOR: '1' }), [true, true]);
    assert.deepEqual(colours({ ...none, FORCE_COLOR: '0' }), [false, false]);
    const inTerminal = (variables: NodeJS.ProcessEnv): boolean => {
      const { stdout } = spawnSync('python3', [...terminal, process.execPath, cli, '--help'], {
        env: { ...env, TERM: 'xterm', ...none, ...variables },
        input: '',
        encoding: 'utf8',
      });
      assert.match(stdout, /Usage: upshift/);
      return stdout.includes('\x1b[1m');
    };
    assert(inTerminal({}));
    assert(!inTerminal({ NO_COLOR: '1' }));
    assert(inTerminal({ NO_COLOR: '' }));
    assert(!inTerminal({ TERM: 'dumb' }));
  });

  it('says what was probably meant', () => {
    const arithmetic = example('arithmetic.wat');
    const cases: [args: string[], status: number, message: RegExp][] = [
      [['rnu', arithmetic], 2, /unknown command rnu, did you mean run\? \(see upshift --help\)/],
      [['help', 'inspct'], 2, /unknown command inspct, did you mean inspect\?/],
      [['--versoin'], 2, /unknown option --versoin, did you mean --version\?/],
      [
        ['--tier=fast', 'run'],
        2,
        /unknown option --tier; it belongs behind the command: upshift run --tier /,
      ],
      [['run', '--time-out=1', arithmetic], 2, /unknown option --time-out, did you mean --timeout\?/],
      [['run', '--tier=lvm', arithmetic], 2, /unknown tier lvm, did you mean llvm\?: expected interp/],
      [['compile', '--functoin', '0', arithmetic], 2, /did you mean --function\? \(see upshift compile/],
      [['run', '--invoke', 'gdc', arithmetic], 1, /there is no exported function gdc, did you mean gcd\?/],
      [['run', arithmetic], 1, /there is no _start; --invoke calls an exported function: gcd, /],
      [['run', example('helo.wasm')], 1, /helo\.wasm: no such file, did you mean hello\.wasm\?/],
    ];
    for (const [args, status, message] of cases) assertOneLine(upshift(args), status, message);
  });

  it('says what a file is that is no module', () => {
    const cases: [name: string, contents: string | Uint8Array, message: RegExp][] = [
      ['empty.wasm', '', /empty\.wasm: the file is empty/],
      [
        'text.wasm',
        ';; text\n (module)',
        /it is WebAssembly in text format, for which its name must end in \.wat/,
      ],
      ['script.wasm', '#!/bin/sh\n', /it is not a WebAssembly module: magic header not detected/],
      ['component.wasm', Uint8Array.of(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0), /it is a WebAssembly component/],
    ];
    for (const [name, contents, message] of cases) {
      const path = file(name, contents);
      for (const command of ['run', 'compile', 'inspect'])
        assertOneLine(upshift([command, path]), 1, message);
    }
  });

  it('limits memory in all tiers', async () => {
    const path = await wasm(
      'memory',
      `(module (memory 2) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`,
    );
    for (const tier of ['interp', 'fast', 'multi']) {
      const grow = (size: string, pages: string): unknown =>
        upshift(['run', `--tier=${tier}`, `--max-memory=${size}`, '--invoke', 'grow', path, pages]);
      assert.deepEqual(grow('64MiB', '1023'), { status: 0, stdout: '-1\n', stderr: '' });
      assert.deepEqual(grow('64MiB', '1022'), { status: 0, stdout: '2\n', stderr: '' });
      assert.deepEqual(grow('131072', '1'), { status: 0, stdout: '-1\n', stderr: '' });
    }
    const small = ['run', '--max-memory=64KiB', '--invoke', 'grow', path, '1'];
    assertOneLine(
      upshift(small),
      1,
      /memory\.wasm: a memory of 131072 bytes is more than the limit of 65536 bytes/,
    );
    const checked = ['run', '--self-check', '--max-memory=192KiB', '--invoke', 'grow', path, '2'];
    assert.match(upshift(checked).stderr, /do the same/);
    assertOneLine(
      upshift(['run', '--max-memory=lots', path]),
      2,
      /--max-memory lots: expected a size from 0 to /,
    );
  });

  it('is refused with status 2 and one line', () => {
    const hello = example('hello.wasm');
    const cases: [args: string[], message: RegExp][] = [
      [[], /a command is missing/],
      [['walk'], /unknown command walk/],
      [['--fast'], /unknown option --fast/],
      [['run'], /a file is missing/],
      [['run', '--fly', hello], /unknown option --fly /],
      [['run', '--env', 'A', hello], /expected name=value/],
      [['run', '--env', '=A', hello], /expected name=value/],
      [['run', '--env'], /--env/],
      [['run', '--tier', 'slow', hello], /unknown tier slow: expected interp, fast, llvm, multi/],
      [['run', '--opt-level', '4', hello], /--opt-level 4: expected 0 to 3/],
      [['run', '--opt-level=-1', hello], /--opt-level -1/],
      [['run', '--size-level', '3', hello], /--size-level 3: expected 0 to 2/],
      [['run', '--size-level', 'z', hello], /--size-level z/],
      [['run', '--llvm-threads', '0', hello], /--llvm-threads 0: expected 1 to 64/],
      [['run', '--llvm-threads', '1.5', hello], /--llvm-threads 1.5/],
      [['run', '--llvm', '', hello], /--llvm: expected a file/],
      [['run', '--lazy=1', hello], /'--lazy' does not take an argument/],
      [['run', '--tier-report=', hello], /--tier-report=: expected a file/],
      [['run', '--stack-size', '12', hello], /--stack-size 12/],
      [['run', '--stack-size', 'much', hello], /--stack-size much/],
      [['compile'], /a file is missing/],
      [['compile', '--dump=tree', hello], /--dump tree: expected some of ir,asm,llvm-ir,llvm-opt,llvm-asm/],
      [['compile', '--opt-level', 'x', hello], /--opt-level x/],
      [['compile', '--size-level', '3', hello], /--size-level 3/],
      [['compile', '--llvm-threads', '1', hello], /unknown option --llvm-threads /],
      [['compile', hello, hello], /one file at a time/],
    ];
    for (const [args, message] of cases) assertOneLine(upshift(args), 2, message);
  });
});

for (const [what, name] of [
  ['bytecode', 'bytecode'],
  ['machine code', 'code'],
]) {
  describe(`the cache of ${what}`, () => {
    const cache = join(folder, `cache of ${what}`);
    const kept = join(cache, 'upshift', name);
    const run = (options: Partial<NodeJS.ProcessEnv> = {}): void => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'run', example('hello.wasm')], {
        env: { ...env, XDG_CACHE_HOME: cache, ...options },
        encoding: 'utf8',
      });
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'hello, world\n', stderr: '' });
    };
    /** The file of the only program; of bytecode, that of what every start needs. */
    const largestFile = (): string => {
      const paths = readdirSync(kept).map((entry) => join(kept, entry));
      assert.ok(name === 'bytecode' ? paths.length > 1 : paths.length === 1);
      return paths.reduce((a, b) => (statSync(b).size > statSync(a).size ? b : a));
    };

    it('is written at the first runs, for the user only, and then used', () => {
      run();
      const path = largestFile();
      assert.equal(statSync(path).mode & 0o777, 0o600);
      // The second run finds what the first one has compiled, and so runs other functions of ours.
      run();
      const { mtimeMs } = statSync(path);
      run();
      assert.equal(largestFile(), path);
      assert.equal(statSync(path).mtimeMs, mtimeMs);
    });

    it('is not written by a run that comes to nothing', () => {
      const other = join(folder, `unused cache of ${what}`);
      for (const program of ['missing.wasm', file('empty-for-cache.wasm', '')]) {
        spawnSync(process.execPath, [cli, 'run', program], { env: { ...env, XDG_CACHE_HOME: other } });
      }
      assert(!existsSync(join(other, 'upshift', name)));
    });

    it('is written anew when it is broken', () => {
      const path = largestFile();
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, 1000));
      run();
      assert(statSync(path).size > 1000);
      writeFileSync(path, '');
      run();
      assert(statSync(path).size > 1000);
    });

    it('is not used when others could have written it', () => {
      const path = largestFile();
      writeFileSync(path, 'rubbish');
      chmodSync(path, 0o666);
      run();
      assert(statSync(path).size > 1000);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    });

    it('can be missing', () => {
      run({ XDG_CACHE_HOME: '/proc/nowhere' });
      run({ XDG_CACHE_HOME: '', HOME: '' });
    });
  });
}
