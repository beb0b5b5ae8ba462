import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newExecEnv } from '../native/entry/machine-code.fixture.js';
import { Backend } from './backend.js';
import { largestLoopCount } from './protocol.js';

test('a module has so many loops entered, and no more', () => {
  const env = newExecEnv();
  const settings = {
    library: '/nowhere.so',
    level: 0,
    sizeLevel: 0,
    cpu: undefined,
    deterministic: false,
    verify: false,
  };
  const listener = { onCode: () => assert.fail(), onRefused: () => assert.fail() };
  // No thread is started: nobody compiles anything.
  const backend = Backend.for(settings);
  const modules = [0, 1].map(() =>
    backend.register(
      {
        bytes: new Uint8Array(8),
        compiled: [0],
        checkedBodies: new Uint8Array(new SharedArrayBuffer(1)),
        memoryMode: 'guarded',
        region: env.codeRegion.share(),
        heatThreshold: 1,
        chaos: undefined,
        onlyWanted: false,
      },
      listener,
    ),
  );
  for (let k = 0; k < largestLoopCount; k++) assert.equal(modules[0].wantLoop(0, k), k);
  for (let k = 0; k < 3; k++) assert.equal(modules[0].wantLoop(0, largestLoopCount + k), undefined);
  assert.equal(modules[1].wantLoop(0, 0), 0);
  for (const module of modules) backend.forget(module);
  assert.equal(backend.threadCount, 0);
  env.dispose();
});
