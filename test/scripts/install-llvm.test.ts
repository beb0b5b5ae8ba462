import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

interface Installer {
  decide(facts: {
    installed: boolean;
    variable: string | undefined;
    root: boolean;
    aptGet: boolean;
  }): 'nothing' | 'install' | 'advise';
  packageNames(versions: { oldestLlvm: number; newestLlvm: number }): string[];
  choosePackage(names: readonly string[], policy: string): string | undefined;
}

const script = new URL('../../../scripts/install-llvm.mjs', import.meta.url).href;
const { decide, packageNames, choosePackage } = (await import(script)) as Installer;

test('it installs only where that is needed, wanted and possible', () => {
  const needed = { installed: false, variable: undefined, root: true, aptGet: true };
  assert.equal(decide(needed), 'install');
  assert.equal(decide({ ...needed, installed: true }), 'nothing');
  assert.equal(decide({ ...needed, variable: 'none' }), 'nothing');
  assert.equal(decide({ ...needed, variable: '/opt/libLLVM.so' }), 'nothing');
  assert.equal(decide({ ...needed, root: false }), 'advise');
  assert.equal(decide({ ...needed, aptGet: false }), 'advise');
});

/** What `apt-cache policy` prints. */
function policy(candidates: Readonly<Record<string, string>>): string {
  return Object.entries(candidates)
    .map(
      ([name, version]) =>
        `${name}:\n  Installed: (none)\n  Candidate: ${version}\n  Version table:\n     ${version} 500\n` +
        '        500 http://deb.debian.org/debian bookworm/main amd64 Packages\n',
    )
    .join('');
}

test('the newest package that has a candidate is chosen', () => {
  const names = packageNames({ oldestLlvm: 16, newestLlvm: 22 });
  assert.deepEqual(
    names,
    [22, 21, 20, 19, 18, 17, 16].map((major) => `libllvm${major}`),
  );
  assert.equal(choosePackage(names, policy({ libllvm16: '1:16', libllvm19: '1:19' })), 'libllvm19');
  assert.equal(choosePackage(names, policy({ libllvm22: '(none)', libllvm16: '1:16.0.6-15' })), 'libllvm16');
  assert.equal(choosePackage(names, policy({ libllvm15: '1:15' })), undefined);
  assert.equal(choosePackage(names, ''), undefined);
});

const folder = mkdtempSync(join(tmpdir(), 'upshift-apt-'));
after(() => rmSync(folder, { recursive: true }));
const log = join(folder, 'log');

/** What the fake system's programs do, as shell scripts. */
interface FakeSystem {
  readonly aptGet?: string;
  readonly policy?: string;
}

/**
 * Runs the installer in a system without libLLVM until apt-get installs one. Returns its output, and
 * apt-get's calls.
 */
function install(
  { aptGet = '', policy = '' }: FakeSystem,
  root = true,
): { lines: string[]; calls: string[] } {
  const program = (name: string, text: string): void =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('apt-get', `echo "$DEBIAN_FRONTEND apt-get $*" >> ${log}\n${aptGet}`);
  program('apt-cache', `cat <<'END'\n${policy}END`);
  writeFileSync(log, '');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { readFileSync } from 'node:fs';
       import { installLlvm } from ${JSON.stringify(script)};
       const check = async () => readFileSync(${JSON.stringify(log)}, 'utf8').includes('--no-download');
       await installLlvm({ check, root: ${root} });`,
    ],
    { encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` } },
  );
  assert.equal(stderr, '');
  assert.equal(status, 0);
  const lines = (text: string): string[] => text.split('\n').filter((line) => line);
  return { lines: lines(stdout), calls: lines(readFileSync(log, 'utf8')) };
}

test('it says that it installs, does, and says what has come of it', () => {
  const { lines, calls } = install({ policy: policy({ libllvm19: '1:19', libllvm16: '1:16' }) });
  assert.equal(lines.length, 2);
  assert.match(lines[0], /^No libLLVM 16 to 22, .* installing it by apt-get/);
  assert.equal(lines[1], 'Installed libllvm19.');
  assert.equal(calls.length, 3);
  assert.match(calls[0], /^noninteractive apt-get update /);
  for (const call of calls.slice(1)) {
    assert.match(call, /^noninteractive apt-get install -y --no-install-recommends .* libllvm19 --/);
  }
});

test('package lists that cannot be read do not matter where the package is known', () => {
  const offline = '[ "$1" = update ] && { echo "E: no network" >&2; exit 100; }; exit 0';
  assert.equal(
    install({ aptGet: offline, policy: policy({ libllvm22: '1:22' }) }).lines[1],
    'Installed libllvm22.',
  );
  assert.match(install({ aptGet: offline }).lines[1], /^libLLVM could not be installed: .*no network$/);
});

test('what fails is said in a line, and is no error', () => {
  const refuse = 'case "$*" in *download-only*) echo "E: disk full" >&2; exit 100;; esac';
  const { lines, calls } = install({ aptGet: refuse, policy: policy({ libllvm22: '1:22' }) });
  assert.deepEqual(lines.slice(1), ['libLLVM could not be installed: apt-get install: E: disk full']);
  assert.equal(calls.length, 2);
  assert.match(install({}).lines[1], /^libLLVM could not be installed: .*no package libllvm16 or newer$/);
});

test('who is not root is told what to do', () => {
  const { lines, calls } = install({ policy: policy({ libllvm22: '1:22' }) }, false);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /apt-get install libllvm22\), or name its file in UPSHIFT_LLVM\.$/);
  assert.deepEqual(calls, []);
});
