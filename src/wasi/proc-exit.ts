/** Thrown through the program by `proc_exit`. */
export class ProcExit extends Error {
  override readonly name = 'ProcExit';
  /** The program's exit code, a u32. */
  readonly code: number;

  constructor(code: number) {
    super(`the program ended with exit code ${code}`);
    this.code = code;
  }
}
