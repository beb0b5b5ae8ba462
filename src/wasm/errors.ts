import { printableName } from './printable-name.js';

/** Where and why a module was refused. */
export interface CompileErrorPlace {
  /** Byte offset in the module. */
  readonly offset: number;
  /** Index of the function whose body holds the error, over the whole index space. */
  readonly functionIndex?: number | undefined;
  /** That function's name, from the name section or an export. */
  readonly functionName?: string | undefined;
}

/**
 * A module that is malformed (it does not follow the binary format, spec chapter 5) or invalid (it does not
 * follow the typing rules, chapter 3).
 */
export class CompileError extends Error {
  override readonly name: string = 'CompileError';
  readonly code: 'ERR_UPSHIFT_COMPILE' | 'ERR_UPSHIFT_UNSUPPORTED' = 'ERR_UPSHIFT_COMPILE';
  readonly offset: number;
  readonly functionIndex: number | undefined;
  readonly functionName: string | undefined;
  /** What is wrong, without the place: starts with the wording of the spec's test suite. */
  readonly detail: string;
  /** True if malformed, false if invalid. */
  readonly malformed: boolean;

  constructor(detail: string, malformed: boolean, place: CompileErrorPlace) {
    super(detail + placeText(place));
    this.detail = detail;
    this.malformed = malformed;
    this.offset = place.offset;
    this.functionIndex = place.functionIndex;
    this.functionName = place.functionName;
  }

  /** The same error, known to be in function `functionIndex`. */
  inFunction(functionIndex: number, functionName: string | undefined): CompileError {
    const place = { offset: this.offset, functionIndex, functionName };
    return compileErrorAt(this.detail, this.malformed, place);
  }
}

/** A module that uses a feature of WebAssembly which this engine does not know (yet). */
export class UnsupportedError extends CompileError {
  override readonly name = 'UnsupportedError';
  override readonly code = 'ERR_UPSHIFT_UNSUPPORTED';
  /** The feature, as in `SIMD (v128)`. */
  readonly feature: string;
  readonly #what: string;

  constructor(feature: string, what: string, place: CompileErrorPlace) {
    super(`unsupported feature: ${feature}: ${what}`, false, place);
    this.feature = feature;
    this.#what = what;
  }

  override inFunction(functionIndex: number, functionName: string | undefined): UnsupportedError {
    return unsupportedErrorAt(this.feature, this.#what, {
      offset: this.offset,
      functionIndex,
      functionName,
    });
  }
}

function placeText({ offset, functionIndex, functionName }: CompileErrorPlace): string {
  const name = functionName === undefined ? '' : ` "${printableName(functionName)}"`;
  const where = functionIndex === undefined ? '' : ` in function ${functionIndex}${name}`;
  return `${where} (at offset 0x${offset.toString(16)})`;
}

/** @internal */
export function malformed(detail: string, offset: number): CompileError {
  return new CompileError(detail, true, { offset });
}

/** @internal */
export function invalid(detail: string, offset: number): CompileError {
  return new CompileError(detail, false, { offset });
}

/** @internal */
export function unsupported(feature: string, what: string, offset: number): UnsupportedError {
  return new UnsupportedError(feature, what, { offset });
}

// A class that mentions itself gets another name in a bundle.

function compileErrorAt(detail: string, malformed: boolean, place: CompileErrorPlace): CompileError {
  return new CompileError(detail, malformed, place);
}

function unsupportedErrorAt(feature: string, what: string, place: CompileErrorPlace): UnsupportedError {
  return new UnsupportedError(feature, what, place);
}
