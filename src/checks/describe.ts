const longestText = 40;

/**
 * What a value is, in a few words for a message: `"fsat"`, `a Promise (is an await missing?)`. Runs none of
 * the user's code.
 */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length <= longestText
        ? JSON.stringify(value)
        : `a string that starts with ${JSON.stringify(value.slice(0, longestText))}`;
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : describedObject(value);
    default:
      return String(value);
  }
}

function describedObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a Promise (is an await missing?)';
  const name = constructorName(value);
  if (name === undefined || name === 'Object') return 'an object';
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** The name of an object's class; of a class of JavaScript's `WebAssembly`, with that before it. */
function constructorName(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  const tag = dataProperty(prototype, Symbol.toStringTag);
  if (typeof tag === 'string' && tag.startsWith('WebAssembly.')) return tag;
  const name = dataProperty(dataProperty(prototype, 'constructor'), 'name');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function dataProperty(holder: unknown, key: PropertyKey): unknown {
  return Object(holder) === holder ? Object.getOwnPropertyDescriptor(holder, key)?.value : undefined;
}
