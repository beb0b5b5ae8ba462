import { checkBody } from '../wasm/body-checks.js';
import { isPrefix, type Mnemonic, type OpcodeKind, opcodeCount, opcodes } from '../wasm/opcodes.js';
import { skipUnreachable } from '../wasm/skip-unreachable.js';
import * as calls from './calls.js';
import * as control from './control.js';
import * as exceptions from './exceptions.js';
import * as memory from './memory.js';
import { numericHandler } from './numeric.js';
import * as references from './references.js';
import { relaxedHandler } from './relaxed.js';
import * as tables from './tables.js';
import type { Translator } from './translator.js';
import * as variables from './variables.js';
import * as vectors from './vectors.js';

type Handler = (t: Translator, opcode: number) => void;

const nop: Handler = () => {};

/** Handlers of all opcodes but numeric operators, loads and stores. */
const handlers: Readonly<Partial<Record<Mnemonic, Handler>>> = {
  unreachable: control.unreachable,
  nop,
  block: control.block,
  loop: control.loop,
  if: control.ifThen,
  else: control.elseArm,
  end: exceptions.end,
  throw: exceptions.throwTag,
  throw_ref: exceptions.throwRef,
  try_table: exceptions.tryTable,
  try: exceptions.tryBlock,
  catch: exceptions.catchTag,
  catch_all: exceptions.catchAll,
  delegate: exceptions.delegate,
  rethrow: exceptions.rethrow,
  br: control.br,
  br_if: control.brIf,
  br_table: control.brTable,
  return: control.returnOp,
  call: calls.call,
  call_indirect: calls.callIndirect,
  return_call: calls.returnCall,
  return_call_indirect: calls.returnCallIndirect,
  call_ref: references.callRef,
  return_call_ref: references.returnCallRef,
  br_on_null: references.brOnNull,
  br_on_non_null: references.brOnNonNull,
  'ref.as_non_null': references.refAsNonNull,
  'ref.null': tables.refNull,
  'ref.is_null': tables.refIsNull,
  'ref.func': calls.refFunc,
  drop: variables.drop,
  select: variables.select,
  'select t': variables.selectTyped,
  'local.get': variables.localGet,
  'local.set': variables.localSet,
  'local.tee': variables.localTee,
  'global.get': variables.globalGet,
  'global.set': variables.globalSet,
  'table.get': tables.tableGet,
  'table.set': tables.tableSet,
  'table.init': tables.tableInit,
  'elem.drop': tables.elemDrop,
  'table.copy': tables.tableCopy,
  'table.grow': tables.tableGrow,
  'table.size': tables.tableSize,
  'table.fill': tables.tableFill,
  'memory.size': memory.memorySize,
  'memory.grow': memory.memoryGrow,
  'memory.init': memory.memoryInit,
  'data.drop': memory.dataDrop,
  'memory.copy': memory.memoryCopy,
  'memory.fill': memory.memoryFill,
  'i32.const': variables.i32Const,
  'i64.const': variables.i64Const,
  'f32.const': variables.f32Const,
  'f64.const': variables.f64Const,
  'v128.const': vectors.v128Const,
  ...vectors.laneAccesses,
};

/** Handlers of loads and stores, by kind. */
const accessHandlers: Readonly<Partial<Record<OpcodeKind, Handler>>> = {
  load: memory.load,
  store: memory.store,
};

const dispatch: Handler[] = new Array<Handler>(opcodeCount).fill(nop);
for (const { code, mnemonic, kind, feature } of opcodes) {
  dispatch[code] =
    feature === 'relaxed-simd'
      ? relaxedHandler(mnemonic, numericHandler)
      : (handlers[mnemonic] ?? accessHandlers[kind] ?? numericHandler(code));
}

/** 1 for each opcode after which code may be unreachable, up to the next `end` or `else`. */
const endsCode = new Uint8Array(opcodeCount);
for (const { code, kind } of opcodes) if (kind === 'control') endsCode[code] = 1;

/**
 * Translates function `index` of the translator's module into its IR.
 *
 * @throws CompileError if it turns out to be invalid
 */
export function translate(t: Translator, index: number): void {
  checkBody(t.module, index);
  t.begin(index);
  control.openFunction(t);
  const { reader, ir, control: frames } = t;
  const { bytes } = reader;
  while (frames.depth > 0) {
    const { position } = reader;
    ir.currentOffset = position;
    let opcode = bytes[position];
    if (isPrefix[opcode] === 0) reader.position = position + 1;
    else opcode = reader.opcode();
    dispatch[opcode](t, opcode);
    if (endsCode[opcode] === 1 && frames.depth > 0 && frames.unreachable[frames.depth - 1] === 1) {
      skipUnreachable(reader);
    }
  }
}
