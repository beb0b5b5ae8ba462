/** Shapes of code that register allocators get wrong, and that chance alone produces too rarely. */
import { Opcode } from '../../src/wasm/opcodes.js';
import type { Body, LocalSlot } from './body.js';
import { anyCall } from './calls.js';
import { i32 } from './shape.js';

/** One of the shapes, made of locals. */
export function pattern(body: Body): void {
  if (body.locals.length === 0) return;
  if (body.random.chance(50)) keptWhileSet(body);
  else diamond(body);
}

/** Sets a local to a new value. */
function set(body: Body, local: LocalSlot): void {
  body.value(local);
  body.emit(Opcode['local.set'], local.index);
  body.pop(1);
}

/** A local's value waits on the stack while one of several ways through a block sets the local. */
function keptWhileSet(body: Body): void {
  const { random } = body;
  const local = random.pick(body.locals);
  body.emit(Opcode['local.get'], local.index);
  body.push(local);
  const isConditional = random.chance(40);
  if (isConditional) {
    body.value(i32);
    body.pop(1);
  }
  body.enter(isConditional ? Opcode.if : Opcode.block, [], []);
  for (let more = random.between(1, 3); more > 0; more--) {
    if (random.chance(60)) set(body, local);
    if (random.chance(30)) body.statements(1);
    if (body.dead) break;
    body.value(i32);
    body.pop(1);
    body.emit(Opcode.br_if, 0);
  }
  if (!body.dead) set(body, local);
  body.leave();
}

/**
 * Two paths that set some of the same locals, one perhaps with a call in between; then all locals are mixed.
 */
function diamond(body: Body): void {
  const { random } = body;
  const locals = Array.from({ length: random.between(1, 5) }, () => random.pick(body.locals));
  const side = (): void => {
    for (const local of locals) {
      if (random.chance(20)) anyCall(body);
      if (random.chance(65)) set(body, local);
    }
  };
  body.value(i32);
  body.pop(1);
  body.enter(Opcode.if, [], []);
  side();
  body.turnToElse([]);
  side();
  body.leave();
  // What is on the stack is dropped or assigned to other locals later.
  for (const local of locals) {
    if (random.chance(40)) continue;
    body.emit(Opcode['local.get'], local.index);
    body.push(local);
  }
}
