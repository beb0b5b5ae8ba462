import { nativeFailure } from '../native/ffi/ffi.js';
import { hostSystem } from '../native/ffi/host-system.js';
import { builtinModule } from '../native/ffi/late-modules.js';

/** The `code` of the warning. */
export const interpreterWarningCode = 'UPSHIFT_INTERPRETED';

/**
 * What the environment of a process's threads is told of: see `setEnvironmentData` of node:worker_threads.
 */
const saidKey = 'upshift: interpreter warning';

let isSaid = false;

/**
 * What a user should know where nobody has asked for a tier, and it is `interp` although this platform has a
 * better one; undefined where all is well, and where the user does not want to know: UPSHIFT_WARNINGS=none.
 */
export function interpreterWarning(): string | undefined {
  const reason = nativeFailure();
  if (reason === undefined || hostSystem.environment('UPSHIFT_WARNINGS') === 'none') return undefined;
  return `WebAssembly is interpreted, which is many times slower than machine code: ${reason}`;
}

/**
 * Warns as Node does. Once a process, but that workers which were there before the first warning do not know
 * of it.
 */
export function warnOfInterpreter(): void {
  if (isSaid) return;
  isSaid = true;
  const warning = interpreterWarning();
  if (warning === undefined) return;
  const threads = builtinModule('node:worker_threads');
  if (threads.getEnvironmentData(saidKey) === true) return;
  threads.setEnvironmentData(saidKey, true);
  process.emitWarning(warning, { type: 'UpshiftWarning', code: interpreterWarningCode });
}
