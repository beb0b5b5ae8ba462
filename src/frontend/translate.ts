import { isLoad, isStore } from '../ir/ops.js';
import {
  Immediate,
  immediateKind,
  opcodeIndex,
  opcodeIndexCount,
  opcodes,
  Op as WasmOp,
} from '../wasm/opcodes.js';
import * as calls from './calls.js';
import type { CodeReader } from './code-reader.js';
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
    if (frames.depth > 0 && frames.unreachable[frames.depth - 1] === 1) skipUnreachable(t);
  }
}

/** Skips code that cannot be reached, up to the `end` or `else` of the innermost frame. */
function skipUnreachable(t: Translator): void {
  const { reader } = t;
  let depth = 0;
  for (;;) {
    const code = reader.u8();
    if (code === WasmOp.end || code === WasmOp.else) {
      if (depth === 0) {
        reader.position--;
        return;
      }
      if (code === WasmOp.end) depth--;
      continue;
    }
    if (code === WasmOp.block || code === WasmOp.loop || code === WasmOp.if) depth++;
    skipImmediates(reader, code === 0xfc ? 0x100 + reader.u32() : code);
  }
}

function skipImmediates(reader: CodeReader, index: number): void {
  switch (immediateKind[index]) {
    case Immediate.none:
      return;
    case Immediate.f32:
      reader.position += 4;
      return;
    case Immediate.f64:
      reader.position += 8;
      return;
    case Immediate.labels:
    case Immediate.valTypes:
      for (let n = reader.u32() + (immediateKind[index] === Immediate.labels ? 1 : 0); n > 0; n--) {
        reader.skipLeb();
      }
      return;
    case Immediate.typeTable:
    case Immediate.tableTable:
    case Immediate.elemTable:
    case Immediate.memarg:
    case Immediate.memoryMemory:
    case Immediate.dataMemory:
      reader.skipLeb();
      reader.skipLeb();
      return;
    default:
      reader.skipLeb();
  }
}
