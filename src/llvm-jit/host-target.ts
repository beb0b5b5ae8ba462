import type { Target } from './target.js';
import { x64Target } from './x64/target.js';

/** The processor that the process runs on. */
export const hostTarget: Target = x64Target;
