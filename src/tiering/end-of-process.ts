import { exitAtOnce } from '../native/exit.js';
import { isMainThread } from '../native/threads.js';

const watchers: (() => boolean)[] = [];

/** The exception that ends the process: Node prints it behind the last listener, when this one has ended everything. */
let fatal: { readonly error: unknown } | undefined;

/** What Node ends with where a listener throws. */
const listenerFailed = 7;

/**
 * When the process ends Node stops its worker threads, and waits for them. Nothing interrupts LLVM; and koffi ends the process
 * with an error where it meets a thread that is being stopped. So where threads are busy then (`isBusy`), the process
 * ends without them, after everybody else who listens for its end. In a worker thread, which ends in another way, this
 * does nothing.
 */
export function endWithoutThreads(isBusy: () => boolean): void {
  if (watchers.includes(isBusy) || !isMainThread()) return;
  if (watchers.length === 0) {
    process.on('exit', end);
    process.on('uncaughtExceptionMonitor', noteException);
  }
  watchers.push(isBusy);
}

function noteException(error: unknown): void {
  const isHandled =
    process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
  if (!isHandled) fatal = { error };
}

function end(status: number): void {
  // Coverage is written behind the last listener.
  if (process.env['NODE_V8_COVERAGE'] !== undefined) return;
  if (!watchers.some((isBusy) => isBusy())) return;
  // Nobody shall miss the event because of having come later.
  const listeners = process.rawListeners('exit');
  for (const listener of listeners.slice(listeners.indexOf(end) + 1)) {
    try {
      listener.call(process, status);
    } catch (error) {
      console.error(error);
      exitAtOnce(listenerFailed);
    }
  }
  if (fatal !== undefined) console.error('Uncaught', fatal.error);
  // Which a listener may have changed.
  exitAtOnce(Number(process.exitCode ?? status));
}
