import { avxInstructions } from './instructions-avx.js';
import { bmiInstructions } from './instructions-bmi.js';
import { integerInstructions } from './instructions-integer.js';
import { packedInstructions } from './instructions-packed.js';
import { packedFloatInstructions } from './instructions-packed-float.js';
import { sseInstructions } from './instructions-sse.js';

export {
  iForm,
  iShortForm,
  mForm,
  miForm,
  miShortForm,
  mrForm,
  mriForm,
  opForm,
  packedForm,
  packedMemoryForm,
  rForm,
  riForm,
  riShortForm,
  rmForm,
  rmiForm,
  rmiShortForm,
  rows,
  rrForm,
  rriForm,
  rriShortForm,
  rrrForm,
} from './instruction-forms.js';

/** Instruction ids by name: what the assembler's methods take first. */
export const X = {
  ...integerInstructions,
  ...bmiInstructions,
  ...sseInstructions,
  ...packedInstructions,
  ...packedFloatInstructions,
  ...avxInstructions,
} as const;
