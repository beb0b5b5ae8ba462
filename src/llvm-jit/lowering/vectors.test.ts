import { after, describe, test } from 'node:test';
import { v8Exports } from '../../fast-jit/execution.fixture.js';
import type { Func } from '../../runtime/objects/func.js';
import type { Memory } from '../../runtime/objects/memory.js';
import { Runtime } from '../../runtime/runtime.js';
import { vectorMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';
import { type Engine, VectorAgreement, vectorOperators } from './vector-agreement.fixture.js';

/*
 * Every operator on vectors gives in LLVM's code what V8 gives, on edge values and random ones: with its
 * operands from memory, and as constants that LLVM can compute with or simplify by. What relaxed ones give is
 * the interpreter's, which goes by the processor too.
 */

const v8: Engine = (bytes) => {
  const exports = v8Exports(bytes);
  const { buffer } = exports['memory'] as unknown as { buffer: ArrayBuffer };
  return { buffer, call: (name) => exports[name]() };
};

function engineOf(runtime: Runtime): Engine {
  return (bytes) => {
    const { exports } = runtime.instantiate(runtime.compile(bytes));
    const memory = exports['memory'] as Memory;
    return { buffer: memory.buffer as ArrayBuffer, call: (name) => (exports[name] as Func)() };
  };
}

describe('operators on vectors in LLVM code', { skip: withoutLlvm() }, () => {
  const machines = vectorMachines.map(({ name, make, options }, k) => ({
    name,
    // Constants make a difference to the optimizer only: one machine will do.
    withConstants: k === 0,
    runtime: make(),
    interpreter: new Runtime({ ...options, tier: 'interp' }),
  }));
  after(() => {
    for (const { runtime, interpreter } of machines) {
      runtime.dispose();
      interpreter.dispose();
    }
  });

  for (const operator of vectorOperators) {
    test(operator.mnemonic, () => {
      for (const { name, runtime, interpreter, withConstants } of machines) {
        const reference = operator.isRelaxed ? engineOf(interpreter) : v8;
        new VectorAgreement(operator, reference, withConstants).check(engineOf(runtime), name);
      }
    });
  }
});
