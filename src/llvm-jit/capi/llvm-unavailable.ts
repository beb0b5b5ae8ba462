/** There is no LLVM that can be used. The message is one line for the user. */
export class LlvmUnavailableError extends Error {
  readonly code = 'ERR_UPSHIFT_LLVM_UNAVAILABLE';
  /**
   * `disabled`: by UPSHIFT_LLVM=none. `named`: what the user named does not work. `missing`: none was found.
   */
  readonly reason: 'disabled' | 'named' | 'missing';

  constructor(reason: LlvmUnavailableError['reason'], message: string) {
    super(message);
    this.name = 'LlvmUnavailableError';
    this.reason = reason;
  }
}
