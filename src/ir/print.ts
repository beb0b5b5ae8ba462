import type { IrFunction } from './function.js';
import {
  Op,
  opDefines,
  opName,
  opPad,
  opReads,
  ReadsA,
  ReadsArgs,
  ReadsB,
  ReadsC,
  VType,
  vtypeNames,
} from './ops.js';

const doubles = new DataView(new ArrayBuffer(8));

/** A virtual register's name: a local, the instance, the memory's base, a constant's value, or a number. */
export function registerName(ir: IrFunction, register: number): string {
  if (register < ir.localCount) return `$${register}`;
  if (register === ir.instance) return 'instance';
  if (register === ir.memoryBase) return 'memory';
  if (ir.isConstant[register] === 0) return `v${register}`;
  const low = ir.low[register];
  const high = ir.high[register];
  doubles.setInt32(0, low, true);
  doubles.setInt32(4, high, true);
  switch (ir.vtype[register]) {
    case VType.i32:
      return `${low}`;
    case VType.i64:
      return `${doubles.getBigInt64(0, true)}`;
    case VType.f32:
      return `${doubles.getFloat32(0, true)}f`;
    case VType.f64:
      return `${doubles.getFloat64(0, true)}d`;
    default:
      return `0x${Buffer.from(ir.vectors.subarray(16 * low, 16 * low + 16)).toString('hex')}`;
  }
}

/** What is written of the hint of a `br_if`, by that plus 1. */
const hints = ['', ' unlikely', ' likely'];

/** One instruction as text: `v12:i32 = i32.add $0, 4`. */
export function printInstruction(ir: IrFunction, at: number): string {
  const op = ir.op[at];
  const name = (register: number): string => registerName(ir, register);
  if (op === Op.label) return `L${ir.imm[at]}:${ir.labelIsLoop[ir.imm[at]] === 1 ? ' loop' : ''}`;
  const parts: string[] = [];
  const reads = opReads[op];
  if ((reads & ReadsA) !== 0) parts.push(name(ir.a[at]));
  if ((reads & ReadsB) !== 0) parts.push(name(ir.b[at]));
  if ((reads & ReadsC) !== 0) parts.push(name(ir.c[at]));
  if ((reads & ReadsArgs) !== 0) {
    const values = Array.from(ir.pool.subarray(ir.imm[at], ir.imm[at] + ir.c[at]), name);
    if (ir.b[at] >= 0) parts.push(`+${ir.b[at]}`);
    parts.push(`(${values.join(', ')})`);
    if (opPad[op] === 1) parts.push(`pad L${ir.pool[ir.imm[at] - 2]}`);
  } else if (op === Op.br || op === Op.br_if) {
    const unless = op === Op.br_if && ir.b[at] === 1 ? ' unless' : '';
    parts.push(`L${ir.imm[at]}${unless}${op === Op.br_if ? hints[ir.c[at] + 1] : ''}`);
  } else if (op === Op.br_table) {
    const labels = Array.from(ir.pool.subarray(ir.imm[at], ir.imm[at] + ir.c[at]), (label) => `L${label}`);
    parts.push(labels.join(' '));
  } else if (op === Op.trap || op === Op.trap_if) {
    parts.push(`trap ${ir.b[at]}`);
  } else if (ir.imm[at] !== 0) {
    parts.push(`+${ir.imm[at] >>> 0}`);
  }
  const target =
    opDefines[op] === 1 && ir.dst[at] >= 0
      ? `${name(ir.dst[at])}:${vtypeNames[ir.vtype[ir.dst[at]] as VType]} = `
      : '';
  return `${target}${opName(op)}${parts.length > 0 ? ' ' : ''}${parts.join(', ')}`;
}

/** A whole function as text, with a line for each instruction and wasm offsets. */
export function printIr(ir: IrFunction): string {
  const lines: string[] = [];
  for (let at = 0; at < ir.count; at++) {
    const text = printInstruction(ir, at);
    const isLabel = ir.op[at] === Op.label;
    lines.push(isLabel ? text : `  ${text.padEnd(56)} ; 0x${ir.wasmOffset[at].toString(16)}`);
  }
  return lines.join('\n');
}
