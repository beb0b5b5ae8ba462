import { bmiInstructions } from './instructions-bmi.js';
import { integerInstructions } from './instructions-integer.js';
import { sseInstructions } from './instructions-sse.js';

export {
  iForm,
  iShortForm,
  mForm,
  miForm,
  miShortForm,
  mrForm,
  opForm,
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
export const X = { ...integerInstructions, ...bmiInstructions, ...sseInstructions } as const;
