import { tiers } from '../runtime/tier-options.js';
import { configureWebAssembly } from './agent.js';
import { adaptNodeWasi } from './node-wasi.js';
import { WebAssembly } from './web-assembly.js';

/*
 * node --import upshift/register app.mjs
 *
 * Puts Upshift's WebAssembly in the place of the process's own, in each thread. Environment variables:
 *
 *   UPSHIFT_TIER     how functions are run: see `Tier`
 *   UPSHIFT_EXCLUDE  texts, separated by commas: code in files whose names contain one of them gets the process's own
 *                    WebAssembly. Node's own files have names like node:internal/deps/undici/undici.
 */

const { UPSHIFT_TIER: tierName, UPSHIFT_EXCLUDE: excludedNames = '' } = process.env;

if (tierName !== undefined) {
  const tier = tiers.find((name) => name === tierName);
  if (tier === undefined) throw new Error(`UPSHIFT_TIER must be one of ${tiers.join(', ')}, not ${tierName}`);
  configureWebAssembly({ tier });
}

adaptNodeWasi();
replaceGlobal(excludedNames.split(',').filter((name) => name !== ''));

function replaceGlobal(excluded: readonly string[]): void {
  const attributes = { enumerable: false, configurable: true };
  const setValue = (value: unknown): void => {
    Object.defineProperty(globalThis, 'WebAssembly', { value, writable: true, ...attributes });
  };
  if (excluded.length === 0) {
    setValue(WebAssembly);
    return;
  }
  const own: unknown = Reflect.get(globalThis, 'WebAssembly');
  // Who asks is looked up each time: a few microseconds, which only those pay who exclude something.
  const get = (): unknown => {
    const file = callerFile(get);
    return excluded.some((name) => file.includes(name)) ? own : WebAssembly;
  };
  Object.defineProperty(globalThis, 'WebAssembly', { get, set: setValue, ...attributes });
}

/** The file of the code that has called `callee`. */
function callerFile(callee: () => unknown): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName() ?? '';
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, callee);
    return String(holder.stack);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
