import type { IrFunction } from './function.js';
import {
  isLoad,
  isStore,
  noVType,
  Op,
  opDefines,
  opEnds,
  opName,
  opOperandTypes,
  opPad,
  opReads,
  opResultType,
  ReadsA,
  ReadsArgs,
  ReadsB,
  ReadsC,
  VType,
  vtypeNames,
} from './ops.js';

/**
 * Checks what the lowering relies on, and throws with the instruction's index if it does not hold. Registers
 * exist and have the class that the operation wants. Temporaries are written before they are read. Each label
 * is bound once, to the position of its instruction. Pads lie ahead, and calls with a pad write temporaries
 * that nothing else has written. Control does not run past the last instruction.
 */
export function verify(ir: IrFunction): void {
  const written = new Uint8Array(ir.registers);
  const fail = (at: number, message: string): never => {
    throw new Error(`IR verifier: ${message} at ${at}: ${opName(ir.op[at]) || ir.op[at]}`);
  };
  const checkRegister = (at: number, field: string, register: number): void => {
    if (!Number.isInteger(register) || register < 0 || register >= ir.registers) {
      fail(at, `no register v${register} in ${field}`);
    }
  };
  const read = (at: number, field: string, register: number, wanted: number): void => {
    checkRegister(at, field, register);
    if (wanted !== noVType && ir.vtype[register] !== wanted) {
      fail(at, `${field} is ${vtypeNames[ir.vtype[register]]}, not ${vtypeNames[wanted]}`);
    }
    const isDefined = ir.tracked[register] >= 0 || ir.isConstant[register] === 1 || written[register] === 1;
    if (!isDefined) fail(at, `v${register} is read before it is written`);
  };
  const checkLabel = (at: number, label: number): void => {
    if (label < 0 || label >= ir.labelCount) fail(at, `no label ${label}`);
    const position = ir.labelPosition[label];
    if (position < 0 || ir.op[position] !== Op.label || ir.imm[position] !== label) {
      fail(at, `label ${label} is not bound`);
    }
  };
  const checkPad = (at: number): void => {
    const [label, dst] = [ir.pool[ir.imm[at] - 2], ir.dst[at]];
    checkLabel(at, label);
    if (ir.labelIsPad[label] === 0) fail(at, `label ${label} is no pad`);
    if (ir.labelPosition[label] <= at) fail(at, 'the pad comes before the call');
    if (dst >= 0 && (ir.tracked[dst] >= 0 || written[dst] === 1)) fail(at, 'dst has a value at the pad');
  };
  for (let at = 0; at < ir.count; at++) {
    const op = ir.op[at];
    if (opName(op) === '') fail(at, 'no such operation');
    const reads = opReads[op];
    if ((reads & ReadsA) !== 0) read(at, 'a', ir.a[at], opOperandTypes[0][op]);
    if ((isLoad(op) || isStore(op)) && ir.vtype[ir.a[at]] > VType.i64) {
      fail(at, `a is ${vtypeNames[ir.vtype[ir.a[at]]]}, not i32 or i64`);
    }
    if ((reads & ReadsB) !== 0) read(at, 'b', ir.b[at], opOperandTypes[1][op]);
    if ((reads & ReadsC) !== 0) read(at, 'c', ir.c[at], opOperandTypes[2][op]);
    if ((reads & ReadsArgs) !== 0) {
      if (ir.imm[at] + ir.c[at] > ir.poolCount) fail(at, 'arguments beyond the pool');
      for (let k = 0; k < ir.c[at]; k++) read(at, `argument ${k}`, ir.pool[ir.imm[at] + k], noVType);
    }
    if (op === Op.label || op === Op.br || op === Op.br_if) checkLabel(at, ir.imm[at]);
    if (op === Op.label && ir.labelPosition[ir.imm[at]] !== at) fail(at, 'label bound twice');
    if (op === Op.label && ir.labelIsLoop[ir.imm[at]] === 1 && ir.loopEnd[ir.imm[at]] <= at) {
      fail(at, 'loop without an end');
    }
    if (op === Op.br_if && (ir.c[at] < -1 || ir.c[at] > 1)) fail(at, `no hint ${ir.c[at]}`);
    if (opPad[op] === 1) checkPad(at);
    if (op === Op.br_table) {
      for (let k = 0; k < ir.c[at]; k++) checkLabel(at, ir.pool[ir.imm[at] + k]);
    }
    if (op === Op.heat && ir.a[at] !== ir.instance) fail(at, 'a is not the instance');
    if (op === Op.mov || op === Op.select) {
      if (ir.vtype[ir.dst[at]] !== ir.vtype[ir.a[at]]) fail(at, 'source and destination differ in class');
      if (op === Op.select && ir.vtype[ir.a[at]] !== ir.vtype[ir.b[at]])
        fail(at, 'alternatives differ in class');
    }
    const dst = ir.dst[at];
    if (opDefines[op] === 1 && dst >= 0) {
      checkRegister(at, 'dst', dst);
      const type = opResultType[op];
      if (type !== noVType && ir.vtype[dst] !== type) {
        fail(at, `dst is ${vtypeNames[ir.vtype[dst]]}, not ${vtypeNames[type]}`);
      }
      if (ir.isConstant[dst] === 1) fail(at, `constant v${dst} is written`);
      written[dst] = 1;
    } else if (opDefines[op] === 0 && dst >= 0) {
      fail(at, 'dst where nothing is written');
    }
  }
  if (ir.count === 0 || opEnds[ir.op[ir.count - 1]] === 0) fail(ir.count - 1, 'control runs off the end');
}
