/**
 * What a value that is passed to the library must be, and is not. The errors are those of the language, with
 * a `code`.
 */

/** An argument or option is of the wrong kind: code `ERR_UPSHIFT_ARGUMENT_TYPE`. */
export function argumentTypeError(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_UPSHIFT_ARGUMENT_TYPE' });
}

/**
 * An argument or option is of the right kind, and outside of its range: code `ERR_UPSHIFT_ARGUMENT_RANGE`.
 */
export function argumentRangeError(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_UPSHIFT_ARGUMENT_RANGE' });
}
