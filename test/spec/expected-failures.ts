/** A command of the spec suite that is known to fail, and why. One that passes is reported as an error. */
export interface ExpectedFailure {
  /** Name of the file in the suite's folder. */
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export const expectedFailures: readonly ExpectedFailure[] = [];
