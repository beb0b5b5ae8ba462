import { exitAtOnce } from '../native/exit.js';
import { isMainThread } from '../native/threads.js';

const watchers: (() => boolean)[] = [];

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
    process.on('newListener', moveBehind);
  }
  watchers.push(isBusy);
}

function end(status: number): void {
  // Coverage is written behind the last listener.
  if (process.env['NODE_V8_COVERAGE'] !== undefined) return;
  if (watchers.some((isBusy) => isBusy())) exitAtOnce(status);
}

/** Stays the last listener. */
function moveBehind(event: string | symbol): void {
  if (event !== 'exit') return;
  process.nextTick(() => {
    process.off('newListener', moveBehind);
    process.off('exit', end);
    process.on('exit', end);
    process.on('newListener', moveBehind);
  });
}
