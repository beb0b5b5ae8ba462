import type { IrFunction } from '../../ir/function.js';
import { VType } from '../../ir/ops.js';
import type { InstanceLayout } from '../../layout/instance-layout.js';
import { memoryInstance } from '../../layout/structs.js';
import { vectorSize } from '../../layout/widths.js';
import { Gpr } from '../../x64/abi.js';
import type { Assembler } from '../../x64/assembler.js';
import { X } from '../../x64/instructions.js';
import { isFloatRegister } from '../regalloc/register-set.js';
import type { ValueMoves } from '../regalloc/value-moves.js';
import type { ConstantPool } from './constant-pool.js';
import { encodingOf, scratchXmm } from './machine-registers.js';

/** The instruction that loads or stores a value, by `VType`. */
const loadOf = [X.mov32, X.mov64, X.movss, X.movsd, X.movups];

/** The moves of x86-64. */
export class MoveEmitter implements ValueMoves {
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
    else this.asm.rr(X.movaps, encodingOf(to), encodingOf(from));
  }

  swap(a: number, b: number): void {
    const { asm } = this;
    if (!isFloatRegister(a)) {
      asm.rr(X.xchg64, a, b);
      return;
    }
    const [first, second] = [encodingOf(a), encodingOf(b)];
    asm.rr(X.movaps, scratchXmm, second);
    asm.rr(X.movaps, second, first);
    asm.rr(X.movaps, first, scratchXmm);
  }

  load(vtype: number, to: number, displacement: number): void {
    this.asm.rm(loadOf[vtype], encodingOf(to), Gpr.rbp, displacement);
  }

  store(vtype: number, displacement: number, from: number): void {
    this.asm.mr(loadOf[vtype], Gpr.rbp, displacement, encodingOf(from));
  }

  /** Sets a register to a constant. */
  constant(register: number, to: number): void {
    const { ir, asm } = this;
    const low = ir.low[register];
    const high = ir.high[register];
    const vtype = ir.vtype[register];
    if (vtype === VType.v128) {
      this.#vector(encodingOf(to), low);
    } else if (vtype < VType.f32) {
      asm.movImm(to, low, vtype === VType.i32 ? 0 : high);
    } else if (low === 0 && high === 0) {
      asm.rr(X.xorps, encodingOf(to), encodingOf(to));
    } else {
      const label = vtype === VType.f32 ? this.constants.label32(low) : this.constants.label64(low, high);
      asm.rl(loadOf[vtype], encodingOf(to), label);
    }
  }

  /** Sets a vector register to a constant, by its index in `ir.vectors`. */
  #vector(to: number, index: number): void {
    const { ir, asm } = this;
    const { vectors } = ir;
    const start = vectorSize * index;
    const first = vectors[start];
    let k = start + 1;
    while (k < start + vectorSize && vectors[k] === first) k++;
    const isUniform = k === start + vectorSize;
    if (isUniform && first === 0) asm.rr(X.xorps, to, to);
    else if (isUniform && first === 0xff) asm.rr(X.pcmpeqd, to, to);
    else asm.rl(X.movaps, to, this.constants.labelBytes(vectors, start));
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
