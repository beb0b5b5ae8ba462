import { markUncatchable } from '../runtime/exceptions/catchable.js';

/** Thrown by `proc_exit` to unwind the program. */
export class ProcExit extends Error {
  override readonly name = 'ProcExit';
  readonly code = 'ERR_UPSHIFT_PROC_EXIT';
  /** The program's exit code, a u32. */
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the program ended with exit code ${exitCode}`);
    markUncatchable(this);
    this.exitCode = exitCode;
  }
}
