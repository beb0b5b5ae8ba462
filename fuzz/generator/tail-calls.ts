/** Calls in place of returns. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { type FuncType, refTo } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { manyParams, tableArgument } from './calls.js';
import { exact, i32, type Shape, withNull } from './shape.js';

/** Calls a function with the results of this one instead of returning; false if there is none. */
export function tailCall(body: Body): boolean {
  const { random, shape } = body;
  if (!shape.features.has('tail-calls')) return false;
  const wanted = body.frames[0].results.map(({ type }) => type);
  const fitting = shape.functionTypes
    .map((_, index) => index)
    .filter((index) => {
      const { params, results } = typeAt(shape, index);
      const isSame = results.length === wanted.length && results.every((type, k) => type === wanted[k]);
      return isSame && (params.length <= manyParams || random.chance(25));
    });
  if (fitting.length === 0) return false;
  const index = random.pick(fitting);
  const type = shape.functionTypes[index];
  body.want(typeAt(shape, index).params.map(exact));
  if (shape.callable.includes(index) && random.chance(60)) {
    tableArgument(body, shape.callable.indexOf(index));
    body.emit(Opcode.return_call_indirect, type, 0);
  } else if (shape.features.has('references') && random.chance(50)) {
    body.value(exact(withNull(refTo(type), random.chance(10))));
    body.emit(Opcode.return_call_ref, type);
  } else {
    body.emit(Opcode.return_call, index);
  }
  return true;
}

/** Leaves the function for another one on a condition. */
export function tailCallIf(body: Body): void {
  body.want([i32]);
  body.pop(1);
  body.enter(Opcode.if, [], []);
  if (tailCall(body)) body.markDead();
  body.leave();
}

export function typeAt({ draft, functionTypes }: Shape, index: number): FuncType {
  return draft.types[functionTypes[index]];
}
