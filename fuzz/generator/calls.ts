/** Direct calls and calls through tables. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { addressTypeOf, type FuncType, type ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { bounded } from './memory.js';
import { callReference } from './references.js';
import { exact, tableMinimum } from './shape.js';

/** Functions with more parameters are rarely called: their arguments take much code. */
export const manyParams = 12;

function typeAt(body: Body, index: number): FuncType {
  return body.shape.draft.types[body.shape.functionTypes[index]];
}

function call(body: Body, index: number): void {
  const { params, results } = typeAt(body, index);
  body.want(params.map(exact));
  body.emit(Opcode.call, index);
  body.pop(params.length);
  body.push(...results.map(exact));
}

/** Pushes the index of an element of table 0. */
export function tableArgument(body: Body, index: number): void {
  body.addressConst(index, addressTypeOf(body.shape.tables[0].limits));
}

/** Calls through a table, usually with the type of the element. */
function callIndirect(body: Body, index: number): void {
  const { random, shape } = body;
  const { callable, tables } = shape;
  const at = callable.indexOf(index);
  const isRight = at >= 0 && !random.chance(body.wild ? 25 : 3);
  const type = typeAt(body, index);
  body.want(type.params.map(exact));
  let table = 0;
  if (isRight) tableArgument(body, at);
  else {
    const others = tables.map((_, k) => k).filter((k) => tables[k].element === tables[0].element);
    table = random.pick(others);
    bounded(body, tableMinimum, addressTypeOf(tables[table].limits));
  }
  body.emit(Opcode.call_indirect, shape.functionTypes[index], table);
  body.pop(type.params.length + 1);
  body.push(...type.results.map(exact));
}

function callEither(body: Body, index: number): void {
  const { random, shape } = body;
  if (shape.features.has('references') && random.chance(25)) {
    callReference(body, shape.functionTypes[index]);
    return;
  }
  const isCallable = shape.callable.includes(index);
  if (shape.tables.length > 0 && random.chance(isCallable ? 50 : 3)) callIndirect(body, index);
  else call(body, index);
}

/** Calls some function. */
export function anyCall(body: Body): void {
  const { random, shape } = body;
  for (let tries = 0; tries < 3; tries++) {
    const index = random.below(shape.functionTypes.length);
    if (typeAt(body, index).params.length > manyParams && !random.chance(15)) continue;
    callEither(body, index);
    return;
  }
}

/** Calls a function with exactly this result; returns false if there is none. */
export function callFor(body: Body, type: ValType): boolean {
  const { random, shape } = body;
  const fitting = shape.functionTypes
    .map((_, index) => index)
    .filter((index) => {
      const { params, results } = typeAt(body, index);
      return results.length === 1 && results[0] === type && params.length <= manyParams;
    });
  if (fitting.length === 0) return false;
  callEither(body, random.pick(fitting));
  return true;
}
