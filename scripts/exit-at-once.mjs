// Preloaded into test processes to skip Node's shutdown at exit. It can wait for V8's background jobs for
// ever (https://github.com/nodejs/node/issues/54918), and a test file that has passed would time out.
import { isMainThread } from 'node:worker_threads';
import koffi from 'koffi';

if (isMainThread) {
  const exit = koffi.load(null).func('void _exit(int)');
  process.reallyExit = (status) => exit(status);
}
