import type { CpuFeatures } from '../../x64/cpu-features.js';
import { savedRegister } from '../../x64/frame-layout.js';
import type { Target } from '../target.js';
import { usedCalleeSaved } from './calls.js';
import { LoweringContext } from './context.js';
import { lower } from './lower.js';

export type { CpuFeatures } from '../../x64/cpu-features.js';
export type { LoweringContext as Context } from './context.js';

/** x86-64. */
export const target: Target<CpuFeatures, LoweringContext> = {
  newContext: (module, layout) => new LoweringContext(module, layout),
  lower,
  savedRegisters: ({ allocation }) =>
    usedCalleeSaved(allocation.used).map((register) => ({ register, displacement: savedRegister(register) })),
};
