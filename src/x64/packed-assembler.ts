import type { CpuFeatures } from './cpu-features.js';
import { Encoder, missing } from './encoder.js';
import { digitShift, oneSourceBit, vexBit } from './encoding.js';
import { packedForm, packedMemoryForm, riShortForm, rows, rrForm, X } from './instructions.js';

/** Refuses an instruction that has one source only, or none of the kind. Returns its encoding. */
function twoSources(encoding: number, id: number, form: string): number {
  if (encoding === 0 || (encoding & oneSourceBit) !== 0) missing(id, form);
  return encoding;
}

function oneSource(encoding: number, id: number, form: string): number {
  if ((encoding & oneSourceBit) === 0) missing(id, form);
  return encoding;
}

/**
 * Packed instructions in the form of AVX where the processor has it, else in that of SSE. Operands are xmm
 * registers by number, or general ones where an element is inserted; `immediate` counts for the instructions
 * that have one.
 *
 * AVX has a destination of its own, and its operands in memory lie anywhere. SSE overwrites the first source,
 * so it is copied first, and `dst` may be the second source only where it is the first one too; 16 bytes in
 * memory must lie at a multiple of 16.
 */
export class PackedAssembler extends Encoder {
  /**
   * Whether instructions have a destination of their own, and take memory operands that are not aligned. True
   * until `allow` says for which processor the code is.
   */
  avx = true;

  override allow(cpu: CpuFeatures): void {
    super.allow(cpu);
    this.avx = cpu.avx;
  }

  /** dst = a op b. */
  packed(id: number, dst: number, a: number, b: number, immediate = 0): void {
    const encoding = twoSources(packedForm[id], id, 'packed');
    if (this.avx || (encoding & vexBit) !== 0) {
      this.vex(encoding, dst, a, b);
    } else {
      if (dst === b && dst !== a && rows[id].rm === 'xmm') {
        throw new Error(`internal error: ${rows[id].mnemonic} would overwrite its second source`);
      }
      this.copy(dst, a);
      this.twoRegisters(encoding, dst, b);
    }
    this.immediate(encoding, this.position, immediate);
  }

  /** dst = a op [base + disp]. */
  packedMemory(id: number, dst: number, a: number, base: number, disp: number, immediate = 0): void {
    const encoding = twoSources(packedMemoryForm[id], id, 'packedMemory');
    this.immediate(encoding, this.withMemory(encoding, dst, a, base, disp), immediate);
  }

  /** dst = a op [base + index << scale + disp]. */
  packedIndexed(
    id: number,
    dst: number,
    a: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
    immediate = 0,
  ): void {
    const encoding = twoSources(packedMemoryForm[id], id, 'packedIndexed');
    this.immediate(encoding, this.withIndexed(encoding, dst, a, base, index, scale, disp), immediate);
  }

  /** dst = a op [label]. */
  packedLabel(id: number, dst: number, a: number, label: number, immediate = 0): void {
    const encoding = twoSources(packedMemoryForm[id], id, 'packedLabel');
    this.withLabel(encoding, dst, a, label, immediate);
  }

  /** dst = op a. */
  packedUnary(id: number, dst: number, a: number, immediate = 0): void {
    const encoding = oneSource(packedForm[id], id, 'packedUnary');
    if (this.avx || (encoding & vexBit) !== 0) this.vex(encoding, dst, 0, a);
    else this.twoRegisters(encoding, dst, a);
    this.immediate(encoding, this.position, immediate);
  }

  /** dst = op [base + disp]. */
  packedUnaryMemory(id: number, dst: number, base: number, disp: number, immediate = 0): void {
    const encoding = oneSource(packedMemoryForm[id], id, 'packedUnaryMemory');
    this.immediate(encoding, this.withMemory(encoding, dst, 0, base, disp), immediate);
  }

  /** dst = op [base + index << scale + disp]. */
  packedUnaryIndexed(
    id: number,
    dst: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
    immediate = 0,
  ): void {
    const encoding = oneSource(packedMemoryForm[id], id, 'packedUnaryIndexed');
    this.immediate(encoding, this.withIndexed(encoding, dst, 0, base, index, scale, disp), immediate);
  }

  /** dst = op [label]. */
  packedUnaryLabel(id: number, dst: number, label: number, immediate = 0): void {
    const encoding = oneSource(packedMemoryForm[id], id, 'packedUnaryLabel');
    this.withLabel(encoding, dst, 0, label, immediate);
  }

  /** dst = a shifted by a constant: each element by bits, or (`psrldq`, `pslldq`) all together by bytes. */
  packedShift(id: number, dst: number, a: number, count: number): void {
    const encoding = riShortForm[id];
    if (encoding === 0 || rows[id].rm !== 'xmm') missing(id, 'packedShift');
    if (this.avx) {
      this.vex(encoding, (encoding >> digitShift) & 7, dst, a);
      this.immediate(encoding, this.position, count);
    } else {
      this.copy(dst, a);
      this.oneRegister(encoding, dst, count);
    }
  }

  /** dst = sign bit of `mask`'s element ? b : a, for `vpblendvb` and the like of AVX. */
  packedBlend(id: number, dst: number, a: number, b: number, mask: number): void {
    this.packed(id, dst, a, b, mask << 4);
  }

  private copy(dst: number, a: number): void {
    if (dst !== a) this.twoRegisters(rrForm[X.movaps], dst, a);
  }

  /** Writes everything but an immediate, of both kinds of instructions; returns the position after it. */
  private withMemory(encoding: number, dst: number, a: number, base: number, disp: number): number {
    if (this.avx || (encoding & vexBit) !== 0) {
      const position = this.vexOpcode(encoding, ((dst >> 1) & 4) | (base >> 3), a);
      return this.basedOperand(position, dst, base, disp);
    }
    if ((encoding & oneSourceBit) === 0) this.copy(dst, a);
    return this.memory(encoding, dst, base, disp);
  }

  private withIndexed(
    encoding: number,
    dst: number,
    a: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
  ): number {
    if (this.avx || (encoding & vexBit) !== 0) {
      const position = this.vexOpcode(encoding, ((dst >> 1) & 4) | ((index >> 2) & 2) | (base >> 3), a);
      return this.indexedOperand(position, dst, base, index, scale, disp);
    }
    if ((encoding & oneSourceBit) === 0) this.copy(dst, a);
    return this.indexed(encoding, dst, base, index, scale, disp);
  }

  private withLabel(encoding: number, dst: number, a: number, label: number, immediate: number): void {
    if (this.avx || (encoding & vexBit) !== 0) {
      const position = this.vexOpcode(encoding, (dst >> 1) & 4, a);
      this.labelOperand(encoding, position, dst, label, immediate);
    } else {
      if ((encoding & oneSourceBit) === 0) this.copy(dst, a);
      this.ripRelative(encoding, dst, label, immediate);
    }
  }
}
