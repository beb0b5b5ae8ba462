import { WebAssembly as upshift, type WebAssemblyNamespace } from './web-assembly.js';

/** The process's own API, with which ours must agree. */
export const own = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyNamespace;

/** What a test is run on. */
export const both: readonly (readonly [name: string, api: WebAssemblyNamespace])[] = [
  ['Upshift', upshift],
  ['V8', own],
];

/** How something ends, as text: a value, or the class of what is thrown. */
export function outcome(run: () => unknown): string {
  try {
    return show(run());
  } catch (error) {
    return `throws ${classOf(error)}`;
  }
}

/** As `outcome`, of what a promise becomes. What is thrown at once is told from that. */
export async function asyncOutcome(run: () => PromiseLike<unknown>): Promise<string> {
  let promise: PromiseLike<unknown>;
  try {
    promise = run();
  } catch (error) {
    return `throws at once ${classOf(error)}`;
  }
  try {
    return show(await promise);
  } catch (error) {
    return `rejects with ${classOf(error)}`;
  }
}

function classOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : `${typeof error} ${String(error)}`;
}

/** A value as text that tells it from all others that the tests meet. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name}/${value.length}`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value instanceof ArrayBuffer) return `buffer of ${value.byteLength}`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => `${key}: ${show(each)}`);
    return `${Object.prototype.toString.call(value)} {${entries.join(', ')}}`;
  }
  return String(value);
}
