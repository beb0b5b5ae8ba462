import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { unknownTrap } from '../../layout/exec-env.js';
import { X } from '../../x64/instructions.js';
import { funcType, newExecEnv, place, record } from '../entry/machine-code.fixture.js';
import { processData, table, tableCapacity, tableEntry } from '../layout/process-block.js';
import { processBlock } from '../process/process-block.js';

type End = 'return' | 'exit' | 'idle' | 'host-call';

interface Addresses {
  readonly codeStart: number;
  readonly memory: number;
  readonly stack: number;
}

function start(rounds: number, end: End): Worker {
  return new Worker(new URL('./worker.fixture.js', import.meta.url), { workerData: { rounds, end } });
}

/** Waits until the worker has done its rounds. */
async function addresses(worker: Worker): Promise<Addresses> {
  const failed = once(worker, 'error').then(([error]) => {
    throw error;
  });
  const [message] = (await Promise.race([once(worker, 'message'), failed])) as [Addresses];
  return message;
}

function isMapped(address: number): boolean {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .some((line) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
      return match && Number.parseInt(match[1], 16) <= address && address < Number.parseInt(match[2], 16);
    });
}

/** Entries in the trap handler's tables. */
function registrations(): { ranges: number; stacks: number } {
  const { codeRanges, stacks } = processData.offsets;
  return { ranges: entriesInUse(codeRanges), stacks: entriesInUse(stacks) };
}

function entriesInUse(tableOffset: number): number {
  const { i64 } = processBlock();
  const sizes = tableOffset + table.offsets.entries + tableEntry.offsets.size;
  let count = 0;
  for (let index = 0; index < tableCapacity; index++) {
    if (i64[(sizes + index * tableEntry.size) / 8]) count++;
  }
  return count;
}

test('several threads trap at once', async (t) => {
  const env = newExecEnv();
  const stub = env.entryStub(funcType([]));
  const ud2 = record(place(env, (a) => a.op(X.ud2)));
  const workers = Array.from({ length: 4 }, () => start(3000, 'return'));
  t.after(() => Promise.all(workers.map((worker) => worker.terminate())));
  const exits = workers.map((worker) => once(worker, 'exit'));
  let running = true;
  const all = Promise.all(workers.map(addresses)).then((found) => {
    running = false;
    return found;
  });
  while (running) {
    for (let count = 0; count < 100; count++) assert.equal(env.enter(stub, ud2), unknownTrap);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const found = await all;
  assert.equal(new Set(found.map(({ stack }) => stack)).size, 4);
  for (const [code] of await Promise.all(exits)) assert.equal(code, 0);
  env.dispose();
});

const ends: readonly End[] = ['return', 'exit', 'idle', 'host-call'];

for (const end of ends) {
  test(`a worker that ends by ${end} leaves nothing behind`, async (t) => {
    const before = registrations();
    const worker = start(10, end);
    t.after(() => worker.terminate());
    const exit = once(worker, 'exit');
    const { codeStart, memory, stack } = await addresses(worker);
    if (end === 'idle' || end === 'host-call') {
      assert.deepEqual(registrations(), { ranges: before.ranges + 1, stacks: before.stacks + 1 });
      assert.ok(isMapped(stack));
    }
    if (end === 'host-call') await once(worker, 'message');
    if (end === 'idle' || end === 'host-call') await worker.terminate();
    const [code] = await exit;
    assert.equal(code, { return: 0, exit: 7, idle: 1, 'host-call': 1 }[end]);
    assert.deepEqual(registrations(), before);
    assert.equal(isMapped(codeStart), false);
    assert.equal(isMapped(memory), false);
    assert.equal(isMapped(stack), false);
  });
}

test('terminated workers do not take memory', async () => {
  const one = async (): Promise<void> => {
    const worker = start(1, 'idle');
    await addresses(worker);
    await worker.terminate();
  };
  for (let count = 0; count < 3; count++) await one();
  const maps = (): number => readFileSync('/proc/self/maps', 'utf8').split('\n').length;
  const files = (): number => Number(execFileSync('sh', ['-c', `ls /proc/${process.pid}/fd | wc -l`]));
  const [mapsBefore, filesBefore] = [maps(), files()];
  for (let count = 0; count < 10; count++) await one();
  // koffi itself leaves three mappings of a thread behind, 3 MiB of address space.
  assert.ok(maps() < mapsBefore + 40, `${mapsBefore} → ${maps()} mappings`);
  assert.ok(files() < filesBefore + 5, `${filesBefore} → ${files()} files`);
});

/** Runs a script in a process of its own; `env`, `none` (an entry stub) and `trap` are there. */
function run(script: string): { signal: string | null; status: number | null; stdout: string } {
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const prelude = `
    import { callable, func } from ${url('../ffi/ffi.js')};
    import { placeCodePage, reserve } from ${url('../process/pages.js')};
    import { funcType, newExecEnv, place, record } from ${url('../entry/machine-code.fixture.js')};
    import { X } from ${url('../../x64/instructions.js')};
    const env = newExecEnv();
    const none = env.entryStub(funcType([]));
    const ud2 = record(place(env, (a) => a.op(X.ud2)));
    const trap = () => console.log(env.enter(none, ud2));
    trap();
  `;
  const { signal, status, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', prelude + script],
    { encoding: 'utf8' },
  );
  return { signal, status, stdout };
}

const crashes: Readonly<Record<string, [string, string]>> = {
  'a null pointer in libc': [`func('strlen', 'size', ['address'])(8);`, 'SIGSEGV'],
  'ud2 in foreign code': ['callable(placeCodePage(Uint8Array.of(0x0f, 0x0b)).address)();', 'SIGILL'],
  'a division by zero in foreign code': [
    'callable(placeCodePage(Uint8Array.of(0x31, 0xc9, 0xf7, 0xf1)).address)();',
    'SIGFPE',
  ],
  'a jump into nothing': ['callable(reserve(4096))();', 'SIGSEGV'],
  'our code on a foreign stack': ['callable(env.codeRegion.place(Uint8Array.of(0x0f, 0x0b)))();', 'SIGILL'],
  'a signal from outside': [`process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);`, 'SIGSEGV'],
  'another one': [`process.kill(process.pid, 'SIGILL'); setInterval(() => {}, 1000);`, 'SIGILL'],
};

for (const [name, [script, signal]] of Object.entries(crashes)) {
  test(`${name} ends the process as it would without us`, () => {
    const result = run(script);
    assert.equal(result.stdout, `${unknownTrap}\n`);
    assert.equal(result.signal, signal);
  });
}

test('threads that start at once agree on a trap handler', () => {
  const result = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
        import { Worker } from 'node:worker_threads';
        const url = new URL(${JSON.stringify(new URL('./worker.fixture.js', import.meta.url).href)});
        let left = 6;
        for (let index = 0; index < 6; index++) {
          const worker = new Worker(url, { execArgv: [], workerData: { rounds: 200, end: 'return' } });
          worker.on('exit', (code) => --left || console.log('done', code));
        }
      `,
    ],
    { encoding: 'utf8' },
  );
  assert.deepEqual([result.signal, result.status, result.stdout], [null, 0, 'done 0\n']);
});

test('signals for others arrive while wasm code runs', () => {
  const result = run(`
    import { Worker } from 'node:worker_threads';
    let received = 0;
    process.on('SIGUSR2', () => received++);
    const recursion = record(place(env, (a) => {
      const self = a.newLabel();
      a.bind(self);
      a.callLabel(self);
    }));
    const [stopped, sent] = [0, 1];
    const words = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(
      \`const { workerData: words } = require('node:worker_threads');
       while (!Atomics.load(words, \${stopped})) {
         process.kill(process.pid, 'SIGUSR2');
         Atomics.add(words, \${sent}, 1);
         Atomics.wait(words, \${stopped}, 0, 0.1);
       }\`,
      { eval: true, execArgv: [], workerData: words },
    );
    worker.on('online', () => {
      let traps = 0;
      while (traps <= 1000 || Atomics.load(words, sent) < 1000) if (env.enter(none, recursion) === 10) traps++;
      Atomics.store(words, stopped, 1);
      setInterval(() => { if (received > 0) { console.log('received'); process.exit(); } }, 10);
    });
  `);
  assert.deepEqual([result.signal, result.stdout], [null, `${unknownTrap}\nreceived\n`]);
});

test('the CPU profiler can look at a thread that runs wasm code', () => {
  const result = run(`
    import { Session } from 'node:inspector';
    const session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 100 });
    session.post('Profiler.start');
    const loop = record(place(env, (a) => {
      const again = a.newLabel();
      a.movImm(5, 0x12345678, 0x1234);
      a.movImm(1, 200_000_000, 0);
      a.bind(again);
      a.ri(X.sub32, 1, 1);
      a.jcc(5, again);
      a.op(X.ud2);
    }));
    for (let count = 0; count < 3; count++) env.enter(none, loop);
    session.post('Profiler.stop', (error, { profile }) => console.log(error, profile.samples.length > 100));
  `);
  assert.deepEqual([result.signal, result.stdout], [null, `${unknownTrap}\nnull true\n`]);
});

test('a process that ends in the middle of a host call ends orderly', () => {
  const result = run(`
    const other = newExecEnv({ onHostCall: () => process.exit(9) });
    other.enter(other.entryStub(funcType([])), record(other.hostStub(funcType([]), 0)));
  `);
  assert.equal(result.status, 9);
  assert.equal(result.signal, null);
});
