/** The entry point of `upshift`: runs the program, through the cache. */
import { postponeOptimization } from './postpone.js';
import { runProgram } from './program.js';

/** Set by the build: a hash of the program's files. */
declare const UPSHIFT_BUNDLE_ID: string;
declare const require: NodeJS.Require;

/**
 * The file with the Fast JIT. A start that does without, and has bytecode, is too short for V8 to optimize.
 */
const compiler = 'upshift-fast-jit-compile.js';

let isPostponed = false;
let undo: (() => void) | undefined;
const resetFlags = (): void => undo?.();
const { save } = runProgram(import.meta.dirname, 'upshift', UPSHIFT_BUNDLE_ID, require, {
  beforeCompile: resetFlags,
  beforeRun: (file, isFresh) => {
    isPostponed ||= isFresh || file === compiler;
    if (isPostponed) undo = postponeOptimization(require);
  },
});
process.once('exit', () => {
  resetFlags();
  save();
});
