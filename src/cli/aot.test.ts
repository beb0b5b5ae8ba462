import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { CodeContainer } from '../aot/code-container.js';
import { readContainer, writeContainer } from '../aot/container-file.js';
import { noteEntry, noteOffset } from '../aot/elf-layout.js';
import { withoutLlvm } from '../llvm-jit/library.fixture.js';
import { sha256 } from '../runtime/code-files/digest.js';
import type { TierReport } from '../runtime/tiers/tier-report.js';
import type { AotInspection } from './aot-inspection.js';
import { assertOneLine, example, file, folder, type Outcome, upshift, wasm } from './command.fixture.js';

const hello = example('hello.wasm');
const arithmetic = example('arithmetic.wat');

function succeeds(stdout: string): Outcome {
  return { status: 0, stdout, stderr: '' };
}

/** Compiles a module by the Fast JIT to a file in the tests' folder. */
function compiled(name: string, module: string, ...options: readonly string[]): string {
  const path = join(folder, name);
  const { status, stderr } = upshift(['compile', '--tier=fast', ...options, '-o', path, module]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return path;
}

/** A copy of an AOT file in which something has changed, with a right checksum. */
function changed(name: string, path: string, change: (container: CodeContainer) => CodeContainer): string {
  return file(name, writeContainer(change(readContainer(readFileSync(path), sha256)), sha256));
}

function withSettings(name: string, path: string, settings: Partial<CodeContainer['settings']>): string {
  return changed(name, path, (container) => ({
    ...container,
    settings: { ...container.settings, ...settings },
  }));
}

function inspected(path: string): AotInspection {
  const { status, stdout, stderr } = upshift(['inspect', '--json', path]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as AotInspection;
}

describe('upshift compile --output', () => {
  it('writes to what is there: through a link, and into a pipe', () => {
    const target = file('target', '');
    const link = join(folder, 'link.aot');
    symlinkSync(target, link);
    compiled('link.aot', arithmetic);
    assert.ok(lstatSync(link).isSymbolicLink());
    const bytes = readFileSync(target);
    assert.ok(bytes.length > 0);

    const pipe = join(folder, 'pipe.aot');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    // The pipe has room for all of it.
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    compiled('pipe.aot', arithmetic);
    assert.ok(lstatSync(pipe).isFIFO());
    const read = Buffer.alloc(bytes.length);
    assert.equal(readSync(reader, read), bytes.length);
    closeSync(reader);
    assert.deepEqual(read, bytes);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('writes a file that runs as the module does', () => {
    const path = join(folder, 'hello.aot');
    const outcome = upshift(['compile', '-o', path, '--tier', 'fast', hello]);
    assert.equal(outcome.stderr, '');
    assert.match(
      outcome.stdout,
      /hello\.aot: 0 functions by LLVM, 54 by the Fast JIT, \d+ bytes of machine code, \d+ in all\n$/,
    );
    assert.deepEqual(upshift(['run', path, 'reader', '--help']), succeeds('hello, reader\n'));
    assert.deepEqual(upshift([path]), succeeds('hello, world\n'));
    assert.deepEqual(upshift(['-', 'stdin'], readFileSync(path)), succeeds('hello, stdin\n'));
    const packed = file('hello.aot.gz', gzipSync(readFileSync(path)));
    assert.deepEqual(upshift([packed, 'gzip']), succeeds('hello, gzip\n'));
    assert.match(
      upshift(['run', '--verbose', path]).stderr,
      /Fast JIT: 0 functions; .*ready-made: 54 functions/,
    );
    assert.match(upshift(['run', '--self-check', path]).stderr, /tiers multi and interp do the same/);
    for (const tier of ['interp', 'fast']) {
      assert.deepEqual(upshift(['run', '--tier', tier, path]), succeeds('hello, world\n'));
    }
    assert.deepEqual(upshift(['run', path], '', { UPSHIFT_FFI: 'none' }).stdout, 'hello, world\n');
  });

  it('by LLVM too', { skip: withoutLlvm() }, () => {
    const path = join(folder, 'arithmetic.aot');
    const { status, stdout } = upshift([
      'compile',
      '-o',
      path,
      '--opt-level=1',
      '--cpu=baseline',
      arithmetic,
    ]);
    assert.equal(status, 0);
    assert.match(stdout, /: 3 functions by LLVM, 0 by the Fast JIT, /);
    const report = join(folder, 'report.json');
    const run = upshift(['run', `--tier-report=${report}`, '--invoke', 'gcd', path, '1071', '462']);
    assert.deepEqual(run, succeeds('21\n'));
    const { functions } = JSON.parse(readFileSync(report, 'utf8')) as TierReport;
    assert.deepEqual(
      functions.map(({ events }) => events.map(({ kind }) => kind)),
      [['aot'], ['aot'], ['aot']],
    );
    const trap = upshift(['run', '--invoke', 'divide', path, '7', '0']);
    assert.deepEqual(trap, upshift(['run', '--invoke', 'divide', arithmetic, '7', '0']));
    assert.equal(trap.status, 134);
    assert.deepEqual(inspected(path).cpu, []);
  });

  it('writes code for the memory and the processor that is asked for', () => {
    const path = compiled('checked.aot', hello, '--memory=checked', '--cpu=x86-64-v2,bmi2');
    const { memoryMode, cpu } = inspected(path);
    assert.equal(memoryMode, 'checked');
    // The Fast JIT uses no others.
    assert.deepEqual(cpu, ['bmi2', 'popcnt', 'sse4.1']);
    const { stdout, stderr } = upshift(['run', '--verbose', path]);
    assert.equal(stdout, 'hello, world\n');
    assert.match(stderr, /Fast JIT: 0 functions/);
  });

  it('writes for processors that have more than this one', { skip: withoutLlvm() }, () => {
    const path = join(folder, 'more.aot');
    assert.equal(upshift(['compile', '-o', path, '--cpu=avx512fp16', arithmetic]).status, 0);
    const { cpu } = inspected(path);
    for (const name of ['avx512fp16', 'avx512f', 'avx2', 'sse3']) assert.ok(cpu.includes(name), name);
  });

  it('leaves the module out, if that is wanted', async () => {
    const path = compiled('bare.aot', hello, '--no-wasm');
    assert.ok(!readFileSync(path).includes(readFileSync(hello).subarray(0, 500)));
    assertOneLine(upshift([path]), 1, /bare\.aot: it does not have the module that it was made of/);
    assert.deepEqual(upshift(['run', '--wasm', hello, path]), succeeds('hello, world\n'));
    const other = await wasm('other', '(module)');
    assertOneLine(
      upshift(['run', '--wasm', other, path]),
      1,
      /bare\.aot: its code is that of another module/,
    );
    assertOneLine(upshift(['run', '--wasm', hello, hello]), 2, /--wasm names the module of an AOT file/);
    const { module } = inspected(path);
    assert.deepEqual([module.isIncluded, module.functions, module.content], [false, null, null]);
    assert.equal(module.byteLength, readFileSync(hello).length);
  });

  it('replaces a file as a whole', () => {
    const path = compiled('twice.aot', hello);
    const before = readFileSync(path);
    compiled('twice.aot', hello);
    assert.deepEqual(readFileSync(path), before);
    assertOneLine(
      upshift(['compile', '--tier=fast', '-o', join(folder, 'no', 'x.aot'), hello]),
      1,
      /cannot write .*x\.aot: ENOENT/,
    );
    assertOneLine(upshift(['compile', '--tier=fast', '-o', folder, hello]), 1, /cannot write .*: EISDIR/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('says what is wrong with its options', () => {
    const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [['--tier=fast'], /--tier is for AOT files, which only --output makes/],
      [['--no-wasm'], /--no-wasm is for AOT files/],
      [['-o', ''], /--output: expected a file/],
      [['-o', 'x', '--tier=multi'], /--tier multi: expected llvm, fast/],
      [['-o', 'x', '--memory=guarde'], /--memory guarde, did you mean guarded\?/],
      [['-o', 'x', '--cpu=avx,avx3'], /--cpu: unknown extension avx3, did you mean avx\?/],
      [['-o', 'x', '--dump=ir'], /--output takes all functions/],
    ];
    for (const [args, message] of cases) assertOneLine(upshift(['compile', ...args, hello]), 2, message);
    const missing = upshift(['compile', '-o', 'x', hello], '', { UPSHIFT_LLVM: 'none' });
    assertOneLine(missing, 1, /LLVM is switched off/);
  });
});

describe('an AOT file that cannot be used', () => {
  const path = compiled('good.aot', hello);
  const good = readFileSync(path);
  const refused = (name: string, message: RegExp): void => {
    for (const command of ['run', 'inspect'])
      assertOneLine(upshift([command, join(folder, name)]), 1, message);
  };

  it('because it is damaged', () => {
    file('short.aot', good.subarray(0, 5000));
    refused('short.aot', /short\.aot: it is truncated: of \d+ bytes it has 5000/);
    const flipped = Buffer.from(good);
    flipped[6000] ^= 4;
    file('flipped.aot', flipped);
    refused('flipped.aot', /flipped\.aot: it is damaged: its checksum is wrong/);
  });

  it('because it is of another kind or version', () => {
    const later = Buffer.from(good);
    later[noteOffset + noteEntry.offsets.formatVersion]++;
    file('later.aot', later);
    refused('later.aot', /later\.aot: its format is version 3, and this Upshift reads version 2/);
    file('other.aot', Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01\x00', 'latin1'), Buffer.alloc(5000)]));
    refused('other.aot', /other\.aot: it is an ELF file, but no AOT file of Upshift/);
  });

  it('because its code is for another Upshift or processor, which does not matter to the interpreter', () => {
    const cases = [
      ['old', { compiler: '0.0.1-abc' }, /it was made by Upshift 0\.0\.1-abc, and this is Upshift \d/],
      ['cpu', { cpu: ['avx9'], fastCpu: [] }, /it was made for a processor with avx9, which this one lacks/],
    ] as const;
    for (const [name, settings, message] of cases) {
      const other = withSettings(`${name}.aot`, path, settings);
      assertOneLine(upshift([other]), 1, message);
      assert.match(inspected(other).obstacle ?? '', message);
      assert.match(upshift(['inspect', other]).stdout, /^Runs here: +no: it was made/m);
      assert.deepEqual(upshift(['run', '--tier=interp', other]), succeeds('hello, world\n'));
    }
  });

  it('because it says something that cannot be', () => {
    const wrong = changed('wrong.aot', path, (container) => ({
      ...container,
      fast: { ...container.fast, codeEnds: container.fast.codeEnds.map((end) => end + 1e6) },
    }));
    assertOneLine(upshift([wrong]), 1, /wrong\.aot: it is inconsistent: \.upshift\.functions: the parts of/);
    const strange = changed('strange.aot', path, (container) => ({
      ...container,
      fast: { ...container.fast, indices: container.fast.indices.map((index) => index + 100) },
    }));
    assertOneLine(upshift([strange]), 1, /strange\.aot: it is inconsistent: its module defines no function/);
    assert.equal(upshift(['inspect', strange]).status, 0);
  });

  it('because a module is needed', () => {
    for (const command of ['validate', 'compile'])
      assertOneLine(upshift([command, path]), 1, /good\.aot: it is machine code, and a module is needed/);
  });
});

describe('upshift inspect', () => {
  it('shows what is in an AOT file', () => {
    const path = compiled('shown.aot', hello);
    const { status, stdout, stderr } = upshift(['inspect', path]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /^shown\.aot: AOT file, \d+ bytes, of which \d+ code\n/);
    assert.match(stdout, /^Runs here: +yes$/m);
    assert.match(stdout, /^Memory: +guarded$/m);
    assert.match(stdout, /^Fast JIT: +54 of 54 functions, \d+ bytes, counting$/m);
    assert.match(stdout, /^LLVM: +0 of 54 functions, 0 loops, 0 bytes$/m);
    assert.match(
      stdout,
      /^Largest functions:\n +bytes {2}tier {2}function\n +\d+ {2}fast {2}printf_core \(func\[46\]\)$/m,
    );
    assert.match(stdout, /^ {2}func +_start +\[\] -> \[\]$/m);
  });

  it('tells programs the same', () => {
    const path = compiled('told.aot', arithmetic, '--cpu=baseline');
    const { kind, byteLength, obstacle, cpu, countsHeat, module, code, functions } = inspected(path);
    assert.deepEqual([kind, obstacle, cpu, countsHeat], ['aot', null, [], true]);
    assert.equal(byteLength, readFileSync(path).length);
    assert.deepEqual([module.isIncluded, module.functions, module.content?.exports.length], [true, 3, 3]);
    assert.match(module.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual([code.fast.functions, code.llvm.functions, code.llvm.byteLength], [3, 0, 0]);
    assert.deepEqual(
      functions.map(({ index, name, tier, loop }) => [index, name, tier, loop]),
      [
        [0, 'gcd', 'fast', null],
        [1, 'factorial', 'fast', null],
        [2, 'divide', 'fast', null],
      ],
    );
  });
});
