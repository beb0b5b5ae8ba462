import { ValType } from '../wasm/types.js';
import { refuseLaterType } from './later-features.js';

/** Types of values, as descriptors have them. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc';

const valueTypes: ReadonlyMap<string, ValType> = new Map<string, ValType>([
  ['i32', ValType.i32],
  ['i64', ValType.i64],
  ['f32', ValType.f32],
  ['f64', ValType.f64],
  ['v128', ValType.v128],
  ['externref', ValType.externref],
  ['anyfunc', ValType.funcref],
  // V8 knows it, too.
  ['exnref', ValType.exnref],
]);

/**
 * Reads the name of a type.
 *
 * @param member of the descriptor, for the message
 * @throws TypeError where there is none with that name
 */
export function toValueType(what: string, member: string, value: unknown): ValType {
  const name = `${value}`;
  const type = valueTypes.get(name);
  if (type !== undefined) return type;
  refuseLaterType(what, name);
  throw new TypeError(`${what}: ${member} must be one of ${[...valueTypes.keys()].join(', ')}`);
}
