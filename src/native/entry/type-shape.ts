import { type FuncType, ValType } from '../../wasm/types.js';

/** Types that travel in other registers, or with another width, than i64 and references do. */
const letters: ReadonlyMap<number, string> = new Map([
  [ValType.i32, 'i'],
  [ValType.f32, 'f'],
  [ValType.f64, 'd'],
  [ValType.v128, 'v'],
]);

/** Equal for types whose values travel in the same way: the same stubs serve them. */
export function typeShape({ params, results }: FuncType): string {
  return `${shapeOf(params)}:${shapeOf(results)}`;
}

function shapeOf(types: readonly number[]): string {
  return types.map((type) => letters.get(type) ?? 'I').join('');
}
