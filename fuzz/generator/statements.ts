/** What a function does, step by step. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { arrayLoop } from './array-loops.js';
import type { Body } from './body.js';
import { anyCall } from './calls.js';
import { anyCarriedLoop } from './carried-loops.js';
import { anyBlock, branchIf, leaveHere } from './control.js';
import { anyThrow, anyTry, hasExceptions } from './exceptions.js';
import { bulkMemory, loadOf, observe, store } from './memory.js';
import { anyNullCheck } from './null-checks.js';
import { anyOperator } from './operators.js';
import { pattern } from './patterns.js';
import { exact, i32, inexact, isNumber, plainMemory, randomType } from './shape.js';
import { tableInstruction } from './tables.js';
import { tailCallIf } from './tail-calls.js';

/** How many values may wait on the stack within one block. */
const tallestStack = 14;

/** Writes up to `count` statements, or until the end of the block is unreachable. */
export function statements(body: Body, count: number): void {
  for (let k = 0; k < count && body.budget > 0; k++) {
    const wasDead = body.dead;
    statement(body);
    if (body.dead && !wasDead) return;
  }
}

function statement(body: Body): void {
  const { random, shape } = body;
  while (body.available > tallestStack) body.discard();
  if (newer(body)) return;
  const kind = random.below(100);
  if (kind < 14) push(body);
  else if (kind < 29) anyOperator(body);
  else if (kind < 42) setLocal(body);
  else if (kind < 51) {
    if (shape.memories.length > 0) store(body);
  } else if (kind < 56) setGlobal(body);
  else if (kind < 69) {
    if (body.budget > 10) anyBlock(body);
  } else if (kind < 74) branchIf(body);
  else if (kind < 76) leaveHere(body);
  else if (kind < 81) anyCall(body);
  else if (kind < 85) {
    if (shape.memories.length > 0) bulkMemory(body);
  } else if (kind < 90) tableInstruction(body);
  else if (kind < 94) pattern(body);
  else if (kind < 95) isNull(body);
  else if (kind < 96) {
    const numbers = body.locals.filter(({ type }) => isNumber(type));
    if (numbers.length > 0) observe(body, random.pick(numbers));
  } else if (kind < 97) body.emit(Opcode.nop);
  else if (kind < 98) {
    if (plainMemory(shape) !== undefined && body.frames.every(({ isLoop }) => !isLoop)) {
      if (random.chance(50)) arrayLoop(body);
      else anyCarriedLoop(body);
    }
  } else if (body.available > 0) body.discard();
}

/** Writes something that only modules with a certain feature have; false if it did not. */
function newer(body: Body): boolean {
  const { random, shape } = body;
  if (hasExceptions(body) && body.budget > 10 && random.chance(10)) anyTry(body);
  else if (hasExceptions(body) && random.chance(3)) anyThrow(body);
  else if (shape.features.has('references') && random.chance(6)) anyNullCheck(body);
  else if (shape.features.has('tail-calls') && random.chance(4)) tailCallIf(body);
  else return false;
  return true;
}

function push(body: Body): void {
  const type = randomType(body.shape);
  if (body.shape.memories.length > 0 && isNumber(type) && body.random.chance(20)) loadOf(body, type);
  else body.value(inexact(type, body.random));
}

function setLocal(body: Body): void {
  if (body.locals.length === 0) return;
  const local = body.random.pick(body.locals);
  body.want([local]);
  if (body.random.chance(20)) {
    body.emit(Opcode['local.tee'], local.index);
    body.pop(1);
    body.push(local);
    return;
  }
  body.emit(Opcode['local.set'], local.index);
  body.pop(1);
}

function setGlobal(body: Body): void {
  const globals = body.shape.globals.filter(({ mutable }) => mutable);
  if (globals.length === 0) return;
  const global = body.random.pick(globals);
  body.want([global]);
  body.emit(Opcode['global.set'], global.index);
  body.pop(1);
}

function isNull(body: Body): void {
  const type = body.locals.length > 0 ? body.random.pick(body.locals).type : undefined;
  const top = body.stack[body.stack.length - 1];
  if (body.available === 0 || isNumber(top.type)) {
    if (type === undefined || isNumber(type)) return;
    body.value(exact(type));
  }
  body.emit(Opcode['ref.is_null']);
  body.pop(1);
  body.push(i32);
}
