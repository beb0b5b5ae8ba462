import { isMainThread } from 'node:worker_threads';
// Before WebAssembly is replaced.
import '../wasm/host-engine.js';
import { tiers } from '../runtime/tiers/tier.js';
import { configureWebAssembly, type Fallback, fallbacks } from './agent.js';
import { showAsBuiltIn } from './function-text.js';
import { adaptNodeWasi } from './node-wasi.js';
import { adaptOtherRealms } from './other-realms.js';
import { recordTiers } from './tier-report-file.js';
import { v8Engine } from './v8-engine.js';
import { WebAssembly } from './web-assembly.js';

/**
 * Puts Upshift's WebAssembly in the place of the process's own, in this thread, its contexts and the workers
 * that it starts: what `upshift/register` does. Environment variables:
 *
 *     UPSHIFT_TIER     how functions are run: see `Tier`
 *     UPSHIFT_EXCLUDE  texts, separated by commas: code in files whose names contain one of them gets the
 *                      process's own WebAssembly. Node's own files have names like
 *                      node:internal/deps/undici/undici.
 *     UPSHIFT_FALLBACK  what becomes of modules that Upshift refuses: see `ApiOptions.fallback`
 *     UPSHIFT_TIER_REPORT  a file for a tier report at the end: see `recordTiers`
 *     UPSHIFT_VERBOSE  not empty: say at the end which compilers were at work, and which modules ran on V8's
 *                      own engine, and why
 *
 * @param register URL of the module that calls this
 * @throws Error where one of the variables makes no sense
 */
export function registerWebAssembly(register: string): void {
  const {
    UPSHIFT_TIER: tierName,
    UPSHIFT_EXCLUDE: excludedNames = '',
    UPSHIFT_FALLBACK: fallback = 'v8',
    UPSHIFT_TIER_REPORT: report = '',
    UPSHIFT_VERBOSE: verbose = '',
  } = process.env;
  const tier = tiers.find((name) => name === tierName);
  if (tierName !== undefined && tier === undefined) {
    throw new Error(`UPSHIFT_TIER must be one of ${tiers.join(', ')}, not ${tierName}`);
  }
  if (!fallbacks.includes(fallback as Fallback)) {
    throw new Error(`UPSHIFT_FALLBACK must be one of ${fallbacks.join(', ')}, not ${fallback}`);
  }
  const isRecorded = report !== '' || verbose !== '';
  const recording = isRecorded ? recordTiers(report, verbose !== '') : {};
  if (tier !== undefined || isRecorded) configureWebAssembly({ tier, ...recording });
  // In a worker thread modules and memories of V8's engine arrive that have been made in others.
  if (!isMainThread) v8Engine();
  adaptNodeWasi();
  showAsBuiltIn(WebAssembly, Function.prototype);
  const excluded = excludedNames.split(',').filter((name) => name !== '');
  replaceIn(globalThis, excluded);
  adaptOtherRealms(register, (global) => replaceIn(global, excluded));
}

/** Replaces the WebAssembly of a global object. */
function replaceIn(global: object, excluded: readonly string[]): void {
  const attributes = { enumerable: false, configurable: true };
  const setValue = (value: unknown): void => {
    Object.defineProperty(global, 'WebAssembly', { value, writable: true, ...attributes });
  };
  if (excluded.length === 0) {
    setValue(WebAssembly);
    return;
  }
  const own: unknown = Reflect.get(global, 'WebAssembly');
  // Who asks is looked up each time: a few microseconds, which only those pay who exclude something.
  const get = (): unknown => {
    const file = callerFile(get);
    return excluded.some((name) => file.includes(name)) ? own : WebAssembly;
  };
  Object.defineProperty(global, 'WebAssembly', { get, set: setValue, ...attributes });
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
