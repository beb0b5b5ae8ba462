import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import { NativeBlock } from '../memory/block.js';
import { assemble } from '../x64/stubs/assemble.js';
import { emitNodeApiCall } from '../x64/stubs/node-api-call.js';
import { freeReference, nativeFunction, newReference } from './node-api.js';
import { text, view } from './views.js';

/** A native function that returns the number it is made with. */
function constant(value: number): () => unknown {
  const { rax, rdx, rsi, rsp } = Gpr;
  const code = assemble((a) => {
    a.ri(X.sub64, rsp, 24);
    a.movImm(rsi, value, 0);
    a.rm(X.lea64, rdx, rsp, 8);
    emitNodeApiCall(a, 'napi_create_uint32');
    a.rm(X.mov64, rax, rsp, 8);
    a.ri(X.add64, rsp, 24);
    a.op(X.ret);
  });
  return nativeFunction(code);
}

test('native functions can be made while garbage is collected', () => {
  const garbage: unknown[] = [];
  for (let k = 0; k < 2000; k++) {
    // Small objects fill the young generation, so that it is collected again and again, at any place.
    for (let n = 0; n < 300; n++) garbage.push({ n, text: `${n}` });
    garbage.length = 0;
    assert.equal(constant(k)(), k);
  }
});

test('references are made and given up', () => {
  for (let k = 0; k < 1000; k++) freeReference(newReference({ k }));
});

test('a view shows native memory, and writes to it', () => {
  const block = new NativeBlock(64);
  block.u8.set(new TextEncoder().encode('upshift\0rest'));
  assert.equal(text(block.address), 'upshift');
  const bytes = new Uint8Array(view(block.address + 8, 4));
  assert.equal(new TextDecoder().decode(bytes), 'rest');
  bytes[0] = 0x62;
  assert.equal(block.u8[8], 0x62);
  block.free();
});
