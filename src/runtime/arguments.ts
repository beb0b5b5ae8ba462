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
import { maxWasmPages } from '../wasm/limits.js';
import {
  type FuncType,
  type GlobalType,
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

const valType = typeAmong(Object.keys(ValType) as (keyof typeof ValType)[]);
const refType = typeAmong(['funcref', 'externref'] satisfies (keyof typeof ValType)[]);

function limits(largest: number, unit: string): Check {
  return optionsOf<Limits>({
    min: required(integerFrom(0, largest, unit)),
    max: integerFrom(0, largest, unit),
    address: typeAmong(['i32']),
  });
}

export const funcType = optionsOf<FuncType>({
  params: required(arrayOf(valType)),
  results: required(arrayOf(valType)),
});
export const memoryType = optionsOf<MemoryType>({ limits: required(limits(maxWasmPages, 'pages')) });
export const tableType = optionsOf<TableType>({
  element: required(refType),
  limits: required(limits(2 ** 32 - 1, 'elements')),
});
export const globalType = optionsOf<GlobalType>({ type: required(valType), mutable: required(aBoolean) });
export const compiledModule = instanceOf(
  'a Module that Runtime.compile has made',
  (value) => value instanceof Module,
);
