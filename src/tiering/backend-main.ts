import { receiveMessageOnPort } from 'node:worker_threads';
import { errorText } from '../checks/error-text.js';
import { LlvmUnavailableError } from '../llvm-jit/capi/llvm-unavailable.js';
import { loadLlvm } from '../llvm-jit/capi/load-library.js';
import { LlvmCompiler } from '../llvm-jit/compile.js';
import { adoptOwnFile } from '../native/ffi/own-file.js';
import { lowerPriority, threadId } from '../native/process/threads.js';
import { arrive } from '../native/threads/latch.js';
import { Lock } from '../native/threads/lock.js';
import { callGuard, LibraryFailure } from '../native/traps/call-guard.js';
import { holdExits } from '../native/traps/exit-signals.js';
import { adoptClock } from './clock.js';
import { Compilation } from './compilation.js';
import { Dumps } from './dumps.js';
import {
  Control,
  type FromThread,
  protocolVersion,
  StartWord,
  type ThreadData,
  type ToThread,
} from './protocol.js';
import { ThreadModules } from './thread-modules.js';

/**
 * A backend thread: compiles functions with LLVM, as long as there are any, and publishes them. It never
 * waits for an event loop, either its own or the main thread's, which may be blocked in wasm code.
 */

/** Milliseconds between two switches under chaos. */
const chaosInterval = 0.2;
const niceness = 10;

export function main(data: ThreadData): void {
  const { port } = data;
  adoptOwnFile(data.ownFile);
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
    if (data.version !== protocolVersion)
      throw new Error('Upshift has been replaced since the process started, which must be started again');
    const llvm = loadLlvm(data.settings.library);
    // A worker that ends waits for its threads; the process does not have to (`end-of-process.ts`). Not
    // earlier: a thread that ends while it loads a library would keep the loader's lock.
    if (data.isOfMain) callGuard().endThreadOnly();
    const { path, version } = llvm;
    compiler = new LlvmCompiler(llvm, data.settings);
    send({ kind: 'ready', path, version: `${version.major}.${version.minor}.${version.patch}` });
  } catch (error) {
    send({ kind: 'unavailable', message: reasonOf(error) });
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
    for (let isIdle = true; Atomics.load(control, Control.closed) === 0; ) {
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
    send({ kind: 'unavailable', message: reasonOf(error) });
  }
  Atomics.sub(control, Control.busy, 1);
}

/** Why a thread does not work, or no longer does. */
function reasonOf(error: unknown): string {
  if (error instanceof LibraryFailure) return `LLVM has failed: ${error.message}`;
  if (error instanceof LlvmUnavailableError) return error.message;
  return `a backend thread has failed: ${errorText(error)}`;
}
