import { isLoad, isStore } from '../ir/ops.js';
import { opcodeIndex, opcodeIndexCount, opcodes, type Op as WasmOp } from '../wasm/opcodes.js';
import { skipUnreachable } from '../wasm/skip-unreachable.js';
import * as calls from './calls.js';
import * as control from './control.js';
import * as memory from './memory.js';
import { numericHandler } from './numeric.js';
import * as tables from './tables.js';
import type { Translator } from './translator.js';
import * as variables from './variables.js';

type Handler = (t: Translator, code: number) => void;

const nop: Handler = () => {};

/** Handlers of the opcodes that are neither plain numeric operators nor loads or stores. */
const handlers: Readonly<Partial<Record<keyof typeof WasmOp, Handler>>> = {
  unreachable: control.unreachable,
  nop,
  block: control.block,
  loop: control.loop,
  if: control.ifThen,
  else: control.elseArm,
  end: control.end,
  br: control.br,
  br_if: control.brIf,
  br_table: control.brTable,
  return: control.returnOp,
  call: calls.call,
  call_indirect: calls.callIndirect,
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
};

const dispatch: Handler[] = new Array<Handler>(opcodeIndexCount).fill(nop);
for (const { code, mnemonic } of opcodes) {
  dispatch[opcodeIndex(code)] =
    handlers[mnemonic] ?? (isLoad(code) ? memory.load : isStore(code) ? memory.store : numericHandler(code));
}

/** Translates function `index` of the translator's module into its IR. The function must be valid. */
export function translate(t: Translator, index: number): void {
  t.begin(index);
  control.openFunction(t);
  const { reader, ir, control: frames } = t;
  while (frames.depth > 0) {
    const at = reader.position;
    ir.currentOffset = at;
    let code = reader.u8();
    let dispatchIndex = code;
    if (code === 0xfc) {
      const sub = reader.u32();
      code = 0xfc00 | sub;
      dispatchIndex = 0x100 + sub;
    }
    dispatch[dispatchIndex](t, code);
    if (frames.depth > 0 && frames.unreachable[frames.depth - 1] === 1) skipUnreachable(reader);
  }
}
