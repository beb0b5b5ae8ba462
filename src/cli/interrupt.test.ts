import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import {
  assertOneLine,
  cli,
  env,
  example,
  file,
  slowForLlvm,
  terminal,
  upshift,
  wasm,
  withoutTerminal,
} from './command.fixture.js';

const skip = withoutLlvm();
// A program that was interrupted in LLVM's code has it from the beginning the next time.
env['UPSHIFT_CACHE'] = 'none';
const tiers = [
  { tier: 'interp', skip: false },
  { tier: 'fast', skip: false },
  { tier: 'llvm', skip },
  { tier: 'multi', skip: false },
] as const;

/** A program that reports that it runs, and then never ends. */
function endless(code: string): string {
  return `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00ready\\0a")
    ;; A subscription to the monotonic clock, in an hour.
    (data (i32.const 128) "\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\01\\00\\00\\00\\00\\00\\00\\00\\00\\a0\\b8\\30\\46\\03\\00\\00")
    (func $sum (param i32) (result i32)
      (if (result i32) (local.get 0) (then (i32.add (call $sum (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 0))))
    (func $stay ${code})
    (func (export "_start")
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
      (call $stay)))`;
}

const programs: Readonly<Record<string, string>> = {
  'an empty loop': endless('(loop (br 0))'),
  'a loop that calls': endless('(loop (drop (call $sum (i32.const 100))) (br 0))'),
  'a loop that asks the host': endless(
    '(loop (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 32))) (br 0))',
  ),
  'a read of the standard input': endless(
    '(i32.store (i32.const 4) (i32.const 8)) (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))',
  ),
  'a sleep': endless(
    '(drop (call $poll_oneoff (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 32)))',
  ),
};

/** Starts `upshift` with a silent standard input, and waits until the program runs. */
async function started(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [cli, 'run', ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with a silent standard input until it ends. */
async function ended(
  command: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<Ending> {
  const child = spawn(command, args, { env: { ...env, ...variables }, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { status, signal, stdout, stderr };
}

/**
 * Runs `upshift` with longer and longer time limits until the program prints something before its time is up.
 */
async function endedInside(
  milliseconds: number,
  args: (time: string) => readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<{ time: string; ending: Ending }> {
  for (let limit = milliseconds; ; limit *= 2) {
    const time = `${limit}ms`;
    const ending = await ended(process.execPath, [cli, ...args(time)], variables);
    if (ending.stdout !== '' || ending.status !== 124) return { time, ending };
  }
}

describe('upshift run --timeout', () => {
  for (const { tier, skip } of tiers) {
    for (const [what, text] of Object.entries(programs)) {
      it(`ends ${what}: ${tier}`, { skip }, async () => {
        const program = await wasm('endless', text);
        // This includes the time that LLVM takes to start.
        const { time, ending } = await endedInside(tier === 'llvm' ? 2000 : 500, (time) => [
          'run',
          `--tier=${tier}`,
          '--timeout',
          time,
          program,
        ]);
        const { status, signal, stdout, stderr } = ending;
        const [first, ...frames] = stderr.trimEnd().split('\n');
        assert.equal(first, `upshift: interrupted: the time limit is reached (--timeout ${time})`);
        assert.match(frames.at(-1) ?? '', /^ {4}at _start \(func\[\d+\] at offset 0x[\da-f]+\)$/);
        assert.match(frames.at(-2) ?? '', /^ {4}at stay \(/);
        assert.deepEqual({ status, signal, stdout }, { status: 124, signal: null, stdout: 'ready\n' });
      });
    }
  }

  it('ends a program that loops in LLVM code since it has got hot', { skip }, async () => {
    const program = await wasm('endless', programs['an empty loop']);
    const isInLlvm = /; LLVM \d[^\n]* [1-9]\d* functions\n$/;
    let seconds = 1.5;
    let outcome = upshift(['run', '--tier=multi', `--timeout=${seconds}`, '--verbose', program]);
    while (!isInLlvm.test(outcome.stderr)) {
      assert.equal(outcome.status, 124);
      seconds *= 2;
      outcome = upshift(['run', '--tier=multi', `--timeout=${seconds}`, '--verbose', program]);
    }
    assert.equal(outcome.status, 124);
    assert.match(outcome.stderr, /at stay \(func\[4\] at offset 0x/);
  });

  it('ends the wait for LLVM', { skip }, async () => {
    const program = await wasm('slow', `(module (memory 2) ${slowForLlvm('slow', 1000)})`);
    const args = ['run', '--tier=llvm', '--timeout=1', '--invoke', 'slow', program, '1', '8'];
    assertOneLine(upshift(args), 124, /interrupted: /);
  });

  it('ends the interpreter where there is no FFI', async () => {
    const program = await wasm('endless', programs['a loop that asks the host']);
    const variables = { UPSHIFT_FFI: 'none' };
    const { ending } = await endedInside(200, (time) => ['run', '--timeout', time, program], variables);
    assert.equal(ending.status, 124);
    assert.match(ending.stderr, /^upshift: interrupted: .*\n {4}at stay .*\n {4}at _start .*\n$/);
  });

  it('is no matter to a program that ends in time', () => {
    for (const { tier } of tiers) {
      if (tier === 'llvm' && skip) continue;
      const outcome = upshift(['run', `--tier=${tier}`, '--timeout=1h', example('hello.wasm')]);
      assert.deepEqual(outcome, { status: 0, stdout: 'hello, world\n', stderr: '' });
    }
  });

  it('wants a time', () => {
    for (const time of ['', '0', '-1', 'soon', '5 s', '1d', '99999h']) {
      const args = ['run', `--timeout=${time}`, example('hello.wasm')];
      assertOneLine(upshift(args), 2, /--timeout .*: expected a time such as 500ms, 2s, 1m or 1h/);
    }
    const both = ['run', '--self-check', '--timeout=1', example('hello.wasm')];
    assertOneLine(upshift(both), 2, /--timeout does not go with --self-check/);
  });
});

describe('a signal', () => {
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const;
  for (const { tier, skip } of tiers) {
    for (const what of [
      'an empty loop',
      'a loop that asks the host',
      'a read of the standard input',
      'a sleep',
    ]) {
      it(`ends ${what} at once: ${tier}`, { skip }, async () => {
        const program = await wasm('endless', programs[what]);
        for (const [name, expected] of signals) {
          const child = await started([`--tier=${tier}`, program]);
          child.kill(name);
          const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
          // The interpreter has no machine code to handle signals with.
          if (tier === 'interp') assert.deepEqual([status, signal], [null, name]);
          else assert.deepEqual([status, signal], [expected, null]);
        }
      });
    }
  }

  it('gives a shell the status 130 in every tier', async () => {
    const program = await wasm('endless', programs['an empty loop']);
    for (const { tier } of tiers) {
      if (tier === 'llvm' && skip) continue;
      const script = '"$@" >"$OUT" & until [ -s "$OUT" ]; do sleep 0.02; done; kill -INT $!; wait $!';
      const out = file(`out-${tier}`, '');
      const { status } = spawnSync(
        'bash',
        ['-c', script, 'bash', process.execPath, cli, 'run', `--tier=${tier}`, program],
        { env: { ...env, OUT: out } },
      );
      assert.equal(status, 130, tier);
    }
  });

  it('ends the process while LLVM compiles, and gives the terminal back', {
    skip: skip || withoutTerminal,
  }, async () => {
    const program = await wasm(
      'slow',
      `(module (memory 2) ${slowForLlvm('slow', 1000)} (func (export "f")))`,
    );
    const args = [cli, 'run', '--tier=llvm', '--invoke', 'f', program];
    const child = spawn('python3', [...terminal, process.execPath, ...args], {
      env: { ...env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.on('data', (chunk) => {
      const wasShown = shown.includes('compiling with LLVM');
      shown += chunk;
      // Ctrl-C.
      if (!wasShown && shown.includes('compiling with LLVM')) child.stdin.write('\x03');
    });
    const [status] = (await once(child, 'close')) as [number | null];
    assert.equal(status, 130);
    // The terminal shows ^C in place of the bar.
    assert(shown.endsWith('\r\x1b[K\x1b[?7h\x1b[?25h'), JSON.stringify(shown.slice(-100)));
  });

  it('ends the process while a thread compiles what is hot', { skip }, async () => {
    const text = `(module ${endless('(call $slow (i32.const 2000000000) (i32.const 8))').slice('(module'.length, -1)}
      ${slowForLlvm('slow', 1000)})`;
    const child = await started(['--tier=multi', await wasm('slow', text)]);
    // The thread got its work after the first 50 ms.
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [130, null]);
  });
});
