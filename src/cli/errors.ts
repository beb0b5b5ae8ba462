/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something is wrong with a file or with what it was asked to do; the message is one line for the user. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
