import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const script = `
  import { WebAssembly } from ${JSON.stringify(new URL('./web-assembly.js', import.meta.url).href)};
  const attempt = (work) => { try { return work(); } catch (error) { return error.constructor.name + ': ' + error.message; } };
  // (module (memory 65536))
  const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 5, 1, 0, 0x80, 0x80, 4));
  for (let k = 0; k < 2; k++) {
    console.log(attempt(() => new WebAssembly.Memory({ initial: 65536 })));
    console.log(attempt(() => new WebAssembly.Instance(module)));
  }
  const small = new WebAssembly.Memory({ initial: 1 });
  console.log(attempt(() => small.grow(65535)), small.buffer.byteLength);`;

test('memory that the system does not have gives a RangeError, and the process goes on', () => {
  const { stdout, stderr, status } = spawnSync(
    'sh',
    ['-c', 'ulimit -v 4000000 && exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { encoding: 'utf8' },
  );
  const refused = 'RangeError: no memory is left for 65536 pages of 64 KiB\n';
  const grown = 'RangeError: a memory of 1 pages cannot grow by 65535 pages 65536\n';
  assert.deepEqual({ stdout, status }, { stdout: refused.repeat(4) + grown, status: 0 }, stderr);
});
