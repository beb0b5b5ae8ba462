import type { LlvmDump } from '../llvm-jit/compile.js';
import { Lock } from '../native/threads/lock.js';
import { BackendModule, type BackendModuleOptions, sharedModule } from './backend-module.js';
import { BackendThreads, type LoadedLlvm, type WorkMessage } from './backend-threads.js';
import { DumpRequests } from './dump-requests.js';
import {
  type CompiledImage,
  Control,
  type DumpRequest,
  type LlvmSettings,
  type RefusedFunction,
  type ToThread,
} from './protocol.js';
import type { ThreadSource } from './thread-source.js';

/*
 * Tests: threads.test.ts, failures.test.ts and loop-limit.test.ts work on a backend;
 * src/runtime/tiers/switching.test.ts and src/runtime/tiers/on-stack-replacement.test.ts look at what a
 * runtime makes of it.
 */

/** Hears what becomes of the functions of a module. */
export interface BackendListener {
  onCode(image: CompiledImage): void;
  onRefused(refusal: RefusedFunction): void;
}

/**
 * What compiles with LLVM for one JavaScript thread: for all of its runtimes that want the same settings. Its
 * threads are started when they are first needed, and stay until the JavaScript thread ends.
 */
export class Backend {
  static readonly #backends = new Map<string, Backend>();

  /** What threads start, if it is not what the build has put in. */
  static set threadFile(file: ThreadSource) {
    BackendThreads.file = file;
  }

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

  readonly #threads: BackendThreads;
  readonly #lock: Lock;
  readonly #dumps: DumpRequests;
  readonly #modules = new Map<number, BackendModule>();
  readonly #listeners = new Map<number, BackendListener>();
  #lastModule = 0;

  private constructor(settings: LlvmSettings) {
    this.#threads = new BackendThreads(settings, {
      introduce: (post) => {
        for (const module of this.#modules.values()) module.introduce(post);
      },
      onMessage: (message) => this.#handle(message),
    });
    this.#lock = new Lock(this.#threads.control, Control.lock);
    this.#dumps = new DumpRequests(this.#threads);
  }

  /** Why no thread works any more; undefined as long as they do or may. */
  get failure(): string | undefined {
    return this.#threads.failure;
  }

  /** Threads that have been started and have not ended. */
  get threadCount(): number {
    return this.#threads.count;
  }

  /** LLVM's version and file, once a thread has loaded it. */
  get loaded(): LoadedLlvm | undefined {
    return this.#threads.loaded;
  }

  /** See `BackendThreads.start`. */
  start(count: number): void {
    this.#threads.start(count);
  }

  /**
   * Waits until a thread has loaded LLVM.
   *
   * @throws LlvmUnavailableError where there is none
   */
  load(): LoadedLlvm {
    this.start(1);
    this.wait(() => this.loaded !== undefined);
    if (this.loaded === undefined) throw new Error('internal error: no LLVM');
    return this.loaded;
  }

  /** Makes a module known. */
  register(options: BackendModuleOptions, listener: BackendListener): BackendModule {
    const shared = sharedModule(++this.#lastModule, options);
    const module = new BackendModule(shared, (message) => this.post(message));
    this.#modules.set(module.id, module);
    this.#listeners.set(module.id, listener);
    this.post({ kind: 'module', module: shared });
    return module;
  }

  forget(module: BackendModule): void {
    this.#modules.delete(module.id);
    this.#listeners.delete(module.id);
    this.post({ kind: 'drop-module', module: module.id });
  }

  /** See `DumpRequests.dump`. */
  dump(request: Omit<DumpRequest, 'kind' | 'id'>): LlvmDump {
    return this.#dumps.dump(request);
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
    this.#threads.post(message);
  }

  wake(): void {
    this.#threads.wake();
  }

  /** See `BackendThreads.drain`. */
  drain(): void {
    this.#threads.drain();
  }

  /** See `BackendThreads.wait`. */
  wait(isDone: () => boolean, onWait?: () => void): void {
    this.#threads.wait(isDone, onWait);
  }

  #handle(message: WorkMessage): void {
    switch (message.kind) {
      case 'code':
        this.#listeners.get(message.module)?.onCode(message);
        return;
      case 'refused':
        this.#listeners.get(message.module)?.onRefused(message);
        return;
      case 'dump':
        this.#dumps.onAnswer(message);
        return;
    }
  }
}
