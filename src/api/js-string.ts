import type { HostCallHandler } from '../runtime/calls/host-calls.js';
import { markUncatchable } from '../runtime/exceptions/catchable.js';
import type { Cells } from '../runtime/values/cells.js';
import type { Externrefs } from '../runtime/values/references.js';
import { type FuncType, nonNull, ValType } from '../wasm/types.js';
import { RuntimeError } from './errors.js';

/**
 * The builtin functions on strings (JS API 3.0, "Builtins"). Each works on the cells of a call: strings are
 * handles there, and are neither converted nor copied.
 *
 * `fromCharCodeArray` and `intoCharCodeArray` take arrays of the garbage collector: modules that import them
 * run on V8's engine.
 */

/** A builtin function. */
export interface Builtin {
  readonly name: string;
  readonly type: FuncType;
  readonly makeHandler: (externrefs: Externrefs) => HostCallHandler;
}

const { i32, externref } = ValType;
const text = nonNull(externref);

const builtins: Builtin[] = [];

function define(
  name: string,
  params: FuncType['params'],
  result: ValType,
  makeHandler: Builtin['makeHandler'],
): void {
  builtins.push({ name, type: { params, results: [result] }, makeHandler });
}

/** What ends code as a trap does: no wasm code can catch it. */
function trap(message: string): Error {
  return markUncatchable(new RuntimeError(message));
}

/** What ends code whose argument is no string. */
function illegalCast(): Error {
  return trap('illegal cast');
}

function outOfBounds(): Error {
  return trap('string offset out of bounds');
}

/** The argument in a cell, which must be a string. */
function textAt(externrefs: Externrefs, cells: Cells, cell: number): string {
  const value = externrefs.value(cells.u32[2 * cell]);
  if (typeof value !== 'string') throw illegalCast();
  return value;
}

/** The argument in a cell, which must be a string or null. */
function textOrNullAt(externrefs: Externrefs, cells: Cells, cell: number): string | null {
  const value = externrefs.value(cells.u32[2 * cell]);
  if (typeof value !== 'string' && value !== null) throw illegalCast();
  return value;
}

/** The unsigned argument in a cell. */
function indexAt({ u32 }: Cells, cell: number): number {
  return u32[2 * cell];
}

function writeText(externrefs: Externrefs, { u32 }: Cells, cell: number, value: string): void {
  u32[2 * cell] = externrefs.handle(value);
  u32[2 * cell + 1] = 0;
}

function writeNumber({ i32: words }: Cells, cell: number, value: number): void {
  words[2 * cell] = value;
  words[2 * cell + 1] = 0;
}

define('cast', [externref], text, (refs) => (cells, cell) => {
  // The result is the argument.
  textAt(refs, cells, cell);
});

define('test', [externref], i32, (refs) => (cells, cell) => {
  writeNumber(cells, cell, typeof refs.value(cells.u32[2 * cell]) === 'string' ? 1 : 0);
});

define('fromCharCode', [i32], text, (refs) => (cells, cell) => {
  writeText(refs, cells, cell, String.fromCharCode(indexAt(cells, cell)));
});

define('fromCodePoint', [i32], text, (refs) => (cells, cell) => {
  const point = indexAt(cells, cell);
  if (point > 0x10ffff) throw trap(`invalid code point ${point}`);
  writeText(refs, cells, cell, String.fromCodePoint(point));
});

define('charCodeAt', [externref, i32], i32, (refs) => (cells, cell) => {
  const string = textAt(refs, cells, cell);
  const index = indexAt(cells, cell + 1);
  if (index >= string.length) throw outOfBounds();
  writeNumber(cells, cell, string.charCodeAt(index));
});

define('codePointAt', [externref, i32], i32, (refs) => (cells, cell) => {
  const string = textAt(refs, cells, cell);
  const point = string.codePointAt(indexAt(cells, cell + 1));
  if (point === undefined) throw outOfBounds();
  writeNumber(cells, cell, point);
});

define('length', [externref], i32, (refs) => (cells, cell) => {
  writeNumber(cells, cell, textAt(refs, cells, cell).length);
});

define('concat', [externref, externref], text, (refs) => (cells, cell) => {
  const first = textAt(refs, cells, cell);
  const second = textAt(refs, cells, cell + 1);
  // No string has so many characters that V8 would not say so.
  writeText(refs, cells, cell, first + second);
});

define('substring', [externref, i32, i32], text, (refs) => (cells, cell) => {
  const string = textAt(refs, cells, cell);
  const start = indexAt(cells, cell + 1);
  const end = indexAt(cells, cell + 2);
  // Where they are the wrong way round, `substring` would exchange them.
  writeText(refs, cells, cell, start > end ? '' : string.substring(start, end));
});

define('equals', [externref, externref], i32, (refs) => (cells, cell) => {
  const first = textOrNullAt(refs, cells, cell);
  const second = textOrNullAt(refs, cells, cell + 1);
  writeNumber(cells, cell, first === second ? 1 : 0);
});

define('compare', [externref, externref], i32, (refs) => (cells, cell) => {
  const first = textAt(refs, cells, cell);
  const second = textAt(refs, cells, cell + 1);
  writeNumber(cells, cell, first === second ? 0 : first < second ? -1 : 1);
});

/** The sets of builtin functions, by name; functions by name. */
export const builtinSets: ReadonlyMap<string, ReadonlyMap<string, Builtin>> = new Map([
  ['js-string', new Map(builtins.map((builtin) => [builtin.name, builtin]))],
]);
