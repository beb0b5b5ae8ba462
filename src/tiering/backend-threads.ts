import { availableParallelism } from 'node:os';
import type { MessagePort, Worker } from 'node:worker_threads';
import { LlvmUnavailableError } from '../llvm-jit/capi/llvm-unavailable.js';
import type { Address } from '../native/ffi/ffi.js';
import { builtinModule } from '../native/ffi/late-modules.js';
import { ownFile } from '../native/ffi/own-file.js';
import { canReserve } from '../native/process/pages.js';
import { isMainThread, isThreadAlive } from '../native/process/threads.js';
import { arrive, Latch } from '../native/threads/latch.js';
import { clockOrigin, now } from './clock.js';
import { endWithoutThreads } from './end-of-process.js';
import {
  Control,
  controlWords,
  type FromThread,
  type LlvmSettings,
  protocolVersion,
  StartWord,
  startWords,
  type ThreadData,
  type ToThread,
} from './protocol.js';
import { missingSource, sourceOptions, type ThreadSource, threadSource } from './thread-source.js';

/*
 * Tests: threads.test.ts (starting, and threads that are lost), failures.test.ts (LLVM fails),
 * end-of-process.test.ts, and for workers that end src/runtime/limits/termination.test.ts.
 */

/** Milliseconds between two looks around while the main thread waits. */
const waitInterval = 100;
/** Seconds that a thread may take to start. */
const startPatience = 60;
/**
 * Bytes of address space that a thread needs to start, most of which Node reserves for its heap and its code
 * (Node 20 to 26: 600 to 970 MiB), and what libLLVM needs on top of it. Where Node does not get them it ends
 * the process.
 */
const threadRoom = 2 ** 30;
const llvmRoom = 2 ** 29;

const threadEnded = 'the backend thread has ended';

type WorkerThreads = typeof import('node:worker_threads');

/** LLVM, as a thread has loaded it. */
export interface LoadedLlvm {
  readonly version: string;
  readonly path: string;
}

/** What threads say of their work; the rest of what they say is about themselves. */
export type WorkMessage = Exclude<FromThread, { readonly kind: 'ready' | 'unavailable' }>;

/** Whom the threads work for. */
export interface ThreadsOwner {
  /** Tells a new thread what there is to know, by messages that it finds when it starts. */
  introduce(post: (message: ToThread) => void): void;
  onMessage(message: WorkMessage): void;
}

/** One backend thread, as the main thread sees it. */
interface BackendThread {
  readonly port: MessagePort;
  /** See `StartWord`. */
  readonly words: Int32Array;
  readonly startedAt: number;
  state: 'starting' | 'ready' | 'gone';
  /** Node has told that it has ended. */
  hasExited: boolean;
}

/** Backend threads with the same settings: starts them, talks to them, and notices when they end. */
export class BackendThreads {
  /** What threads start, if it is not `threadSource`. For tests. */
  static file: ThreadSource | undefined;

  readonly #settings: LlvmSettings;
  readonly #owner: ThreadsOwner;
  readonly #controlBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * controlWords);
  /** See `Control`. */
  readonly control = new Int32Array(this.#controlBuffer);
  readonly #threads: BackendThread[] = [];
  #receive: WorkerThreads['receiveMessageOnPort'] | undefined;
  #failure: string | undefined;
  /** A thread has failed that had been at work: nobody else will do what it had taken. */
  #hasBroken = false;
  #lastSearch = now();
  readonly #watcher = {
    areBusy: () => Atomics.load(this.control, Control.busy) > 0,
    areMissing: () => this.#areMissing(),
    stop: () => this.#close(),
  };
  /** LLVM, once a thread has loaded it. */
  loaded: LoadedLlvm | undefined;

  constructor(settings: LlvmSettings, owner: ThreadsOwner) {
    this.#settings = settings;
    this.#owner = owner;
  }

  /** Why no thread works any more; undefined as long as they do or may. */
  get failure(): string | undefined {
    if (this.#hasBroken) return this.#failure;
    return this.#threads.every(({ state }) => state === 'gone') ? this.#failure : undefined;
  }

  /** Threads that have been started and have not ended. */
  get count(): number {
    return this.#threads.filter(({ state }) => state !== 'gone').length;
  }

  /** Starts threads until there are `count`, or as many as can be had: `failure` says why there is none. */
  start(count: number): void {
    if (this.#threads.length >= count || this.failure !== undefined) return;
    const missing = missingSource(BackendThreads.file ?? threadSource());
    if (missing !== undefined) {
      this.#failure ??= missing;
      return;
    }
    // Loading it takes milliseconds, which a program that does not get hot need not wait for.
    const threads = builtinModule('node:worker_threads');
    this.#receive = threads.receiveMessageOnPort;
    // The program itself needs a processor too.
    const lowPriority = count >= availableParallelism();
    const latch = new Latch(count - this.#threads.length);
    const started: Int32Array[] = [];
    while (this.#threads.length < count) {
      const words = this.#startThread(threads, lowPriority, latch.address);
      if (words !== undefined) started.push(words);
    }
    endWithoutThreads(this.#watcher);
    const letLoad = (): void => {
      for (const words of started) {
        Atomics.store(words, StartWord.mayLoad, 1);
        Atomics.notify(words, StartWord.mayLoad);
      }
    };
    // When a worker ends, perhaps at any moment (`worker.terminate()`), Node stops its backend threads. While
    // these load and make functions of the FFI, that would end the process. Once they have started they bear
    // it.
    if (isMainThread()) letLoad();
    else latch.wait(startPatience, letLoad);
  }

  /**
   * Returns the thread's words; undefined if there can be no thread, which then counts as one that has gone.
   */
  #startThread(threads: WorkerThreads, lowPriority: boolean, latch: Address): Int32Array | undefined {
    const { port1: port, port2 } = new threads.MessageChannel();
    const start = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * startWords);
    const words = new Int32Array(start);
    const data: ThreadData = {
      version: protocolVersion,
      port: port2,
      control: this.#controlBuffer,
      start,
      latch,
      settings: this.#settings,
      clockOrigin: clockOrigin(),
      ownFile: ownFile(),
      lowPriority,
      isOfMain: isMainThread(),
    };
    const startedAt = now();
    const thread: BackendThread = { port, words, startedAt, state: 'starting', hasExited: false };
    this.#threads.push(thread);
    // Before it runs: it must not know of a module and not of its instances.
    this.#owner.introduce((message) => port.postMessage(message));
    try {
      const worker = this.#makeWorker(threads, data, port2);
      worker.unref();
      worker.on('error', (error) => this.#lose(thread, String(error)));
      worker.on('exit', () => {
        thread.hasExited = true;
        this.#loseEnded(thread);
      });
    } catch (error) {
      port.close();
      arrive(latch);
      this.#lose(thread, `no thread can be started for LLVM: ${reasonOf(error)}`);
      return undefined;
    }
    Atomics.add(this.control, Control.busy, 1);
    return words;
  }

  /** Throws if the system, or Node, does not allow it. */
  #makeWorker({ Worker }: WorkerThreads, workerData: ThreadData, port: MessagePort): Worker {
    const others = this.#threads.filter(({ state }) => state === 'starting').length - 1;
    const room = (others + 1) * threadRoom + llvmRoom;
    if (!canReserve(room)) throw new Error(`there is no room for it: ${room / 2 ** 20} MiB of address space`);
    const source = BackendThreads.file ?? threadSource();
    return new Worker(source, {
      workerData,
      transferList: [port],
      ...sourceOptions(source),
      name: 'upshift backend',
    });
  }

  /** Tells all threads something, and wakes them. */
  post(message: ToThread): void {
    for (const { port } of this.#threads) port.postMessage(message);
    this.wake();
  }

  /** Tells one thread something, and wakes it. */
  postToOne(message: ToThread): void {
    this.#threads.find(({ state }) => state !== 'gone')?.port.postMessage(message);
    this.wake();
  }

  wake(): void {
    Atomics.add(this.control, Control.wake, 1);
    Atomics.notify(this.control, Control.wake);
  }

  /** Takes note of all that the threads have said, and of threads that can say nothing any more. */
  drain(): void {
    if (now() - this.#lastSearch > waitInterval) this.#findLost();
    for (const thread of this.#threads) this.#drainThread(thread);
  }

  #drainThread(thread: BackendThread): void {
    for (;;) {
      const received = this.#receive?.(thread.port);
      if (received === undefined) break;
      this.#handle(thread, received.message as FromThread);
    }
  }

  #handle(thread: BackendThread, message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        thread.state = 'ready';
        this.loaded = { version: message.version, path: message.path };
        return;
      case 'unavailable':
        this.#lose(thread, message.message);
        return;
      default:
        this.#owner.onMessage(message);
    }
  }

  /**
   * Waits until `isDone`, and calls `onWait` now and then.
   *
   * @throws LlvmUnavailableError where no thread can work
   */
  wait(isDone: () => boolean, onWait?: () => void): void {
    for (;;) {
      const seen = Atomics.load(this.control, Control.news);
      this.drain();
      if (isDone()) {
        // What was done just now was told of before.
        this.drain();
        return;
      }
      const { failure } = this;
      if (failure !== undefined) throw new LlvmUnavailableError('missing', failure);
      onWait?.();
      Atomics.wait(this.control, Control.news, seen, waitInterval);
    }
  }

  /**
   * Notices threads that have ended without a word, as for lack of memory. Only an event loop hears of that.
   */
  #findLost(): void {
    this.#lastSearch = now();
    for (const thread of this.#threads) {
      if (thread.state === 'gone') continue;
      const id = Atomics.load(thread.words, StartWord.id);
      const isLost = id === 0 ? now() - thread.startedAt > 1000 * startPatience : !isThreadAlive(id);
      if (isLost) this.#loseEnded(thread);
    }
  }

  /**
   * Whether there are threads that the system no longer has, but Node may: it would wait for them for ever.
   */
  #areMissing(): boolean {
    return this.#threads.some(({ words, hasExited }) => {
      const id = Atomics.load(words, StartWord.id);
      return id !== 0 && !hasExited && !isThreadAlive(id);
    });
  }

  /** Makes the threads end when they have done what they are at. */
  #close(): void {
    Atomics.store(this.control, Control.closed, 1);
    this.wake();
  }

  #loseEnded(thread: BackendThread): void {
    // It may have said why.
    this.#drainThread(thread);
    this.#lose(thread, threadEnded);
  }

  #lose(thread: BackendThread, reason: string): void {
    if (thread.state === 'gone') return;
    if (thread.state === 'ready' && !this.#hasBroken) {
      this.#hasBroken = true;
      this.#failure = reason;
      // The others would meet the same.
      this.#close();
    }
    thread.state = 'gone';
    this.#failure ??= reason;
  }
}

/** What is wrong, in a line. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const text = String(message ?? error).split('\n')[0];
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text;
}
