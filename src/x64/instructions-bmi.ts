import type { CpuFeature } from './cpu-features.js';
import { digit, map0F3A, map0F38, prefix66, prefixF2, prefixF3, vexBit, wideBit } from './encoding.js';
import { define, needs } from './instruction-forms.js';

type Size = 32 | 64;

function registerClass(size: Size): 'r32' | 'r64' {
  return size === 32 ? 'r32' : 'r64';
}

function wide(size: Size): number {
  return size === 64 ? wideBit : 0;
}

/** reg, vvvv, r/m. */
function three(feature: CpuFeature, mnemonic: string, size: Size, encoding: number): number {
  const operand = registerClass(size);
  return needs(feature, define(mnemonic, operand, operand, { rvm: wide(size) | map0F38 | encoding }));
}

/** vvvv is the destination, r/m the source. */
function lowestBit(mnemonic: string, size: Size, number: number): number {
  const operand = registerClass(size);
  const rr = wide(size) | vexBit | map0F38 | 0xf3 | digit(number);
  return needs('bmi1', define(mnemonic, operand, operand, { rr }));
}

function rotate(size: Size): number {
  const operand = registerClass(size);
  const rri8 = wide(size) | vexBit | prefixF2 | map0F3A | 0xf0;
  return needs('bmi2', define('rorx', operand, operand, { rri8 }));
}

/** BMI1 and BMI2, register operands only. */
export const bmiInstructions = {
  /** reg = ~vvvv & rm. */
  andn32: three('bmi1', 'andn', 32, 0xf2),
  andn64: three('bmi1', 'andn', 64, 0xf2),
  /** rr: reg = rm without its lowest set bit. */
  blsr32: lowestBit('blsr', 32, 1),
  blsr64: lowestBit('blsr', 64, 1),
  /** rr: reg = rm's bits up to its lowest set bit. */
  blsmsk32: lowestBit('blsmsk', 32, 2),
  blsmsk64: lowestBit('blsmsk', 64, 2),
  /** rr: reg = rm's lowest set bit alone. */
  blsi32: lowestBit('blsi', 32, 3),
  blsi64: lowestBit('blsi', 64, 3),
  /** reg = rm shifted by vvvv; no flags are written. */
  shlx32: three('bmi2', 'shlx', 32, prefix66 | 0xf7),
  shlx64: three('bmi2', 'shlx', 64, prefix66 | 0xf7),
  shrx32: three('bmi2', 'shrx', 32, prefixF2 | 0xf7),
  shrx64: three('bmi2', 'shrx', 64, prefixF2 | 0xf7),
  sarx32: three('bmi2', 'sarx', 32, prefixF3 | 0xf7),
  sarx64: three('bmi2', 'sarx', 64, prefixF3 | 0xf7),
  /** rri: reg = rm rotated right by a constant; no flags are written. */
  rorx32: rotate(32),
  rorx64: rotate(64),
} as const;
