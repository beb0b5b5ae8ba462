import { after, describe, test } from 'node:test';
import { machines } from '../execution.fixture.js';
import { NumericAgreement } from './numeric-agreement.fixture.js';
import { edgeOperands, operators, shapesOf } from './numeric-shapes.fixture.js';

/*
 * Every numeric operator on all edge values, with its operands from everywhere and its result used in every
 * way, gives what V8 gives. V8 runs the plainest function of each.
 */

describe('numeric operators agree with V8', () => {
  const runtimes = machines.map(({ make }) => make());
  after(() => {
    for (const runtime of runtimes) runtime.dispose();
  });

  for (const operator of operators) {
    test(operator.mnemonic, () => {
      const agreement = new NumericAgreement(operator, shapesOf(operator), edgeOperands(operator));
      for (const [k, runtime] of runtimes.entries()) agreement.check(runtime, machines[k].name);
    });
  }
});
