import { Op, VType, vtypeOf } from '../ir/ops.js';
import { fieldLoad, fieldStore } from './fields.js';
import type { Translator } from './translator.js';

export function localGet(t: Translator): void {
  const { reader } = t;
  // Nearly all indices take one byte.
  const local = reader.bytes[reader.position];
  if (local >= 0x80 || t.height === t.stack.length) {
    t.push(reader.u32());
    return;
  }
  reader.position++;
  t.stack[t.height++] = local;
}

export function localSet(t: Translator): void {
  const local = t.reader.u32();
  const value = t.pop();
  if (value === local) return;
  t.saveLocal(local);
  t.assign(local, value);
}

export function localTee(t: Translator): void {
  const local = t.reader.u32();
  const value = t.pop();
  if (value !== local) {
    t.saveLocal(local);
    t.assign(local, value);
  }
  // Scalar constants can be immediates. A vector is in a register by now.
  t.push(t.ir.isConstant[value] === 1 && t.ir.vtype[value] !== VType.v128 ? value : local);
}

/** The register and offset of a global's cell. */
function globalCell(t: Translator, index: number): { register: number; offset: number } {
  const { layout, ir } = t;
  const at = layout.global(index);
  if (index >= layout.importedGlobalCount) return { register: ir.instance, offset: at };
  return { register: t.define(Op['field.load64'], VType.i64, ir.instance, -1, -1, at), offset: 0 };
}

export function globalGet(t: Translator): void {
  const index = t.reader.u32();
  const vtype = vtypeOf(t.module.globals[index].type);
  const { register, offset } = globalCell(t, index);
  t.push(t.define(fieldLoad(vtype), vtype, register, -1, -1, offset));
}

export function globalSet(t: Translator): void {
  const index = t.reader.u32();
  const vtype = vtypeOf(t.module.globals[index].type);
  const value = t.pop();
  const { register, offset } = globalCell(t, index);
  t.ir.emit(fieldStore(vtype), -1, register, -1, value, offset);
}

export function drop(t: Translator): void {
  t.height--;
}

export function select(t: Translator): void {
  const condition = t.pop();
  const otherwise = t.pop();
  const value = t.pop();
  t.push(t.define(Op.select, t.ir.vtype[value] as VType, value, otherwise, condition, 0));
}

export function selectTyped(t: Translator): void {
  for (let count = t.reader.u32(); count > 0; count--) t.reader.valType();
  select(t);
}

export function i32Const(t: Translator): void {
  t.push(t.constant32(t.reader.s32()));
}

export function i64Const(t: Translator): void {
  const low = t.reader.s64();
  t.push(t.constant64(low, t.reader.high));
}

export function f32Const(t: Translator): void {
  t.push(t.ir.newConstant(VType.f32, t.reader.bits32(), 0));
}

export function f64Const(t: Translator): void {
  const low = t.reader.bits32();
  t.push(t.ir.newConstant(VType.f64, low, t.reader.bits32()));
}
