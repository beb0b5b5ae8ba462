import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../code/traps.js';
import { backtraceText, frameText, TrapError, type WasmFrame } from './trap-error.js';

const frame: WasmFrame = { functionIndex: 12, functionName: 'main', moduleName: 'app', wasmOffset: 0x1a3 };

test('frames are written with what is known of them', () => {
  assert.equal(frameText(frame), 'at main (func[12] at offset 0x1a3 in app)');
  assert.equal(
    frameText({ functionIndex: 3, functionName: undefined, moduleName: undefined, wasmOffset: undefined }),
    'at func[3]',
  );
});

test('the stack shows wasm frames between the message and the JavaScript frames', () => {
  const error = new TrapError(Trap.unreachable, { frames: [frame], omittedCount: 0, omittedAt: 48 });
  const lines = (error.stack ?? '').split('\n');
  assert.match(lines[0], /unreachable$/);
  assert.equal(lines[1], '    at main (func[12] at offset 0x1a3 in app)');
  assert.match(lines[2], /trap-error\.test/);
  assert.equal(error.message, 'unreachable');
  assert.equal(error.name, 'TrapError');
});

test('what was left out of a deep stack is mentioned', () => {
  const text = backtraceText({ frames: [frame, frame], omittedCount: 9, omittedAt: 1 }, '');
  assert.deepEqual(text.split('\n'), [frameText(frame), '… 9 more frames …', frameText(frame)]);
});
