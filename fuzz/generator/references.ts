/** References to functions of defined types, and their types. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { definedTypeOf, isRefType, nonNull, refTo, ValType } from '../../src/wasm/types.js';
import type { TypeDraft } from '../module/draft.js';
import type { Body } from './body.js';
import { type Choices, exact, randomTypes, type Shape } from './shape.js';

/**
 * Types to refer to: plain ones, one with a subtype, and groups of types that refer to each other, of which
 * two may be equal. They come first in the module.
 */
export function referencedTypes(choices: Choices): TypeDraft[] {
  const { random } = choices;
  const plain = (): TypeDraft => ({ params: randomTypes(choices, 3), results: randomTypes(choices, 2) });
  const types: TypeDraft[] = Array.from({ length: random.between(1, 3) }, plain);
  if (random.chance(60)) {
    const type = plain();
    types.push({ ...type, isOpen: true });
    types.push({ ...type, supertype: types.length - 1, isOpen: random.chance(50) });
  }
  if (random.chance(60)) {
    const type = plain();
    for (let copies = random.between(1, 2); copies > 0; copies--) {
      const start = types.length;
      types.push({ params: [...type.params, refTo(start + 1)], results: [refTo(start)], groupLength: 2 });
      types.push({ params: type.params, results: [refTo(start), ...type.results] });
    }
  }
  return types;
}

/** Whether a function of type `index` may be referred to as one of type `wanted`. */
export function isDeclaredSubtype(types: readonly TypeDraft[], index: number, wanted: number): boolean {
  for (let at: number | undefined = index; at !== undefined; at = types[at].supertype) {
    if (at === wanted) return true;
  }
  return false;
}

/** Functions that a reference type may refer to; all if it does not say. */
export function functionsOf(
  { draft, functionTypes }: Pick<Shape, 'draft' | 'functionTypes'>,
  type: number,
): number[] {
  const wanted = definedTypeOf(type);
  return functionTypes.flatMap((own, index) =>
    wanted < 0 || isDeclaredSubtype(draft.types, own, wanted) ? [index] : [],
  );
}

/** Calls a function of a type through a reference, which is seldom null. */
export function callReference(body: Body, type: number): void {
  const { params, results } = body.shape.draft.types[type];
  body.want(params.map(exact));
  const reference = refTo(type);
  const mayBeNull = functionsOf(body.shape, reference).length === 0 || body.random.chance(body.wild ? 30 : 5);
  body.value(exact(mayBeNull ? reference : nonNull(reference)));
  body.emit(Opcode.call_ref, type);
  body.pop(params.length + 1);
  body.push(...results.map(exact));
}

/**
 * Whether a type is of references that are not passed to JavaScript: it has no exnrefs, or not all functions.
 */
export function isOnlyForWasm(type: ValType): boolean {
  return isRefType(type) && type !== ValType.funcref && type !== ValType.externref;
}

/** Whether JavaScript can have the values of a type. */
export function isForJs(type: ValType): boolean {
  return type !== ValType.v128 && !isOnlyForWasm(type);
}
