import { after, describe, test } from 'node:test';
import { NumericAgreement } from '../../fast-jit/x64/numeric-agreement.fixture.js';
import {
  edgeOperands,
  type Operator,
  operators,
  randomOperands,
  type Shape,
  shapesOf,
} from '../../fast-jit/x64/numeric-shapes.fixture.js';
import { llvmMachines } from '../execution.fixture.js';
import { withoutLlvm } from '../library.fixture.js';

/*
 * Every numeric operator, on all edge values and on random ones, gives in LLVM's code what V8 gives: with its
 * operands as parameters, from memory, and as constants that LLVM can compute with or simplify by (x · 1 with
 * a signalling NaN).
 */

const randomCount = 4000;

/** Where operands come from and what becomes of results, as far as it makes a difference to LLVM. */
const shapeNames =
  /^(parameters|parameters, (if|not|select of f64)|operand \d from memory|one value twice|in a loop|upper half|eqz.*|constants? .*)$/;

function selectedShapes(operator: Operator): Shape[] {
  return shapesOf(operator).filter(({ name }) => shapeNames.test(name) && !/of memory|, if$/.test(name));
}

describe('numeric operators in LLVM code agree with V8', { skip: withoutLlvm() }, () => {
  const machines = llvmMachines.map((machine) => ({ ...machine, runtime: machine.make() }));
  after(() => {
    for (const { runtime } of machines) runtime.dispose();
  });

  for (const operator of operators) {
    test(operator.mnemonic, () => {
      const edges = new NumericAgreement(operator, selectedShapes(operator), edgeOperands(operator));
      const operands = randomOperands(operator, randomCount, 1);
      const selection = { start: 0, end: randomCount, step: 1 };
      const [plainest] = shapesOf(operator);
      const random = new NumericAgreement(operator, [{ ...plainest, selection }], operands);
      for (const { runtime, name, optimizes } of machines) {
        // Where operands come from makes a difference to the optimizer only.
        if (optimizes) edges.check(runtime, name);
        random.check(runtime, name);
      }
    });
  }
});
