/** Blocks that catch exceptions, and what throws them. */
import { CatchKind, Opcode } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body, Frame } from './body.js';
import { anyCall } from './calls.js';
import { exact, i32, randomSlot, randomTypes, type Slot, satisfies, type TagSlot } from './shape.js';

const exnref = exact(ValType.exnref);

/** Whether a module has exceptions. */
export function hasExceptions({ shape }: Body): boolean {
  return shape.features.has('exceptions') || shape.features.has('legacy-exceptions');
}

/** Writes a block that catches something. */
export function anyTry(body: Body): void {
  if (body.shape.features.has('exceptions')) tryTable(body);
  else if (body.random.chance(75)) legacyTry(body);
  else delegatingTry(body);
}

/** Throws, mostly on a condition. What follows may be unreachable. */
export function anyThrow(body: Body): void {
  const { random } = body;
  if (random.chance(25)) {
    throwNow(body);
    return;
  }
  body.want([i32]);
  body.pop(1);
  body.enter(Opcode.if, [], []);
  throwNow(body);
  body.leave();
}

function throwNow(body: Body): void {
  const { random, shape } = body;
  const catching = body.frames.map((frame, k) => ({ frame, depth: body.frames.length - 1 - k }));
  const rethrowable = catching.filter(({ frame }) => frame.isCatching);
  if (rethrowable.length > 0 && random.chance(40)) {
    body.emit(Opcode.rethrow, random.pick(rethrowable).depth);
  } else if (shape.features.has('exceptions') && (shape.tags.length === 0 || random.chance(30))) {
    body.want([exnref]);
    body.emit(Opcode.throw_ref);
  } else if (shape.tags.length > 0) {
    const { index, payload } = random.pick(shape.tags);
    body.want(payload);
    body.emit(Opcode.throw, index);
  } else {
    return;
  }
  body.markDead();
}

/** What is done in a block that catches: calls, and locals that change around them. */
function guarded(body: Body): void {
  const { random } = body;
  for (let count = random.between(1, 4); count > 0 && !body.dead; count--) {
    switch (random.below(6)) {
      case 0:
      case 1:
        anyCall(body);
        break;
      case 2:
      case 3: {
        if (body.locals.length === 0) break;
        const local = random.pick(body.locals);
        body.value(local);
        body.emit(Opcode['local.set'], local.index);
        body.pop(1);
        break;
      }
      case 4:
        anyThrow(body);
        break;
      default:
        body.statements(1);
    }
  }
}

function randomResults(body: Body): Slot[] {
  return randomTypes(body.shape, 2).map((type) => randomSlot(type, body.random, 50));
}

function chooseParams(body: Body): Slot[] {
  const count = body.random.chance(60) ? 0 : body.random.between(0, Math.min(body.available, 3));
  return body.stack.slice(body.stack.length - count);
}

/** A clause of a `try_table`: what it pushes, and its immediates but the label. */
interface Clause {
  readonly pushed: readonly Slot[];
  readonly immediates: readonly number[];
}

function clause(tag: TagSlot | undefined, hasReference: boolean): Clause {
  const reference = hasReference ? [exnref] : [];
  if (tag === undefined) {
    return { pushed: reference, immediates: [hasReference ? CatchKind.allRef : CatchKind.all] };
  }
  const kind = hasReference ? CatchKind.tagRef : CatchKind.tag;
  return { pushed: [...tag.payload, ...reference], immediates: [kind, tag.index] };
}

function randomClause(body: Body): Clause {
  const { random, shape } = body;
  const tag = shape.tags.length > 0 && random.chance(70) ? random.pick(shape.tags) : undefined;
  return clause(tag, random.chance(35));
}

/** Blocks around that an exception may go to: not loops, whose turns would not be counted. */
function fitting(body: Body, pushed: readonly Slot[]): number[] {
  const fits = ({ isLoop, carries }: Frame): boolean =>
    !isLoop &&
    carries.length === pushed.length &&
    carries.every((carried, k) => satisfies(pushed[k], carried));
  return body.frames.flatMap((frame, k) => (fits(frame) ? [body.frames.length - 1 - k] : []));
}

/**
 * A `try_table` within a block for each of its clauses; after each of these there is code that deals with the
 * exception. All ways meet at the end of a block around them.
 */
function tryTable(body: Body): void {
  const { random } = body;
  const results = randomResults(body);
  const clauses = Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, () => randomClause(body));
  body.enter(Opcode.block, [], results);
  for (const { pushed } of clauses.toReversed()) body.enter(Opcode.block, [], pushed);
  // Labels count from the block around the try_table.
  const immediates = clauses.map(({ immediates: first }, k) => [...first, k]);
  for (let more = random.below(3); more > 0; more--) {
    const { pushed, immediates: first } = randomClause(body);
    const labels = fitting(body, pushed);
    if (labels.length > 0) {
      immediates.splice(random.below(immediates.length + 1), 0, [...first, random.pick(labels)]);
    }
  }
  body.enter(Opcode.try_table, [], results, undefined, immediates.flat());
  guarded(body);
  body.leave();
  for (let outer = clauses.length; outer > 0; outer--) {
    body.finishWith(results);
    body.emit(Opcode.br, outer);
    body.markDead();
    body.leave();
    body.statements(random.below(3));
  }
  body.leave();
}

/** `try` with some `catch`es. */
function legacyTry(body: Body): void {
  const { random, shape } = body;
  const tags =
    shape.tags.length === 0 ? [] : Array.from({ length: random.below(3) }, () => random.pick(shape.tags));
  body.enter(Opcode.try, chooseParams(body), randomResults(body));
  guarded(body);
  for (const { index, payload } of tags) {
    body.turnToCatch(payload, Opcode.catch, index);
    body.statements(random.between(0, 3));
  }
  if (tags.length === 0 || random.chance(50)) {
    body.turnToCatch([], Opcode.catch_all);
    body.statements(random.between(0, 3));
  }
  body.leave();
}

/** `try` that hands exceptions on to a block around it. */
function delegatingTry(body: Body): void {
  const depth = body.random.below(body.frames.length);
  body.enter(Opcode.try, chooseParams(body), randomResults(body));
  guarded(body);
  body.leave(Opcode.delegate, depth);
}

/** Pushes a reference to an exception that was thrown for it; to none if it was not. */
export function caughtReference(body: Body): void {
  body.enter(Opcode.block, [], [exnref]);
  body.enter(Opcode.try_table, [], [], undefined, [CatchKind.allRef, 0]);
  if (body.shape.tags.length > 0 && body.random.chance(70)) anyThrow(body);
  else anyCall(body);
  body.leave();
  body.leave();
}
