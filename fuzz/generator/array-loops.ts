/** Loops over memory as compilers write them, which vectorizers look for. All accesses are within bounds. */
import { type Mnemonic, Opcode } from '../../src/wasm/opcodes.js';
import { ValType } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { exact } from './shape.js';

interface Element {
  readonly type: ValType;
  readonly size: number;
  readonly load: Mnemonic;
  readonly store: Mnemonic;
  readonly operators: readonly Mnemonic[];
}

const elements: readonly Element[] = [
  {
    type: ValType.i32,
    size: 4,
    load: 'i32.load',
    store: 'i32.store',
    operators: [
      'i32.add',
      'i32.sub',
      'i32.mul',
      'i32.xor',
      'i32.and',
      'i32.shl',
      'i32.shr_s',
      'i32.shr_u',
      'i32.rotl',
    ],
  },
  {
    type: ValType.i32,
    size: 1,
    load: 'i32.load8_u',
    store: 'i32.store8',
    operators: ['i32.add', 'i32.xor', 'i32.lt_s', 'i32.gt_u'],
  },
  {
    type: ValType.i32,
    size: 2,
    load: 'i32.load16_s',
    store: 'i32.store16',
    operators: ['i32.add', 'i32.mul', 'i32.shr_s', 'i32.lt_u'],
  },
  {
    type: ValType.i64,
    size: 8,
    load: 'i64.load',
    store: 'i64.store',
    operators: ['i64.add', 'i64.sub', 'i64.mul', 'i64.xor', 'i64.or', 'i64.shl', 'i64.shr_u'],
  },
  {
    type: ValType.f32,
    size: 4,
    load: 'f32.load',
    store: 'f32.store',
    operators: ['f32.add', 'f32.mul', 'f32.sub', 'f32.min', 'f32.max', 'f32.div', 'f32.copysign'],
  },
  {
    type: ValType.f64,
    size: 8,
    load: 'f64.load',
    store: 'f64.store',
    operators: ['f64.add', 'f64.mul', 'f64.sub', 'f64.min', 'f64.max', 'f64.copysign'],
  },
];

/** Where arrays begin: close enough to overlap sometimes. */
const bases = [0, 1, 8, 64, 1000, 1024, 0x2000];

/** `for (i = 0; i < n; i++)` around one of several bodies. */
export function arrayLoop(body: Body): void {
  const { random } = body;
  const element = random.pick(elements);
  const { type, size } = element;
  const i = body.hiddenLocal(ValType.i32);
  const sum = body.hiddenLocal(type);
  const isReduction = random.chance(30);
  const count = random.pick([1, 3, 4, 7, 8, 16, 31, 33, 100, 257]);
  const index = (): void => body.emit(Opcode['local.get'], i);
  /** Pushes the address of element i in an array that is shifted by some elements, or masked. */
  const address = (mask: number | undefined): void => {
    index();
    if (mask !== undefined) {
      body.emit(Opcode['i32.const'], mask);
      body.emit(Opcode['i32.and']);
    }
    body.emit(Opcode['i32.const'], Math.log2(size));
    body.emit(Opcode['i32.shl']);
  };
  const load = (): void => {
    address(random.chance(15) ? random.pick([1, 7, 63]) : undefined);
    body.emit(Opcode[element.load], 0, random.pick(bases), 0);
  };
  const operate = (): void => {
    const operator = random.pick(element.operators);
    body.emit(Opcode[operator]);
    body.push({ type, exact: type === ValType.i32 || type === ValType.i64 });
    body.canonicalize();
    body.pop(1);
  };
  body.emit(Opcode['i32.const'], 0);
  body.emit(Opcode['local.set'], i);
  if (isReduction) {
    body.value(exact(type));
    body.emit(Opcode['local.set'], sum);
    body.pop(1);
  }
  body.enter(Opcode.loop, [], []);
  if (isReduction) {
    body.emit(Opcode['local.get'], sum);
    load();
    operate();
    body.emit(Opcode['local.set'], sum);
  } else {
    address(undefined);
    load();
    for (let more = random.below(3); more > 0; more--) {
      load();
      operate();
    }
    body.emit(Opcode[element.store], 0, random.pick(bases), 0);
  }
  index();
  body.emit(Opcode['i32.const'], 1);
  body.emit(Opcode['i32.add']);
  body.emit(Opcode['local.tee'], i);
  body.emit(Opcode['i32.const'], count);
  body.emit(Opcode['i32.lt_u']);
  body.emit(Opcode.br_if, 0);
  body.leave();
  if (!isReduction) return;
  body.emit(Opcode['local.get'], sum);
  body.push(exact(type));
}
