import { builtinModule } from '../native/ffi/late-modules.js';
import { exitAtOnce } from '../native/os/exit.js';
import { isMainThread } from '../native/process/threads.js';

/** What is asked of threads when the process ends. */
export interface ThreadWatcher {
  /** Whether some are at work. */
  readonly areBusy: () => boolean;
  /** Whether some may have ended without Node's knowledge, so that it would wait for them for ever. */
  readonly areMissing: () => boolean;
  /** Tells them to end when they have finished their current work. */
  readonly stop: () => void;
}

const watchers: ThreadWatcher[] = [];

/**
 * The exception that ends the process. Node would print it after the last listener, but ours ends everything
 * before.
 */
let fatal: { readonly error: unknown } | undefined;

/** Options that make Node write something after the last listener, which only Node can write. */
const profilers = /(^|\s)--(cpu|heap)[-_]prof\b/;

/**
 * If Node must end in its own way: milliseconds to wait for busy threads at most, and between two looks at
 * them.
 */
const patience = 30_000;
const lookInterval = 2;

/** What Node ends with where a listener throws. */
const listenerFailed = 7;

/**
 * When the process ends, Node stops its worker threads and waits for them. But nothing interrupts LLVM, and
 * koffi ends the process with an error if it meets a thread that is being stopped. So if threads are busy
 * then, the process ends without them, after all other listeners for its end. If Node has coverage or a
 * profile to write after the listeners, we tell the threads to stop and wait for them instead, as long as
 * LLVM takes for one function. In a worker thread, which ends in another way, this does nothing.
 */
export function endWithoutThreads(watcher: ThreadWatcher): void {
  if (watchers.includes(watcher) || !isMainThread()) return;
  if (watchers.length === 0) {
    process.on('exit', end);
    process.on('uncaughtExceptionMonitor', noteException);
  }
  watchers.push(watcher);
}

function noteException(error: unknown): void {
  const isHandled =
    process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
  if (!isHandled) fatal = { error };
}

function end(status: number): void {
  const areMissing = watchers.some((watcher) => watcher.areMissing());
  if (!areMissing && !areBusy()) return;
  const { NODE_OPTIONS = '', NODE_V8_COVERAGE } = process.env;
  const isCovered = NODE_V8_COVERAGE !== undefined;
  const isProfiled = profilers.test([...process.execArgv, NODE_OPTIONS].join(' '));
  if (!areMissing && (isCovered || isProfiled) && haveStopped()) return;
  if (isCovered) builtinModule('node:v8').takeCoverage();
  // Listeners that were added later must not miss the event.
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
  // A listener may have changed it.
  exitAtOnce(Number(process.exitCode ?? status));
}

function areBusy(): boolean {
  return watchers.some((watcher) => watcher.areBusy());
}

/**
 * Makes the threads stop and waits for them; returns whether they have. One that a failure of LLVM has ended
 * stays busy.
 */
function haveStopped(): boolean {
  for (const { stop } of watchers) stop();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const limit = performance.now() + patience; areBusy(); ) {
    if (performance.now() > limit) return false;
    Atomics.wait(pause, 0, 0, lookInterval);
  }
  return true;
}
