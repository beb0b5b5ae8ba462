import { exportedName } from './functions.js';
import { isObject } from './web-idl.js';

type ToString = (this: unknown) => string;

/** Names of the API's own functions, as their text has them. */
const builtInNames = new WeakMap<object, string>();

/**
 * Has `Function.prototype.toString` show functions of the API, and exported ones, as what they are by the
 * standard: built-in functions (ECMA-262, section 20.2.3.5). What it says of a function is up to V8, so the
 * method itself is replaced; the functions stay as they are, and as quick.
 *
 * @param namespace whose functions are shown so
 * @param prototype of the functions of a realm
 */
export function showAsBuiltIn(namespace: object, prototype: object): void {
  noteFunctions(namespace);
  const original: unknown = Reflect.get(prototype, 'toString');
  // A method, which is no constructor, with the name that it is to have.
  const replaced = {
    toString(this: unknown): string {
      const name = builtInName(this);
      return name === undefined
        ? Reflect.apply(original as ToString, this, [])
        : `function ${name}() { [native code] }`;
    },
  }.toString;
  builtInNames.set(replaced, 'toString');
  Object.defineProperty(prototype, 'toString', { value: replaced });
}

function builtInName(value: unknown): string | undefined {
  return isObject(value) ? (builtInNames.get(value) ?? exportedName(value)) : undefined;
}

/** Notes the functions among an object's properties, and theirs, prototypes included. */
function noteFunctions(holder: object): void {
  for (const key of Reflect.ownKeys(holder)) {
    const { value, get, set } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
    for (const each of [value, get, set]) {
      if (typeof each === 'function' && !builtInNames.has(each)) {
        builtInNames.set(each, each.name);
        noteFunctions(each);
      }
    }
    if (key === 'prototype') noteFunctions(value);
  }
}
