import {
  aBoolean,
  arrayOf,
  type Check,
  instanceOf,
  integerFrom,
  optionsOf,
  required,
} from '../checks/checks.js';
import { described } from '../checks/describe.js';
import { argumentTypeError } from '../checks/errors.js';
import { maxWasmPages, maxWasmPages64 } from '../wasm/limits.js';
import {
  type FuncType,
  type GlobalType,
  is64,
  isRefType,
  type Limits,
  type MemoryType,
  type TableType,
  ValType,
} from '../wasm/types.js';
import { Module } from './modules/module.js';

/* What the functions of the library take, as it is checked. */

/** A type by its number, one of those of `ValType` that are named. */
function typeAmong(names: readonly (keyof typeof ValType)[]): Check {
  const expected = names.map((name) => `ValType.${name}`).join(', ');
  return {
    test: (what, value) => {
      if (names.some((name) => ValType[name] === value)) return;
      throw argumentTypeError(`${what} must be one of ${expected}, not ${described(value)}`);
    },
  };
}

/** As `check`, but reference types without a name pass, too. */
function orOtherRefType(check: Check): Check {
  return {
    test: (what, value) => {
      if (typeof value !== 'number' || !isRefType(value)) check.test(what, value);
    },
  };
}

const valType = orOtherRefType(typeAmong(Object.keys(ValType) as (keyof typeof ValType)[]));
const refType = orOtherRefType(typeAmong(['funcref', 'externref'] satisfies (keyof typeof ValType)[]));

/**
 * @param largest what sizes are limited to where addresses have 32 bits
 * @param widest the same where they have 64
 */
function limits(largest: number, widest: number, unit: string): Check {
  const [narrow, wide] = [largest, widest].map((most) =>
    optionsOf<Limits>({
      min: required(integerFrom(0, most, unit)),
      max: integerFrom(0, most, unit),
      address: typeAmong(['i32', 'i64'] satisfies (keyof typeof ValType)[]),
    }),
  );
  return {
    test: (what, value) => {
      const isWide = is64((value ?? {}) as Limits);
      (isWide ? wide : narrow).test(what, value);
    },
  };
}

export const funcType = optionsOf<FuncType>({
  params: required(arrayOf(valType)),
  results: required(arrayOf(valType)),
});
export const memoryType = optionsOf<MemoryType>({
  limits: required(limits(maxWasmPages, maxWasmPages64, 'pages')),
});
export const tableType = optionsOf<TableType>({
  element: required(refType),
  limits: required(limits(2 ** 32 - 1, Number.MAX_SAFE_INTEGER, 'elements')),
});
export const globalType = optionsOf<GlobalType>({ type: required(valType), mutable: required(aBoolean) });
export const compiledModule = instanceOf(
  'a Module that Runtime.compile has made',
  (value) => value instanceof Module,
);
