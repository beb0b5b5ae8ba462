import { availableParallelism } from 'node:os';
import type { MemoryMode } from '../../code/code-object.js';
import type { CompileOptions } from '../../fast-jit/compile.js';
import type { ExecEnv } from '../../native/entry/exec-env.js';
import type { HotFrame } from '../../native/entry/hot-frame.js';
import type { Address } from '../../native/ffi/ffi.js';
import { throwIfInterrupted } from '../../native/interrupts/interrupts.js';
import { Backend } from '../../tiering/backend.js';
import type { BackendModule, BackendModuleOptions } from '../../tiering/backend-module.js';
import { now } from '../../tiering/clock.js';
import { FunctionState } from '../../tiering/protocol.js';
import { definedIndex } from '../../wasm/module.js';
import type { Instance } from '../instances/instance.js';
import type { Module } from '../modules/module.js';
import type { CodeMap } from '../traps/code-map.js';
import { HeatPolicy } from './heat-policy.js';
import type { LoopEntries } from './loop-entries.js';
import type { TierUpEvent } from './tier-events.js';
import type { LlvmOptions, TierTuning } from './tier-options.js';
import { TieredModule } from './tiered-module.js';

export interface TiersOptions {
  readonly llvm: LlvmOptions;
  readonly tuning: TierTuning;
  /** As in `LlvmSettings`. */
  readonly cpu: readonly string[] | undefined;
  readonly verify: boolean;
  /** As in `LlvmSettings`. */
  readonly deterministic: boolean;
  readonly onTierUp: ((event: TierUpEvent) => void) | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

const largestDefaultThreads = 4;

/** A module for one kind of memory, and as the backend knows it. */
interface RegisteredModule {
  readonly tiered: TieredModule;
  readonly backend: BackendModule;
}

/** What `Tiers` needs of the store. */
interface TieredStore {
  readonly env: ExecEnv;
  readonly codeMap: CodeMap;
  readonly instances: Iterable<Instance>;
  compileOptions(memoryMode: MemoryMode): CompileOptions;
  whileBusy(work: () => void): void;
}

/**
 * What the runtime does for tiers above the first: it counts what is hot, and deals with the backend threads.
 * Tested by `heat.test.ts`, `switching.test.ts`, `on-stack-replacement.test.ts` and `checkpoints.test.ts`.
 */
export class Tiers {
  readonly #store: TieredStore;
  readonly #options: TiersOptions;
  readonly #modules = new Map<Module, Map<MemoryMode, RegisteredModule>>();
  readonly #startedAt = now();
  readonly #policy: HeatPolicy;
  /** Instances whose functions may be switched. */
  readonly #admitted = new WeakSet<Instance>();
  #backend: Backend | undefined;
  readonly #events: TierUpEvent[] = [];

  constructor(store: TieredStore, options: TiersOptions) {
    this.#store = store;
    this.#options = options;
    this.#policy = new HeatPolicy(options.tuning);
  }

  /** Where a heat counter starts now. */
  nextHeatCount(): number {
    return this.#policy.nextCount();
  }

  /** Whether functions are switched at random. */
  get isChaotic(): boolean {
    return this.#policy.isChaotic;
  }

  /** Under chaos, whether a function shall stay below for now. */
  staysBelow(): boolean {
    return this.#policy.staysBelow();
  }

  /** Why there is no LLVM, as far as that is known. */
  get failure(): string | undefined {
    this.drain();
    return this.#backend?.failure;
  }

  /** LLVM's version and file, once it has been loaded. */
  get loaded(): { readonly version: string; readonly path: string } | undefined {
    this.drain();
    return this.#backend?.loaded;
  }

  /** Backend threads that have been started. */
  get threadCount(): number {
    return this.#backend?.threadCount ?? 0;
  }

  /** Takes note of what backend threads have done. */
  drain(): void {
    this.#backend?.drain();
    this.#flush();
  }

  /** Tells the user something once the backend's lock is free: the user may do anything. */
  #tell(event: TierUpEvent): void {
    if (this.#options.onTierUp !== undefined) this.#events.push(event);
  }

  #flush(): void {
    if (this.#events.length === 0) return;
    this.#store.whileBusy(() => {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        this.#options.onTierUp?.(event);
      }
    });
  }

  /**
   * A function's counter has reached 0: the function is noted as hot. It asks again some time later: there
   * may be LLVM code for its loop by then.
   *
   * @returns code that takes the place of the activation, or 0
   */
  onHot(instance: Instance, functionIndex: number, frame: HotFrame): Address {
    const at = now();
    const policy = this.#policy;
    if (policy.isWarmingUp(at - this.#startedAt)) {
      instance.setHeatCounter(functionIndex, policy.nextCount());
      return 0;
    }
    this.drain();
    if (this.#backend?.failure !== undefined) return 0;
    const { module } = instance;
    const { tiered, backend } = this.#register(module, instance.memoryMode);
    const k = definedIndex(module.wasm, functionIndex);
    const wasmOffset = this.#loopAt(module, functionIndex, frame.pc);
    const { loops } = tiered;
    const { count, isCloseLook, isCalledOften } = tiered.pulses.beat(
      functionIndex,
      at,
      wasmOffset === undefined,
    );
    instance.setHeatCounter(functionIndex, count);
    // Code from a file needs no thread.
    if (wasmOffset === undefined || !loops.hasCode(functionIndex, wasmOffset)) {
      this.#startThreads(1);
      if (isCloseLook) return 0;
      backend.markHot(k);
      this.#backend?.wake();
      if (wasmOffset === undefined) return 0;
      const isServed = isCalledOften && backend.state(k) < FunctionState.done;
      if (!isServed || policy.waitsForLoops) this.#askForLoop(loops, backend, functionIndex, wasmOffset);
      if (policy.waitsForLoops) this.#waitForLoop(loops, functionIndex, wasmOffset);
    }
    const options = this.#store.compileOptions(instance.memoryMode);
    const entry = loops.find(module, module.code.fastOptions(options, true), functionIndex, wasmOffset);
    if (entry === undefined) return 0;
    this.#tell({
      kind: 'entered',
      module,
      functionIndex,
      loopOffset: wasmOffset,
      enteredAt: now(),
    });
    this.#flush();
    // Last of all: the user may have run wasm just now, which uses the slots too.
    loops.move(entry, frame, this.#store.env.i64);
    return entry.code;
  }

  /** Asks for a loop's code, or reports that it is still waited for. */
  #askForLoop(loops: LoopEntries, backend: BackendModule, functionIndex: number, wasmOffset: number): void {
    const { waitsForLoops } = this.#policy;
    if (loops.shouldAsk(functionIndex, wasmOffset, waitsForLoops)) {
      const id = backend.wantLoop(functionIndex, wasmOffset);
      if (id === undefined) loops.refuse(functionIndex, wasmOffset);
      else loops.setId(functionIndex, wasmOffset, id);
    }
    const id = loops.pendingId(functionIndex, wasmOffset);
    // A wait for a loop takes as long as the threads take.
    if (id !== undefined) backend.sawLoop(id, waitsForLoops ? Number.POSITIVE_INFINITY : now());
  }

  #waitForLoop(loops: LoopEntries, functionIndex: number, wasmOffset: number): void {
    const backend = this.#requireBackend();
    const isDone = (): boolean =>
      !loops.isPending(functionIndex, wasmOffset) || backend.failure !== undefined;
    backend.wait(isDone, throwIfInterrupted);
  }

  /**
   * Byte offset of the loop that has just counted a turn; undefined where the function has counted its call.
   */
  #loopAt({ wasm }: Module, functionIndex: number, pc: Address): number | undefined {
    const wasmOffset = this.#store.codeMap.wasmOffsetAt(pc);
    const start = wasm.bodyStarts[definedIndex(wasm, functionIndex)];
    return wasmOffset !== undefined && wasmOffset > start ? wasmOffset : undefined;
  }

  /** Has `write` write the function records of a new instance. No switch is missed meanwhile. */
  admit(instance: Instance, write: () => void): void {
    const { module, memoryMode, tier } = instance;
    const isEager = tier === 'llvm' || (tier === 'multi' && this.isChaotic);
    if (tier === 'interp' || tier === 'fast' || module.wasm.bodyStarts.length === 0) {
      write();
      return;
    }
    const known = isEager ? this.#register(module, memoryMode) : this.#modules.get(module)?.get(memoryMode);
    if (known === undefined) {
      write();
    } else {
      if (isEager) this.#prepare(module, known.backend);
      this.#requireBackend().locked(() => {
        write();
        known.backend.addInstance(instance.address);
      });
    }
    this.#admitted.add(instance);
    this.#flush();
  }

  /** The memory of an instance is about to be freed. */
  dismiss(instance: Instance): void {
    const known = this.#modules.get(instance.module)?.get(instance.memoryMode);
    if (known === undefined) return;
    this.#requireBackend().locked(() => known.backend.dropInstance(instance.address));
  }

  /** A module's code is about to be freed. */
  forget(module: Module): void {
    const all = this.#modules.get(module);
    if (all === undefined) return;
    const backend = this.#requireBackend();
    backend.locked(() => {
      for (const { backend: known } of all.values()) backend.forget(known);
    });
    this.#modules.delete(module);
    for (const { tiered } of all.values()) tiered.free();
  }

  /**
   * Makes LLVM compile a function, and waits for it.
   *
   * @returns false if LLVM will not compile it
   * @throws LlvmUnavailableError where there is no LLVM
   */
  compileNow(instance: Instance, functionIndex: number): boolean {
    const { module, memoryMode } = instance;
    const registered = this.#register(module, memoryMode);
    this.#startThreads(1);
    const backend = this.#requireBackend();
    const k = definedIndex(module.wasm, functionIndex);
    registered.backend.want(k);
    backend.wake();
    backend.wait(() => registered.backend.state(k) >= FunctionState.done, throwIfInterrupted);
    return registered.backend.state(k) === FunctionState.done;
  }

  /**
   * Compiles every function of a module with LLVM that is not compiled yet, and waits for the last.
   *
   * @throws LlvmUnavailableError where there is no LLVM
   */
  compileAll(module: Module, memoryMode: MemoryMode): void {
    if (module.wasm.bodyStarts.length > 0)
      this.#prepareAll(module, this.#register(module, memoryMode).backend);
    this.#flush();
  }

  /**
   * Makes threads compile every function that is not compiled yet, and waits for the last; lazily, waits only
   * for LLVM to be loaded.
   */
  #prepare(module: Module, registered: BackendModule): void {
    if (this.#options.llvm.lazy !== true) {
      this.#prepareAll(module, registered);
      return;
    }
    this.#startThreads(availableParallelism());
    const backend = this.#requireBackend();
    backend.wait(() => backend.loaded !== undefined, throwIfInterrupted);
  }

  #prepareAll(module: Module, registered: BackendModule): void {
    const total = module.wasm.bodyStarts.length;
    const backend = this.#requireBackend();
    if (registered.settledCount === total && !this.isChaotic) {
      // It all comes from a file; or a thread that had nothing else to do was quicker.
      backend.drain();
      return;
    }
    this.#startThreads(availableParallelism());
    for (let k = 0; k < total; k++) registered.want(k);
    backend.wake();
    const report = (): void => this.#options.onProgress?.(registered.settledCount, total);
    const onWait = (): void => {
      throwIfInterrupted();
      report();
    };
    backend.wait(() => registered.settledCount === total, onWait);
    report();
  }

  #register(module: Module, memoryMode: MemoryMode): RegisteredModule {
    let all = this.#modules.get(module);
    if (all === undefined) {
      all = new Map();
      this.#modules.set(module, all);
    }
    let registered = all.get(memoryMode);
    if (registered === undefined) {
      registered = this.#makeKnown(module, memoryMode);
      all.set(memoryMode, registered);
    }
    return registered;
  }

  #makeKnown(module: Module, memoryMode: MemoryMode): RegisteredModule {
    const { library, level = 3, sizeLevel = 0 } = this.#options.llvm;
    const { cpu, verify, deterministic, tuning } = this.#options;
    this.#backend ??= Backend.for({ library, level, sizeLevel, cpu, deterministic, verify });
    const backend = this.#backend;
    const { codeMap, env } = this.#store;
    const policy = this.#policy;
    const tell = (event: TierUpEvent): void => this.#tell(event);
    const tiered = new TieredModule(module, memoryMode, {
      codeMap,
      codeRegion: env.codeRegion,
      policy,
      tell,
    });
    module.code
      .found(memoryMode, true)
      ?.visitLoops((functionIndex, wasmOffset, code) => tiered.loops.add(functionIndex, wasmOffset, code));
    const options: BackendModuleOptions = {
      bytes: module.wasm.bytes,
      compiled: module.code.entries(memoryMode, 'llvm'),
      checkedBodies: module.wasm.checkedBodies,
      memoryMode,
      region: env.codeRegion.share(),
      heatThreshold: policy.threshold,
      chaos: tuning.chaos,
      onlyWanted: policy.waitsForLoops,
    };
    // Threads learn of the module and its instances at once: none publishes code before it knows the
    // instances.
    const known = backend.locked(() => {
      const registered = backend.register(options, tiered);
      for (const instance of this.#store.instances) {
        if (instance.module !== module || instance.memoryMode !== memoryMode) continue;
        if (this.#admitted.has(instance)) registered.addInstance(instance.address);
      }
      return registered;
    });
    return { tiered, backend: known };
  }

  #startThreads(least: number): void {
    const spare = Math.min(availableParallelism() - 1, largestDefaultThreads);
    this.#requireBackend().start(this.#options.llvm.threads ?? Math.max(1, spare, least));
  }

  #requireBackend(): Backend {
    if (this.#backend === undefined) throw new Error('internal error: no backend');
    return this.#backend;
  }
}
