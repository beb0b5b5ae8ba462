/** Blocks and branches. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body, Frame } from './body.js';
import { exact, i32, randomSlot, randomType, randomTypes, type Slot } from './shape.js';
import { tailCall } from './tail-calls.js';

/** Slots of random types; floats and vectors in blocks may be inexact. */
function randomSlots(body: Body, usual: number): Slot[] {
  return randomTypes(body.shape, usual).map((type) => randomSlot(type, body.random, 50));
}

/** The values on top of the stack that become parameters of a block. */
function chooseParams(body: Body): Slot[] {
  const most = Math.min(body.available, body.random.chance(10) ? 12 : 3);
  const count = body.random.chance(50) ? 0 : body.random.between(0, most);
  return body.stack.slice(body.stack.length - count);
}

/** Blocks, loops and `if`s at this depth contain only few statements. */
const deepBlocks = 6;

function statementCount(body: Body): number {
  return body.frames.length > deepBlocks ? 1 : body.random.between(1, 5);
}

export function anyBlock(body: Body): void {
  const make = body.random.weighted([
    [15, plainBlock],
    [45, loop],
    [30, conditional],
    [10, switchBlocks],
  ]);
  make(body);
}

function plainBlock(body: Body): void {
  body.enter(Opcode.block, chooseParams(body), randomSlots(body, 2));
  body.statements(statementCount(body));
  body.leave();
}

function conditional(body: Body): void {
  body.want([i32]);
  body.pop(1);
  const params = chooseParams(body);
  // Without `else` the results are the parameters.
  const isOneSided = body.random.chance(30);
  body.enter(Opcode.if, params, isOneSided ? params : randomSlots(body, 2));
  body.statements(statementCount(body));
  if (!isOneSided) {
    body.turnToElse(params);
    body.statements(statementCount(body));
  }
  body.leave();
}

/** A block or `if` with one result. */
export function valueBlock(body: Body, wanted: Slot): void {
  const isConditional = body.random.chance(60);
  if (isConditional) {
    body.value(i32);
    body.pop(1);
  }
  body.enter(isConditional ? Opcode.if : Opcode.block, [], [wanted]);
  body.statements(body.random.below(2));
  if (isConditional) {
    body.turnToElse([]);
    body.statements(body.random.below(2));
  }
  body.leave();
}

/** Number of turns of a loop; fewer in nested loops. */
function turns(body: Body): number {
  const around = body.frames.filter(({ isLoop }) => isLoop).length;
  if (around === 0) return body.random.pick([1, 2, 3, 5, 9, 20]);
  return around === 1 ? body.random.between(1, 5) : body.random.between(1, 2);
}

/** Pushes whether the loop may take another turn, and counts it. */
function countDown(body: Body, counter: number): void {
  body.emit(Opcode['local.get'], counter);
  body.emit(Opcode['i32.const'], 1);
  body.emit(Opcode['i32.sub']);
  body.emit(Opcode['local.tee'], counter);
  body.emit(Opcode['i32.const'], 0);
  body.emit(Opcode['i32.gt_s']);
  body.push(i32);
}

function loop(body: Body): void {
  const { random } = body;
  const counter = body.hiddenLocal(ValType.i32);
  body.emit(Opcode['i32.const'], turns(body));
  body.emit(Opcode['local.set'], counter);
  const params = chooseParams(body);
  body.enter(Opcode.loop, params, randomSlots(body, 2), counter);
  body.statements(statementCount(body));
  if (!body.dead && random.chance(90)) {
    body.want(params);
    countDown(body, counter);
    body.emit(Opcode.br_if, 0);
    body.pop(1);
    body.narrow(params);
  }
  body.leave();
}

/** Enclosing blocks that may be branched to, by label depth. */
function targets(body: Body): readonly { readonly depth: number; readonly frame: Frame }[] {
  return body.frames
    .map((frame, k) => ({ depth: body.frames.length - 1 - k, frame }))
    .filter(({ frame }) => !frame.isLoop || frame.counter !== undefined);
}

/** A branch that would have to make more values than this is rare. */
const manyValues = 8;

/** A block that may be branched to, with what a branch to it carries. */
export function chooseTarget(body: Body): { readonly depth: number; readonly frame: Frame } | undefined {
  const { random } = body;
  const all = targets(body).filter(({ frame }) => frame.carries.length <= manyValues || random.chance(10));
  return all.length === 0 ? undefined : random.pick(all);
}

export function branchIf(body: Body): void {
  const target = chooseTarget(body);
  if (target === undefined) return;
  const { depth, frame } = target;
  body.want([...frame.carries, i32]);
  if (frame.isLoop && frame.counter !== undefined) {
    countDown(body, frame.counter);
    body.emit(Opcode['i32.and']);
    body.pop(1);
  }
  body.emit(Opcode.br_if, depth);
  body.pop(1);
  body.narrow(frame.carries);
}

/** Ends the block here with an unconditional branch. */
export function leaveHere(body: Body): void {
  const { random } = body;
  if (!leave(body)) return;
  body.markDead();
  if (random.chance(25)) body.statements(2);
}

/** Writes an unconditional branch; returns false if none was possible. */
function leave(body: Body): boolean {
  const { random } = body;
  if (random.chance(30) && tailCall(body)) return true;
  switch (random.below(8)) {
    case 0:
      if (random.chance(70)) return false;
      body.emit(Opcode.unreachable);
      return true;
    case 1:
    case 2:
      body.want(body.frames[0].results);
      body.emit(Opcode.return);
      return true;
    case 3:
    case 4:
      return branchTable(body);
    default: {
      const target = chooseTarget(body);
      if (target === undefined || target.frame.isLoop) return false;
      body.want(target.frame.carries);
      body.emit(Opcode.br, target.depth);
      return true;
    }
  }
}

function sameTypes(a: readonly Slot[], b: readonly Slot[]): boolean {
  return a.length === b.length && a.every(({ type }, k) => type === b[k].type);
}

function branchTable(body: Body): boolean {
  const { random } = body;
  const first = chooseTarget(body);
  if (first === undefined) return false;
  const fitting = targets(body).filter(({ frame }) => sameTypes(frame.carries, first.frame.carries));
  const loops = fitting.filter(({ frame }) => frame.isLoop);
  // Only one counter can be counted down, so at most one target may be a loop, and not the default one.
  const repeated = loops.length > 0 && random.chance(50) ? random.pick(loops) : undefined;
  const plain = fitting.filter(({ frame }) => !frame.isLoop);
  if (plain.length === 0) return false;
  const usable = repeated === undefined ? plain : [...plain, repeated];
  const carries = first.frame.carries.map((slot, k) => {
    const isSame = usable.every(
      ({ frame }) => !frame.carries[k].exact && frame.carries[k].lanes === slot.lanes,
    );
    return isSame ? slot : exact(slot.type);
  });
  body.want([...carries, i32]);
  const count = random.chance(8) ? random.between(40, 200) : random.between(0, 8);
  if (repeated?.frame.counter !== undefined) {
    // All ones, which means the default, if the loop may take no further turn.
    countDown(body, repeated.frame.counter);
    body.emit(Opcode['i32.const'], 1);
    body.emit(Opcode['i32.sub']);
    body.emit(Opcode['i32.or']);
    body.pop(1);
  }
  const labels = Array.from({ length: count }, () => random.pick(usable).depth);
  body.emit(Opcode.br_table, ...labels, random.pick(plain).depth);
  return true;
}

/** A br_table out of nested blocks, each followed by code. */
function switchBlocks(body: Body): void {
  const { random } = body;
  const cases = random.pick([2, 2, 3, 4, 6, 12]);
  const results = Array.from({ length: random.pick([0, 0, 1, 1, 2, 5]) }, () =>
    exact(randomType(body.shape)),
  );
  for (let k = 0; k < cases; k++) body.enter(Opcode.block, [], results);
  for (const slot of results) body.value(slot);
  body.value(i32);
  if (random.chance(70)) {
    body.emit(Opcode['i32.const'], 15);
    body.emit(Opcode['i32.and']);
  }
  const count = random.chance(8) ? random.between(40, 200) : random.between(0, cases + 4);
  const labels = Array.from({ length: count }, () => random.below(cases));
  body.emit(Opcode.br_table, ...labels, random.below(cases));
  body.markDead();
  for (let k = 1; k < cases; k++) {
    body.leave();
    body.statements(random.between(0, 2));
    if (body.dead) continue;
    body.finish();
    if (random.chance(60)) {
      body.emit(Opcode.br, random.below(cases - k));
      body.markDead();
    }
  }
  body.leave();
}
