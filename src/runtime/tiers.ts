import { availableParallelism } from 'node:os';
import type { CpuFeatures, MemoryMode } from '../code/code-object.js';
import { Trap } from '../code/traps.js';
import { trapCodeLength, trapOfCode } from '../llvm-jit/trap-code.js';
import type { Span } from '../native/code-region.js';
import type { Address } from '../native/ffi.js';
import type { HotFrame } from '../native/hot-frame.js';
import { throwIfInterrupted } from '../native/interrupts.js';
import { Backend, type BackendModule } from '../tiering/backend.js';
import { now } from '../tiering/clock.js';
import { type CompiledImage, FunctionState } from '../tiering/protocol.js';
import type { Instance } from './instance.js';
import { LoopEntries } from './loop-entries.js';
import type { Module } from './module.js';
import type { Store } from './store.js';
import type { LlvmOptions, TierTuning, TierUpEvent } from './tier-options.js';

export interface TiersOptions {
  readonly llvm: LlvmOptions;
  readonly tuning: TierTuning;
  readonly cpu: CpuFeatures | undefined;
  readonly verify: boolean;
  readonly onTierUp: ((event: TierUpEvent) => void) | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

/** About ten microseconds of a tight loop: less is not worth a thread's attention. */
const defaultThreshold = 20_000;
/** Programs that end within so many milliseconds are not to pay for threads. */
const defaultWarmUp = 50;
const largestDefaultThreads = 4;

/** A hot function tells the runtime, about every so many milliseconds, that it is still running below LLVM code. */
const pulseInterval = 3;
/** Counts until the next time, at least and at most. */
const fewestCounts = 64;
const mostCounts = 2 ** 30;

/**
 * How often a function that got hot in a loop is looked at again at once, and within how many counts each time: if it has just
 * been called, it is one of those that are called often. Their next call is sooner there than a loop's code would be.
 */
const closeLooks = 16;
const closeCounts = 32;

/** When a function told that it is hot. */
interface Pulse {
  /** For the first time. */
  readonly since: number;
  /** For the last time. */
  at: number;
  /** Counts between the last time and the next. */
  count: number;
  /** Close looks still to be taken. */
  looks: number;
  /** It told so when it was called, not in a loop. */
  isCalledOften: boolean;
}

/** For how many counts a function runs that has counted `count` since `at`. */
function nextCount({ at, count }: Pulse, time: number): number {
  const elapsed = time - at;
  const wanted = elapsed <= 0 ? count : Math.round((count * pulseInterval) / elapsed);
  return Math.min(Math.max(wanted, fewestCounts), mostCounts);
}

/** A module for one kind of memory, as the backend knows it. */
interface TieredModule {
  readonly backend: BackendModule;
  readonly spans: Span[];
  /** Addresses of the images. */
  readonly images: Address[];
  /** Of functions that are hot, by index. */
  readonly pulses: Map<number, Pulse>;
  readonly loops: LoopEntries;
}

/** What the runtime does for tiers above the first: it counts what is hot, and deals with the backend threads. */
export class Tiers {
  readonly #store: Store;
  readonly #options: TiersOptions;
  readonly #modules = new Map<Module, Map<MemoryMode, TieredModule>>();
  readonly #startedAt = now();
  readonly #random: () => number;
  /** Instances whose functions may be switched. */
  readonly #admitted = new WeakSet<Instance>();
  #backend: Backend | undefined;
  readonly #events: TierUpEvent[] = [];

  constructor(store: Store, options: TiersOptions) {
    this.#store = store;
    this.#options = options;
    this.#random = generator(options.tuning.chaos ?? 1);
  }

  /** Where heat counters start, where not at random. */
  get #heatThreshold(): number {
    return this.#options.tuning.heatThreshold ?? defaultThreshold;
  }

  /** Where a heat counter starts now. */
  nextHeatCount(): number {
    const threshold = this.#heatThreshold;
    if (!this.isChaotic || !this.#waitsForLoops) return threshold;
    return 1 + Math.floor(this.#random() * threshold);
  }

  get #waitsForLoops(): boolean {
    return this.#options.tuning.waitForLoops === true;
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

  /** Tells the user something as soon as the backend's lock is not held: whoever is told may do anything. */
  #tell(event: TierUpEvent): void {
    if (this.#options.onTierUp !== undefined) this.#events.push(event);
  }

  #flush(): void {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      this.#options.onTierUp?.(event);
    }
  }

  /**
   * A function's counter has reached 0: it is noted as hot, and asks again some time later, since there may be LLVM code for
   * the loop that it is in by then.
   *
   * @returns code that takes the place of the activation, or 0
   */
  onHot(instance: Instance, functionIndex: number, frame: HotFrame): Address {
    const at = now();
    if (at - this.#startedAt < (this.#options.tuning.warmUp ?? defaultWarmUp)) {
      instance.setHeatCounter(functionIndex, this.nextHeatCount());
      return 0;
    }
    this.drain();
    if (this.#backend?.failure !== undefined) return 0;
    const { module } = instance;
    const tiered = this.#register(module, instance.memoryMode);
    this.#startThreads(1);
    const k = functionIndex - module.wasm.importedFunctionCount;
    const wasmOffset = this.#loopAt(module, functionIndex, frame.pc);
    const pulse = this.#pulse(tiered, functionIndex, at);
    if (wasmOffset === undefined) pulse.isCalledOften = true;
    if (this.#looksAgain(pulse)) {
      pulse.looks--;
      instance.setHeatCounter(functionIndex, 1 + Math.floor(this.#random() * closeCounts));
      return 0;
    }
    tiered.backend.markHot(k);
    instance.setHeatCounter(functionIndex, pulse.count);
    this.#backend?.wake();
    if (wasmOffset === undefined) return 0;
    const { loops } = tiered;
    const isServed = pulse.isCalledOften && tiered.backend.state(k) < FunctionState.done;
    if (!isServed || this.#waitsForLoops) this.#askForLoop(tiered, functionIndex, wasmOffset);
    if (this.#waitsForLoops) this.#waitForLoop(loops, functionIndex, wasmOffset);
    const entry = loops.find(this.#store, instance, functionIndex, wasmOffset);
    if (entry === undefined) return 0;
    this.#tell({
      kind: 'entered',
      module,
      functionIndex,
      loopOffset: wasmOffset,
      enteredAt: now(),
    });
    this.#flush();
    // Last of all: whoever was told may have run wasm, which uses the slots too.
    loops.move(entry, frame, this.#store.env.i64);
    return entry.code;
  }

  /** Notes that a function is hot, and how often it is counted until it says so again. */
  #pulse({ pulses }: TieredModule, functionIndex: number, at: number): Pulse {
    let pulse = pulses.get(functionIndex);
    if (pulse === undefined) {
      const count = this.#heatThreshold;
      pulse = { since: at, at, count, looks: closeLooks, isCalledOften: false };
      pulses.set(functionIndex, pulse);
    }
    if (!this.#looksAgain(pulse)) {
      pulse.count = this.#waitsForLoops ? this.nextHeatCount() : nextCount(pulse, at);
    }
    pulse.at = at;
    return pulse;
  }

  /** Whether it is still to be found out how often a function is called. */
  #looksAgain({ looks, isCalledOften }: Pulse): boolean {
    return looks > 0 && !isCalledOften && !this.isChaotic && !this.#waitsForLoops;
  }

  /** Asks for a loop's code, or says that it is still waited for. */
  #askForLoop({ backend, loops }: TieredModule, functionIndex: number, wasmOffset: number): void {
    if (loops.shouldAsk(functionIndex, wasmOffset, this.#waitsForLoops)) {
      const id = backend.wantLoop(functionIndex, wasmOffset);
      if (id === undefined) loops.refuse(functionIndex, wasmOffset);
      else loops.setId(functionIndex, wasmOffset, id);
    }
    const id = loops.pendingId(functionIndex, wasmOffset);
    // Who waits for a loop, waits for however long the threads take.
    if (id !== undefined) backend.sawLoop(id, this.#waitsForLoops ? Number.POSITIVE_INFINITY : now());
  }

  #waitForLoop(loops: LoopEntries, functionIndex: number, wasmOffset: number): void {
    const backend = this.#requireBackend();
    const isDone = (): boolean =>
      !loops.isPending(functionIndex, wasmOffset) || backend.failure !== undefined;
    backend.wait(isDone, throwIfInterrupted);
  }

  /** Byte offset of the loop that has just counted a turn; undefined where the function has counted its call. */
  #loopAt({ wasm }: Module, functionIndex: number, pc: Address): number | undefined {
    const wasmOffset = this.#store.codeMap.wasmOffsetAt(pc);
    const start = wasm.bodyStarts[functionIndex - wasm.importedFunctionCount];
    return wasmOffset !== undefined && wasmOffset > start ? wasmOffset : undefined;
  }

  /** Writes the function records of a new instance, by `write`, so that no switch is missed. */
  admit(instance: Instance, write: () => void): void {
    const { module, memoryMode, tier } = instance;
    const isEager = tier === 'llvm' || (tier === 'multi' && this.isChaotic);
    if (tier === 'interp' || tier === 'fast' || module.wasm.bodyStarts.length === 0) {
      write();
      return;
    }
    const tiered = isEager ? this.#register(module, memoryMode) : this.#modules.get(module)?.get(memoryMode);
    if (tiered === undefined) {
      write();
    } else {
      if (isEager) this.#prepare(module, tiered);
      this.#requireBackend().locked(() => {
        write();
        tiered.backend.addInstance(instance.address);
      });
    }
    this.#admitted.add(instance);
    this.#flush();
  }

  /** The memory of an instance is about to be freed. */
  dismiss(instance: Instance): void {
    const tiered = this.#modules.get(instance.module)?.get(instance.memoryMode);
    if (tiered === undefined) return;
    this.#requireBackend().locked(() => tiered.backend.dropInstance(instance.address));
  }

  /** A module's code is about to be freed. */
  forget(module: Module): void {
    const all = this.#modules.get(module);
    if (all === undefined) return;
    const { codeMap, env } = this.#store;
    const backend = this.#requireBackend();
    backend.locked(() => {
      for (const { backend: known } of all.values()) backend.forget(known);
    });
    this.#modules.delete(module);
    for (const { spans, images } of all.values()) {
      for (const start of images) codeMap.delete(start);
      env.codeRegion.giveBack(spans);
    }
  }

  /**
   * Has LLVM compile a function, and waits for it.
   *
   * @returns false if LLVM will not compile it
   * @throws LlvmUnavailableError where there is no LLVM
   */
  compileNow(instance: Instance, functionIndex: number): boolean {
    const { module, memoryMode } = instance;
    const tiered = this.#register(module, memoryMode);
    this.#startThreads(1);
    const backend = this.#requireBackend();
    const k = functionIndex - module.wasm.importedFunctionCount;
    tiered.backend.want(k);
    backend.wake();
    backend.wait(() => tiered.backend.state(k) >= FunctionState.done, throwIfInterrupted);
    return tiered.backend.state(k) === FunctionState.done;
  }

  /** Whether functions are switched at random. */
  get isChaotic(): boolean {
    return this.#options.tuning.chaos !== undefined;
  }

  /** Under chaos, whether a function shall stay below for now: always where it is its loops that are to move up. */
  staysBelow(): boolean {
    return this.isChaotic && (this.#waitsForLoops || this.#random() < 0.5);
  }

  /** Has all functions compiled that nobody has compiled yet, and waits for the last; lazily, only for LLVM itself. */
  #prepare(module: Module, tiered: TieredModule): void {
    this.#startThreads(availableParallelism());
    const backend = this.#requireBackend();
    if (this.#options.llvm.lazy === true) {
      backend.wait(() => backend.loaded !== undefined, throwIfInterrupted);
      return;
    }
    const total = module.wasm.bodyStarts.length;
    for (let k = 0; k < total; k++) tiered.backend.want(k);
    backend.wake();
    const report = (): void => this.#options.onProgress?.(tiered.backend.settledCount, total);
    const onWait = (): void => {
      throwIfInterrupted();
      report();
    };
    backend.wait(() => tiered.backend.settledCount === total, onWait);
    report();
  }

  #register(module: Module, memoryMode: MemoryMode): TieredModule {
    let all = this.#modules.get(module);
    if (all === undefined) {
      all = new Map();
      this.#modules.set(module, all);
    }
    let tiered = all.get(memoryMode);
    if (tiered === undefined) {
      tiered = this.#makeKnown(module, memoryMode);
      all.set(memoryMode, tiered);
    }
    return tiered;
  }

  #makeKnown(module: Module, memoryMode: MemoryMode): TieredModule {
    const { library, level = 3, sizeLevel = 0 } = this.#options.llvm;
    const { cpu, verify, tuning } = this.#options;
    this.#backend ??= Backend.for({ library, level, sizeLevel, cpu, verify });
    const backend = this.#backend;
    const spans: Span[] = [];
    const images: Address[] = [];
    const pulses = new Map<number, Pulse>();
    const loops = new LoopEntries();
    const register = (): BackendModule =>
      backend.register(
        {
          bytes: module.wasm.bytes,
          functionCount: module.wasm.bodyStarts.length,
          memoryMode,
          region: this.#store.env.codeRegion.share(),
          heatThreshold: this.#heatThreshold,
          chaos: tuning.chaos,
          onlyWanted: this.#waitsForLoops,
        },
        {
          onCode: (image) => {
            spans.push(...image.spans);
            images.push(image.start);
            this.#enter(module, memoryMode, image, loops);
            this.#tellOf(module, image, pulses);
          },
          onRefused: ({ index, loop, reason }) => {
            const loopOffset = loop?.wasmOffset;
            if (loopOffset !== undefined) loops.refuse(index, loopOffset);
            this.#tell({ kind: 'refused', module, functionIndex: index, reason, loopOffset });
          },
        },
      );
    // Threads learn of the module and of its instances at once, lest one publishes code when it knows of none.
    const known = backend.locked(() => {
      const registered = register();
      for (const instance of this.#store.instances) {
        if (instance.module !== module || instance.memoryMode !== memoryMode) continue;
        if (this.#admitted.has(instance)) registered.addInstance(instance.address);
      }
      return registered;
    });
    return { backend: known, spans, images, pulses, loops };
  }

  /** Notes an image that a thread has placed. */
  #enter(module: Module, memoryMode: MemoryMode, image: CompiledImage, loops: LoopEntries): void {
    const { codeMap } = this.#store;
    const { start, byteLength, functions, locations, loop } = image;
    codeMap.addLlvm(start, module, {
      byteLength,
      locations,
      entries: functions.map(({ offset }) => offset),
      trapAt: (offset) => this.#trapAt(memoryMode, start + offset),
    });
    if (loop !== undefined) {
      loops.add(loop.functionIndex, loop.wasmOffset, start + functions[0].offset);
      return;
    }
    const entries = module.entries(memoryMode, 'llvm');
    for (const { index, offset } of functions) {
      entries[index - module.wasm.importedFunctionCount] = start + offset;
    }
  }

  /** Tells of an image that has been noted: only then, for whoever is told may throw. */
  #tellOf(module: Module, image: CompiledImage, pulses: ReadonlyMap<number, Pulse>): void {
    const { startedAt, compiledAt, publishedAt, functions, loop } = image;
    for (const { index, byteLength: codeBytes, heat } of functions) {
      this.#tell({
        kind: 'compiled',
        module,
        functionIndex: index,
        codeBytes,
        heat,
        hotAt: pulses.get(index)?.since,
        startedAt,
        compiledAt,
        switchedAt: publishedAt,
        batchSize: functions.length,
        loopOffset: loop?.wasmOffset,
      });
    }
  }

  /** The trap of an instruction of LLVM's: an explicit one, or else an access to a guarded memory's unmapped pages. */
  #trapAt(memoryMode: MemoryMode, pc: Address): Trap | undefined {
    const { env } = this.#store;
    const explicit = trapOfCode(env.codeRegion.read(pc, trapCodeLength));
    if (explicit !== undefined) return explicit;
    return memoryMode === 'guarded' ? Trap.memoryOutOfBounds : undefined;
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

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
