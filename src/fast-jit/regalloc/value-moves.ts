import type { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import type { InstanceLayout } from '../../layout/instance-layout.js';
import { memoryInstance } from '../../layout/structs.js';
import type { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import type { ConstantPool } from '../lowering/constant-pool.js';
import { firstXmm } from './machine-registers.js';

const rbp = 5;

const loadOf = [X.mov32, X.mov64, X.movss, X.movsd];

/**
 * The machine instructions that move a value between registers and its place in memory. None of them writes the
 * flags, so they may stand between a comparison and its branch. A register that holds an i32 has zeros in its upper
 * half after each of them, as everywhere.
 */
export class ValueMoves {
  readonly asm: Assembler;
  readonly ir: IrFunction;
  readonly constants: ConstantPool;
  /** Of the module that is being compiled. */
  layout: InstanceLayout;

  constructor(asm: Assembler, ir: IrFunction, constants: ConstantPool, layout: InstanceLayout) {
    this.asm = asm;
    this.ir = ir;
    this.constants = constants;
    this.layout = layout;
  }

  copy(vtype: number, to: number, from: number): void {
    if (to === from) return;
    if (vtype === VType.i32) this.asm.rr(X.mov32, to, from);
    else if (vtype === VType.i64) this.asm.rr(X.mov64, to, from);
    else this.asm.rr(X.movaps, to - firstXmm, from - firstXmm);
  }

  load(vtype: number, to: number, disp: number): void {
    this.asm.rm(loadOf[vtype], to & 15, rbp, disp);
  }

  store(vtype: number, disp: number, from: number): void {
    this.asm.mr(loadOf[vtype], rbp, disp, from & 15);
  }

  /** Sets a register to a constant. */
  constant(register: number, to: number): void {
    const { ir, asm } = this;
    const low = ir.low[register];
    const high = ir.high[register];
    const vtype = ir.vtype[register];
    if (vtype < VType.f32) {
      asm.movImm(to, low, vtype === VType.i32 ? 0 : high);
    } else if (low === 0 && high === 0) {
      asm.rr(X.xorps, to - firstXmm, to - firstXmm);
    } else {
      const label = vtype === VType.f32 ? this.constants.label32(low) : this.constants.label64(low, high);
      asm.rl(loadOf[vtype], to - firstXmm, label);
    }
  }

  /** Loads the base of memory 0, given a register that holds the instance. */
  memoryBase(to: number, instance: number): void {
    const at = this.layout.memory(0);
    if (this.layout.importedMemoryCount === 0) {
      this.asm.rm(X.mov64, to, instance, at + memoryInstance.offsets.base);
    } else {
      this.asm.rm(X.mov64, to, instance, at);
      this.asm.rm(X.mov64, to, to, memoryInstance.offsets.base);
    }
  }
}
