import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const fixture = path('./executable-memory.fixture.js');

const script = `
  import { Runtime, TierUnavailableError } from ${JSON.stringify(new URL('../../index.js', import.meta.url).href)};
  process.on('warning', ({ code, message }) => console.log(code, message));
  const runtime = new Runtime();
  // (module (func (export "f") (result i32) (i32.const 7)))
  const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 7, 11);
  const { f } = runtime.instantiate(runtime.compile(bytes)).exports;
  console.log(runtime.tier, f());
  for (const tier of ['fast', 'llvm', 'multi']) {
    try { new Runtime({ tier }); } catch (error) { console.log(error instanceof TierUnavailableError, error.message); }
  }`;

for (const way of ['mdwe', 'seccomp', 'file']) {
  test(`where memory must not become executable (${way}), functions are interpreted`, (context) => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--jitless', fixture, way, '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    );
    if (stdout === 'impossible\n') return context.skip(`this system has no ${way}`);
    const lines = stdout.trimEnd().split('\n');
    const reason = 'memory cannot be made executable: (EACCES|EPERM)$';
    assert.equal(lines[0], 'interp 7', stderr);
    for (const [k, tier] of ['fast', 'llvm', 'multi'].entries()) {
      assert.match(lines[k + 1], new RegExp(`^true tier ${tier} is not available: ${reason}`));
    }
    assert.match(lines[4], new RegExp(`^UPSHIFT_INTERPRETED .*: ${reason}`));
    assert.equal(lines.length, 5);
  });
}
