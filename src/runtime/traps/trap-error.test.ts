import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trap } from '../../code/traps.js';
import { TrapError } from './trap-error.js';
import { backtraceText, frameText, type WasmFrame } from './wasm-frame.js';

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

test('a name cannot forge frames of a backtrace, or fill it', () => {
  const text = frameText({ ...frame, functionName: 'f\n    at g', moduleName: `\u202e${'x'.repeat(1000)}` });
  assert.equal(
    text,
    `at f\\u{a}    at g (func[12] at offset 0x1a3 in \\u{202e}${'x'.repeat(199)}… (1001 characters))`,
  );
});

test('Error.stackTraceLimit counts wasm frames, too', () => {
  const { stackTraceLimit } = Error;
  try {
    const stack = (limit: unknown): string | undefined => {
      Reflect.set(Error, 'stackTraceLimit', limit);
      return new TrapError(Trap.unreachable, { frames: [frame, frame], omittedCount: 0, omittedAt: 48 })
        .stack;
    };
    for (const limit of [0, 1, 2, 3]) assert.equal(stack(limit)?.split('\n').length, 1 + limit);
    assert.match(stack(3) ?? '', /in app\)\n {4}at .*trap-error\.test/);
    assert.doesNotMatch(stack(undefined) ?? '', /\n/);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});
