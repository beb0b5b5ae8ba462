/** What is wrong with a file of machine code. */
export type CodeFileFault =
  /** It is no file of machine code. */
  | 'notAFile'
  /** Its format is another version's. */
  | 'version'
  /** It is shorter than it says. */
  | 'truncated'
  /** Its bytes have changed since it was written. */
  | 'damaged'
  /** It is as it was written, but says something that cannot be. */
  | 'inconsistent'
  /** Another version of Upshift made its code. */
  | 'compiler'
  /** Its code needs something that this processor lacks. */
  | 'cpu'
  /** Its code is that of another module, or the module is missing. */
  | 'module'
  /** Its code is for another kind of memory, or for another way to run it. */
  | 'settings';

/** A file of machine code that cannot be used. The message says what is wrong with it, and where. */
export class CodeFileError extends Error {
  override readonly name: string = 'CodeFileError';
  readonly code = 'ERR_UPSHIFT_CODE_FILE';
  readonly kind: CodeFileFault;

  constructor(kind: CodeFileFault, message: string) {
    super(message);
    this.kind = kind;
  }
}
