/** Whole functions. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { type FuncType, isDefaultable, isRefType, ValType } from '../../src/wasm/types.js';
import { blockOf, emptyBlock, type FunctionDraft } from '../module/draft.js';
import { Body } from './body.js';
import { makers } from './makers.js';
import { observe } from './memory.js';
import { isOnlyForWasm } from './references.js';
import { exact, type GlobalSlot, isNumber, randomSlot, randomType, type Shape, typeIndex } from './shape.js';

/** How many calls one call from JavaScript may lead to. */
const fuelOfCall = 80;

function begin(shape: Shape, { params, results }: FuncType, budget: number): Body {
  return new Body(shape, params.map(exact), results.map(exact), budget, makers);
}

function end(body: Body, type: number): FunctionDraft {
  body.finish();
  body.emit(Opcode.end);
  return { type, locals: body.localTypes, code: body.code };
}

/** Pushes the zero of a type. */
function zero(body: Body, type: ValType): void {
  if (type === ValType.i32) body.emit(Opcode['i32.const'], 0);
  else if (type === ValType.i64) body.emit(Opcode['i64.const'], 0n);
  else if (type === ValType.f32) body.emit(Opcode['f32.const'], 0);
  else if (type === ValType.f64) body.emit(Opcode['f64.const'], 0n);
  else if (type === ValType.v128) body.emit(Opcode['v128.const'], 0n, 0n);
  else if (isRefType(type)) body.leaf(exact(type));
}

/** Returns at once after enough calls. */
function useFuel(body: Body, results: readonly ValType[]): void {
  const { fuel } = body.shape;
  body.emit(Opcode['global.get'], fuel);
  body.emit(Opcode['i32.eqz']);
  body.emit(Opcode.if, emptyBlock);
  const height = body.stack.length;
  for (const type of results) zero(body, type);
  body.pop(body.stack.length - height);
  body.emit(Opcode.return);
  body.emit(Opcode.end);
  body.emit(Opcode['global.get'], fuel);
  body.emit(Opcode['i32.const'], 1);
  body.emit(Opcode['i32.sub']);
  body.emit(Opcode['global.set'], fuel);
}

function addLocals(body: Body): void {
  const { random } = body;
  const count = body.isCrowded ? random.between(12, 40) : random.between(0, 7);
  for (let k = 0; k < count; k++) {
    const type = randomType(body.shape);
    const slot = randomSlot(type, random, 60);
    const isSet = !isDefaultable(type) || random.chance(60);
    if (isSet) body.value(slot);
    const local = body.addLocal(slot);
    if (!isSet) continue;
    body.emit(Opcode['local.set'], local.index);
    body.pop(1);
  }
}

/** A function that does anything, and ends. */
export function randomFunction(shape: Shape, type: number): FunctionDraft {
  const { random, draft } = shape;
  const { params, results } = draft.types[type];
  const budget = random.weighted([
    [60, random.between(10, 120)],
    [30, random.between(100, 400)],
    [3, random.between(400, 1200)],
  ]);
  const body = begin(shape, { params, results }, budget);
  useFuel(body, results);
  addLocals(body);
  body.statements(budget);
  if (!body.dead && random.chance(60)) {
    for (const local of body.locals) if (isNumber(local.type)) observe(body, local);
  }
  return end(body, type);
}

/** A function that calls functions of its type, itself or the next, until the stack is exhausted. */
export function runawayFunction(shape: Shape, type: number, callee: number): FunctionDraft {
  const { random, draft } = shape;
  const { params, results } = draft.types[type];
  const body = begin(shape, { params, results }, random.between(5, 60));
  addLocals(body);
  for (const slot of params.map(exact)) body.value(slot);
  body.emit(Opcode.call, callee);
  body.pop(params.length);
  body.push(...results.map(exact));
  for (const local of body.locals) if (isNumber(local.type) && random.chance(50)) observe(body, local);
  return end(body, type);
}

/** The integer types that have as many bits together. */
function asIntegers(type: ValType): ValType[] {
  if (type === ValType.f32) return [ValType.i32];
  if (type === ValType.v128) return [ValType.i64, ValType.i64];
  if (isOnlyForWasm(type)) return [];
  return [type === ValType.f64 ? ValType.i64 : type];
}

/** Pushes the value that is in integers in the locals from `local` on. Returns the local after them. */
function fromIntegers(body: Body, type: ValType, local: number): number {
  if (isOnlyForWasm(type)) {
    const height = body.stack.length;
    body.leaf(exact(type));
    body.pop(body.stack.length - height);
    return local;
  }
  body.emit(Opcode['local.get'], local);
  if (type === ValType.f32) body.emit(Opcode['f32.reinterpret_i32']);
  if (type === ValType.f64) body.emit(Opcode['f64.reinterpret_i64']);
  if (type !== ValType.v128) return local + 1;
  body.emit(Opcode['i64x2.splat']);
  body.emit(Opcode['local.get'], local + 1);
  body.emit(Opcode['i64x2.replace_lane'], 1);
  return local + 2;
}

/** Pushes what is in a local, as integers. */
function toIntegers(body: Body, type: ValType, local: number): void {
  if (type === ValType.v128) {
    body.emit(Opcode['local.get'], local);
    body.emit(Opcode['i64x2.extract_lane'], 0);
    body.emit(Opcode['local.get'], local);
    body.emit(Opcode['i64x2.extract_lane'], 1);
  } else if (!isOnlyForWasm(type)) {
    body.emit(Opcode['local.get'], local);
    if (type === ValType.f32) body.emit(Opcode['i32.reinterpret_f32']);
    if (type === ValType.f64) body.emit(Opcode['i64.reinterpret_f64']);
  }
  body.push(...asIntegers(type).map(exact));
}

/**
 * A function for JavaScript that supplies new fuel and calls another one. Floats and vectors go in and out as
 * integers: JavaScript does not keep the bits of NaNs, and has no vectors.
 */
export function entryFunction(shape: Shape, callee: number): FunctionDraft {
  const { params, results } = shape.draft.types[shape.functionTypes[callee]];
  const outer: FuncType = { params: params.flatMap(asIntegers), results: results.flatMap(asIntegers) };
  const body = begin(shape, outer, 0);
  body.emit(Opcode['i32.const'], fuelOfCall);
  body.emit(Opcode['global.set'], shape.fuel);
  let next = 0;
  for (const type of params) next = fromIntegers(body, type, next);
  body.emit(Opcode.call, callee);
  const kept = results.map((type) => body.hiddenLocal(type));
  for (const local of [...kept].reverse()) body.emit(Opcode['local.set'], local);
  for (const [k, type] of results.entries()) toIntegers(body, type, kept[k]);
  return end(body, typeIndex(shape.draft, outer));
}

/** A function for JavaScript that returns the global vectors, as integers: it cannot see them itself. */
export function vectorsFunction(shape: Shape, globals: readonly GlobalSlot[]): FunctionDraft {
  const outer: FuncType = { params: [], results: globals.flatMap(({ type }) => asIntegers(type)) };
  const body = begin(shape, outer, 0);
  for (const slot of globals) {
    body.emit(Opcode['global.get'], slot.index);
    body.push(slot);
    body.canonicalize();
    body.pop(1);
    const local = body.hiddenLocal(slot.type);
    body.emit(Opcode['local.set'], local);
    toIntegers(body, slot.type, local);
  }
  return end(body, typeIndex(shape.draft, outer));
}

/** The start function: statements without parameters. */
export function startFunction(shape: Shape): FunctionDraft {
  const body = begin(shape, { params: [], results: [] }, shape.random.between(5, 40));
  body.emit(Opcode.block, blockOf(ValType.i32));
  body.emit(Opcode['i32.const'], shape.random.below(100));
  body.emit(Opcode.end);
  body.emit(Opcode['global.set'], shape.fuel);
  body.statements(4);
  return end(body, typeIndex(shape.draft, { params: [], results: [] }));
}
