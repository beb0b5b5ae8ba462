import { aliasOf, funcOf } from './functions.js';
import { v8Function } from './tiny-modules.js';
import { replaceMember, whenEngineFound } from './v8-engine.js';

/** Exported functions of V8's engine, by the exported functions of ours that they call. */
const theirs = new WeakMap<object, object>();
const ours = new WeakMap<object, object>();

/**
 * A value as V8's engine is to get it: an exported function of ours as one of that engine's, always the same
 * one. It passes as the function that it calls wherever our API meets it.
 */
export function toV8(value: unknown): unknown {
  const func = funcOf(value);
  if (func === undefined) return value;
  const callable = value as object;
  if (ours.has(callable)) return value;
  const known = theirs.get(callable);
  if (known !== undefined) return known;
  const made = v8Function(func.type, callable);
  // A function with types of its module: V8 takes it for one of JavaScript.
  if (made === undefined) return value;
  theirs.set(callable, made);
  ours.set(made, callable);
  aliasOf(made, callable);
  return made;
}

/** The other way round: what JavaScript is to see of a value that V8's engine gives. */
export function fromV8(value: unknown): unknown {
  return typeof value === 'function' ? (ours.get(value) ?? value) : value;
}

/** Has a member of a class of V8's engine take and give functions as that engine and our API want them. */
function adapt(prototype: object, name: string): void {
  replaceMember(prototype, name, (original) => {
    return function (...args) {
      return fromV8(Reflect.apply(original, this, args.map(toV8)));
    };
  });
}

// What modules of V8's engine export are tables and globals of V8's. Programs put functions into them.
whenEngineFound(({ Table, Global }) => {
  for (const name of ['get', 'set', 'grow']) adapt(Table.prototype, name);
  for (const name of ['value', 'valueOf']) adapt(Global.prototype, name);
});
