/** Functions that call each other many times without taking any stack. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { type FuncType, ValType } from '../../src/wasm/types.js';
import type { FunctionDraft } from '../module/draft.js';
import { Body } from './body.js';
import { makers } from './makers.js';
import { exact, randomTypes, type Shape, typeIndex } from './shape.js';
import { typeAt } from './tail-calls.js';

/** How often the functions of a ring call each other: frames of as many calls would exhaust the stack. */
const turns = 200_000;

/**
 * Functions that call each other in a ring, as the last thing they do, with parameters of their own; the
 * first one's is how many calls are left. At the end one returns, or calls an import. Then a function that
 * calls the first one.
 *
 * @param first index of the first of them
 */
export function ringFunctions(shape: Shape, first: number): FunctionDraft[] {
  const { random, draft } = shape;
  const last = random.below(shape.functionTypes.length);
  const callee = random.chance(50) ? last : undefined;
  const results = callee === undefined ? randomTypes(shape, 2) : typeAt(shape, callee).results;
  const types = Array.from({ length: random.between(1, 3) }, () => {
    return { params: [ValType.i32, ...randomTypes(shape, 5)], results: [...results] };
  });
  const functions = types.map((type, k) => {
    const next = (k + 1) % types.length;
    return ringFunction(shape, type, types[next], first + next, callee);
  });
  const entry = new Body(shape, [], [], 0, makers);
  entry.emit(Opcode['i32.const'], turns);
  for (const type of types[0].params.slice(1)) entry.value(exact(type));
  entry.emit(Opcode.call, first);
  for (const _ of results) entry.emit(Opcode.drop);
  entry.emit(Opcode.end);
  const type = typeIndex(draft, { params: [], results: [] });
  return [...functions, { type, locals: entry.localTypes, code: entry.code }];
}

/** @param callee what is called at the end; nothing if undefined */
function ringFunction(
  shape: Shape,
  type: FuncType,
  nextType: FuncType,
  next: number,
  callee: number | undefined,
): FunctionDraft {
  const { params, results } = type;
  const body = new Body(shape, params.map(exact), results.map(exact), 40, makers);
  body.hide(0);
  body.emit(Opcode['local.get'], 0);
  body.emit(Opcode['i32.eqz']);
  // The code within may branch to the end of this: then the function ends, whichever call it is.
  body.enter(Opcode.if, [], results.map(exact));
  if (callee === undefined) {
    body.finishWith(results.map(exact));
    body.emit(Opcode.return);
  } else {
    for (const slot of typeAt(shape, callee).params.map(exact)) body.value(slot);
    body.emit(Opcode.return_call, callee);
  }
  body.markDead();
  body.turnToElse([]);
  body.emit(Opcode['local.get'], 0);
  body.emit(Opcode['i32.const'], 1);
  body.emit(Opcode['i32.sub']);
  body.push(exact(ValType.i32));
  for (const slot of nextType.params.slice(1).map(exact)) body.leaf(slot);
  body.emit(Opcode.return_call, next);
  body.markDead();
  body.leave();
  body.emit(Opcode.end);
  return { type: typeIndex(shape.draft, type), locals: body.localTypes, code: body.code };
}
