import { type FuncType, funcTypeText, ValType } from '../wasm/types.js';

/**
 * Signatures of native functions, in WAMR's letters: `(ii*~$)i`.
 *
 *     i I f F  i32, i64, f32, f64
 *     V        v128: an `__m128i`, or another vector of 16 bytes (ours)
 *     r        externref or funcref: 8 bytes that C code can do nothing with but hand back
 *     *        i32, the offset of a byte in the caller's memory; the function gets the byte's address
 *     *n       the same, for an object of n bytes (ours)
 *     *~       i32 and i32, an offset and a length in bytes; the function gets address and length
 *     $        i32, the offset of a string that ends with a zero byte; the function gets its address
 *
 * Offset 0 becomes NULL, or traps if `!` follows the pointer (`*!`, `*8!`, `*~!`, `$!`: ours). There is no
 * result, or one of i I f F V r.
 */
export interface NativeSignature {
  readonly params: readonly NativeParam[];
  /** Letter of the result; undefined where there is none. */
  readonly result: ValueLetter | undefined;
}

export type ValueLetter = 'i' | 'I' | 'f' | 'F' | 'V' | 'r';

/**
 * One wasm parameter: a value, an address with what must lie there, or the length of the memory before it.
 */
export type NativeParam =
  | { readonly kind: 'value'; readonly letter: ValueLetter }
  | { readonly kind: 'length' }
  | PointerParam;

/** An offset that becomes an address. */
export type PointerParam = (
  | { readonly kind: 'object'; readonly byteLength: number }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'string' }
) & {
  /** Whether offset 0 becomes NULL; else it traps. */
  readonly nullable: boolean;
};

/** Whether the parameter is an offset that becomes an address. */
export function isPointer(param: NativeParam): param is PointerParam {
  const { kind } = param;
  return kind === 'object' || kind === 'bytes' || kind === 'string';
}

/** Whether the function needs a memory to be called. */
export function usesMemory({ params }: NativeSignature): boolean {
  return params.some(isPointer);
}

const valueLetters = 'iIfFVr';

function isValueLetter(letter: string): letter is ValueLetter {
  return letter.length === 1 && valueLetters.includes(letter);
}

/** Parses a signature. Throws a SyntaxError that says what is wrong and where. */
export function parseNativeSignature(text: string): NativeSignature {
  const fail = (at: number, what: string): never => {
    throw new SyntaxError(`native signature "${text}": ${what} at character ${at + 1}`);
  };
  if (text[0] !== '(') fail(0, '"(" expected');
  const end = text.indexOf(')');
  if (end < 0) fail(text.length, '")" expected');
  const params: NativeParam[] = [];
  let at = 1;
  const skip = (what: string): boolean => {
    const isThere = text.startsWith(what, at);
    if (isThere) at += what.length;
    return isThere;
  };
  while (at < end) {
    const letter = text[at++];
    if (isValueLetter(letter)) params.push({ kind: 'value', letter });
    else if (letter === '$') params.push({ kind: 'string', nullable: !skip('!') });
    else if (letter === '~') fail(at - 1, '"~" must follow "*"');
    else if (letter === '!') fail(at - 1, '"!" must follow a pointer');
    else if (letter !== '*') fail(at - 1, `unknown letter "${letter}"`);
    else if (skip('~')) params.push({ kind: 'bytes', nullable: !skip('!') }, { kind: 'length' });
    else {
      const digits = /^[0-9]*/.exec(text.slice(at, end))?.[0] ?? '';
      const byteLength = digits === '' ? 1 : Number(digits);
      if (byteLength < 1 || byteLength > 0xffff_ffff) fail(at, `"${digits}" is no number of bytes`);
      at += digits.length;
      params.push({ kind: 'object', byteLength, nullable: !skip('!') });
    }
  }
  const result = text.slice(end + 1);
  if (result === '') return { params, result: undefined };
  if (isValueLetter(result)) return { params, result };
  return fail(end + 1, `nothing or one of the letters ${[...valueLetters].join(' ')} expected`);
}

/** The signature under which all values are passed as they are. */
export function plainSignature({ params, results }: FuncType): NativeSignature {
  const letter = (type: ValType): ValueLetter => letters.get(type) ?? 'r';
  return {
    params: params.map((type) => ({ kind: 'value', letter: letter(type) })),
    result: results.length === 0 ? undefined : letter(results[0]),
  };
}

const letters: ReadonlyMap<ValType, ValueLetter> = new Map([
  [ValType.i32, 'i'],
  [ValType.i64, 'I'],
  [ValType.f32, 'f'],
  [ValType.f64, 'F'],
  [ValType.v128, 'V'],
]);

/** Why a function of this signature cannot be imported with a type; undefined where it can. */
export function signatureMismatch({ params, result }: NativeSignature, type: FuncType): string | undefined {
  if (type.results.length > 1) return 'returns several values';
  const fits =
    params.length === type.params.length &&
    params.every((param, k) => fitsParam(param, type.params[k])) &&
    (result === undefined
      ? type.results.length === 0
      : type.results.length === 1 && fitsLetter(result, type.results[0]));
  return fits
    ? undefined
    : `must have type ${signatureTypeText({ params, result })}, not ${funcTypeText(type)}`;
}

function fitsParam(param: NativeParam, type: ValType): boolean {
  return param.kind === 'value' ? fitsLetter(param.letter, type) : type === ValType.i32;
}

function fitsLetter(letter: ValueLetter, type: ValType): boolean {
  return (letters.get(type) ?? 'r') === letter;
}

const letterNames: Readonly<Record<ValueLetter, string>> = {
  i: 'i32',
  I: 'i64',
  f: 'f32',
  F: 'f64',
  V: 'v128',
  r: 'reference',
};

function signatureTypeText({ params, result }: NativeSignature): string {
  const names = params.map((param) => (param.kind === 'value' ? letterNames[param.letter] : 'i32'));
  return `[${names.join(' ')}] -> [${result === undefined ? '' : letterNames[result]}]`;
}

/** The type of the function as C sees it: addresses are i64. */
export function addressType({ params }: NativeSignature, type: FuncType): FuncType {
  return {
    params: type.params.map((param, k) => (isPointer(params[k]) ? ValType.i64 : param)),
    results: type.results,
  };
}
