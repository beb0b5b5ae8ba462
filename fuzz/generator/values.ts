/** Makes a value of a type in one of many ways. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { isNullable, isRefType, nullable, type RefType, refClass, ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { callFor } from './calls.js';
import { edgeBits, halves } from './constants.js';
import { valueBlock } from './control.js';
import { caughtReference } from './exceptions.js';
import { loadOf } from './memory.js';
import { operatorOf } from './operators.js';
import { functionsOf } from './references.js';
import { exact, i32, isNumber, type Slot, satisfies } from './shape.js';
import { tableGet } from './tables.js';

/** The deepest nesting of expressions. */
const deepest = 5;

export function makeValue(body: Body, wanted: Slot): void {
  const { random, shape } = body;
  const isLeaf = body.depth > deepest || body.budget <= 0 || random.chance(45);
  if (isLeaf) leaf(body, wanted);
  else if (!isNumber(wanted.type)) reference(body, wanted);
  else {
    switch (random.below(12)) {
      case 0:
        if (shape.memories.length > 0) loadOf(body, wanted.type);
        else leaf(body, wanted);
        return;
      case 1:
        select(body, wanted);
        return;
      case 2:
        valueBlock(body, wanted);
        return;
      case 3:
        if (!callFor(body, wanted.type)) operatorOf(body, wanted.type);
        return;
      case 4:
        tee(body, wanted);
        return;
      default:
        operatorOf(body, wanted.type);
    }
  }
}

/** A constant, a local or a global. */
function leaf(body: Body, wanted: Slot): void {
  const { random, shape } = body;
  const locals = body.locals.filter((local) => satisfies(local, wanted));
  if (locals.length > 0 && random.chance(body.isCrowded ? 85 : 55)) {
    const local = random.pick(locals);
    body.emit(Opcode['local.get'], local.index);
    body.push(local);
    return;
  }
  const globals = shape.globals.filter((global) => satisfies(global, wanted));
  if (globals.length > 0 && random.chance(25)) {
    const global = random.pick(globals);
    body.emit(Opcode['global.get'], global.index);
    body.push(global);
    return;
  }
  constant(body, wanted.type);
}

function constant(body: Body, type: ValType): void {
  const { random, shape } = body;
  if (isAddress(type) && random.chance(3)) {
    const sized = shape.memories.filter(({ address }) => address === type);
    if (sized.length > 0) {
      body.emit(Opcode['memory.size'], random.pick(sized).index);
      body.push(exact(type));
      return;
    }
  }
  switch (type) {
    case ValType.i32:
      body.emit(Opcode['i32.const'], Number(BigInt.asIntN(32, edgeBits(type, random))));
      break;
    case ValType.i64:
      body.emit(Opcode['i64.const'], BigInt.asIntN(64, edgeBits(type, random)));
      break;
    case ValType.f32:
      body.emit(Opcode['f32.const'], Number(edgeBits(type, random)));
      break;
    case ValType.f64:
      body.emit(Opcode['f64.const'], edgeBits(type, random));
      break;
    case ValType.v128:
      body.emit(Opcode['v128.const'], ...halves(edgeBits(type, random)));
      break;
    default:
      if (isRefType(type)) referenceConstant(body, type);
  }
  body.push(exact(type));
}

function isAddress(type: ValType): boolean {
  return type === ValType.i32 || type === ValType.i64;
}

/** Pushes null, or a function of a type if there is one. */
function referenceConstant(body: Body, type: RefType): void {
  const { random, shape } = body;
  const functions = refClass(type) === 'func' ? functionsOf(shape, type) : [];
  if (functions.length > 0 && (!isNullable(type) || random.chance(75))) {
    body.emit(Opcode['ref.func'], random.pick(functions));
    return;
  }
  body.emit(Opcode['ref.null'], nullable(type));
  if (!isNullable(type)) body.emit(Opcode['ref.as_non_null']);
}

function reference(body: Body, wanted: Slot): void {
  if (wanted.type === ValType.exnref && body.random.chance(50)) {
    caughtReference(body);
    return;
  }
  const kind = body.random.below(5);
  if (kind === 0) select(body, wanted);
  else if (kind === 1) valueBlock(body, wanted);
  else if (!tableGet(body, wanted.type)) leaf(body, wanted);
}

function select(body: Body, wanted: Slot): void {
  body.want([wanted, wanted, i32]);
  if (isNumber(wanted.type) && body.random.chance(70)) body.emit(Opcode.select);
  else body.emit(Opcode['select t'], wanted.type);
  body.pop(3);
  body.push(wanted);
}

function tee(body: Body, wanted: Slot): void {
  const locals = body.locals.filter((local) => satisfies(local, wanted));
  if (locals.length === 0) {
    leaf(body, wanted);
    return;
  }
  const local = body.random.pick(locals);
  body.value(local);
  body.emit(Opcode['local.tee'], local.index);
  body.pop(1);
  body.push(local);
}
