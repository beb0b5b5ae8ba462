import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import type { MemoryMode } from '../code/code-object.js';
import { LlvmUnavailableError } from '../llvm-jit/capi/load-library.js';
import type { LlvmDump } from '../llvm-jit/compile.js';
import type { SharedCodeRegion } from '../native/code-region.js';
import type { Address } from '../native/ffi.js';
import { Latch } from '../native/latch.js';
import { Lock } from '../native/lock.js';
import { isMainThread, isThreadAlive } from '../native/threads.js';
import { clockOrigin, now } from './clock.js';
import { endWithoutThreads } from './end-of-process.js';
import {
  type CompiledImage,
  Control,
  controlWords,
  type DumpAnswer,
  type DumpRequest,
  type FromThread,
  FunctionState,
  type HotLoop,
  type LlvmSettings,
  largestLoopCount,
  type RefusedFunction,
  type SharedModule,
  StartWord,
  startWords,
  type ThreadData,
  type ToThread,
} from './protocol.js';

/** Milliseconds between two looks around while the main thread waits. */
const waitInterval = 100;
/** Seconds that a thread may take to start. */
const startPatience = 60;

type WorkerThreads = typeof import('node:worker_threads');

/** Loading it takes milliseconds, which a program that does not get hot need not wait for. */
function workerThreads(): WorkerThreads {
  return createRequire(import.meta.url)('node:worker_threads') as WorkerThreads;
}

/** Hears what becomes of the functions of a module. */
export interface BackendListener {
  onCode(image: CompiledImage): void;
  onRefused(refusal: RefusedFunction): void;
}

export interface BackendModuleOptions {
  readonly bytes: Uint8Array;
  readonly functionCount: number;
  readonly memoryMode: MemoryMode;
  readonly region: SharedCodeRegion;
  readonly heatThreshold: number;
  readonly chaos: number | undefined;
  readonly onlyWanted: boolean;
}

/** One backend thread, as the main thread sees it. */
interface BackendThread {
  readonly port: MessagePort;
  /** See `StartWord`. */
  readonly words: Int32Array;
  readonly startedAt: number;
  state: 'starting' | 'ready' | 'gone';
}

/**
 * The backend threads that compile with LLVM for one JavaScript thread: for all of its runtimes that want the same
 * settings. They are started when they are first needed, and stay until the thread ends.
 */
export class Backend {
  static readonly #backends = new Map<string, Backend>();
  /** What threads start: `backend-thread.ts`, or what starts it. */
  static threadFile = new URL('./backend-thread.js', import.meta.url);

  /** The backend for these settings, made at the first call. */
  static for(settings: LlvmSettings): Backend {
    const key = JSON.stringify(settings);
    let backend = Backend.#backends.get(key);
    if (backend === undefined) {
      backend = new Backend(settings);
      Backend.#backends.set(key, backend);
    }
    return backend;
  }

  readonly #settings: LlvmSettings;
  readonly #controlBuffer = new SharedArrayBuffer(4 * controlWords);
  readonly #control = new Int32Array(this.#controlBuffer);
  readonly #lock = new Lock(this.#control, Control.lock);
  readonly #threads: BackendThread[] = [];
  readonly #modules = new Map<number, BackendModule>();
  readonly #listeners = new Map<number, BackendListener>();
  readonly #dumps = new Map<number, DumpAnswer>();
  #lastModule = 0;
  #lastDump = 0;
  #receive: WorkerThreads['receiveMessageOnPort'] | undefined;
  #failure: string | undefined;
  /** LLVM's version and file, once a thread has loaded it. */
  loaded: { readonly version: string; readonly path: string } | undefined;

  private constructor(settings: LlvmSettings) {
    this.#settings = settings;
  }

  /** Why no thread can work; undefined as long as one does or may. */
  get failure(): string | undefined {
    return this.#threads.every(({ state }) => state === 'gone') ? this.#failure : undefined;
  }

  /** Threads that have been started and have not ended. */
  get threadCount(): number {
    return this.#threads.filter(({ state }) => state !== 'gone').length;
  }

  /** Starts threads until there are `count`. */
  start(count: number): void {
    if (this.#threads.length >= count || this.failure !== undefined) return;
    const threads = workerThreads();
    this.#receive = threads.receiveMessageOnPort;
    // The program itself needs a processor too.
    const lowPriority = count >= availableParallelism();
    const latch = new Latch(count - this.#threads.length);
    const started: Int32Array[] = [];
    while (this.#threads.length < count) {
      started.push(this.#startThread(threads, lowPriority, latch.address));
    }
    endWithoutThreads(this.#isBusy);
    const letLoad = (): void => {
      for (const words of started) {
        Atomics.store(words, StartWord.mayLoad, 1);
        Atomics.notify(words, StartWord.mayLoad);
      }
    };
    // When a worker ends, perhaps at any moment (`worker.terminate()`), Node stops its backend threads. While these load and
    // make functions of the FFI, that would end the process; once they have started they bear it.
    if (isMainThread()) letLoad();
    else latch.wait(startPatience, letLoad);
  }

  /** Returns the thread's words. */
  #startThread({ Worker, MessageChannel }: WorkerThreads, lowPriority: boolean, latch: Address): Int32Array {
    const { port1: port, port2 } = new MessageChannel();
    const start = new SharedArrayBuffer(4 * startWords);
    const words = new Int32Array(start);
    const data: ThreadData = {
      port: port2,
      control: this.#controlBuffer,
      start,
      latch,
      settings: this.#settings,
      clockOrigin: clockOrigin(),
      lowPriority,
    };
    // Before it runs: it must not know of a module and not of its instances.
    for (const module of this.#modules.values()) module.introduce((message) => port.postMessage(message));
    const worker = new Worker(Backend.threadFile, {
      workerData: data,
      transferList: [port2],
      execArgv: [],
      name: 'upshift backend',
    });
    worker.unref();
    Atomics.add(this.#control, Control.busy, 1);
    const thread: BackendThread = { port, words, startedAt: now(), state: 'starting' };
    worker.on('error', (error) => this.#lose(thread, String(error)));
    worker.on('exit', () => this.#lose(thread, 'the backend thread has ended'));
    this.#threads.push(thread);
    return words;
  }

  /** Makes a module known. */
  register(options: BackendModuleOptions, listener: BackendListener): BackendModule {
    const id = ++this.#lastModule;
    const bytes = new SharedArrayBuffer(options.bytes.length);
    new Uint8Array(bytes).set(options.bytes);
    const { region, memoryMode, heatThreshold, chaos, onlyWanted, functionCount } = options;
    const states = new SharedArrayBuffer(functionCount);
    const loopClaims = new SharedArrayBuffer(largestLoopCount);
    const loopTimes = new SharedArrayBuffer(8 * largestLoopCount);
    const loops = { loopClaims, loopTimes };
    const shared = { id, region, bytes, memoryMode, states, ...loops, heatThreshold, chaos, onlyWanted };
    const module = new BackendModule(this, shared);
    this.#modules.set(id, module);
    this.#listeners.set(id, listener);
    this.post({ kind: 'module', module: shared });
    return module;
  }

  forget(module: BackendModule): void {
    this.#modules.delete(module.id);
    this.#listeners.delete(module.id);
    this.post({ kind: 'drop-module', module: module.id });
  }

  /**
   * Has a thread show what LLVM makes of functions of a module, and waits for it.
   *
   * @throws LlvmUnavailableError where there is no LLVM; Error where LLVM refuses
   */
  dump(request: Omit<DumpRequest, 'kind' | 'id'>): LlvmDump {
    this.start(1);
    const id = ++this.#lastDump;
    const message: ToThread = { kind: 'dump', id, ...request };
    this.#threads.find(({ state }) => state !== 'gone')?.port.postMessage(message);
    this.wake();
    this.wait(() => this.#dumps.has(id));
    const result = this.#dumps.get(id)?.result;
    this.#dumps.delete(id);
    if (result === undefined || 'refusal' in result) throw new Error(result?.refusal);
    return result;
  }

  /**
   * Waits until a thread has loaded LLVM.
   *
   * @throws LlvmUnavailableError where there is none
   */
  load(): { readonly version: string; readonly path: string } {
    this.start(1);
    this.wait(() => this.loaded !== undefined);
    if (this.loaded === undefined) throw new Error('internal error: no LLVM');
    return this.loaded;
  }

  /** Does something while no thread publishes code, with all that has been published known before. */
  locked<Result>(work: () => Result): Result {
    return this.#lock.hold(() => {
      this.drain();
      return work();
    });
  }

  /** Tells all threads something, and wakes them. */
  post(message: ToThread): void {
    for (const { port } of this.#threads) port.postMessage(message);
    this.wake();
  }

  wake(): void {
    Atomics.add(this.#control, Control.wake, 1);
    Atomics.notify(this.#control, Control.wake);
  }

  /** Takes note of all that the threads have said. */
  drain(): void {
    for (const thread of this.#threads) {
      for (;;) {
        const received = this.#receive?.(thread.port);
        if (received === undefined) break;
        this.#handle(thread, received.message as FromThread);
      }
    }
  }

  /**
   * Waits until `isDone`, and calls `onWait` now and then.
   *
   * @throws LlvmUnavailableError where no thread can work
   */
  wait(isDone: () => boolean, onWait?: () => void): void {
    for (;;) {
      const seen = Atomics.load(this.#control, Control.news);
      this.drain();
      if (isDone()) {
        // What was done just now was told of before.
        this.drain();
        return;
      }
      const { failure } = this;
      if (failure !== undefined) throw new LlvmUnavailableError('missing', failure);
      onWait?.();
      const outcome = Atomics.wait(this.#control, Control.news, seen, waitInterval);
      if (outcome === 'timed-out') this.#findLost();
    }
  }

  /** Notices threads that have ended without a word, as by a lack of memory. Their events come to an event loop only. */
  #findLost(): void {
    for (const thread of this.#threads) {
      const id = Atomics.load(thread.words, StartWord.id);
      const isLost = id === 0 ? now() - thread.startedAt > 1000 * startPatience : !isThreadAlive(id);
      if (isLost && thread.state !== 'gone') this.#lose(thread, 'the backend thread has ended');
    }
  }

  #isBusy = (): boolean => Atomics.load(this.#control, Control.busy) > 0;

  #handle(thread: BackendThread, message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        thread.state = 'ready';
        this.loaded = { version: message.version, path: message.path };
        return;
      case 'unavailable':
        this.#lose(thread, message.message);
        return;
      case 'code':
        this.#listeners.get(message.module)?.onCode(message);
        return;
      case 'dump':
        this.#dumps.set(message.id, message);
        return;
      case 'refused':
        this.#listeners.get(message.module)?.onRefused(message);
        return;
    }
  }

  #lose(thread: BackendThread, reason: string): void {
    thread.state = 'gone';
    this.#failure ??= reason;
  }
}

/** A module that the backend threads know. */
export class BackendModule {
  readonly id: number;
  readonly #backend: Backend;
  readonly #shared: SharedModule;
  readonly #states: Uint8Array;
  readonly #loopTimes: Float64Array;
  readonly #instances = new Set<Address>();
  #loopCount = 0;

  constructor(backend: Backend, shared: SharedModule) {
    this.id = shared.id;
    this.#backend = backend;
    this.#shared = shared;
    this.#states = new Uint8Array(shared.states);
    this.#loopTimes = new Float64Array(shared.loopTimes);
  }

  /** What has become of defined function `k`. */
  state(k: number): number {
    return Atomics.load(this.#states, k);
  }

  /** Functions whose fate is decided. */
  get settledCount(): number {
    let count = 0;
    for (let k = 0; k < this.#states.length; k++) if (this.state(k) >= FunctionState.done) count++;
    return count;
  }

  /** Says that defined function `k` is hot. */
  markHot(k: number): void {
    Atomics.compareExchange(this.#states, k, FunctionState.cold, FunctionState.hot);
  }

  /** Asks for the code of defined function `k`, unless somebody has. */
  want(k: number): void {
    this.markHot(k);
    Atomics.compareExchange(this.#states, k, FunctionState.hot, FunctionState.wanted);
  }

  /**
   * Asks for code that goes on in the place of a loop, which is taken for running now. Returns a number for it; undefined if
   * the module has had too many of them.
   */
  wantLoop(functionIndex: number, wasmOffset: number): number | undefined {
    if (this.#loopCount === largestLoopCount) return undefined;
    const id = this.#loopCount++;
    this.sawLoop(id, now());
    const loop: HotLoop = { id, functionIndex, wasmOffset };
    this.#backend.post({ kind: 'loop', module: this.id, loop });
    return id;
  }

  /** A loop that has been asked for was running at a time: as long as it does not any more, nobody compiles it. */
  sawLoop(id: number, time: number): void {
    this.#loopTimes[id] = time;
  }

  /** From now on its functions are switched. To be called in `Backend.locked`. */
  addInstance(address: Address): void {
    this.#instances.add(address);
    this.#backend.post({ kind: 'instance', module: this.id, address });
  }

  /** No thread touches it any more. To be called in `Backend.locked`. */
  dropInstance(address: Address): void {
    if (!this.#instances.delete(address)) return;
    this.#backend.post({ kind: 'drop-instance', module: this.id, address });
  }

  /** Tells a new thread of the module. */
  introduce(post: (message: ToThread) => void): void {
    post({ kind: 'module', module: this.#shared });
    for (const address of this.#instances) post({ kind: 'instance', module: this.id, address });
  }
}
