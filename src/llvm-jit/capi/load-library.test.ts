import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newestLlvm, oldestLlvm } from './find-library.js';
import type { LlvmUnavailableError } from './llvm-unavailable.js';
import { loadFirst } from './load-library.js';

interface Outcome {
  readonly path?: string;
  readonly version?: { major: number; minor: number; patch: number };
  readonly name?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Loads in a process of its own: several versions of LLVM in one do not agree. */
function load(variables: Readonly<Record<string, string>>, explicit?: string): Outcome {
  const script = `
    import { loadLlvm } from ${JSON.stringify(new URL('./load-library.js', import.meta.url).href)};
    try {
      const { path, version } = loadLlvm(${JSON.stringify(explicit)});
      console.log(JSON.stringify({ path, version }));
    } catch ({ name, reason, message }) {
      console.log(JSON.stringify({ name, reason, message }));
    }`;
  const { UPSHIFT_LLVM: _, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...env, ...variables },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Outcome;
}

function assertRefused(outcome: Outcome, reason: string, message: RegExp): void {
  assert.equal(outcome.name, 'LlvmUnavailableError');
  assert.equal(outcome.reason, reason);
  assert.match(outcome.message ?? '', message);
  assert.doesNotMatch(outcome.message ?? '', /\n/);
}

const folder = '/usr/lib/x86_64-linux-gnu';
const installed: readonly (readonly [major: number, file: string])[] = [
  [14, 'libLLVM-14.so.1'],
  [15, 'libLLVM-15.so.1'],
  [16, 'libLLVM-16.so.1'],
  [19, 'libLLVM.so.19.1'],
  [22, 'libLLVM.so.22.1'],
];

for (const [major, file] of installed) {
  const path = join(folder, file);
  const skip = existsSync(path) ? false : 'not installed';
  if (major >= oldestLlvm) {
    test(`LLVM ${major} is loaded and tells its version`, { skip }, () => {
      const outcome = load({ UPSHIFT_LLVM: path });
      assert.equal(outcome.path, path);
      assert.equal(outcome.version?.major, major);
      assert.deepEqual(load({ UPSHIFT_LLVM: '/nowhere' }, path), outcome);
    });
  } else {
    test(`LLVM ${major} is refused`, { skip }, () => {
      assertRefused(load({}, path), 'named', /libLLVM-1.\.so\.1: it is older than LLVM 16 to 22$/);
      assertRefused(load({ UPSHIFT_LLVM: path }), 'named', /\(UPSHIFT_LLVM\): it is older than LLVM 16/);
    });
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'upshift-llvm-'));
after(() => rmSync(scratch, { recursive: true }));
const bogus = join(scratch, `libLLVM.so.${newestLlvm}.1`);
writeFileSync(bogus, 'not a library');

test('what is named and does not work is an error, whatever else is installed', () => {
  assertRefused(
    load({ UPSHIFT_LLVM: bogus }),
    'named',
    /^cannot use .*libLLVM\.so\.22\.1 \(UPSHIFT_LLVM\): /,
  );
  assertRefused(load({}, bogus), 'named', /^cannot use .*libLLVM\.so\.22\.1: /);
  assertRefused(load({}, join(scratch, 'absent.so')), 'named', /absent\.so: .*[Nn]o such file/);
  assertRefused(load({}, 'libm.so.6'), 'named', /^cannot use libm\.so\.6: it is not libLLVM$/);
});

test('UPSHIFT_LLVM=none switches LLVM off', () => {
  assertRefused(load({ UPSHIFT_LLVM: 'none' }), 'disabled', /UPSHIFT_LLVM=none/);
});

test('where nothing works the message says what to do, and what was found', () => {
  assert.throws(
    () => loadFirst([bogus, 'libLLVM-upshift.so.1']),
    (error: LlvmUnavailableError) => {
      assertRefused(
        error,
        'missing',
        /^found no LLVM 16 to 22 .* apt-get install libllvm22\) or .* UPSHIFT_LLVM;/,
      );
      assert.ok(error.message.includes(`; cannot use ${bogus}: `));
      assert.doesNotMatch(error.message, /libLLVM-upshift/);
      return true;
    },
  );
});

const usable = installed.some(([major, file]) => major >= oldestLlvm && existsSync(join(folder, file)));

test('what cannot be loaded is passed over for the next', { skip: usable ? false : 'no libLLVM' }, () => {
  const outcome = load({ LD_LIBRARY_PATH: scratch });
  assert.notEqual(outcome.path, bogus);
  assert.ok((outcome.version?.major ?? 0) >= oldestLlvm);
});
