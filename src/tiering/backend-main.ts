import { receiveMessageOnPort } from 'node:worker_threads';
import { loadLlvm } from '../llvm-jit/capi/load-library.js';
import { LlvmCompiler } from '../llvm-jit/compile.js';
import { holdExits } from '../native/exit-signals.js';
import { arrive } from '../native/latch.js';
import { Lock } from '../native/lock.js';
import { lowerPriority, threadId } from '../native/threads.js';
import { adoptClock } from './clock.js';
import { Compilation } from './compilation.js';
import { Dumps } from './dumps.js';
import { Control, type FromThread, StartWord, type ThreadData, type ToThread } from './protocol.js';
import { ThreadModules } from './thread-modules.js';

/**
 * A backend thread: compiles functions with LLVM for as long as there are any, and publishes them. It never waits for
 * an event loop, its own or the main thread's, which may be blocked in wasm code.
 */

/** Milliseconds between two switches under chaos. */
const chaosInterval = 0.2;
const niceness = 10;

export function main(data: ThreadData): void {
  const { port } = data;
  Atomics.store(new Int32Array(data.start), StartWord.id, threadId());
  adoptClock(data.clockOrigin);
  const control = new Int32Array(data.control);
  const wakeMain = (): void => {
    Atomics.add(control, Control.news, 1);
    Atomics.notify(control, Control.news);
  };
  const send = (message: FromThread): void => {
    port.postMessage(message);
    wakeMain();
  };
  if (data.lowPriority) lowerPriority(niceness);
  let compiler: LlvmCompiler;
  try {
    const llvm = loadLlvm(data.settings.library);
    const { path, version } = llvm;
    compiler = new LlvmCompiler(llvm, data.settings);
    send({ kind: 'ready', path, version: `${version.major}.${version.minor}.${version.patch}` });
  } catch (error) {
    send({ kind: 'unavailable', message: error instanceof Error ? error.message : String(error) });
    Atomics.sub(control, Control.busy, 1);
    return;
  } finally {
    arrive(data.latch);
  }
  const modules = new ThreadModules();
  const dumps = new Dumps(compiler);
  const lock = new Lock(control, Control.lock);
  const receive = (): void => {
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      const message = received.message as ToThread;
      if (message.kind === 'dump') dumps.add(message);
      else modules.handle(message);
    }
  };
  const compilation = new Compilation(compiler, modules, {
    receive,
    send,
    wakeMain,
    underLock: (work) => lock.hold(work),
  });
  try {
    for (let isIdle = true; ; ) {
      const seen = Atomics.load(control, Control.wake);
      if (compilation.step()) {
        isIdle = false;
        continue;
      }
      const answer = dumps.step();
      if (answer !== undefined) {
        send(answer);
        continue;
      }
      if (!isIdle) holdExits(() => data.onIdle?.());
      isIdle = true;
      Atomics.sub(control, Control.busy, 1);
      Atomics.wait(control, Control.wake, seen, modules.isChaotic ? chaosInterval : undefined);
      Atomics.add(control, Control.busy, 1);
    }
  } catch (error) {
    send({ kind: 'unavailable', message: `a backend thread failed: ${String(error)}` });
    Atomics.sub(control, Control.busy, 1);
    throw error;
  }
}
