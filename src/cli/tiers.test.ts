import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import type { FunctionReport, LlvmEvent, TierReport } from '../runtime/tiers/tier-report.js';
import {
  assertOneLine,
  cli,
  dist,
  env,
  example,
  file,
  folder,
  slowForLlvm,
  terminal,
  upshift,
  version,
  wasm,
  withoutTerminal,
} from './command.fixture.js';

const skip = withoutLlvm();
const mandelbrot = example('mandelbrot.wasm');
const arithmetic = example('arithmetic.wat');
/** Long enough for a thread to start, load LLVM and compile something. */
const hotArguments = ['2500'];
const proc = '(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))';

// The next run would find what this one has compiled.
env['UPSHIFT_CACHE'] = 'none';
/** For those that are about the cache. */
const cached = { UPSHIFT_CACHE: join(folder, 'cache of code') };

function reportOf(
  args: readonly string[],
  status = 0,
  variables: NodeJS.ProcessEnv = {},
): { report: TierReport; stderr: string } {
  const path = join(folder, 'report.json');
  const outcome = upshift(['run', `--tier-report=${path}`, ...args], '', variables);
  assert.equal(outcome.status, status, outcome.stderr);
  return { report: JSON.parse(readFileSync(path, 'utf8')) as TierReport, stderr: outcome.stderr };
}

function named(report: TierReport, name: string): FunctionReport {
  const found = report.functions.find((candidate) => candidate.name === name);
  assert(found, `${name} is not in the report`);
  return found;
}

function llvmEvents({ functions }: TierReport): LlvmEvent[] {
  return functions.flatMap(({ events }) => events).filter((event) => event.kind === 'llvm');
}

describe('upshift run --tier', () => {
  const expected = /^(.{40}\n){15}124 of 600 points inside\n$/;

  for (const options of [
    ['--tier=fast'],
    ['--tier=multi'],
    ['--tier=llvm'],
    ['--tier=llvm', '--lazy'],
    ['--tier=llvm', '--opt-level=0', '--llvm-threads=1'],
    ['--tier=llvm', '--opt-level=2', '--size-level=2', '--llvm-threads=3'],
  ]) {
    const needsLlvm = options.includes('--tier=llvm');
    it(`runs a program: ${options.join(' ')}`, { skip: needsLlvm && skip }, () => {
      const { status, stdout, stderr } = upshift(['run', ...options, mandelbrot, '40']);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.match(stdout, expected);
    });
  }

  it('compiles all functions with LLVM before the start, or those that are called', { skip }, () => {
    const report = (...options: string[]): TierReport =>
      reportOf(['--tier=llvm', ...options, '--invoke', 'gcd', arithmetic, '12', '18']).report;
    const [eager, lazy] = [report(), report('--lazy', '--llvm-threads=1')];
    assert.equal(eager.totals.llvm.functions, 3);
    assert.equal(eager.totals.fast.functions, 0);
    // A thread without other work compiles the rest, on a busy machine even before the call.
    const kinds = named(lazy, 'gcd').events.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['llvm']);
    assert.equal(lazy.totals.fast.functions, 0);
  });

  for (const [what, options, variables, message] of [
    ['is switched off', [], { UPSHIFT_LLVM: 'none' }, /LLVM is switched off by UPSHIFT_LLVM=none/],
    ['is not where it should be', [], { UPSHIFT_LLVM: '/nowhere/libLLVM.so' }, /cannot use \/nowhere/],
    ['is named wrongly', ['--llvm', '/nowhere/libLLVM.so'], {}, /cannot use \/nowhere\/libLLVM.so: /],
  ] as const) {
    it(`fails with LLVM alone where it ${what}`, () => {
      assertOneLine(upshift(['run', '--tier=llvm', ...options, mandelbrot], '', variables), 1, message);
    });

    it(`runs in the Fast JIT where LLVM ${what}`, () => {
      const run = (...more: string[]): string => {
        const args = ['run', ...more, ...options, mandelbrot, ...hotArguments];
        const { status, stdout, stderr } = upshift(args, '', variables);
        assert.equal(status, 0);
        assert.match(stdout, /points inside\n$/);
        return stderr;
      };
      // A request without effect deserves a line.
      if (options.length === 0) assert.equal(run(), '');
      else assert.match(run(), /^upshift: without LLVM: cannot use [^\n]+\n$/);
      const lines = run('--verbose').trimEnd().split('\n');
      assert.equal(lines.length, options.length === 0 ? 1 : 2);
      assert.match(lines.at(-1) ?? '', /; no LLVM: /);
      assert.match(lines.at(-1) ?? '', message);
    });
  }
});

describe('upshift run --verbose', () => {
  const start = `upshift: version ${version}, tier`;

  it('says that LLVM was not needed', () => {
    const { status, stderr } = upshift(['run', '--verbose', example('hello.wasm')]);
    assert.equal(status, 0);
    assert.match(stderr, /^[^\n]*tier multi; Fast JIT: \d+ functions; LLVM: not loaded\n$/);
    assert(stderr.startsWith(start));
  });

  it('says which LLVM was at work', { skip }, () => {
    const { stderr } = upshift(['run', '--verbose', '--tier=llvm', example('hello.wasm')]);
    assert.match(
      stderr,
      /^[^\n]*tier llvm; Fast JIT: 0 functions; LLVM \d+\.\d+\.\d+, [^\n]*: \d+ functions\n$/,
    );
  });
});

describe('upshift run --tier-report', () => {
  it('tells of functions that have moved up', { skip }, async () => {
    const calls = await wasm(
      'calls',
      `(module (func $mix (param i32) (result i32)
          (i32.xor (i32.mul (local.get 0) (i32.const 0x9e3779b1)) (i32.shr_u (local.get 0) (i32.const 15))))
        (func (export "_start") (local $turns i32) (local $value i32) (local.set $turns (i32.const 400000000))
          (loop $turn (local.set $value (call $mix (i32.add (local.get $value) (local.get $turns))))
            (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
          (if (i32.eqz (local.get $value)) (then unreachable))))`,
    );
    const { report } = reportOf([calls]);
    assert.equal(report.format, 1);
    assert.equal(report.upshift, version);
    assert.equal(report.tier, 'multi');
    assert(report.backendThreads >= 1);
    assert(report.peakMemoryBytes > 2 ** 20);
    assert(report.llvm !== null && 'version' in report.llvm);
    assert.match(report.llvm.version, /^\d+\.\d+\.\d+$/);
    const all = llvmEvents(report);
    const llvm = all.reduce((hottest, event) => (event.heat > hottest.heat ? event : hottest));
    const moved = report.functions.find(({ events }) => events.includes(llvm));
    assert(moved !== undefined && moved.wasmBytes > 0);
    const [fast] = moved.events;
    assert(fast.kind === 'fast' && fast.codeBytes > 0);
    assert(llvm.kind === 'llvm' && llvm.codeBytes > 0 && llvm.heat >= 20_000 && llvm.batchSize >= 1);
    assert(llvm.hotAt !== null && llvm.hotAt > fast.at);
    assert(llvm.queueMs !== null && Math.abs(llvm.startedAt - llvm.hotAt - llvm.queueMs) < 0.01);
    assert(llvm.startedAt < llvm.compiledAt && llvm.compiledAt <= llvm.at && llvm.at <= report.durationMs);
    assert.equal(report.totals.llvm.functions, all.length);
    assert.equal(
      report.totals.llvm.codeBytes,
      all.reduce((sum, { codeBytes }) => sum + codeBytes, 0),
    );
    assert(report.totals.llvm.compileMs >= llvm.compileMs - 0.01);
    assert.equal(report.totals.refused, 0);
  });

  it('tells of running loops that have moved up', { skip }, async () => {
    const program = await wasm(
      'loops',
      // LLVM sees that the loop does nothing; the Fast JIT does not, and would take for ever.
      `(module (func $turn (export "_start") (local $turns i64) (local.set $turns (i64.const 900000000000000000))
        (loop $short (br_if $short (i64.gt_u (local.tee $turns (i64.sub (local.get $turns) (i64.const 1)))
          (i64.const 899999999999999000))))
        (loop $turn (br_if $turn (i64.ne (local.tee $turns (i64.sub (local.get $turns) (i64.const 1))) (i64.const 0))))))`,
    );
    const { report } = reportOf([program]);
    const bytes = readFileSync(program);
    const { events } = named(report, 'turn');
    const loops = events.filter((event) => event.kind === 'loop');
    assert.equal(loops.length, 1);
    const [loop] = loops;
    assert.equal(bytes[loop.loopOffset], 0x03);
    assert.equal(loop.loopOffset, bytes.lastIndexOf('\x03\x40', undefined, 'latin1'));
    assert(loop.heat >= 20_000 && loop.codeBytes > 0);
    assert(loop.hotAt !== null && loop.queueMs !== null && loop.hotAt <= loop.startedAt);
    assert(loop.startedAt < loop.compiledAt && loop.compiledAt <= loop.at);
    assert(loop.enteredAt !== null && loop.at <= loop.enteredAt && loop.enteredAt <= report.durationMs);
    assert.equal(loop.entries, 1);
    const { codeBytes, compileMs } = loop;
    assert.deepEqual(report.totals.loops, { loops: 1, codeBytes, compileMs, entries: 1 });

    const { stderr } = upshift(['run', '--tier-report', program]);
    assert.match(stderr, /^on-stack replacement: 1 loops, \d+ bytes of code, \d+\.\d ms, entered 1 times$/m);
    const at = `0x${loop.loopOffset.toString(16)}`;
    assert.match(stderr, /^loop of +at +heat +hot at +queued +LLVM ms +there +code B +entered +first$/m);
    assert.match(stderr, new RegExp(`^turn +${at}( +[0-9.]+){6} +1 +\\d+$`, 'm'));
  });

  it('tells of code from the cache', async () => {
    const program = await wasm(
      'kept',
      `(module ${proc} (func $f (export "_start") (call $proc_exit (i32.const 0))))`,
    );
    const [first, second] = [0, 1].map(() => named(reportOf([program], 0, cached).report, 'f').events);
    assert.deepEqual(
      [first, second].map((events) => events.map(({ kind }) => kind)),
      [['fast'], ['aot']],
    );
    assert.deepEqual(
      { ...second[0], at: 0, codeBytes: 0 },
      {
        kind: 'aot',
        from: 'cache',
        compiler: 'fast',
        at: 0,
        codeBytes: 0,
        loop: null,
      },
    );
  });

  it('tells of functions that LLVM refuses', { skip }, async () => {
    // Too large for LLVM.
    const nops = '(nop)'.repeat(400_001);
    const program = await wasm(
      'refused',
      `(module (func $large ${nops}) (func (export "_start") (call $large)))`,
    );
    const { report } = reportOf(['--tier=llvm', program]);
    assert.equal(report.totals.refused, 1);
    const { events } = named(report, 'large');
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['refused', 'fast'],
    );
    assert(events[0].kind === 'refused' && /too large/.test(events[0].reason));
    const { stderr } = upshift(['run', '--tier=llvm', '--tier-report', program]);
    assert.match(stderr, /^large .* refused$/m);
    assert.match(stderr, /^refused: 1 functions, too large/m);
  });

  for (const [what, body, status, message] of [
    ['returns', 'nop', 0, ''],
    ['exits', '(call $proc_exit (i32.const 3))', 3, ''],
    ['traps', 'unreachable', 134, 'upshift: trap: unreachable\n'],
  ] as const) {
    it(`is written when the program ${what}`, async () => {
      const program = await wasm(what, `(module ${proc} (func $f (export "_start") ${body}))`);
      const { report, stderr } = reportOf([program], status, cached);
      assert.equal(named(report, 'f').events.length, 1);
      assert.equal(report.llvm, null);
      assert.equal(report.backendThreads, 0);
      assert(stderr.startsWith(message));
      const text = upshift(['run', '--tier-report', program], '', cached);
      assert.equal(text.status, status);
      assert(text.stderr.startsWith(message));
      assert.match(
        text.stderr,
        /^tier multi, 0\.\d+ s, peak memory \d+\.\d MiB\nFast JIT: 0 functions, .*\nLLVM: 0 .*\nfrom the cache: code of 1 functions, /m,
      );
      assert.match(text.stderr, /^f +\d+ +\d+ +cache +\d+$/m);
    });
  }

  it('shows the hottest functions of many, and how many more there are', async () => {
    const functions = Array.from({ length: 40 }, (_, i) => `(func $f${i} ${'nop '.repeat(i)})`).join(' ');
    const calls = Array.from({ length: 40 }, (_, i) => `(call $f${i})`).join(' ');
    const program = await wasm('many', `(module ${functions} (func (export "_start") ${calls}))`);
    const { stderr } = upshift(['run', '--tier-report', program]);
    assert.match(stderr, /^and 16 more functions$/m);
    // Nothing got hot, so the largest.
    assert.match(stderr, /^_start .*\nf39 .*\nf38 /m);
  });

  it('is refused before the program runs where it cannot be written', () => {
    const path = join(folder, 'nowhere', 'report.json');
    const outcome = upshift(['run', `--tier-report=${path}`, example('hello.wasm')]);
    assertOneLine(outcome, 1, /cannot write .*nowhere\/report\.json: ENOENT/);
  });
});

describe("LLVM's dumps", () => {
  const dump = (what: string, which: string, ...options: string[]): string => {
    const args = ['compile', `--dump=${what}`, '--function', which, ...options, arithmetic];
    const { status, stdout, stderr } = upshift(args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    return stdout;
  };

  it('show the IR before and after optimization, and assembly', { skip }, () => {
    const ir = dump('llvm-ir', 'gcd');
    assert.match(ir, /^; LLVM IR\n; ModuleID/);
    assert.match(ir, /define .* @f0\(/);
    assert.match(ir, /alloca/);
    const optimized = dump('llvm-opt', 'gcd');
    assert.match(optimized, /^; LLVM IR, optimized\n/);
    assert.match(optimized, /phi i32/);
    assert.doesNotMatch(optimized, /alloca/);
    const assembly = dump('llvm-asm', 'gcd');
    assert.match(assembly, /^f0:$/m);
    // Offsets in the module, as in the other dumps.
    assert.match(assembly, /\bdivl\b|# 0x56/);
    assert.doesNotMatch(assembly, /\.debug|\.cfi|\.loc/);
    const all = dump('ir,asm,llvm-ir,llvm-opt,llvm-asm', 'gcd');
    for (const part of [ir, optimized, assembly, dump('ir,asm', 'gcd')]) assert(all.includes(part.trimEnd()));
  });

  it('obey the levels', { skip }, () => {
    assert.match(dump('llvm-opt', 'gcd', '--opt-level', '0'), /alloca/);
    assert.match(dump('llvm-opt', 'gcd', '--size-level', '1'), /optsize/);
    assert.match(dump('llvm-opt', 'gcd', '--size-level', '2'), /minsize/);
  });

  it('show every function where none is named', { skip }, () => {
    const { stdout } = upshift(['compile', '--dump=llvm-asm', arithmetic]);
    assert.deepEqual(stdout.match(/^f\d+:$/gm), ['f0:', 'f1:', 'f2:']);
  });

  it('need LLVM', () => {
    const args = ['compile', '--dump=llvm-ir', '--function', 'gcd'];
    const outcome = upshift([...args, arithmetic], '', { UPSHIFT_LLVM: 'none' });
    assertOneLine(outcome, 1, /LLVM is switched off/);
    assertOneLine(upshift([...args, '--llvm', '/nowhere.so', arithmetic]), 1, /cannot use \/nowhere\.so/);
  });
});

describe('upshift --version', () => {
  it('names the version, the tiers, and LLVM', { skip }, () => {
    const { status, stdout, stderr } = upshift(['--version']);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const [first, second, third] = stdout.split('\n');
    assert.equal(first, `upshift ${version}`);
    for (const tier of ['fast', 'llvm', 'multi']) assert(second.includes(tier));
    assert.match(third, /^LLVM \d+\.\d+\.\d+, \S+$/);
  });

  it('says why there is no LLVM', () => {
    const { status, stdout } = upshift(['-V'], '', { UPSHIFT_LLVM: 'none' });
    assert.equal(status, 0);
    assert.match(stdout, /^upshift .*\ntiers: .*\nno LLVM: LLVM is switched off by UPSHIFT_LLVM=none\n$/);
  });
});

describe('the bytecode of backend threads', { skip }, () => {
  it('is kept, and used', async () => {
    // Each runs until the thread has nothing left to do, and none has code in the cache.
    const program = (salt: number): Promise<string> =>
      wasm(
        `turns-${salt}`,
        `(module (func (export "_start") (local $turns i32) (local $value i32)
          (local.set $turns (i32.const 1000000000))
          (loop $turn
            (local.set $value (i32.add (i32.mul (i32.xor (local.get $value)
              (i32.shr_u (local.get $value) (i32.const ${15 + salt}))) (i32.const 0x9e3779b1)) (local.get $turns)))
            (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
          (if (i32.eqz (local.get $value)) (then unreachable))))`,
      );
    const variables = { UPSHIFT_CACHE: join(folder, 'backend cache') };
    const kept = join(variables.UPSHIFT_CACHE, 'bytecode');
    const files = async (salt: number): Promise<[name: string, changed: number][]> => {
      assert.equal(upshift(['run', await program(salt)], '', variables).status, 0);
      return readdirSync(kept).map((name) => [name, statSync(join(kept, name)).mtimeMs]);
    };
    // The first two starts save it.
    await files(0);
    const saved = await files(1);
    // The command's and the thread's.
    assert.ok(saved.length > 2);
    assert.deepEqual(await files(2), saved);
    const middleOf = (name: string): Uint8Array => {
      const whole = readFileSync(join(kept, name));
      return whole.subarray(whole.length >> 1, (whole.length >> 1) + 1024);
    };
    for (const [name] of saved) {
      const path = join(kept, name);
      const whole = readFileSync(path);
      writeFileSync(path, Buffer.from(whole).fill(0, whole.length >> 1, (whole.length >> 1) + 1024));
    }
    // Damaged code is not used, but replaced.
    await files(3);
    for (const [name] of saved) assert(middleOf(name).some((byte) => byte !== 0));
  });
});

describe('the progress of compilation', () => {
  const functions = Array.from({ length: 12 }, (_, i) => slowForLlvm(`f${i}`, 180)).join('\n');
  const text = `(module (memory 2) ${functions} (func (export "answer") (result i32) (i32.const 42)))`;
  const args = ['run', '--tier=llvm', '--llvm-threads=1', '--invoke', 'answer'];

  it('is shown on a terminal', { skip: skip || withoutTerminal }, async () => {
    const program = await wasm('progress', text);
    const { stdout, status } = spawnSync('python3', [...terminal, process.execPath, cli, ...args, program], {
      env: { ...env, TERM: 'xterm' },
      input: '',
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /compiling with LLVM \[[=-]+\] \d+\/13 functions/);
    // Nothing of it is left: the line is cleared before the output.
    assert(stdout.endsWith('\x1b[2K42\r\n'), JSON.stringify(stdout.slice(-200)));
  });

  it('is not shown elsewhere', { skip }, async () => {
    const program = await wasm('progress', text);
    assert.deepEqual(upshift([...args, program]), { status: 0, stdout: '42\n', stderr: '' });
  });

  it('is not shown before a second is over', { skip: skip || withoutTerminal }, () => {
    const quick = ['run', '--tier=llvm', '--invoke', 'gcd', arithmetic, '12', '18'];
    const start = performance.now();
    const { stdout } = spawnSync('python3', [...terminal, process.execPath, cli, ...quick], {
      env,
      input: '',
      encoding: 'utf8',
    });
    // Even this may take a busy machine longer.
    if (performance.now() - start <= 1000) assert.equal(stdout, '6\r\n');
    else assert(stdout.endsWith('6\r\n'), JSON.stringify(stdout));
  });
});

/**
 * LLVM would need an hour for this; a process that waited for it would never end. The program itself takes
 * some tenths of a second for each of its `calls`.
 */
function slow(calls: number): string {
  const call = '(call $slow (i32.const 600000000) (i32.const 8))';
  return `(module ${proc} (memory 9) ${slowForLlvm('slow', 8000)}
    (func (export "_start") ${call.repeat(calls)} (call $proc_exit (i32.const 5))))`;
}

describe('the end of a process whose backend thread is in LLVM', { skip }, () => {
  it('comes at once on the command line', async () => {
    // On a busy machine a program may end before LLVM is there: then one that runs longer is taken.
    let calls = 1;
    let { report } = reportOf([await wasm(`slow-${calls}`, slow(calls))], 5);
    while (report.llvm === null && calls < 100) {
      calls *= 4;
      ({ report } = reportOf([await wasm(`slow-${calls}`, slow(calls))], 5));
    }
    assert.notEqual(report.llvm, null, 'it ended before LLVM was there');
    assert.deepEqual(
      llvmEvents(report).filter(({ codeBytes }) => codeBytes > 1000),
      [],
    );
  });

  // In the last two cases Node itself loses what a pipe does not take at once.
  for (const [what, statement, status, bytes] of [
    ['runs out of work', 'process.exitCode = 3;', 3, 1_000_000],
    ['calls process.exit', 'process.exit(4);', 4, 30_000],
    ['throws', 'throw new Error("thrown on purpose");', 1, 30_000],
    ['changes its mind at the end', 'process.on("exit", () => { process.exitCode = 6; });', 6, 30_000],
  ] as const) {
    it(`comes at once in a program that ${what}, with all its output`, async () => {
      const program = await wasm(
        'slow-library',
        slow(1)
          .replace(proc, '')
          .replace(/\(func \(export "_start".*/, ')'),
      );
      const script = file(
        'end.mjs',
        `import { readFileSync, writeSync } from 'node:fs';
        import { Runtime } from ${JSON.stringify(join(dist, 'index.mjs'))};
        const compiled = [];
        const runtime = new Runtime({ tuning: { warmUp: 0 }, onTierUp: (event) => compiled.push(event) });
        const module = runtime.compile(readFileSync(${JSON.stringify(program)}));
        runtime.instantiate(module).exports.slow(1_000_000, 8);
        const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
        while (runtime.llvm === undefined) sleep(10);
        // By then the thread has begun.
        sleep(300);
        if (!('version' in runtime.llvm) || compiled.length > 0) process.exit(99);
        process.stdout.write('x'.repeat(${bytes}));
        process.on('exit', () => writeSync(1, '\\nlast words'));
        ${statement}`,
      );
      const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const [code] = await once(child, 'exit');
      if (child.stdout.readableEnded === false) await once(child.stdout, 'end');
      assert.equal(code, status, stderr);
      const [output, last] = stdout.split('\n');
      assert.equal(output.length, bytes);
      assert.equal(last, 'last words');
      assert.equal(stderr.includes('thrown on purpose'), status === 1);
      if (status !== 1) assert.equal(stderr, '');
    });
  }
});
