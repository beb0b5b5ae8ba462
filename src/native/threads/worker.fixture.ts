import { parentPort, workerData } from 'node:worker_threads';
import { Trap } from '../../code/traps.js';
import { unknownTrap } from '../../layout/exec-env.js';
import { ValType } from '../../wasm/types.js';
import { Gpr } from '../../x64/abi.js';
import { X } from '../../x64/instructions.js';
import { funcType, newExecEnv, place, record } from '../entry/machine-code.fixture.js';
import { NativeBlock } from '../memory/block.js';
import { MappedMemory } from '../memory/mapped-memory.js';

/**
 * A worker that traps, calls back and allocates in rounds. `workerData.end` says how it ends: by return, by
 * `process.exit` in a host function, or by waiting to be terminated (idle, or in a host function that wasm
 * called).
 */
const { rounds, end } = workerData as { rounds: number; end: 'return' | 'exit' | 'idle' | 'host-call' };
const { i32, i64 } = ValType;

const env = newExecEnv({
  onHostCall: (id, slot) => {
    if (id === 0) env.stackI32[2 * slot]++;
    if (id === 1) process.exit(7);
    if (id === 2) {
      parentPort?.postMessage('waiting');
      for (;;);
    }
  },
});
const none = env.entryStub(funcType([]));
const load = record(
  place(env, (a) => {
    a.rm(X.mov64, Gpr.rax, Gpr.rsi, 0);
    a.op(X.ret);
  }),
);
const recursion = record(
  place(env, (a) => {
    const self = a.newLabel();
    a.bind(self);
    a.callLabel(self);
  }),
);
const unary = funcType([i32], [i32]);
const increment = record(env.hostStub(unary, 0));
const memory = MappedMemory.create({ minPages: 8 });
new Uint8Array(memory.buffer).fill(1);
const block = new NativeBlock(100_000);
block.u8.fill(1);

for (let round = 0; round < rounds; round++) {
  env.i64[0] = BigInt(memory.base + memory.byteLength);
  if (env.enter(env.entryStub(funcType([i64], [i64])), load) !== unknownTrap) throw new Error('no fault');
  if (env.faultAddress !== memory.base + memory.byteLength) throw new Error('wrong fault address');
  env.i64[0] = BigInt(memory.base);
  if (env.enter(env.entryStub(funcType([i64], [i64])), load) !== Trap.none) throw new Error('trap');
  if (env.i64[0] !== 0x0101_0101_0101_0101n) throw new Error('wrong value');
  if (env.enter(none, recursion) !== Trap.callStackExhausted) throw new Error('no overflow');
  env.i32[0] = round;
  if (env.enter(env.entryStub(unary), increment) !== Trap.none) throw new Error('trap in a host call');
  if (env.i32[0] !== round + 1) throw new Error('wrong result of a host call');
}

parentPort?.postMessage({ codeStart: env.codeRegion.start, memory: memory.base, stack: env.address });
if (end === 'exit') env.enter(none, record(env.hostStub(funcType([]), 1)));
if (end === 'host-call') env.enter(none, record(env.hostStub(funcType([]), 2)));
if (end === 'idle') setInterval(() => {}, 1000);
