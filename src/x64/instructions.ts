import { bmiInstructions } from './instructions-bmi.js';
import { integerInstructions } from './instructions-integer.js';
import { sseInstructions } from './instructions-sse.js';

/** Instruction ids by name: what the assembler's methods take first. */
export const X = { ...integerInstructions, ...bmiInstructions, ...sseInstructions } as const;
