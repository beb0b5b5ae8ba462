import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

/** `script` runs a command with a terminal as its standard streams. */
const hasScript = spawnSync('script', ['--version']).status === 0;

const program = `
  import { TestTier } from ${JSON.stringify(new URL('./program.fixture.js', import.meta.url).href)};
  const program = new TestTier('interp').program();
  const stream = (fd) => {
    const [base] = program.rights(fd);
    program.call('fd_fdstat_get', fd, 0);
    // A character device without seek and tell is what C libraries take for a terminal.
    return [program.bytes[0], base & (4 | 32), program.call('fd_seek', fd, 0n, 1, 0)].join();
  };
  const subscribe = (index, type, fd) => {
    program.bytes.fill(0, 48 * index, 48 * index + 48);
    program.bytes[48 * index + 8] = type;
    program.view.setUint32(48 * index + 16, fd, true);
  };
  console.log('streams', stream(0), stream(1), stream(2));
  subscribe(0, 1, 0), subscribe(1, 2, 1), subscribe(2, 2, 2);
  program.call('poll_oneoff', 0, 1000, 3, 2000);
  console.log('nothing typed ' + program.u32(2000));
  subscribe(1, 1, 0);
  program.call('poll_oneoff', 0, 1000, 2, 2000);
  console.log(['typed', program.u32(2000), program.u64(1016), JSON.stringify(program.read(0, 20))].join(' '));`;

test('terminals are character devices, can be waited for, and give lines', {
  skip: !hasScript && 'there is no script',
}, async () => {
  const command = `"${process.execPath}" --input-type=module -e "$UPSHIFT_TEST_PROGRAM"`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, UPSHIFT_TEST_PROGRAM: program },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let typed = false;
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    output += data;
    if (!output.includes('nothing typed') || typed) return;
    typed = true;
    child.stdin.write('hello\n');
  });
  await once(child, 'close');
  child.stdin.destroy();
  const lines = output.split('\r\n').filter((line) => line !== '' && line !== 'hello');
  assert.deepEqual(lines, ['streams 2,0,70 2,0,70 2,0,70', 'nothing typed 2', 'typed 2 6 "hello\\n"']);
});
